import numpy as np
import pytest

from lstmtool.kernels.bingo import code_probabilities, conditional_bits, joint_bits
from lstmtool.kernels.squash import logistic
from tests import naive


def kernel_bits(u):
    """Joint bits of net inputs (N, K) by the kernel."""
    u = np.ascontiguousarray(np.asarray(u, dtype=float).T)
    n_codes = 2 ** len(u)
    return joint_bits(u, np.empty(n_codes), np.empty(n_codes))


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_code_probabilities_are_products(k):
    u = np.random.default_rng(k).normal(0, 2, (k, 3))
    out = np.full(2**k, np.nan)
    code_probabilities(u, 1, out)
    p = naive.logistic(u[:, 1])
    wanted = [naive.code_probability(p, code) for code in naive.codes(k)]
    np.testing.assert_allclose(out, wanted, rtol=1e-13)
    assert out.sum() == pytest.approx(1.0, abs=1e-14)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_joint_bits_by_enumeration(k):
    u = np.random.default_rng(k).normal(0, 3, (9, k))
    assert kernel_bits(u) == pytest.approx(naive.joint_bits(naive.logistic(u)), abs=1e-12)


def test_joint_bits_survive_saturation_and_surface_nan():
    corners = np.array(naive.codes(2) * 5) * 2e4 - 1e4
    assert kernel_bits(corners) == pytest.approx(2.0, abs=1e-12)
    assert kernel_bits(np.zeros((4, 2))) == 0.0
    bad = np.zeros((4, 2))
    bad[2, 1] = np.nan
    with np.errstate(all="ignore"):
        assert np.isnan(kernel_bits(bad))


def test_conditional_bits_are_the_mean_entropy_of_the_codes():
    u = np.random.default_rng(0).normal(0, 5, (3, 1301))
    u[:, :5] = [-1e4, -709.0, 0.0, 709.0, 1e4]
    with np.errstate(over="ignore"):
        p, not_p = naive.logistic(u), naive.logistic(-u)
    logs = [np.log2(np.where(q > 0, q, 1.0)) for q in (p, not_p)]
    wanted = (-p * logs[0] - not_p * logs[1]).sum(axis=0).mean()
    assert conditional_bits(u) == pytest.approx(wanted, rel=1e-12)
    assert max(conditional_bits(u[:, :1]), conditional_bits(u[:, 4:5])) < 1e-300
    assert conditional_bits(u[:, 2:3]) == pytest.approx(3.0, rel=1e-15)
    u[1, 7] = np.nan
    assert np.isnan(conditional_bits(u))


def test_codes_use_the_complement_without_cancellation():
    out = np.empty(2)
    code_probabilities(np.array([[40.0]]), 0, out)
    assert out[0] == pytest.approx(logistic(-40.0), rel=1e-14)
