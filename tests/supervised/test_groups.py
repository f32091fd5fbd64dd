"""Groups of blocks: what is not connected stays so under every rule, and nothing leads back."""

import numpy as np
import pytest

from lstmtool.supervised.rules.kalman import Kalman, KalmanSettings
from lstmtool.supervised.rules.lstm import Lstm, LstmSettings
from lstmtool.supervised.rules.lstm_batch import BatchSettings, LstmBatch
from lstmtool.supervised.rules.lstm_bptt import LstmThroughTime
from tests.supervised.lstm_cases import NETWORKS, strings_for

TOPOLOGY = NETWORKS["groups"]
RULES = {
    "truncated": (Lstm, LstmSettings(0.3, weights=1.0), "step"),
    "momentum": (Lstm, LstmSettings(0.3, momentum=0.9, weight_decay=0.01, weights=1.0), "step"),
    "nesterov": (Lstm, LstmSettings(0.3, momentum=0.9, nesterov=True, weights=1.0), "step"),
    "through time": (LstmThroughTime, LstmSettings(0.3, weights=1.0), "sequence"),
    "filter": (Kalman, KalmanSettings(weights=1.0), "step"),
    "full filter": (Kalman, KalmanSettings(weights=1.0, decoupled=False), "step"),
    "adam": (LstmBatch, BatchSettings(0.1, weights=1.0, batch=2), "batch"),
    "batches": (LstmBatch, BatchSettings(0.1, optimiser="momentum", weights=1.0), "batch"),
}


@pytest.mark.parametrize("name", RULES)
def test_connections_that_are_missing_stay_missing_and_the_others_learn(name):
    kind, settings, update = RULES[name]
    rule, strings = kind(TOPOLOGY, settings, np.random.default_rng(0)), strings_for(TOPOLOGY)
    before = rule.parameters.copy()
    for _ in range(3):
        rule.learn(strings, np.empty_like(strings.targets), update=update)
    assert not rule.parameters[~TOPOLOGY.exists].any()
    assert (rule.parameters != before)[TOPOLOGY.exists].mean() > 0.95


@pytest.mark.parametrize("kind", ["truncated", "adam"])
def test_a_later_group_reads_an_earlier_one_and_not_the_other_way(kind):
    made, settings, _ = RULES[kind]
    rule = made(TOPOLOGY, settings, np.random.default_rng(0))
    strings, found = strings_for(TOPOLOGY), []
    for column in (None, 0, 1):  # the input of the first group, and one of the second
        inputs = strings.inputs.copy()
        if column is not None:
            inputs[:, column] += 1.0
        outputs = np.empty_like(strings.targets)
        rule.run(strings._replace(inputs=inputs), outputs)
        found.append(outputs)
    plain, first, second = found
    later = np.setdiff1d(np.arange(len(plain)), strings.starts)  # it reads the step before
    assert (plain[:, 0] != first[:, 0]).all()
    assert (plain[later, 1] != first[later, 1]).all()
    np.testing.assert_array_equal(plain[:, 0], second[:, 0])
    assert (plain[:, 1] != second[:, 1]).all()
