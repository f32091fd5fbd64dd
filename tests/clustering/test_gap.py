import numpy as np
import pytest

from lstmtool.clustering.gap import RIDGE, TAIL, gap, judged_by_gap
from tests.builders import small_ensemble, small_run


def naive_gap(nets, clusters):
    """The same by its definition, one pair, network and sequence at a time."""
    smallest = 1.0
    known = sorted(set(clusters.tolist()) - {-1})
    for a in known:
        for b in known:
            if a < b:
                smallest = min(smallest, naive_pair(nets, clusters == a, clusters == b))
    return max(0.0, smallest) if len(known) > 1 else 0.0


def naive_pair(nets, first, second):
    places = {True: np.zeros(first.sum()), False: np.zeros(second.sum())}
    for net in nets:
        net = net / np.abs(net).max()
        own = {True: net[first], False: net[second]}
        within = 0.5 * sum(np.cov(x.T, bias=True).reshape(2 * x.shape[1:]) for x in own.values())
        n = len(within)
        within = within + (RIDGE * np.trace(within) / n + 1e-12) * np.eye(n)
        way = own[False].mean(axis=0) - own[True].mean(axis=0)
        axis = np.linalg.inv(within) @ way
        for side, points in own.items():
            for i, point in enumerate(points):
                middle = 0.5 * (own[False].mean(axis=0) + own[True].mean(axis=0))
                places[side][i] += axis @ (point - middle) / (axis @ way) / len(nets)
    low, high = np.quantile(places[True], 1 - TAIL), np.quantile(places[False], TAIL)
    return (high - low) / (np.median(places[False]) - np.median(places[True]))


@pytest.mark.parametrize(("n_clusters", "n_outputs", "apart"), [(2, 1, 3), (2, 3, 6), (4, 3, 9)])
def test_the_gap_is_that_of_its_definition(n_clusters, n_outputs, apart):
    rng = np.random.default_rng(n_clusters)
    clusters = np.append(np.arange(40) % n_clusters, [-1, -1])
    centres = apart * rng.normal(size=(5, n_clusters + 1, n_outputs))
    nets = centres[:, clusters] + rng.normal(size=(5, 42, n_outputs))
    found = gap(nets, clusters)
    assert 0.0 < found < 1.0
    assert found == pytest.approx(naive_gap(nets, clusters), rel=1e-9)


def on_line(values):
    """Three networks that see points on a line, each in another way and with other units."""
    return np.array([[1.0], [-2e3], [1e-30]])[:, None] * np.asarray(values)[:, None]


def test_cutting_an_even_density_leaves_a_fifth_however_the_family_is_curved():
    place = np.linspace(0.0, 1.0, 2000)
    clusters = (place > 0.5).astype(int)
    assert gap(on_line(place), clusters) == pytest.approx(0.2, abs=0.01)
    arc = np.stack([np.cos(np.pi * place), np.sin(np.pi * place)], axis=1)
    assert gap(arc[None], clusters) == pytest.approx(0.2, abs=0.03)
    normal = np.sort(np.random.default_rng(0).normal(size=2000))
    assert gap(on_line(normal), clusters) == pytest.approx(0.2, abs=0.03)


def test_the_gap_between_groups_grows_with_their_distance():
    noise = np.random.default_rng(0).normal(size=400)
    clusters = np.arange(400) % 2
    gaps = [gap(on_line(noise + apart * clusters), clusters) for apart in (3, 4, 6, 9, 100)]
    assert gaps == sorted(gaps)
    assert gaps[0] < 0.3 < gaps[1] < 0.5 < gaps[2] < 0.7 < gaps[3] < gaps[4] < 1.0


def test_the_nearest_clusters_count():
    noise = np.random.default_rng(0).normal(size=300)
    clusters = np.arange(300) % 3
    far = gap(on_line(noise + 50 * clusters), clusters)
    assert gap(on_line(noise + np.array([0, 4, 50])[clusters]), clusters) < 0.5 < far


@pytest.mark.parametrize("clusters", [np.zeros(6, int), np.full(6, -1), np.array([0, 0, 0] * 2)])
def test_fewer_than_two_clusters_have_no_gap(clusters):
    assert gap(on_line(np.arange(6.0)), clusters) == 0.0


def test_outputs_that_are_all_the_same_have_no_gap():
    assert gap(np.zeros((2, 6, 3)), np.arange(6) % 2) == 0.0
    assert gap(np.ones((2, 6, 3)), np.arange(6) % 2) == 0.0


def test_clusters_without_extent_leave_all_the_way():
    assert gap(on_line(np.arange(6) % 2), np.arange(6) % 2) == pytest.approx(1.0)
    assert gap(on_line([0.0, 1.0, 1.0]), np.array([0, 1, 1])) == pytest.approx(1.0)


def test_only_a_consensus_of_output_units_trained_alone_is_judged_by_it():
    run = small_run()
    assert not judged_by_gap(run)
    assert not judged_by_gap(small_ensemble(run))
