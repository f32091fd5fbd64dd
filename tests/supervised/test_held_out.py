"""Training with a test on held-out sequences now and then."""

import numpy as np
import pytest

from lstmtool.network.topology import Topology
from lstmtool.supervised.held_out import HeldOut
from lstmtool.supervised.rules.lstm_batch import BatchSettings, LstmBatch
from lstmtool.supervised.slicing import joined
from lstmtool.supervised.stopping import Record
from lstmtool.supervised.tasks import make

TASK = make("five-bits", items=2, delay=1)
TOPOLOGY = Topology(4, 2, (), plain=12, output="softmax", error="cross-entropy")


def rule_of(seed=0, rate=0.01):
    return LstmBatch(TOPOLOGY, BatchSettings(rate, batch=4), np.random.default_rng(seed))


class Watching:
    """A rule that notes what it is given."""

    def __init__(self, rule):
        self.rule, self.parameters, self.state, self.given = rule, rule.parameters, rule.state, []

    def learn(self, strings, outputs, *, update):
        self.given.append(strings)
        self.rule.learn(strings, outputs, update=update)

    def run(self, strings, outputs):
        self.rule.run(strings, outputs)


def trained(stop, rule, record=None, seed=1):
    record = record or Record()
    return stop.trained(rule, TASK, "batch", np.random.default_rng(seed), record), record


def test_sequences_are_joined():
    rng = np.random.default_rng(0)
    parts = [make("scaled-order-2", length=20).sample(rng, n) for n in (2, 1, 3)]
    whole = joined(parts)
    assert whole.count == 6
    for n, part in ((0, parts[0]), (2, parts[1]), (3, parts[2])):
        for k in range(part.count):
            rows = slice(*whole.starts[n + k : n + k + 2])
            own = slice(*part.starts[k : k + 2])
            np.testing.assert_array_equal(whole.inputs[rows], part.inputs[own])
            np.testing.assert_array_equal(whole.targets[rows], part.targets[own])
    assert joined(parts[:1]) is parts[0]


def test_networks_that_are_given_more_at_once_see_the_same_sequences():
    seen = []
    for together in (1, 5):
        rule = Watching(rule_of())
        trained(HeldOut(limit=40, chunk=4, together=together, every=20, tests=4, bound=0.0), rule)
        seen.append(joined(rule.given))
    for a, b in zip(*seen, strict=True):
        np.testing.assert_array_equal(a, b)


def test_it_is_solved_once_held_out_sequences_are_right():
    stop = HeldOut(limit=4000, chunk=4, every=200, tests=40)
    looks, record = trained(stop, rule_of())
    assert record.solved
    assert record.sequences == looks[-1, 0] < 4000
    assert looks[-1, 2] == 0.0
    assert (looks[:-1, 2] > 0).all()
    assert record.figures["wrong a sequence"] == 0.0
    assert 0.0 < record.figures["test error"] < 0.1
    assert (np.diff(looks[:, 0]) == 200).all()


def test_wrong_steps_are_counted_per_sequence_and_nothing_learned_is_a_half():
    stop = HeldOut(limit=4, chunk=4, every=4, tests=200)
    looks, record = trained(stop, rule_of(rate=1e-12))
    assert not record.solved
    assert looks.shape == (1, 3)
    assert record.figures["wrong a sequence"] == pytest.approx(1.0, abs=0.25)


def test_it_resumes():
    stop = HeldOut(limit=120, chunk=4, every=20, tests=4, bound=0.0)
    kept = []
    whole, record = trained(stop, first := rule_of(), Record(keep=lambda of: kept.append(of())))
    again = Record(kept=kept[7])
    rest, _ = trained(stop, second := rule_of(seed=5), again)
    np.testing.assert_array_equal(first.parameters, second.parameters)
    np.testing.assert_array_equal(whole, rest)
    np.testing.assert_array_equal(record.history, again.history)


def test_it_ends_where_weights_overflow():
    rule = rule_of()
    rule.parameters[0] = np.nan
    _, record = trained(HeldOut(limit=40, chunk=4, every=20, tests=4), rule)
    assert not record.solved
    assert record.sequences == 4
