"""Leave-one-out Parzen sums of N points of any dimension: equations 3 to 7 of the paper.

Points y are (K, N). The kernel is an isotropic Gaussian of width sigma; the inner sums range over
all other points (the paper's footnote). A row of kernels whose sum nearly underflows, that of a
point far from all others, is computed again relative to its largest kernel. Many points on a line
take the fast Gauss transform, see `fast_gauss.py`. Where another thread sets stop[0], sums end soon
and are NaN.
"""

from __future__ import annotations

from math import log, pi, sqrt

import numpy as np

from lstmtool.kernels._jit import bare, kernel
from lstmtool.kernels.fast_gauss import MANY, add_moments, locate, moments_for, sums_at
from lstmtool.kernels.squash import exp
from lstmtool.kernels.vector import load, spread, store, total
from lstmtool.records import VECTOR

SMALLEST_SUM = 1e-200  # below it, kernels are taken relative to the largest
ISOLATED = 1.0  # smallest sum of kernels, at most 1 each, for which the fast transform is exact


@kernel
def in_vectors(y):
    """Points (K, N) as vectors (K, G, 24), and a mask (G, 24), 1 where there is a point."""
    n_dims, n_points = y.shape
    n_groups = (n_points + VECTOR - 1) // VECTOR
    points, mask = np.zeros((n_dims, n_groups, VECTOR)), np.zeros((n_groups, VECTOR))
    for n in range(n_points):
        mask[n // VECTOR, n % VECTOR] = 1.0
        for k in range(n_dims):
            points[k, n // VECTOR, n % VECTOR] = y[k, n]
    return points, mask


@bare
def one_row(points, mask, i, factor, nearest, kernels):
    """Fill kernels (G, 24) with exp(factor (nearest - d_ij^2)); return two sums, of k and k d^2."""
    g, l = i // VECTOR, i % VECTOR
    kernel_sum, square_sum = spread(0.0, points), spread(0.0, points)
    for m in range(kernels.shape[0]):
        squares = spread(0.0, points)
        for k in range(points.shape[0]):
            difference = load(points, (k, m)) - points[k, g, l]
            squares += difference * difference
        k_ij = exp(factor * (nearest - squares)) * load(mask, (m,))
        store(kernels, (m,), k_ij)
        kernel_sum += k_ij
        square_sum += k_ij * squares
    return total(kernel_sum), total(square_sum)


@bare
def nearest_square(points, mask, i):
    """Squared distance from point i to the nearest of those in the mask."""
    g, l = i // VECTOR, i % VECTOR
    nearest = np.inf
    for m in range(mask.shape[0]):
        for lane in range(VECTOR):
            square = 0.0
            for k in range(points.shape[0]):
                square += (points[k, m, lane] - points[k, g, l]) ** 2
            if mask[m, lane] > 0.0 and square < nearest:
                nearest = square
    return nearest


@bare
def row(points, mask, i, factor, kernels):
    """Leave k_ij of all j != i in kernels (0 for i itself), up to a common factor.

    Returns log sum_j exp(-factor d_ij^2), the sum of the kernels as they are, and the mean of
    d_ij^2 under them.
    """
    mask[i // VECTOR, i % VECTOR] = 0.0
    nearest = 0.0
    kernel_sum, square_sum = one_row(points, mask, i, factor, nearest, kernels)
    if kernel_sum < SMALLEST_SUM:
        nearest = nearest_square(points, mask, i)
        kernel_sum, square_sum = one_row(points, mask, i, factor, nearest, kernels)
    mask[i // VECTOR, i % VECTOR] = 1.0
    return log(kernel_sum) - factor * nearest, kernel_sum, square_sum / kernel_sum


@bare
def pull(points, kernels, i, scale, slopes):
    """Add scale k_ij (y_i - y_j), over all j, to the slopes (K, G, 24) at i and take it at j."""
    g, l = i // VECTOR, i % VECTOR
    for k in range(points.shape[0]):
        centre, forces = points[k, g, l], spread(0.0, points)
        for m in range(kernels.shape[0]):
            force = scale * load(kernels, (m,)) * (centre - load(points, (k, m)))
            forces += force
            store(slopes, (k, m), load(slopes, (k, m)) - force)
        slopes[k, g, l] += total(forces)


@kernel
def exact_sums(y, sigma, slopes, stop):
    """Mean over i of log sum_{j != i} exp(-d_ij^2 / 2 sigma^2), and the moment; adds dH/dy.

    The moment is sum_ij pi_ij d_ij^2 / N. Slopes are (K, N), or (K, 0) where they are not wanted.
    """
    n_dims, n_points = y.shape
    points, mask = in_vectors(y)
    kernels, pulls = np.empty(mask.shape), np.zeros(points.shape)
    scale, value, moment = 1.0 / (n_points * sigma * sigma), 0.0, 0.0
    for i in range(n_points):
        if stop[0] != 0:
            return np.nan, np.nan
        log_kernels, kernel_sum, square = row(points, mask, i, 0.5 / (sigma * sigma), kernels)
        value += log_kernels / n_points
        moment += square / n_points
        if slopes.shape[1]:
            pull(points, kernels, i, scale / kernel_sum, pulls)
    for k in range(n_dims):
        for n in range(slopes.shape[1]):
            slopes[k, n] += pulls[k, n // VECTOR, n % VECTOR]
    return value, moment


@kernel
def fast_sums(y, sigma, slopes, stop):
    """Return the same of many points on a line; isolated points take the exact way.

    An isolated point's weight 1 / sum k_ij may be huge, so that its pull on others is exact too.
    """
    n_points = y.shape[1]
    x, boxes = locate(y[0], sigma)
    moments = moments_for(boxes)
    weights = np.ones(n_points)
    add_moments(x, boxes, weights, moments)
    points, mask = in_vectors(y)
    kernels, pulls = np.empty(mask.shape), np.zeros(points.shape)
    scale, value, moment = 1.0 / (n_points * sigma * sigma), 0.0, 0.0
    for i in range(n_points):
        if stop[0] != 0:
            return np.nan, np.nan
        s, s1, s2 = sums_at(x, boxes, moments, i)
        if s - 1.0 >= ISOLATED:
            weights[i] = 1.0 / (s - 1.0)
            value += log(s - 1.0) / n_points
            moment += (s2 + s) * weights[i] * sigma * sigma / n_points
            pulls[0, i // VECTOR, i % VECTOR] -= s1 * weights[i] * scale * sigma
        else:
            weights[i] = 0.0
            log_kernels, s, square = row(points, mask, i, 0.5 / (sigma * sigma), kernels)
            value += log_kernels / n_points
            moment += square / n_points
            if slopes.shape[1]:
                pull(points, kernels, i, scale / s, pulls)
    if slopes.shape[1]:
        moments[:] = 0.0
        add_moments(x, boxes, weights, moments)
        for i in range(n_points):
            _, s1, _ = sums_at(x, boxes, moments, i)
            slopes[0, i] += pulls[0, i // VECTOR, i % VECTOR] - s1 * scale * sigma
    return value, moment


@kernel
def sums(y, sigma, slopes, stop):
    """`exact_sums`, the fast way where that is faster: on a line not too long for its points."""
    n_dims, n_points = y.shape
    many = n_dims == 1 and n_points >= MANY
    if many and (y[0].max() - y[0].min()) / sigma < 0.5 * n_points:  # false for NaN
        return fast_sums(y, sigma, slopes, stop)
    return exact_sums(y, sigma, slopes, stop)


@kernel
def log_likelihood(y, sigma, stop):
    """Equation 4, mean over the points, and the moment sum_ij pi_ij d_ij^2 / N of the width."""
    n_dims, n_points = y.shape
    value, moment = sums(y, sigma, np.empty((n_dims, 0)), stop)
    log_normaliser = n_dims * (log(sigma) + 0.5 * log(2.0 * pi)) + log(n_points - 1.0)
    return value - log_normaliser, moment


@kernel
def entropy_slopes(y, sigma, slopes, stop):
    """Entropy H (equation 6), dH/dy (K, N) at fixed sigma (equation 7), and the moment.

    dH/dy_m = sum_j (pi_mj + pi_jm)(y_m - y_j) / (N sigma^2); both terms are needed, since every
    point is also a kernel's centre.
    """
    n_dims, n_points = y.shape
    slopes[:] = 0.0
    value, moment = sums(y, sigma, slopes, stop)
    log_normaliser = n_dims * (log(sigma) + 0.5 * log(2.0 * pi)) + log(n_points - 1.0)
    return log_normaliser - value, moment


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
def fit_width(y, sigma, smallest, tolerance, n_steps, stop):
    """Maximum-likelihood width by EM, sigma^2 <- sum_ij pi_ij d_ij^2 / (N K), never below smallest.

    After every two EM steps an Aitken extrapolation in log sigma is tried, and kept only where
    the likelihood does not fall.
    """
    sigma = max(sigma, smallest)
    if not sigma < np.inf:
        return np.nan
    for _ in range(n_steps):
        start = log(sigma)
        _, moment = log_likelihood(y, sigma, stop)
        first = log(max(sqrt(moment / y.shape[0]), smallest))
        value, moment = log_likelihood(y, np.exp(first), stop)
        second = log(max(sqrt(moment / y.shape[0]), smallest))
        sigma = np.exp(second)
        bend = (second - first) - (first - start)
        if abs(second - start) < tolerance or not abs(second) < np.inf:
            break
        if bend != 0.0:
            jump = start - (first - start) ** 2 / bend
            jump = max(min(jump, second + 2.0), second - 2.0, log(smallest))
            better, _ = log_likelihood(y, np.exp(jump), stop)
            if better >= value:
                sigma = np.exp(jump)
    return sigma
