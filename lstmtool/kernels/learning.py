"""Learning rules on one flat vector: clipping, preconditioning, momentum, Adam. All ascend."""

from __future__ import annotations

from math import sqrt

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.parzen import covariance
from lstmtool.kernels.symmetric import cholesky, solve

RIDGE = 1e-6  # relative to the mean variance; keeps the inverse finite if cells are equal
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # Adam's usual constants


@kernel_without_nrt
def clip_norm(gradient, largest):
    """Scale the gradient in place so that its norm is at most `largest`; return its old norm."""
    total = 0.0
    for p in range(gradient.shape[0]):
        total += gradient[p] * gradient[p]
    norm = sqrt(total)
    if largest > 0.0 and norm > largest:
        factor = largest / norm
        for p in range(gradient.shape[0]):
            gradient[p] *= factor
    return norm


@kernel_without_nrt
def precondition(read, n_lanes, mean, cov, d_output):
    """Replace the output layer's gradient (K, R + 1) by that of learning in whitened coordinates.

    With y what the output units read, m its mean and S its covariance, weights V and biases c:
    dV <- (dV - dc m^T) S^-1 and dc <- dc - dV m. The result applies to the paper's own weights.
    """
    n_read = cov.shape[0]
    covariance(read[:n_read, :n_lanes], mean, cov)
    spread = 0.0
    for c in range(n_read):
        spread += cov[c, c] / n_read
    for c in range(n_read):
        cov[c, c] += RIDGE * spread + 1e-30
    cholesky(cov)
    for k in range(d_output.shape[0]):
        for c in range(n_read):
            d_output[k, c] -= d_output[k, n_read] * mean[c]
    solve(cov, d_output[:, :n_read].T)
    for k in range(d_output.shape[0]):
        for c in range(n_read):
            d_output[k, n_read] -= d_output[k, c] * mean[c]


@kernel_without_nrt
def momentum_step(parameters, gradient, velocity, rate, momentum):
    """V <- momentum v + rate g; w <- w + v."""
    for p in range(parameters.shape[0]):
        velocity[p] = momentum * velocity[p] + rate * gradient[p]
        parameters[p] += velocity[p]


@kernel_without_nrt
def adam_step(parameters, gradient, velocity, square, rate, t):
    """Step t (from 1) of Adam (Kingma and Ba 2015)."""
    correction = sqrt(1.0 - BETA_2**t) / (1.0 - BETA_1**t)
    for p in range(parameters.shape[0]):
        velocity[p] = BETA_1 * velocity[p] + (1.0 - BETA_1) * gradient[p]
        square[p] = BETA_2 * square[p] + (1.0 - BETA_2) * gradient[p] * gradient[p]
        parameters[p] += rate * correction * velocity[p] / (sqrt(square[p]) + EPSILON)
