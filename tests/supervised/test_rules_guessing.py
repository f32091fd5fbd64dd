"""Random weight guessing against a plain search with the same random numbers."""

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.supervised.rules.guessing import Guessing, GuessingSettings, connections
from lstmtool.supervised.target_sequences import WITHIN, Criterion
from lstmtool.supervised.tasks.parity import Parity

NEAR = Criterion(WITHIN, 0.4)


def naive_search(exists, strings, rng, limit):
    """Guesses until all sequences are right, of plain arrays; outputs come first of the units."""
    n_units = len(exists)
    for trial in range(1, limit + 1):
        w = np.zeros(exists.shape)
        for index in np.argwhere(exists):
            w[tuple(index)] = rng.uniform(-100, 100)
        right = True
        for a, b in zip(strings.starts[:-1], strings.starts[1:], strict=True):
            y = np.zeros(n_units)
            for x in strings.inputs[a:b]:
                for u in reversed(range(n_units)):  # hidden units first
                    y[u] = 1 / (1 + np.exp(-min(700.0, w[u] @ [*x, *y, 1.0])))
            right = right and abs(y[0] - strings.targets[b - 1, 0]) < 0.4
        if right:
            return trial, w
    return limit, None


@pytest.mark.parametrize("architecture", ["A1", "A2", "A2-"])
def test_guesses_are_those_of_a_plain_search(architecture):
    strings = Parity(1, 3).sample(np.random.default_rng(0), 8)
    settings = GuessingSettings(NEAR, architecture, limit=400)
    rule = Guessing((1, 1, 1), settings, np.random.default_rng(5))
    rng = np.random.default_rng(5)
    rng.uniform(-1, 1, rule.parameters.shape)  # the network's own first weights
    outputs = np.empty(strings.targets.shape)
    rule.learn(strings, outputs)
    exists = connections(architecture, 1, 1, 1)
    trials, w = naive_search(exists, strings, rng, 400)
    assert rule.trials == trials > 1
    assert rule.solved == (w is not None)
    if rule.solved:
        np.testing.assert_allclose(rule.parameters, w.ravel(), rtol=1e-14)
        ends = strings.starts[1:] - 1
        assert (np.abs(outputs[ends] - strings.targets[ends]) < 0.4).all()


def test_states_run_on_where_they_are_kept():
    strings = Parity(6, 6).sample(np.random.default_rng(0), 2)
    rule = Guessing((1, 2, 1), GuessingSettings(NEAR, start=0.3), np.random.default_rng(1))
    rule.parameters[:] = np.random.default_rng(2).uniform(-2, 2, len(rule.parameters))
    whole, parts = np.empty((12, 1)), np.empty((12, 1))
    rule.run(strings._replace(starts=np.array([0, 12])), whole)
    rule._units[:] = rule.start
    rule.run(strings, parts, keep_state=True)
    np.testing.assert_array_equal(whole, parts)
    rule.run(strings, parts)
    np.testing.assert_array_equal(whole[:6], parts[:6])
    assert np.abs(whole - parts)[6:].max() > 1e-3


def test_the_limit_is_a_limit():
    strings = Parity(30, 30).sample(np.random.default_rng(0), 20)
    rule = Guessing((1, 1, 1), GuessingSettings(NEAR, limit=3), np.random.default_rng(0))
    rule.learn(strings, np.empty(strings.targets.shape))
    assert (rule.trials, rule.solved) == (3, False)


@pytest.mark.parametrize(
    ("architecture", "n_hidden", "count"),
    [("A1", 1, 7), ("A2", 1, 7), ("A2-", 1, 6), ("A2", 3, 17)],
)
def test_architectures_have_their_connections(architecture, n_hidden, count):
    exists = connections(architecture, 1, n_hidden, 1)
    assert exists.sum() == count
    assert exists[:, 0].all()  # all units see the input
    assert exists[0, 2:-1].all()  # the output sees every hidden unit
    assert exists[1:, 1].all()  # and they see it


def test_what_cannot_be_is_refused():
    rng, strings = np.random.default_rng(0), Parity(2, 2).sample(np.random.default_rng(0), 1)
    for change in ({"architecture": "A3"}, {"spread": 0.0}, {"limit": 0}):
        with pytest.raises(UsageError):
            Guessing((1, 1, 1), GuessingSettings(NEAR, **change), rng)
    with pytest.raises(UsageError, match=r"not \(1, 1, 0\)"):
        Guessing((1, 1, 0), GuessingSettings(NEAR), rng)
    rule = Guessing((1, 1, 1), GuessingSettings(NEAR), rng)
    with pytest.raises(UsageError, match="stream"):
        rule.learn_stream(strings, np.empty((2, 1)), NEAR)
