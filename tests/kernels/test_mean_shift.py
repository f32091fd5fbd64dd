"""The mean shift, against its definition."""

import numpy as np
import pytest

from lstmtool.kernels import mean_shift
from lstmtool.kernels.pairs import in_vectors


def shifted(points, weights, place):
    kernels = weights * np.exp(-0.5 * ((points - place) ** 2).sum(axis=1))
    return kernels @ points / kernels.sum()


def case(n_dims, n_points=31):
    rng = np.random.default_rng(n_dims)
    points, weights = rng.normal(size=(n_points, n_dims)), rng.uniform(0.5, 3.0, n_points)
    vectors, lanes = in_vectors(np.ascontiguousarray(points.T), 0)
    lanes.ravel()[:n_points] = weights
    return points, weights, vectors, lanes


@pytest.mark.parametrize("n_dims", [1, 2, 3])
def test_one_step_is_the_weighted_mean(n_dims):
    points, weights, vectors, lanes = case(n_dims)
    places, moving = points.copy(), np.array([0, 4, 30])
    on = mean_shift.climb(vectors, lanes, places, moving, 1, 1e-6)
    for n in range(len(points)):
        expected = shifted(points, weights, points[n]) if n in moving else points[n]
        np.testing.assert_allclose(places[n], expected, rtol=1e-12)
    assert on.all()


def test_a_place_stops_at_a_step_within_the_tolerance():
    points, weights, vectors, lanes = case(2)
    places = np.stack([points[0], points[1] + 40.0])  # one is far from all points
    on = mean_shift.climb(vectors, lanes, places, np.arange(2), 1000, 1e-9)
    assert not on.any()
    for place in places:
        np.testing.assert_allclose(shifted(points, weights, place), place, atol=1e-9)
    before = places.copy()
    assert mean_shift.climb(vectors, lanes, places, np.arange(2), 3, -1.0).all()
    np.testing.assert_allclose(places, before, atol=1e-8)
