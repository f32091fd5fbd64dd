"""Adding, multiplication, temporal order, parity: against slow twins and their distributions."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from lstmtool.supervised.tasks import make
from tests.supervised.chi_square import is_uniform, p_value

LENGTH = 40


def sequences(strings):
    """Inputs, targets and scored steps of every sequence."""
    for a, b in pairwise(strings.starts):
        yield strings.inputs[a:b], strings.targets[a:b], strings.scored[a:b]


def marked(inputs):
    """Steps of the two marked pairs; one that is the first step shows by its neutral value."""
    places = [t for t in range(len(inputs)) if inputs[t, 1] == 1.0]
    return places if len(places) == 2 else [0, *places]


@pytest.fixture(scope="module", params=["adding", "multiplication"])
def pairs(request):
    rng = np.random.default_rng(11)
    return request.param, make(request.param, length=LENGTH).sample(rng, 1500)


def test_the_target_is_made_of_the_marked_values(pairs):
    name, strings = pairs
    for inputs, targets, scored in sequences(strings):
        first, second = marked(inputs)
        x1, x2 = inputs[first, 0], inputs[second, 0]
        if first == 0:
            assert x1 == (0.0 if name == "adding" else 1.0)
        wanted = 0.5 + (x1 + x2) / 4 if name == "adding" else x1 * x2
        assert targets[-1, 0] == pytest.approx(wanted, abs=1e-15)
        assert np.flatnonzero(scored).tolist() == [len(inputs) - 1]
        assert not targets[:-1].any()


def test_markers_are_ones_at_two_pairs_and_minus_one_at_both_ends(pairs):
    for inputs, _, _ in sequences(pairs[1]):
        first, second = marked(inputs)
        expected = np.zeros(len(inputs))
        expected[[first, second]] = 1.0
        expected[[0, -1]] = -1.0
        np.testing.assert_array_equal(inputs[:, 1], expected)


def test_lengths_are_uniform_from_the_shortest_to_a_tenth_more(pairs):
    assert is_uniform(np.diff(pairs[1].starts), range(LENGTH, LENGTH + LENGTH // 10 + 1))


def test_the_pairs_of_places_have_the_published_chances(pairs):
    """First one of ten, then one of the LENGTH / 2 - 1 that are left of the first LENGTH / 2."""
    shares = Counter()
    for a in range(10):
        for b in (place for place in range(LENGTH // 2) if place != a):
            shares[tuple(sorted((a, b)))] += 1 / (10 * (LENGTH // 2 - 1))
    counts = Counter(tuple(marked(inputs)) for inputs, _, _ in sequences(pairs[1]))
    keys = sorted(shares)
    assert p_value([counts[k] for k in keys], [shares[k] for k in keys]) > 1e-3
    assert set(counts) <= set(keys)


def test_values_are_uniform(pairs):
    name, strings = pairs
    low = -1.0 if name == "adding" else 0.0
    free = np.concatenate([inputs[1:, 0] for inputs, _, _ in sequences(strings)])
    counts, _ = np.histogram(free, bins=20, range=(low, 1.0))
    assert counts.sum() == len(free)
    assert p_value(counts, np.full(20, 0.05)) > 1e-3


def test_the_published_lag_is_half_the_length():
    strings = make("adding", length=100).sample(np.random.default_rng(0), 3000)
    lags = [len(inputs) - 1 - marked(inputs)[-1] for inputs, _, _ in sequences(strings)]
    assert min(lags) == 50


@pytest.fixture(scope="module", params=[2, 3])
def ordered(request):
    strings = make(f"order-{request.param}").sample(np.random.default_rng(4), 600)
    return request.param, [
        ("".join("abcdXYEB"[k] for k in inputs.argmax(axis=1)), inputs, targets, scored)
        for inputs, targets, scored in sequences(strings)
    ]


def test_the_class_is_the_order_of_the_symbols(ordered):
    n, drawn = ordered
    classes = {2: ["XX", "XY", "YX", "YY"]}.get(
        n, ["XXX", "XXY", "XYX", "XYY", "YXX", "YXY", "YYX", "YYY"]
    )
    assert make(f"order-{n}").symbols[1] == tuple(classes)
    counts = Counter()
    for text, inputs, targets, scored in drawn:
        told = "".join(symbol for symbol in text if symbol in "XY")
        counts[told] += 1
        assert targets[-1].tolist() == [float(told == c) for c in classes]
        assert not targets[:-1].any()
        assert np.flatnonzero(scored).tolist() == [len(text) - 1]
        assert (inputs.sum(axis=1) == 1).all()
        assert (text[0], text[-1]) == ("E", "B")
        assert not set(text[1:-1]) & set("EB")
    assert p_value([counts[c] for c in classes], np.full(2**n, 0.5**n)) > 1e-3


def test_symbols_stand_where_they_may_uniformly(ordered):
    n, drawn = ordered
    ranges = {2: [(10, 20), (50, 60)], 3: [(10, 20), (33, 43), (66, 76)]}[n]
    places = np.array([[t for t, s in enumerate(text) if s in "XY"] for text, *_ in drawn])
    for k, (low, high) in enumerate(ranges):
        assert is_uniform(places[:, k], range(low, high + 1))
    assert is_uniform(np.array([len(text) for text, *_ in drawn]), range(100, 111))


def test_distractors_are_uniform(ordered):
    counts = Counter("".join(text for text, *_ in ordered[1]))
    assert p_value([counts[s] for s in "abcd"], np.full(4, 0.25)) > 1e-3


def test_streams_of_order_are_sequences_end_to_end():
    task = make("continual-order", pieces=3)
    strings = task.sample(np.random.default_rng(0), 4)
    alone = make("order-3").sample(np.random.default_rng(0), 12)
    np.testing.assert_array_equal(strings.inputs, alone.inputs)
    np.testing.assert_array_equal(strings.targets, alone.targets)
    np.testing.assert_array_equal(strings.starts, alone.starts[::3])
    assert strings.scored.sum() == 12
    assert make("continual-order").sample(np.random.default_rng(0), 1).scored.sum() == 100


def test_parity_is_odd_or_even():
    strings = make("parity", shortest=5, longest=9).sample(np.random.default_rng(2), 400)
    for inputs, targets, scored in sequences(strings):
        assert set(inputs.ravel()) <= {-1.0, 1.0}
        assert targets[-1, 0] == len([x for x in inputs.ravel() if x > 0]) % 2
        assert np.flatnonzero(scored).tolist() == [len(inputs) - 1]
    assert is_uniform(np.diff(strings.starts), range(5, 10))
    assert is_uniform(strings.inputs[:, 0], (-1, 1))


def test_parity_is_as_long_as_published():
    lengths = np.diff(make("parity").sample(np.random.default_rng(0), 200).starts)
    assert 500 <= lengths.min() <= lengths.max() <= 600
