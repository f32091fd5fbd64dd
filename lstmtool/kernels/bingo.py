"""Binary information gain: equations 1 and 2 of the paper, and the information in bits."""

from __future__ import annotations

from math import log, log2, sqrt

from lstmtool.kernels._jit import kernel, kernel_without_nrt
from lstmtool.kernels.squash import exp, logistic
from lstmtool.kernels.total import total_of
from lstmtool.kernels.vector import at_most

TOGETHER = 512  # factors up to 2 of a product that does not overflow
SMALLEST_DEVIATION = 1e-12  # below it a node is constant, and correlated with no other


@kernel_without_nrt
def correlation(u, centred, deviation, q):
    """Q of equation 2: correlations of the net inputs u (K, N), with a unit diagonal.

    Leaves u - mean(u) in centred (K, N) and the standard deviations in deviation (K,).
    """
    n_nodes, n_sequences = u.shape
    for k in range(n_nodes):
        mean = total_of(u[k]) / n_sequences
        square = 0.0
        for n in range(n_sequences):
            centred[k, n] = u[k, n] - mean
            square += centred[k, n] * centred[k, n]
        deviation[k] = sqrt(square / n_sequences)
    for a in range(n_nodes):
        q[a, a] = 1.0
        for b in range(a):
            product = 0.0
            for n in range(n_sequences):
                product += centred[a, n] * centred[b, n]
            scale = deviation[a] * deviation[b] * n_sequences
            floor = SMALLEST_DEVIATION * SMALLEST_DEVIATION * n_sequences
            q[a, b] = product / scale if scale > floor else 0.0
            q[b, a] = q[a, b]


@kernel_without_nrt
def bingo_slopes(u, q, centred, deviation, slopes):
    """Slopes (K, N) = f'(u) (u - u_hat) / N, u_hat = u + (Q - 2 I)(u - mean u): equations 1, 2.

    Q and the mean are treated as constants, so this is not the gradient of the joint information.
    """
    n_nodes, n_sequences = u.shape
    correlation(u, centred, deviation, q)
    for k in range(n_nodes):
        for n in range(n_sequences):
            difference = 2.0 * centred[k, n]
            for b in range(n_nodes):
                difference -= q[k, b] * centred[b, n]
            p = logistic(u[k, n])
            slopes[k, n] = p * (1.0 - p) * difference / n_sequences


@kernel_without_nrt
def conditional_bits(u):
    """Mean over sequences of sum_k H(p_k) in bits, of p = 1 / (1 + exp(-u)) with u (K, N).

    H(p) = ln(1 + e) + |u| e / (1 + e) nats with e = exp(-|u|); logarithms are taken of products,
    since they take longer than all the rest.
    """
    n_nodes, n_sequences = u.shape
    nats = 0.0
    for k in range(n_nodes):
        for first in range(0, n_sequences, TOGETHER):
            product = 1.0
            for n in range(first, min(first + TOGETHER, n_sequences)):
                size = at_most(abs(u[k, n]), 700.0)
                e = exp(-size)
                product *= 1.0 + e
                nats += size * e / (1.0 + e)
            nats += log(product)
    return nats / log(2.0) / n_sequences


@kernel_without_nrt
def code_probabilities(u, n, out):
    """P(code | sequence n) for all 2^K codes; bit k of a code is the output of node k."""
    out[0] = 1.0
    size = 1
    for k in range(u.shape[0]):
        p, not_p = logistic(u[k, n]), logistic(-u[k, n])
        for a in range(size):
            out[a + size] = out[a] * p
            out[a] *= not_p
        size *= 2


@kernel
def joint_bits(u, one, mean):
    """Joint information H(mean P(code)) - mean sum_k H(p_k) in bits; one, mean: (2^K,) scratch."""
    n_sequences = u.shape[1]
    mean[:] = 0.0
    for n in range(n_sequences):
        code_probabilities(u, n, one)
        mean += one / n_sequences
    bits = -conditional_bits(u)
    for a in range(mean.shape[0]):
        if mean[a] > 0.0:
            bits -= mean[a] * log2(mean[a])
    return bits
