import numpy as np
import pytest

from lstmtool.kernels.bingo import code_probabilities, joint_bits
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


def test_codes_use_the_complement_without_cancellation():
    out = np.empty(2)
    code_probabilities(np.array([[40.0]]), 0, out)
    assert out[0] == pytest.approx(logistic(-40.0), rel=1e-14)
