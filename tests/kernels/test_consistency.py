import numpy as np
import pytest

from lstmtool.kernels.bingo import code_probabilities
from lstmtool.kernels.consistency import (
    all_code_probabilities,
    consistency_slopes,
    information,
    joint_bits_of,
    joint_codes,
)
from tests import naive
from tests.differences import complex_step


def pairs(n=5, k=2, seed=0):
    """Net inputs (N, K) of two copies, and both as the kernels want them, (K, 2 N)."""
    first, second = np.random.default_rng(seed).normal(0, 2, (2, n, k))
    lanes = np.empty((k, 2 * n))
    lanes[:, ::2], lanes[:, 1::2] = first.T, second.T
    return first, second, lanes


def kernel_joint(lanes):
    k, n = lanes.shape
    joint, marginal = np.empty((2**k, 2**k)), np.empty(2**k)
    joint_codes(lanes, np.empty((2**k, n)), joint, marginal)
    return joint, marginal


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_joint_codes_and_information_by_enumeration(k):
    first, second, lanes = pairs(k=k)
    joint, marginal = kernel_joint(lanes)
    wanted = naive.joint_codes(first, second)
    np.testing.assert_allclose(joint, wanted, atol=1e-14)
    np.testing.assert_allclose(marginal, wanted.sum(axis=1), atol=1e-14)
    shared = naive.shared_information(wanted)
    assert information(joint, marginal) == pytest.approx(shared, abs=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_code_probabilities_of_all_lanes_and_their_joint_bits(k):
    first, second, lanes = pairs(k=k, seed=3)
    probabilities = np.full((2**k, lanes.shape[1]), np.nan)
    all_code_probabilities(lanes, probabilities)
    one = np.full(2**k, np.nan)
    for n in range(lanes.shape[1]):
        code_probabilities(lanes, n, one)
        np.testing.assert_allclose(probabilities[:, n], one, rtol=1e-13)
    wanted = naive.joint_bits(naive.logistic(np.concatenate([first, second])))
    assert joint_bits_of(lanes, kernel_joint(lanes)[1]) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("weight", [1.0, 1.7, 2.5])
def test_slopes_are_the_complex_step(k, weight):
    first, second, lanes = pairs(k=k, seed=1)
    joint, marginal = kernel_joint(lanes)
    slopes = np.full_like(lanes, np.nan)
    probabilities, gains = np.full((2, 2**k, lanes.shape[1]), np.nan)
    value = consistency_slopes(lanes, weight, probabilities, gains, joint, marginal, slopes)
    assert value == pytest.approx(naive.consistency(first, second, weight), abs=1e-12)
    of_first = complex_step(lambda u: naive.consistency(u, second, weight), first)
    of_second = complex_step(lambda u: naive.consistency(first, u, weight), second)
    np.testing.assert_allclose(slopes[:, ::2].T, of_first, atol=1e-12)
    np.testing.assert_allclose(slopes[:, 1::2].T, of_second, atol=1e-12)


def test_information_of_perfect_constant_and_independent_codes():
    corners = np.array(naive.codes(2) * 3).T * 60.0 - 30.0
    perfect = np.repeat(corners, 2, axis=1)
    assert information(*kernel_joint(perfect)) == pytest.approx(2.0, abs=1e-9)
    assert information(*kernel_joint(np.full((2, 8), 30.0))) == pytest.approx(0.0, abs=1e-9)
    both = np.array([[30.0, 30, 30, -30, -30, 30, -30, -30]])  # every pair of codes once
    assert information(*kernel_joint(both)) == pytest.approx(0.0, abs=1e-12)


def test_order_of_the_copies_does_not_matter():
    _, _, lanes = pairs(seed=2)
    swapped = lanes.reshape(2, -1, 2)[:, :, ::-1].reshape(2, -1).copy()
    np.testing.assert_allclose(kernel_joint(swapped)[0], kernel_joint(lanes)[0], atol=1e-15)


def test_saturated_codes_have_finite_slopes():
    lanes = np.repeat(np.array(naive.codes(2)).T * 2e3 - 1e3, 2, axis=1).astype(float)
    joint, marginal = kernel_joint(lanes)
    slopes = np.empty_like(lanes)
    value = consistency_slopes(lanes, 2.0, *np.empty((2, 4, 8)), joint, marginal, slopes)
    assert np.isfinite(slopes).all()
    assert value == pytest.approx(3 * np.log(4), abs=1e-9)  # ln J - 2 (ln p_a + ln p_b)


def test_nan_surfaces():
    _, _, lanes = pairs()
    lanes[0, 3] = np.nan
    with np.errstate(all="ignore"):
        assert np.isnan(information(*kernel_joint(lanes)))
