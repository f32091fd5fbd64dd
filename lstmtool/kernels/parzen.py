"""Leave-one-out Parzen sums of N points of any dimension: equations 3 to 7 of the paper.

Points y are (K, N). The kernel is an isotropic Gaussian of width sigma; the inner sums range over
all other points (the paper's footnote). Everything is kept as logarithms, since K_sigma underflows
for narrow kernels.
"""

from __future__ import annotations

from math import log, pi, sqrt

import numpy as np

from lstmtool.kernels._jit import kernel
from lstmtool.kernels.squash import exp


@kernel
def squared_distances(y, point, out):
    """Out (N,) = |point - y_j|^2, for a point (K,)."""
    for j in range(y.shape[1]):
        out[j] = 0.0
    for k in range(y.shape[0]):
        for j in range(y.shape[1]):
            out[j] += (y[k, j] - point[k]) * (y[k, j] - point[k])


@kernel
def log_sum(squares, factor, skip, weights):
    """Logarithm of sum_{j != skip} exp(-factor squares_j), and sum_j w_j squares_j.

    Leaves the normalised terms w_j (pi_ij of the slopes) in weights; w_skip = 0.
    """
    nearest = np.inf
    for j in range(squares.shape[0]):
        if j != skip and squares[j] < nearest:
            nearest = squares[j]
    total = 0.0
    for j in range(squares.shape[0]):
        weights[j] = exp(factor * (nearest - squares[j]))
    if skip >= 0:
        weights[skip] = 0.0
    for j in range(squares.shape[0]):
        total += weights[j]
    moment = 0.0
    for j in range(squares.shape[0]):
        weights[j] /= total
        moment += weights[j] * squares[j]
    return log(total) - factor * nearest, moment


@kernel
def log_likelihood(y, sigma, squares, weights):
    """Equation 4, mean over the points, and the moment sum_ij pi_ij d_ij^2 / N of the width."""
    n_dims, n_points = y.shape
    value, moment = 0.0, 0.0
    for i in range(n_points):
        squared_distances(y, y[:, i], squares)
        log_kernels, one = log_sum(squares, 0.5 / (sigma * sigma), i, weights)
        value += log_kernels / n_points
        moment += one / n_points
    log_normaliser = n_dims * (log(sigma) + 0.5 * log(2.0 * pi)) + log(n_points - 1.0)
    return value - log_normaliser, moment


@kernel
def entropy_slopes(y, sigma, squares, weights, slopes):
    """Entropy H (equation 6), dH/dy (K, N) at fixed sigma (equation 7), and the moment.

    dH/dy_m = sum_j (pi_mj + pi_jm)(y_m - y_j) / (N sigma^2); both terms are needed, since every
    point is also a kernel's centre.
    """
    n_dims, n_points = y.shape
    value, moment = 0.0, 0.0
    slopes[:] = 0.0
    scale = 1.0 / (n_points * sigma * sigma)
    for i in range(n_points):
        squared_distances(y, y[:, i], squares)
        log_kernels, one = log_sum(squares, 0.5 / (sigma * sigma), i, weights)
        value -= log_kernels / n_points
        moment += one / n_points
        for k in range(n_dims):
            pull = 0.0
            centre = y[k, i]
            for j in range(n_points):
                force = weights[j] * (centre - y[k, j]) * scale
                pull += force
                slopes[k, j] -= force
            slopes[k, i] += pull
    log_normaliser = n_dims * (log(sigma) + 0.5 * log(2.0 * pi)) + log(n_points - 1.0)
    return value + log_normaliser, moment


@kernel
def covariance(y, mean, out):
    """Mean (K,) and covariance (K, K) of the points, divided by N."""
    n_dims, n_points = y.shape
    for a in range(n_dims):
        mean[a] = y[a].sum() / n_points
    for a in range(n_dims):
        for b in range(n_dims):
            total = 0.0
            for n in range(n_points):
                total += (y[a, n] - mean[a]) * (y[b, n] - mean[b])
            out[a, b] = total / n_points


@kernel
def smallest_width(cov, floor):
    """Floor of sigma: relative to the points' spread, so that ties cannot drive it to zero."""
    spread = 0.0
    for k in range(cov.shape[0]):
        spread += cov[k, k]
    return max(floor * sqrt(spread / cov.shape[0]), 1e-150)


@kernel
def fit_width(y, sigma, smallest, tolerance, n_steps, squares, weights):
    """Maximum-likelihood width by EM, sigma^2 <- sum_ij pi_ij d_ij^2 / (N K), never below smallest.

    After every two EM steps an Aitken extrapolation in log sigma is tried, and kept only where
    the likelihood does not fall.
    """
    sigma = max(sigma, smallest)
    if not sigma < np.inf:
        return np.nan
    for _ in range(n_steps):
        start = log(sigma)
        _, moment = log_likelihood(y, sigma, squares, weights)
        first = log(max(sqrt(moment / y.shape[0]), smallest))
        value, moment = log_likelihood(y, np.exp(first), squares, weights)
        second = log(max(sqrt(moment / y.shape[0]), smallest))
        sigma = np.exp(second)
        bend = (second - first) - (first - start)
        if abs(second - start) < tolerance or not abs(second) < np.inf:
            break
        if bend != 0.0:
            jump = start - (first - start) ** 2 / bend
            jump = max(min(jump, second + 2.0), second - 2.0, log(smallest))
            better, _ = log_likelihood(y, np.exp(jump), squares, weights)
            if better >= value:
                sigma = np.exp(jump)
    return sigma
