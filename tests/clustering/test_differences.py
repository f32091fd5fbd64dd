from itertools import product

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from lstmtool.clustering.differences import chance, separations, share_larger
from lstmtool.data.features import Feature


def feature(values, name="Level"):
    return Feature(name, "", "", np.asarray(values, dtype=float))


def test_the_share_of_larger_values_counts_pairs():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, 9).astype(float), rng.integers(1, 6, 7).astype(float)
    pairs = [(x > y) + 0.5 * (x == y) for x, y in product(a, b)]
    assert share_larger(a, b) == pytest.approx(sum(pairs) / len(pairs))


@pytest.mark.parametrize(("n", "m"), [(3, 3), (5, 5), (3, 9), (9, 3), (1, 4), (12, 20)])
def test_chance_is_the_test_of_mann_and_whitney(n, m):
    rng = np.random.default_rng(n + m)
    for shift in (0.0, 0.7, 3.0):
        a, b = rng.normal(shift, 1, n), rng.normal(0, 1, m)
        expected = mannwhitneyu(a, b, method="exact")
        assert chance(expected.statistic / (n * m), n, m) == pytest.approx(expected.pvalue)


def test_chance_of_many_pairs_is_that_of_a_normal_distribution():
    rng = np.random.default_rng(5)
    a, b = rng.normal(0.3, 1, 80), rng.normal(0, 1, 70)
    expected = mannwhitneyu(a, b, method="asymptotic")
    assert chance(expected.statistic / 5600, 80, 70) == pytest.approx(expected.pvalue)


def test_the_feature_that_orders_the_pairs_is_found_and_the_others_do_not_count():
    rng = np.random.default_rng(1)
    length = feature([*range(80, 90), *range(110, 120)], "Length")
    level = feature(rng.normal(size=20))
    one, other = np.arange(10), np.arange(10, 20)
    first, second = separations((level, length), one, other)
    assert (first.feature, first.share, first.strength, first.counts) == (1, 0.0, 1.0, True)
    assert not second.counts
    assert separations((level, length), other, one)[0].share == 1.0


def test_small_clusters_say_little():
    apart = feature([1, 2, 3, 4, 5, 6])
    one, other = np.arange(3), np.arange(3, 6)
    assert not separations((apart,), one, other)[0].counts  # one of ten orders is as uneven
    assert not separations((apart,), one[:2], np.arange(2, 6))[0].counts
    many = (feature(range(10)), *(feature(np.zeros(10)) for _ in range(9)))
    assert separations(many[:1], np.arange(5), np.arange(5, 10))[0].counts
    assert not separations(many, np.arange(5), np.arange(5, 10))[0].counts


def test_a_feature_that_few_have_is_left_out():
    values = np.arange(10.0)
    values[1:4] = np.nan
    one, other = np.arange(5), np.arange(5, 10)
    assert separations((feature(values),), one, other) == ()
    values[1] = 1.0
    (found,) = separations((feature(values),), one, other)
    assert found.share == 0.0


@pytest.mark.parametrize(
    ("of_each", "share", "counts"),
    [
        ([0, 10, 10, 10, 10], 0.8, True),
        ([0, 0, 0, 0, 10], 0.2, True),
        ([0, 0, 10, 10, 10], 0.6, False),
    ],
)
def test_a_feature_counts_from_four_pairs_of_five(of_each, share, counts):
    values = feature(np.concatenate([np.repeat(of_each, 20), np.full(100, 5.0)]))
    (found,) = separations((values,), np.arange(100), np.arange(100, 200))
    assert found.share == pytest.approx(share)
    assert found.counts == counts
