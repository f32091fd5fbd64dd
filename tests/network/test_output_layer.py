from itertools import pairwise

import numpy as np
import pytest

from lstmtool.config import NetworkSettings
from lstmtool.network.layout import Network
from lstmtool.network.output_layer import N_READ_OUTS, linear_read_outs, separating_directions
from tests import naive


def read_outs(k_old, k_new, n_cells=3, seed=0):
    """Old net inputs (N, K) and the outputs (N, K') of every variant of new linear units."""
    rng = np.random.default_rng(seed)
    blocks = {"blocks": (n_cells,)}
    old = Network(NetworkSettings(**blocks, outputs=k_old), 1)
    new = Network(NetworkSettings(**blocks, outputs=k_new, output_unit="linear"), 1)
    flat = rng.normal(size=old.size)
    last = np.hstack([rng.normal(size=(20, n_cells)), np.ones((20, 1))])
    net = last @ old.named(flat)["output_unit"].T
    clusters = 2 * (net[:, 0] > 0) + (net[:, -1] > 0)
    variants = linear_read_outs(old, new, flat, net, clusters)
    for variant in variants:
        np.testing.assert_array_equal(variant[: new.n_hidden], flat[: old.n_hidden])
    return net, [last @ new.named(variant)["output_unit"].T for variant in variants]


@pytest.mark.parametrize("k", [1, 2, 3])
def test_as_many_units_go_on_as_they_are(k):
    net, [outputs] = read_outs(k, k)
    scale = outputs / net
    np.testing.assert_allclose(scale, scale[:1].repeat(20, axis=0), rtol=1e-9)
    assert (scale > 0).all()


@pytest.mark.parametrize("k", [2, 3])
def test_one_unit_reads_directions_of_the_scaled_net_inputs(k):
    net, outputs = read_outs(k, 1)
    assert 1 < len(outputs) <= N_READ_OUTS
    for y in outputs:
        weights = np.linalg.lstsq(net / net.std(axis=0), y[:, 0])[0]
        np.testing.assert_allclose(net / net.std(axis=0) @ weights, y[:, 0], atol=1e-9)
        assert np.linalg.norm(weights) == pytest.approx(1.0)


CODES = np.repeat(np.arange(8), 5)


def corners(k, spread=0.0):
    points = np.repeat(2.0 * np.array(naive.codes(k)) - 1, 5, axis=0)
    return points + spread * np.random.default_rng(0).uniform(-1, 1, points.shape)


def test_four_tight_codes_become_four_even_levels():
    best = separating_directions(corners(2), CODES[:20])[0]
    levels = np.unique((corners(2) @ best).round(9))
    assert len(levels) == 4
    np.testing.assert_allclose(np.diff(levels), np.diff(levels).mean(), rtol=0.02)


@pytest.mark.parametrize("k", [2, 3])
def test_codes_do_not_overlap_on_the_best_lines(k):
    net = corners(k, 0.05)
    codes = CODES[: len(net)]
    best = separating_directions(net, CODES[: len(net)])[0]
    ranges = sorted((np.min(y), np.max(y)) for y in ((net @ best)[codes == c] for c in set(codes)))
    for (_, high), (low, _) in pairwise(ranges):
        assert high < low


def test_every_line_orders_the_codes_differently():
    net = corners(2, 0.1)
    codes = CODES[: len(net)]
    orders = set()
    for direction in separating_directions(net, CODES[: len(net)]):
        means = [(net @ direction)[codes == c].mean() for c in range(4)]
        order = tuple(np.argsort(means))
        assert order not in orders
        orders |= {order, order[::-1]}


@pytest.mark.parametrize(
    "net", [np.ones((6, 2)), np.zeros((6, 1)), corners(1), np.full((6, 2), np.nan)]
)
def test_points_that_are_alike_or_not_finite_are_survived(net):
    for direction in separating_directions(net, CODES[: len(net)]):
        assert np.linalg.norm(direction) == pytest.approx(1.0)
