import itertools
import time

import numpy as np
import pytest

from lstmtool.objectives import clusters
from lstmtool.objectives.clusters import accuracy, agreement, binary_codes, parzen_modes


def test_codes_are_read_at_one_half_first_node_first():
    codes, clusters = binary_codes([[0.9, 0.1], [0.5, 0.51], [0.2, 0.3], [0.6, 0.7]])
    assert codes.tolist() == [[1, 0], [0, 1], [0, 0], [1, 1]]
    assert codes.dtype == np.uint8
    assert clusters.tolist() == [2, 1, 0, 3]
    assert clusters.dtype == np.int64


def test_a_code_has_the_same_number_in_every_data_set():
    _, all_four = binary_codes([[0, 0], [0, 1], [1, 0], [1, 1]])
    _, one = binary_codes([[1, 0]])
    assert one[0] == all_four[2]


def test_codes_that_are_not_finite_belong_to_no_cluster():
    _, clusters = binary_codes([[0.9, np.nan], [np.inf, 0.1], [0.9, 0.9]])
    assert clusters.tolist() == [-1, -1, 3]


def test_codes_fit_into_an_integer():
    _, clusters = binary_codes(np.ones((2, 62)))
    assert clusters.tolist() == [2**62 - 1] * 2
    with pytest.raises(ValueError, match="62"):
        binary_codes(np.ones((2, 63)))


def naive_modes(y, sigma):
    """Climb from every point, many small steps, then compare all resting places."""
    places = y.astype(float)
    for _ in range(5000):
        kernel = np.exp(-0.5 * ((places[:, None] - y) ** 2).sum(axis=2) / sigma**2)
        places = kernel @ y / kernel.sum(axis=1, keepdims=True)
    return places


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("sigma", [0.2, 0.7])
def test_clusters_are_those_of_a_plain_mean_shift(width, sigma):
    rng = np.random.default_rng(5)
    y = rng.normal(size=(25, width)) + 3 * rng.integers(0, 2, (25, 1))
    places = naive_modes(y, sigma)
    together = np.linalg.norm(places[:, None] - places[None], axis=2) < 0.05 * sigma
    found = parzen_modes(y, sigma)
    assert ((found[:, None] == found[None]) == together).all()


def test_clusters_are_numbered_by_the_first_coordinate_of_their_modes():
    rng = np.random.default_rng(0)
    middles = np.array([5.0, -3.0, 40.0])[np.arange(30) % 3]
    y = np.stack([middles, -middles], axis=1) + rng.normal(0, 0.1, (30, 2))
    assert parzen_modes(y, 0.2).tolist() == [[1, 0, 2][n % 3] for n in range(30)]


def test_order_shift_and_scale_do_not_matter():
    rng = np.random.default_rng(1)
    y = np.concatenate([rng.normal(m, 0.1, (8, 1)) for m in (0, 1, 3)])
    found, order = parzen_modes(y, 0.1), rng.permutation(len(y))
    assert len(np.unique(found)) == 3
    assert (parzen_modes(y[order], 0.1) == found[order]).all()
    assert (parzen_modes(1e6 * y - 3.5e6, 1e5) == found).all()


@pytest.mark.parametrize("sigma", [0.0, 1.0, np.nan, np.inf, -1.0, 1e-320])
def test_identical_outputs_are_one_cluster(sigma):
    assert parzen_modes(np.full((6, 2), 0.3), sigma).tolist() == [0] * 6


def test_without_a_width_only_identical_points_share_a_cluster():
    assert parzen_modes([[2.0], [1.0], [2.0]], 0.0).tolist() == [1, 0, 1]


def test_a_wide_kernel_sees_one_cluster_a_narrow_one_every_point():
    y = np.arange(12.0)[:, None] ** 1.5
    assert (parzen_modes(y, 50.0) == 0).all()
    assert parzen_modes(y, 1e-3).tolist() == list(range(12))


def test_outputs_that_are_not_finite_belong_to_no_cluster():
    y = np.array([[0.0], [np.nan], [0.01], [np.inf], [9.0]])
    assert parzen_modes(y, 0.1).tolist() == [0, -1, 0, -1, 1]
    assert parzen_modes(np.full((3, 1), np.nan), 0.1).tolist() == [-1] * 3


def test_two_thousand_points_take_seconds_at_most():
    rng = np.random.default_rng(2)
    y = np.concatenate([rng.normal(m, 0.1, (500, 1)) for m in (0, 1, 3, 8)])
    start = time.process_time()
    assert len(np.unique(parzen_modes(y, 0.1))) == 4
    assert time.process_time() - start < 10


def test_agreement():
    assert agreement([0, 0, 1, 1], [7, 7, 3, 3]) == (1.0, 1.0)
    ari, nmi = agreement([0, 0, 1, 1], [0, 1, 0, 1])
    assert ari == pytest.approx(-0.5)
    assert nmi == pytest.approx(0.0, abs=1e-12)
    assert agreement([0, 0, 1, 1], [0, 0, 0, 0])[0] == 0.0


def test_accuracy_is_that_of_the_best_way_to_name_clusters():
    rng = np.random.default_rng(0)
    for _ in range(20):
        labels, found = rng.integers(0, 3, 12), rng.integers(0, 4, 12)
        ways = itertools.permutations(range(4), 4)
        best = max(np.mean(np.array(way)[found] == labels) for way in ways)
        assert accuracy(labels, found) == pytest.approx(best)
    assert accuracy([0, 0, 1, 1], [5, 5, 5, 5]) == 0.5
    assert accuracy([0, 0, 1, 1], [-1, -1, 0, 0]) == 1


def test_modes_that_are_not_reached_in_time_are_where_the_way_has_come(monkeypatch):
    monkeypatch.setattr(clusters, "MAX_STEPS", 1)
    y = (
        np.concatenate([np.full(5, -9.0), np.full(5, 9.0)])[:, None]
        + np.linspace(0, 0.1, 10)[:, None]
    )
    found = parzen_modes(y, 0.5)
    assert (found[:5] == found[0]).all()
    assert found[0] != found[-1]
