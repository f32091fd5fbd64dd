import numpy as np
import pytest

from lstmtool.kernels import parzen
from tests import naive


def columns(y):
    return np.ascontiguousarray(y.T), np.empty(len(y)), np.empty(len(y))


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("sigma", [0.05, 0.7, 30.0])
def test_likelihood_moment_and_slopes_are_the_twins(k, sigma):
    y = np.random.default_rng(k).normal(0, 0.2 if sigma < 0.1 else 2.0, (6, k))
    points, squares, weights = columns(y)
    value, moment = parzen.log_likelihood(points, sigma, squares, weights)
    assert value == pytest.approx(naive.log_likelihood(y, sigma) / 6, rel=1e-12, abs=1e-12)
    slopes = np.full_like(points, np.nan)
    entropy, same = parzen.entropy_slopes(points, sigma, squares, weights, slopes)
    assert entropy == pytest.approx(naive.entropy(y, sigma), rel=1e-12, abs=1e-12)
    wanted = naive.entropy_slopes(y, sigma)
    np.testing.assert_allclose(slopes.T, wanted, rtol=1e-10, atol=1e-12 / sigma)
    kernels = [
        [naive.kernel(y[i] - y[j], sigma) if i != j else 0.0 for j in range(6)] for i in range(6)
    ]
    pulls = kernels / np.sum(kernels, axis=1, keepdims=True)
    squared = ((y[:, None] - y[None]) ** 2).sum(axis=2)
    assert moment == same == pytest.approx((pulls * squared).sum() / 6, rel=1e-11)


def test_log_sum_leaves_out_one_and_does_not_underflow():
    squares, weights = np.array([0.0, 4.0, 9.0]), np.empty(3)
    value, moment = parzen.log_sum(squares, 1000.0, 0, weights)
    assert value == pytest.approx(-4000.0, abs=1e-9)
    assert moment == pytest.approx(4.0)
    np.testing.assert_allclose(weights, [0, 1, 0], atol=1e-15)
    value, _ = parzen.log_sum(squares, 1000.0, -1, weights)
    assert value == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(weights, [1, 0, 0], atol=1e-15)


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
    y, squares, weights = columns(np.random.default_rng(0).normal(size=(6, 2)))
    _, moment = parzen.log_likelihood(y, 0.8, squares, weights)
    first = np.sqrt(moment / 2)
    _, moment = parzen.log_likelihood(y, first, squares, weights)
    second = np.sqrt(moment / 2)
    got = parzen.fit_width(y, 0.8, 1e-6, 1e-9, 1, squares, weights)
    value = {s: parzen.log_likelihood(y, s, squares, weights)[0] for s in (0.8, second, got)}
    assert value[0.8] < value[second] <= value[got] + 1e-15


def test_width_never_falls_below_the_smallest():
    y, squares, weights = columns(np.repeat([0.0, 1.0, 5.0], 3)[:, None])
    assert parzen.fit_width(y, 1.0, 0.01, 1e-9, 100, squares, weights) == pytest.approx(0.01)
    assert parzen.fit_width(y, 0.0, 0.01, 1e-9, 100, squares, weights) == pytest.approx(0.01)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_starts_and_points_surface(bad):
    y, squares, weights = columns(np.arange(4.0)[:, None])
    assert np.isnan(parzen.fit_width(y, bad, 0.01, 1e-9, 5, squares, weights))
    y[0, 1] = bad
    with np.errstate(all="ignore"):
        value, _ = parzen.log_likelihood(y, 1.0, squares, weights)
        slopes = np.zeros_like(y)
        entropy, _ = parzen.entropy_slopes(y, 1.0, squares, weights, slopes)
    assert not np.isfinite(value)
    assert not np.isfinite(entropy)
    assert not np.isfinite(slopes).all()
