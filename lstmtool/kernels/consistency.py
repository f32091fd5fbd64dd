"""Augmented-code information: how well the binary codes of two altered copies agree.

J is the mean of P1 P2^T over pairs of augmented copies, made symmetric; p is its marginal. Known
as invariant information clustering (Ji, Henriques, Vedaldi 2019).
"""

from __future__ import annotations

from math import log, log2

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.bingo import code_probabilities
from lstmtool.kernels.squash import logistic
from lstmtool.kernels.total import total_of

SMALLEST = 1e-300


@kernel_without_nrt
def joint_codes(u, probabilities, joint, marginal):
    """Fill probabilities (2 N, M), joint J (M, M), marginal (M,) from net inputs u (K, 2 N).

    The copies of sequence n are the columns 2 n and 2 n + 1; M = 2^K codes.
    """
    n_lanes, n_codes = probabilities.shape
    for n in range(n_lanes):
        code_probabilities(u, n, probabilities[n])
    for a in range(n_codes):
        for b in range(n_codes):
            joint[a, b] = 0.0
    for n in range(0, n_lanes, 2):
        for a in range(n_codes):
            for b in range(n_codes):
                joint[a, b] += probabilities[n, a] * probabilities[n + 1, b] / n_lanes
                joint[b, a] += probabilities[n, a] * probabilities[n + 1, b] / n_lanes
    for a in range(n_codes):
        marginal[a] = total_of(joint[a])


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
def consistency_slopes(u, weight, probabilities, joint, marginal, slopes):
    """Slopes (K, 2 N) of sum J [ln J - weight (ln p_a + ln p_b)]; returns its value in nats."""
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
    for n in range(n_lanes):
        partner = n + 1 if n % 2 == 0 else n - 1
        for k in range(n_nodes):
            slopes[k, n] = 0.0
        for a in range(n_codes):
            gain = 0.0
            for b in range(n_codes):
                gain += joint[a, b] * probabilities[partner, b]
            gain *= probabilities[n, a] * 2.0 / n_lanes
            for k in range(n_nodes):
                slopes[k, n] += gain * (((a >> k) & 1) - logistic(u[k, n]))
    return value
