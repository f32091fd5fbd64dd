"""Augmented-code information: how well the binary codes of two altered copies agree.

J is the mean of P1 P2^T over pairs of augmented copies, made symmetric; p is its marginal. Known
as invariant information clustering (Ji, Henriques, Vedaldi 2019).
"""

from __future__ import annotations

from math import log, log2

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.bingo import conditional_bits
from lstmtool.kernels.squash import logistic
from lstmtool.kernels.total import total_of

SMALLEST = 1e-300


@kernel_without_nrt
def all_code_probabilities(u, probabilities):
    """Fill P(code | lane) (M, L) from net inputs u (K, L); bit k of a code is node k's output."""
    n_nodes, n_lanes = u.shape
    for n in range(n_lanes):
        probabilities[0, n] = 1.0
    for k in range(n_nodes):
        size = 1 << k
        for a in range(size):
            for n in range(n_lanes):
                before = probabilities[a, n]
                probabilities[a + size, n] = before * logistic(u[k, n])
                probabilities[a, n] = before * logistic(-u[k, n])


@kernel_without_nrt
def joint_codes(u, probabilities, joint, marginal):
    """Fill probabilities (M, 2 N), joint J (M, M), marginal (M,) from net inputs u (K, 2 N).

    The copies of sequence n are the columns 2 n and 2 n + 1; M = 2^K codes.
    """
    all_code_probabilities(u, probabilities)
    n_codes, n_lanes = probabilities.shape
    for a in range(n_codes):
        for b in range(n_codes):
            product = 0.0
            for n in range(n_lanes // 2):
                product += probabilities[a, 2 * n] * probabilities[b, 2 * n + 1]
            joint[a, b] = product / n_lanes
    for a in range(n_codes):
        for b in range(a + 1):
            joint[a, b] = joint[a, b] + joint[b, a]
            joint[b, a] = joint[a, b]
    for a in range(n_codes):
        marginal[a] = total_of(joint[a])


@kernel_without_nrt
def joint_bits_of(u, marginal):
    """Joint information in bits, as by `bingo.joint_bits`, of codes whose marginal is known."""
    bits = -conditional_bits(u)
    for a in range(marginal.shape[0]):
        if marginal[a] > 0.0:
            bits -= marginal[a] * log2(marginal[a])
    return bits


@kernel_without_nrt
def information(joint, marginal):
    """I = sum J log2(J / (p_a p_b)) in bits, at most K."""
    bits = 0.0
    for a in range(joint.shape[0]):
        for b in range(joint.shape[0]):
            if joint[a, b] > SMALLEST:
                bits += joint[a, b] * log2(joint[a, b] / (marginal[a] * marginal[b]))
            else:
                bits += 0.0 * joint[a, b]  # keeps NaN
    return bits


@kernel_without_nrt
def consistency_slopes(u, weight, probabilities, gains, joint, marginal, slopes):
    """Slopes (K, 2 N) of sum J [ln J - weight (ln p_a + ln p_b)]; returns its value in nats.

    Fills probabilities and gains (M, 2 N), and the marginal (M,).
    """
    n_nodes, n_lanes = u.shape
    joint_codes(u, probabilities, joint, marginal)
    n_codes = marginal.shape[0]
    value = 0.0
    for a in range(n_codes):
        for b in range(n_codes):
            score = (
                log(joint[a, b] + SMALLEST)
                - weight * log(marginal[a] + SMALLEST)
                - weight * log(marginal[b] + SMALLEST)
            )
            value += joint[a, b] * score
            joint[a, b] = score
    for a in range(n_codes):
        for n in range(n_lanes):
            gains[a, n] = 0.0
        for b in range(n_codes):
            for n in range(n_lanes // 2):  # a copy's partner is the other of the pair
                gains[a, 2 * n] += joint[a, b] * probabilities[b, 2 * n + 1]
                gains[a, 2 * n + 1] += joint[a, b] * probabilities[b, 2 * n]
        for n in range(n_lanes):
            gains[a, n] *= probabilities[a, n] * 2.0 / n_lanes
    # sum_a gain (bit k of a - p_k)
    for k in range(n_nodes):
        for n in range(n_lanes):
            slopes[k, n] = 0.0
        for a in range(n_codes):
            if (a >> k) & 1:
                for n in range(n_lanes):
                    slopes[k, n] += gains[a, n]
    for a in range(1, n_codes):
        for n in range(n_lanes):
            gains[0, n] += gains[a, n]
    for k in range(n_nodes):
        for n in range(n_lanes):
            slopes[k, n] -= gains[0, n] * logistic(u[k, n])
    return value
