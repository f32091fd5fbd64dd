"""Parzen sums over all pairs of points, in any dimension: leave-one-out, or of two samples S, T.

Two samples are stored one after the other, S first. Kernels are then centred on the points of T,
and sums are over pairs of a point of S and one of T.

If the sum of a row of kernels nearly underflows, as for a point far from all others, the row is
computed again relative to its largest kernel.
"""

from __future__ import annotations

from math import log

import numpy as np

from lstmtool.kernels._jit import kernel, kernel_without_nrt
from lstmtool.kernels.records import VECTOR
from lstmtool.kernels.squash import exp
from lstmtool.kernels.vector import broadcast, load, store, total

SMALLEST_SUM = 1e-200  # below it, kernels are taken relative to the largest


@kernel
def in_vectors(y, n_s):
    """Return points (K, N) as vectors (K, G, 24), and a mask (G, 24) of the kernels' centres.

    These are all points except the first n_s.
    """
    n_dims, n_points = y.shape
    n_groups = (n_points + VECTOR - 1) // VECTOR
    points, mask = np.zeros((n_dims, n_groups, VECTOR)), np.zeros((n_groups, VECTOR))
    for n in range(n_points):
        mask[n // VECTOR, n % VECTOR] = 1.0 if n >= n_s else 0.0
        for k in range(n_dims):
            points[k, n // VECTOR, n % VECTOR] = y[k, n]
    return points, mask


@kernel_without_nrt
def one_row(points, mask, i, factor, nearest, kernels):
    """Fill kernels (G, 24) with exp(factor (nearest - d_ij^2)); return two sums, of k and k d^2."""
    g, l = i // VECTOR, i % VECTOR
    kernel_sum, square_sum = broadcast(0.0, points), broadcast(0.0, points)
    for m in range(kernels.shape[0]):
        squares = broadcast(0.0, points)
        for k in range(points.shape[0]):
            difference = load(points, (k, m)) - points[k, g, l]
            squares += difference * difference
        k_ij = exp(factor * (nearest - squares)) * load(mask, (m,))
        store(kernels, (m,), k_ij)
        kernel_sum += k_ij
        square_sum += k_ij * squares
    return total(kernel_sum), total(square_sum)


@kernel_without_nrt
def nearest_square(points, mask, i):
    """Return the squared distance from point i to the nearest point in the mask."""
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


@kernel_without_nrt(never_inlined=True)
def row(points, mask, i, factor, kernels):
    """Fill kernels with k_ij for all j != i (0 for i itself), up to a common factor.

    Returns log sum_j exp(-factor d_ij^2), the sum of these kernels, and the mean of d_ij^2 weighted
    by them.
    """
    own = mask[i // VECTOR, i % VECTOR]
    mask[i // VECTOR, i % VECTOR] = 0.0
    nearest = 0.0
    kernel_sum, square_sum = one_row(points, mask, i, factor, nearest, kernels)
    if kernel_sum < SMALLEST_SUM:
        nearest = nearest_square(points, mask, i)
        kernel_sum, square_sum = one_row(points, mask, i, factor, nearest, kernels)
    mask[i // VECTOR, i % VECTOR] = own
    return log(kernel_sum) - factor * nearest, kernel_sum, square_sum / kernel_sum


@kernel_without_nrt
def pull(points, kernels, i, scale, slopes):
    """Add scale k_ij (y_i - y_j) for all j to the slopes (K, G, 24) at i; subtract it at j."""
    g, l = i // VECTOR, i % VECTOR
    for k in range(points.shape[0]):
        centre, forces = points[k, g, l], broadcast(0.0, points)
        for m in range(kernels.shape[0]):
            force = scale * load(kernels, (m,)) * (centre - load(points, (k, m)))
            forces += force
            store(slopes, (k, m), load(slopes, (k, m)) - force)
        slopes[k, g, l] += total(forces)


@kernel
def exact_sums(y, sigma, slopes, stop, n_s):
    """Return the mean over i of log sum_{j != i} exp(-d_ij^2 / 2 sigma^2), and the moment.

    The moment is sum_ij pi_ij d_ij^2 / N. dH/dy is added to the slopes (K, N), unless these are
    (K, 0). With n_s > 0, i ranges over S, the first n_s of the N points, and j over T, the others.
    """
    n_dims, n_points = y.shape
    points, mask = in_vectors(y, n_s)
    kernels, pulls = np.empty(mask.shape), np.zeros(points.shape)
    if n_s > 0:
        n_points = n_s
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
