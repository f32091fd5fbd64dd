import numpy as np
import pytest

from lstmtool.objectives import neo
from tests import naive
from tests.differences import complex_step


def drawn(k, n=7, seed=0, spread=1.0):
    return spread * np.random.default_rng(seed).normal(size=(n, k))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_entropy_is_equation_6(k):
    y = drawn(k)
    for sigma in (0.2, 1.0, 5.0):
        assert neo.entropy(y, sigma) == pytest.approx(naive.entropy(y, sigma), rel=1e-12)
        wanted = naive.invariant_entropy(y, sigma)
        assert neo.invariant_entropy(y, sigma) == pytest.approx(wanted, rel=1e-11)
        assert neo.entropy(y, sigma) == pytest.approx(-naive.log_likelihood(y, sigma) / 7)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_slopes_are_equation_7_and_the_complex_step(k):
    y = drawn(k)
    slopes = neo.slopes(y, 0.6)
    np.testing.assert_allclose(slopes, naive.entropy_slopes(y, 0.6), rtol=1e-11, atol=1e-13)
    step = complex_step(lambda z: naive.entropy(z, 0.6), y)
    np.testing.assert_allclose(slopes, step, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_invariant_slopes_are_the_complex_step(k):
    y = drawn(k, seed=1)
    wanted = complex_step(lambda z: naive.invariant_entropy(z, 0.6), y)
    got = neo.slopes(y, 0.6, "invariant")
    np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_width_is_brents_maximum(k, seed):
    y = drawn(k, n=9, seed=seed)
    sigma = neo.fit_width(y)
    assert sigma == pytest.approx(naive.width(y, sigma), rel=1e-6)
    best = neo.entropy(y, sigma)
    for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0):
        assert neo.entropy(y, factor * sigma) > best


def test_width_of_two_points_is_their_distance():
    assert neo.fit_width(np.array([1.0, 4.0])) == pytest.approx(3.0, rel=1e-6)
    assert neo.fit_width(np.array([[1.0, 1.0], [4.0, 5.0]])) == pytest.approx(5 / np.sqrt(2))


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("scale", [1e-6, 0.1, 10.0, 1e6])
def test_scaling_identities(k, scale):
    y = drawn(k, seed=2)
    sigma, scaled = neo.fit_width(y), neo.fit_width(scale * y + 3.0 * scale)
    assert scaled == pytest.approx(scale * sigma, rel=1e-7)
    z = scale * y + 3.0 * scale
    wanted = neo.entropy(y, sigma) + k * np.log(scale)
    assert neo.entropy(z, scaled) == pytest.approx(wanted, abs=1e-9)
    invariant = neo.invariant_entropy(y, sigma)
    assert neo.invariant_entropy(z, scaled) == pytest.approx(invariant, abs=1e-9)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_slopes_see_the_scale_only_in_the_literal_form(k):
    """Along y the entropy rises by K nats per unit of log scale, at the best width."""
    y = drawn(k, n=10, seed=3)
    sigma = neo.fit_width(y)
    assert (y * neo.slopes(y, sigma)).sum() == pytest.approx(k, abs=1e-6)
    assert (y * neo.slopes(y, sigma, "invariant")).sum() == pytest.approx(0.0, abs=1e-6)
    for form in ("literal", "invariant"):
        np.testing.assert_allclose(neo.slopes(y, sigma, form).sum(axis=0), 0.0, atol=1e-12)


def test_held_width_slope_is_the_total_one():
    y, step = drawn(1, seed=4), 1e-5
    slopes = neo.slopes(y, neo.fit_width(y))
    for i in range(len(y)):
        up, down = y.copy(), y.copy()
        up[i] += step
        down[i] -= step
        rise = neo.entropy(up, neo.fit_width(up)) - neo.entropy(down, neo.fit_width(down))
        assert slopes[i, 0] == pytest.approx(rise / (2 * step), abs=1e-6)


def test_a_point_never_counts_itself():
    """A lone point is as unlikely as its distance says, however narrow its own kernel."""
    y, sigma = np.array([0.0, 1.0, 50.0]), 0.5
    lone = -0.5 * (49.0 / sigma) ** 2
    wanted = lone - 2 * 0.5 * (1.0 / sigma) ** 2
    got = -3 * neo.entropy(y, sigma) + 3 * np.log(2 * np.sqrt(2 * np.pi) * sigma)
    assert got == pytest.approx(wanted, rel=1e-12)


def test_points_far_apart_do_not_underflow():
    y = np.array([0.0, 1e3, 3e3, 1e5])
    with np.errstate(under="ignore"):
        value, slopes = neo.entropy(y, 0.01), neo.slopes(y, 0.01)
    assert np.isfinite(value)
    nearest = np.array([1e3, 1e3, 2e3, 9.7e4])
    wanted = (nearest**2).sum() / (8 * 0.01**2)
    assert value == pytest.approx(wanted, rel=1e-9)
    assert np.isfinite(slopes).all()
    assert slopes[3, 0] == pytest.approx(9.7e4 / (4 * 0.01**2), rel=1e-9)


@pytest.mark.parametrize(
    "y", [np.repeat([0.0, 1.0, 5.0], 2), np.repeat([[0.0, 1.0], [2.0, 2.0]], 3, axis=0)]
)
def test_ties_stop_at_the_floor(y):
    spread = np.sqrt(np.atleast_2d(y.T).var(axis=1).mean())
    sigma = neo.fit_width(y, floor=0.01)
    assert sigma == pytest.approx(0.01 * spread)
    assert np.isfinite(neo.entropy(y, sigma))
    assert np.isfinite(neo.slopes(y, sigma)).all()


def test_identical_points_stay_finite():
    y = np.full((5, 2), 3.0)
    sigma = neo.fit_width(y)
    assert sigma > 0
    assert np.isfinite(neo.entropy(y, sigma))
    np.testing.assert_array_equal(neo.slopes(y, sigma), 0.0)


def test_clusters_have_less_invariant_entropy_than_one_cloud():
    rng = np.random.default_rng(0)
    tight = np.repeat([0.0, 1.0, 2.0], 6) + rng.normal(0, 0.01, 18)
    cloud = rng.normal(size=18)
    values = [neo.invariant_entropy(y, neo.fit_width(y)) for y in (tight, cloud)]
    assert values[0] < values[1] - 0.5


@pytest.mark.parametrize("k", [1, 2])
def test_density_is_equation_3(k):
    y, points = drawn(k), drawn(k, n=4, seed=9)
    wanted = [naive.density(p, y, 0.7) for p in points]
    np.testing.assert_allclose(neo.density(points, y, 0.7), wanted, rtol=1e-12)


def test_density_integrates_to_one():
    grid = np.linspace(-30, 30, 6001)
    density = neo.density(grid, np.array([-3.0, 0.0, 4.0]), 0.8)
    assert density.sum() * 0.01 == pytest.approx(1.0, abs=1e-9)


def test_every_small_step_down_lowers_the_entropy():
    y = drawn(1, n=12, seed=5)
    values = []
    for _ in range(20):
        sigma = neo.fit_width(y)
        values.append(neo.invariant_entropy(y, sigma))
        y = y - 0.03 * neo.slopes(y, sigma, "invariant")
    assert (np.diff(values) < 0).all()


@pytest.mark.parametrize("call", [neo.fit_width, lambda y: neo.entropy(y, 1.0)])
def test_one_point_is_refused(call):
    with pytest.raises(ValueError, match="two points"):
        call(np.array([[1.0]]))


@pytest.mark.parametrize("sigma", [0.0, -1.0, np.nan])
def test_a_width_that_is_not_positive_is_refused(sigma):
    y = drawn(1)
    for call in (neo.entropy, neo.slopes, lambda y, s: neo.density(y, y, s)):
        with pytest.raises(ValueError, match="sigma"):
            call(y, sigma)
