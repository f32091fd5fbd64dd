"""Memory, adding, order and random symbols at any length: against their definitions."""

from itertools import pairwise

import numpy as np
import pytest

from lstmtool.supervised.tasks import make
from tests.supervised.chi_square import is_uniform


def sequences(strings):
    """Inputs, targets, scored steps and allowed outputs of every sequence."""
    for a, b in pairwise(strings.starts):
        yield tuple(part[a:b] for part in strings[:4])


@pytest.mark.parametrize("name", ["five-bits", "twenty-bits"])
def test_symbols_are_repeated_after_the_cue(name):
    task = make(name, delay=3)
    n, letters = task.items, task.alphabet
    for inputs, targets, scored, allowed in sequences(task.sample(np.random.default_rng(1), 40)):
        assert len(inputs) == 2 * n + 3
        assert (inputs.sum(axis=1) == 1).all()
        steps = inputs.argmax(axis=1)
        assert (steps[:n] < letters).all()
        assert steps[n:].tolist() == [letters] * 2 + [letters + 1] + [letters] * n
        np.testing.assert_array_equal(targets[-n:], inputs[:n, :letters])
        assert np.flatnonzero(scored).tolist() == list(range(n + 3, 2 * n + 3))
        np.testing.assert_array_equal(allowed, targets == 1)
        assert not targets[:-n].any()


def test_32_sequences_of_five_bits_are_all_there_are():
    task = make("five-bits", delay=1)
    rng = np.random.default_rng(2)
    for count, times in ((32, {1}), (64, {2}), (48, {1, 2})):
        strings = task.sample(rng, count)
        bits = strings.inputs[:, 1].reshape(count, -1)[:, :5]
        found = np.bincount((bits @ 2 ** np.arange(5)).astype(int), minlength=32)
        assert set(found.tolist()) == times


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("name", ["scaled-adding", "scaled-multiplication"])
@pytest.mark.parametrize("length", [30, 40])
def test_the_target_is_made_of_the_marked_values(name, length, centred):
    task = make(name, length=length, centred=centred)
    shift = 0.5 if centred else 0.0
    firsts, seconds, lengths = [], [], []
    strings = task.sample(np.random.default_rng(3), 1500)
    for inputs, targets, scored, _ in sequences(strings):
        first, second = np.flatnonzero(inputs[:, 1] == 1.0)
        assert np.flatnonzero(inputs[:, 1] == -1.0).tolist() == [0, len(inputs) - 4]
        x1, x2 = inputs[[first, second], 0] + shift
        wanted = (x1 + x2) / 2 - shift if name == "scaled-adding" else x1 * x2 - shift / 2
        assert targets[-1, 0] == pytest.approx(wanted, abs=1e-15)
        assert np.flatnonzero(scored).tolist() == [len(inputs) - 1]
        firsts.append(first)
        seconds.append(second)
        lengths.append(len(inputs))
    assert is_uniform(np.array(firsts), range(1, length // 10))
    assert is_uniform(np.array(seconds), range(length // 10, length // 2))
    assert is_uniform(np.array(lengths), range(length, length + length // 10 + 1))
    if centred:
        bound = 4 / np.sqrt(len(strings.inputs))
        assert np.abs(strings.inputs.mean(axis=0)).max() < bound
        assert abs(strings.targets.sum() / 1500) < 4 * 0.3 / np.sqrt(1500)


@pytest.mark.parametrize(("name", "n"), [("scaled-order-2", 2), ("scaled-order-3", 3)])
def test_symbols_lie_where_the_length_says(name, n):
    task = make(name, length=60)
    low = [[1, 24], [1, 18, 30]][n - 2]
    high = [[6, 30], [6, 24, 36]][n - 2]
    places = []
    for inputs, targets, scored, allowed in sequences(task.sample(np.random.default_rng(4), 1500)):
        steps = inputs.argmax(axis=1)
        found = np.flatnonzero((steps == 4) | (steps == 5))
        places.append(found)
        wanted = int("".join(str(steps[t] - 4) for t in found), 2)
        assert targets[-1].argmax() == wanted
        np.testing.assert_array_equal(allowed, targets == 1)
        assert scored.sum() == scored[-1] == 1
        assert 60 <= len(inputs) <= 66
    for k, (a, b) in enumerate(zip(low, high, strict=True)):
        assert is_uniform(np.array(places)[:, k], range(a, b + 1))


def test_the_first_of_two_symbols_returns_at_the_end():
    task = make("random-permutation", length=12, alphabet=7)
    firsts, others = [], []
    for inputs, targets, scored, _ in sequences(task.sample(np.random.default_rng(5), 1000)):
        steps = inputs.argmax(axis=1)
        assert targets[-1].argmax() == steps[0]
        assert np.flatnonzero(scored).tolist() == [11]
        firsts.append(steps[0])
        others.extend(steps[1:])
    assert is_uniform(np.array(firsts), range(2))
    assert is_uniform(np.array(others), range(2, 7))
