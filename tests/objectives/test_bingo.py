import numpy as np
import pytest

from lstmtool.objectives import bingo
from tests import naive


def drawn(k, n=8, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0.3, 1.5, (n, k)) @ rng.normal(size=(k, k))


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_slopes_are_equations_1_and_2(k):
    u = drawn(k)
    np.testing.assert_allclose(bingo.slopes(u), naive.bingo_slopes(u), rtol=1e-11, atol=1e-14)


def test_one_node_climbs_away_from_the_mean():
    u = np.array([[-1.0], [0.5], [2.0]])
    p = 1 / (1 + np.exp(-u))
    np.testing.assert_allclose(bingo.slopes(u), p * (1 - p) * (u - u.mean()) / 3, rtol=1e-13)


def test_two_nodes_by_hand():
    """Hebbian term minus correlation times the other node's: u - u_hat = d_1 - rho d_2."""
    u = drawn(2)
    d, p = u - u.mean(axis=0), naive.logistic(u)
    rho = np.corrcoef(u.T)[0, 1]
    wanted = p * (1 - p) * (d - rho * d[:, ::-1]) / len(u)
    np.testing.assert_allclose(bingo.slopes(u), wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_correlation_has_a_unit_diagonal(k):
    u = drawn(k, seed=1)
    q = bingo.correlation(u)
    assert (np.diag(q) == 1.0).all()
    np.testing.assert_allclose(q, np.corrcoef(u.T).reshape(k, k), atol=1e-13)
    np.testing.assert_allclose(bingo.correlation(1e5 * u - 3e5), q, atol=1e-9)


def test_large_variances_do_not_turn_the_rule_round():
    """With covariances in place of correlations, points would be pulled in beyond variance 2."""
    u = np.array([[-3.0], [-2.5], [2.5], [3.0]])
    assert (bingo.slopes(u) * u > 0).all()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_identical_and_opposite_nodes_do_not_move(sign):
    u = drawn(1)
    slopes = bingo.slopes(np.hstack([u, sign * u]))
    np.testing.assert_allclose(slopes, 0.0, atol=1e-15)


def test_a_constant_node_is_correlated_with_no_other():
    u = drawn(2)
    u[:, 1] = 0.25
    q = bingo.correlation(u)
    np.testing.assert_array_equal(q, np.eye(2))
    slopes = bingo.slopes(u)
    np.testing.assert_array_equal(slopes[:, 1], 0.0)
    np.testing.assert_allclose(slopes[:, :1], bingo.slopes(u[:, :1]), rtol=1e-13)


def test_saturated_points_exert_no_pull():
    slopes = bingo.slopes(np.array([[-900.0], [900.0], [0.1], [-0.3]]))
    np.testing.assert_allclose(slopes[:2], 0.0, atol=1e-200)
    assert (np.abs(slopes[2:]) > 1e-3).all()


def test_order_of_sequences_and_nodes_does_not_matter():
    u = drawn(3)
    turned = bingo.slopes(u[::-1, [2, 0, 1]])
    np.testing.assert_allclose(turned, bingo.slopes(u)[::-1, [2, 0, 1]], rtol=1e-12)


def test_nan_surfaces():
    u = drawn(2)
    u[1, 0] = np.nan
    with np.errstate(all="ignore"):
        assert np.isnan(bingo.slopes(u)).any()


CORNERS = np.repeat(np.array(naive.codes(2), dtype=float), 5, axis=0)


@pytest.mark.parametrize(
    ("p", "bits"),
    [
        (CORNERS, 2.0),
        (0.1 + 0.8 * CORNERS, 1.062),
        (CORNERS[:, [0, 0]], 1.0),
        (np.full((20, 2), 0.5), 0.0),
        (np.zeros((20, 2)), 0.0),
        (CORNERS[:, :1], 1.0),
    ],
)
def test_known_joint_bits(p, bits):
    assert bingo.joint_bits(p) == pytest.approx(bits, abs=5e-4)


def test_bits_per_node_do_not_see_that_nodes_agree():
    np.testing.assert_allclose(bingo.bits_per_node(CORNERS[:, [0, 0]]), [1.0, 1.0])
    np.testing.assert_allclose(bingo.bits_per_node(np.full((4, 1), 0.3)), [0.0], atol=1e-15)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_bits_by_enumeration(k):
    p = np.random.default_rng(k).uniform(size=(7, k))
    assert bingo.joint_bits(p) == pytest.approx(naive.joint_bits(p), abs=1e-12)
    single = [naive.joint_bits(p[:, [i]]) for i in range(k)]
    np.testing.assert_allclose(bingo.bits_per_node(p), single, atol=1e-12)
    assert bingo.joint_bits(p) <= min(k, sum(single) + 1e-12)


def test_ascent_gains_bits():
    u = np.random.default_rng(3).normal(0, 0.5, (12, 2))
    before = bingo.joint_bits(naive.logistic(u))
    for _ in range(300):
        u = u + 5.0 * bingo.slopes(u)
    assert bingo.joint_bits(naive.logistic(u)) > before + 0.5
