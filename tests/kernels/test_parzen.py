import threading
import time

import numpy as np
import pytest

from lstmtool.kernels import fast_gauss, fast_sums, grid_gauss, pairs, parzen
from lstmtool.kernels._jit import config
from lstmtool.kernels.objectives import draw
from lstmtool.kernels.records import GO_ON
from tests import naive
from tests.differences import central_difference, complex_step, largest_error


def columns(y):
    return np.ascontiguousarray(y.T)


def log_likelihood(y, sigma, stop, n_s):
    return parzen.log_likelihood(y, sigma, stop, n_s, parzen.fast_of(y, n_s))


def entropy_slopes(y, sigma, slopes, stop, n_s):
    return parzen.entropy_slopes(y, sigma, slopes, stop, n_s, parzen.fast_of(y, n_s))


def fit_width(y, sigma, smallest, tolerance, n_steps, stop, n_s):
    fast = parzen.fast_of(y, n_s)
    return parzen.fit_width(y, sigma, smallest, tolerance, n_steps, stop, n_s, fast)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("sigma", [0.05, 0.7, 30.0])
def test_likelihood_moment_and_slopes_are_the_twins(k, sigma):
    y = np.random.default_rng(k).normal(0, 0.2 if sigma < 0.1 else 2.0, (6, k))
    points = columns(y)
    value, moment = log_likelihood(points, sigma, GO_ON, 0)
    assert value == pytest.approx(naive.log_likelihood(y, sigma) / 6, rel=1e-12, abs=1e-12)
    slopes = np.full_like(points, np.nan)
    entropy, same = entropy_slopes(points, sigma, slopes, GO_ON, 0)
    assert entropy == pytest.approx(naive.entropy(y, sigma), rel=1e-12, abs=1e-12)
    wanted = naive.entropy_slopes(y, sigma)
    np.testing.assert_allclose(slopes.T, wanted, rtol=1e-10, atol=1e-12 / sigma)
    kernels = [
        [naive.kernel(y[i] - y[j], sigma) if i != j else 0.0 for j in range(6)] for i in range(6)
    ]
    pulls = kernels / np.sum(kernels, axis=1, keepdims=True)
    squared = ((y[:, None] - y[None]) ** 2).sum(axis=2)
    assert moment == same == pytest.approx((pulls * squared).sum() / 6, rel=1e-11)


def test_isolated_points_do_not_underflow():
    """Distances 2 and 5 at a width of which the kernels are exp(-2000) and exp(-12500)."""
    y, sigma = np.array([[0.0, 2.0, 5.0]]), np.sqrt(1 / 1000)
    value, moment = pairs.exact_sums(y, sigma, np.empty((1, 0)), GO_ON, 0)
    assert value == pytest.approx((-2000 - 2000 - 4500) / 3, rel=1e-14)
    assert moment == pytest.approx((4 + 4 + 9) / 3, rel=1e-14)
    slopes = np.zeros((1, 3))
    pairs.exact_sums(y, sigma, slopes, GO_ON, 0)
    pulls = np.array([[-2, 2, 0], [-2, 2, 0], [0, -3, 3]]).sum(axis=0)
    np.testing.assert_allclose(slopes[0], pulls * 1000 / 3, rtol=1e-13)


def test_points_beyond_one_vector():
    y = np.random.default_rng(5).standard_normal((61, 2))
    slopes = np.zeros((2, 61))
    entropy, _ = entropy_slopes(columns(y), 0.4, slopes, GO_ON, 0)
    assert entropy == pytest.approx(naive.entropy(y, 0.4), rel=1e-12)
    np.testing.assert_allclose(slopes.T, naive.entropy_slopes(y, 0.4), rtol=1e-10, atol=1e-13)


def two_samples(k, sizes=(4, 5), seed=0):
    """Points (N, K) of S and, behind them, of T."""
    return np.random.default_rng(seed).normal(0, 1.5, (sum(sizes), k))


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("sigma", [0.3, 0.9, 30.0])
def test_two_samples_are_the_twins(k, sigma):
    y, n_s = two_samples(k), 4
    slopes = np.full((k, 9), np.nan)
    entropy, moment = entropy_slopes(columns(y), sigma, slopes, GO_ON, n_s)
    wanted = naive.sample_entropy(y[:n_s], y[n_s:], sigma)
    assert entropy == pytest.approx(wanted, rel=1e-12, abs=1e-12)
    step = complex_step(lambda z: naive.sample_entropy(z[:n_s], z[n_s:], sigma), y)
    assert largest_error(slopes.T, step) < 1e-12 / min(sigma, 1.0)
    assert (np.abs(step[:n_s]).max(), np.abs(step[n_s:]).max()) > (0, 0)
    squared = ((y[:n_s, None] - y[None, n_s:]) ** 2).sum(axis=2)
    pulls = np.exp(-squared / (2 * sigma**2))
    pulls /= pulls.sum(axis=1, keepdims=True)
    assert moment == pytest.approx((pulls * squared).sum() / n_s, rel=1e-11)
    value, same = log_likelihood(columns(y), sigma, GO_ON, n_s)
    assert (value, same) == (-entropy, moment)


def test_two_samples_beyond_one_vector_by_central_differences():
    y, n_s, sigma = two_samples(2, (29, 31)), 29, 0.7
    slopes = np.zeros((2, 60))
    entropy_slopes(columns(y), sigma, slopes, GO_ON, n_s)

    def value(z):
        return -log_likelihood(columns(z), sigma, GO_ON, n_s)[0]

    np.testing.assert_allclose(slopes.T, central_difference(value, y), rtol=0, atol=1e-9)
    assert value(y) == pytest.approx(naive.sample_entropy(y[:n_s], y[n_s:], sigma), rel=1e-12)


def test_two_samples_far_apart_do_not_underflow():
    """Kernels at 5 and 7 alone, seen from 0 and 2: exp(-12500), exp(-4500) and less."""
    y, slopes = np.array([[0.0, 2.0, 5.0, 7.0]]), np.zeros((1, 4))
    value, moment = pairs.exact_sums(y, np.sqrt(1 / 1000), slopes, GO_ON, 2)
    assert value == pytest.approx((-12500 - 4500) / 2, rel=1e-14)
    assert moment == pytest.approx((25 + 9) / 2, rel=1e-14)
    np.testing.assert_allclose(slopes[0], 500 * np.array([-5, -3, 8, 0]), rtol=1e-13, atol=1e-200)


def test_one_point_beside_all_others_is_leave_one_out_on_average():
    """S of one point, T of all others: the mean over all S is the leave-one-out entropy."""
    y, sigma = np.random.default_rng(1).normal(size=(7, 2)), 0.8
    values, compute = [], np.zeros((2, 7))
    for i in range(7):
        order, slopes = [i, *(j for j in range(7) if j != i)], np.zeros((2, 7))
        values.append(entropy_slopes(columns(y[order]), sigma, slopes, GO_ON, 1)[0])
        compute[:, order] += slopes / 7
    wanted = np.zeros((2, 7))
    entropy, _ = entropy_slopes(columns(y), sigma, wanted, GO_ON, 0)
    assert np.mean(values) == pytest.approx(entropy, rel=1e-13)
    np.testing.assert_allclose(compute, wanted, rtol=1e-11, atol=1e-14)


def test_larger_samples_approach_leave_one_out_from_above():
    """The logarithm of a sum of fewer kernels is smaller on average, by Jensen's inequality."""
    y, sigma, rng = np.random.default_rng(2).normal(size=(1, 40)), 0.5, np.random.default_rng(3)
    entropy = -log_likelihood(y, sigma, GO_ON, 0)[0]
    gaps, n_draws = [], 100 if config.DISABLE_JIT else 2000
    for n_t in (5, 12, 38):
        draws = [
            -log_likelihood(y[:, draw(40, 2 + n_t, rng)], sigma, GO_ON, 2)[0]
            for _ in range(n_draws)
        ]
        gaps.append(np.mean(draws) - entropy)
    assert gaps[0] > 2 * gaps[1] > 0
    assert abs(gaps[2]) < 4 * np.std(draws) / np.sqrt(n_draws) + 0.01


def test_width_of_two_samples_is_of_maximum_likelihood():
    y, n_s = two_samples(2, (6, 8), seed=4), 6
    sigma = fit_width(columns(y), 1.0, 1e-6, 1e-10, 100, GO_ON, n_s)

    def rise(log_sigma):
        return -naive.sample_entropy(y[:n_s], y[n_s:], np.exp(log_sigma[0]))

    slope = complex_step(rise, np.log([sigma]))
    assert slope == pytest.approx(0.0, abs=1e-8)
    assert rise(np.log([sigma])) > max(rise(np.log([sigma * f])) for f in (0.8, 1.25))


def test_draws_are_different_and_every_one_as_likely():
    rng, counts = np.random.default_rng(0), np.zeros((5, 3))
    for _ in range(2000):
        places = draw(5, 3, rng)
        assert len(set(places.tolist())) == 3
        counts[places, np.arange(3)] += 1
    assert np.abs(counts - 400).max() < 4 * np.sqrt(2000 * 0.2 * 0.8)
    np.testing.assert_array_equal(draw(5, 0, rng), np.arange(5))
    assert sorted(draw(5, 5, rng).tolist()) == [0, 1, 2, 3, 4]
    first, again = np.random.default_rng(7), np.random.default_rng(7)
    n_s, n_t = naive.drawn(9, 2, 4, first)
    assert [*n_s, *n_t] == draw(9, 6, again).tolist()


# Many boxes take minutes uncompiled.
PLANES = [] if config.DISABLE_JIT else [(2, 3.0), (2, 0.7), (2, 0.3)]


@pytest.mark.parametrize(
    ("n_dims", "sigma"),
    [(1, 3.0), (1, 0.3), (1, 0.05), (1, 0.006), (2, 9.0), *PLANES],
)
def test_the_fast_transform_is_exact(n_dims, sigma):
    """Two clusters and points far from all: relative 1e-12 of the largest."""
    rng = np.random.default_rng(7)
    far = np.repeat([[-7.3, 3.9, 3.9 + 1e-9, 9.0]], n_dims, axis=0)
    clusters = rng.normal(-1, 1, (n_dims, 200)), rng.normal(2, 0.05, (n_dims, 200))
    y = np.concatenate([*clusters, far], axis=1)
    fast, exact = np.zeros_like(y), np.zeros_like(y)
    got, wanted = (
        fast_sums.fast_sums(y, sigma, fast, GO_ON),
        pairs.exact_sums(y, sigma, exact, GO_ON, 0),
    )
    np.testing.assert_allclose(got, wanted, rtol=1e-12)
    np.testing.assert_allclose(fast, exact, rtol=0, atol=1e-12 * np.abs(exact).max())
    alone = fast_sums.fast_sums(y, sigma, np.empty((n_dims, 0)), GO_ON)
    np.testing.assert_allclose(alone, wanted, rtol=1e-12)


def test_the_transform_errs_less_than_its_bound():
    rng = np.random.default_rng(8)
    y, weights = rng.uniform(0, 30, 500), rng.uniform(0, 2, 500)
    x, boxes = fast_gauss.locate(y, 1.7)
    moments = fast_gauss.moments_for(boxes)
    fast_gauss.add_moments(x, boxes, weights, moments)
    for n in range(0, 500, 25):
        u = (y[n] - y) / 1.7
        k = weights * np.exp(-u * u / 2)
        wanted = k.sum(), (-u * k).sum(), ((u * u - 1) * k).sum()
        got = fast_gauss.sums_at(x, boxes, moments, n)
        rounding = 2e-15 * np.array([k.sum(), np.abs(u * k).sum(), np.abs((u * u - 1) * k).sum()])
        bound = np.array([1.0, 10.0, 100.0]) * 2e-16 * weights.sum() + rounding
        assert (np.abs(np.subtract(got, wanted)) <= bound).all()


def test_fields_of_boxes_err_less_than_their_bound():
    rng, sides = np.random.default_rng(8), (2, 1) if config.DISABLE_JIT else (11, 7)
    places = np.array([rng.uniform(0, side, 150) for side in sides])
    weights, occupied = rng.uniform(0, 2, 150), np.zeros(sides, dtype=bool)
    occupied[tuple(places.astype(int))] = True
    fields = grid_gauss.grid_fields(places, weights, occupied, GO_ON)
    bound = 1e-14 * weights.sum() * np.array([1, 1, 1, 4])
    for n in range(0, 150, 10):
        dx, dy = places[:, n, None] - places
        k = weights * np.exp(-(dx**2 + dy**2) / 2)
        wanted = k.sum(), (-dx * k).sum(), (-dy * k).sum(), ((dx**2 + dy**2) * k).sum()
        got = grid_gauss.fields_at(places, n, fields)
        assert (np.abs(np.subtract(got, wanted)) <= bound).all()


def test_boxes_of_a_plane_are_those_with_a_point():
    rng = np.random.default_rng(11)
    y = np.array([rng.uniform(-3, 12, 20), rng.uniform(100, 104, 20)])
    places, occupied = fast_sums.in_boxes(y, 0.5)
    np.testing.assert_allclose(places, (y - y.min(axis=1, keepdims=True)) / 0.5, atol=1e-12)
    assert occupied.shape == tuple(places.max(axis=1).astype(int) + 1)
    wanted = np.zeros(occupied.shape, dtype=bool)
    wanted[tuple(places.astype(int))] = True
    np.testing.assert_array_equal(occupied, wanted)


@pytest.mark.skipif(config.DISABLE_JIT, reason="takes minutes uncompiled")
@pytest.mark.parametrize("sigma", [1.0, 0.01])
def test_many_points_of_a_plane_take_the_fast_way_unless_far_apart(sigma):
    y = np.random.default_rng(10).standard_normal((2, 3000))
    slopes, exact = np.zeros_like(y), np.zeros_like(y)
    got = parzen.sums(y, sigma, slopes, GO_ON, 0, parzen.fast_of(y))
    wanted = pairs.exact_sums(y, sigma, exact, GO_ON, 0)
    np.testing.assert_allclose(got, wanted, rtol=1e-12)
    np.testing.assert_allclose(slopes, exact, rtol=0, atol=1e-12 * np.abs(exact).max())


def test_many_points_on_a_line_take_the_fast_way_unless_far_apart():
    rng = np.random.default_rng(9)
    y = rng.standard_normal((1, fast_gauss.MANY))
    for sigma in (0.2, 1e-4):
        slopes, exact = np.zeros_like(y), np.zeros_like(y)
        got, wanted = (
            parzen.sums(y, sigma, slopes, GO_ON, 0, parzen.fast_of(y)),
            pairs.exact_sums(y, sigma, exact, GO_ON, 0),
        )
        np.testing.assert_allclose(got, wanted, rtol=1e-12)
        np.testing.assert_allclose(slopes, exact, rtol=0, atol=1e-12 * np.abs(exact).max())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_bad_points_surface_among_many(bad):
    y = np.random.default_rng(9).standard_normal((1, fast_gauss.MANY))
    y[0, 77] = bad
    with np.errstate(all="ignore"):
        value, _ = log_likelihood(y, 0.3, GO_ON, 0)
    assert not np.isfinite(value)


def test_exact_sums_add_their_slopes_to_what_is_there():
    y = np.random.default_rng(3).standard_normal((2, 9))
    alone, added = np.zeros_like(y), np.full_like(y, 7.0)
    for slopes in (alone, added):
        pairs.exact_sums(y, 0.7, slopes, GO_ON, 0)
    np.testing.assert_allclose(added, 7.0 + alone, rtol=1e-14)


def test_covariance_is_numpys():
    y = np.random.default_rng(0).normal(5, 2, (3, 7))
    mean, cov = np.empty(3), np.empty((3, 3))
    parzen.covariance(y, mean, cov)
    np.testing.assert_allclose(mean, y.mean(axis=1), rtol=1e-14)
    np.testing.assert_allclose(cov, np.cov(y, bias=True), rtol=1e-12)


def test_smallest_width_is_relative_to_the_spread_and_positive():
    assert parzen.smallest_width(np.diag([9.0, 7.0]), 0.1) == pytest.approx(0.1 * np.sqrt(8.0))
    assert parzen.smallest_width(np.zeros((1, 1)), 0.1) > 0


def test_one_em_step_is_the_moment():
    y = columns(np.random.default_rng(0).normal(size=(6, 2)))
    _, moment = log_likelihood(y, 0.8, GO_ON, 0)
    first = np.sqrt(moment / 2)
    _, moment = log_likelihood(y, first, GO_ON, 0)
    second = np.sqrt(moment / 2)
    got = fit_width(y, 0.8, 1e-6, 1e-9, 1, GO_ON, 0)
    value = {s: log_likelihood(y, s, GO_ON, 0)[0] for s in (0.8, second, got)}
    assert value[0.8] < value[second] <= value[got] + 1e-15


def test_width_never_falls_below_the_smallest():
    y = columns(np.repeat([0.0, 1.0, 5.0], 3)[:, None])
    assert fit_width(y, 1.0, 0.01, 1e-9, 100, GO_ON, 0) == pytest.approx(0.01)
    assert fit_width(y, 0.0, 0.01, 1e-9, 100, GO_ON, 0) == pytest.approx(0.01)
    assert fit_width(np.ones((1, 4)), 1.0, 0.01, 0.0, 5, GO_ON, 0) == pytest.approx(0.01)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_starts_and_points_surface(bad):
    y = columns(np.arange(4.0)[:, None])
    assert np.isnan(fit_width(y, bad, 0.01, 1e-9, 5, GO_ON, 0))
    y[0, 1] = bad
    with np.errstate(all="ignore"):
        value, _ = log_likelihood(y, 1.0, GO_ON, 0)
        slopes = np.zeros_like(y)
        entropy, _ = entropy_slopes(y, 1.0, slopes, GO_ON, 0)
    assert not np.isfinite(value)
    assert not np.isfinite(entropy)
    assert not np.isfinite(slopes).all()


@pytest.mark.parametrize("sums", [pairs.exact_sums, fast_sums.fast_sums])
@pytest.mark.parametrize("n_dims", [1, 2])
def test_sums_end_at_a_stop(sums, n_dims):
    y, slopes = np.repeat(np.arange(5.0)[None], n_dims, axis=0) / 4.0, np.zeros((n_dims, 5))
    all_points = (0,) if sums is pairs.exact_sums else ()
    assert np.isfinite(sums(y, 1.0, slopes, GO_ON, *all_points)).all()
    assert np.isnan(sums(y, 1.0, slopes, np.ones(1, np.int64), *all_points)).all()


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="interpreted code is interrupted anyway")
def test_a_long_fit_answers_within_a_quarter_of_a_second():
    y = np.random.default_rng(0).standard_normal((2, 40_000))  # seconds for every sum
    stop, asked = np.zeros(1, np.int64), []
    parzen.fast_of(y)  # compiles
    fit_width(y[:, :5].copy(), 1.0, 1e-6, 0.0, 1, stop, 0)

    def ask():
        asked.append(time.monotonic())
        stop[0] = 1

    threading.Timer(0.2, ask).start()
    sigma = fit_width(y, 1.0, 1e-6, 0.0, 100, stop, 0)
    assert asked, "it ended by itself"
    assert time.monotonic() - asked[0] < 0.25
    assert np.isnan(sigma)
