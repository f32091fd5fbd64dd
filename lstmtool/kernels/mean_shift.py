"""The mean shift (Fukunaga and Hostetler, 1975): points climb to the modes of a Parzen density."""

from __future__ import annotations

import numpy as np

from lstmtool.kernels._jit import kernel, kernel_without_nrt
from lstmtool.kernels.squash import exp
from lstmtool.kernels.vector import broadcast, load, store, total


@kernel_without_nrt
def shift(points, weights, place, kernels, mean):
    """Set mean (K,) to that of points (K, G, 24), each weighted by its kernel at the place (K,).

    Kernels (G, 24) are the weights (G, 24) times exp(-d^2 / 2).
    """
    kernel_sum = broadcast(0.0, points)
    for m in range(weights.shape[0]):
        squares = broadcast(0.0, points)
        for k in range(points.shape[0]):
            difference = load(points, (k, m)) - place[k]
            squares += difference * difference
        weighted = exp(-0.5 * squares) * load(weights, (m,))
        store(kernels, (m,), weighted)
        kernel_sum += weighted
    inverse = 1.0 / total(kernel_sum)
    for k in range(points.shape[0]):
        moment = broadcast(0.0, points)
        for m in range(weights.shape[0]):
            moment += load(kernels, (m,)) * load(points, (k, m))
        mean[k] = total(moment) * inverse


@kernel
def climb(points, weights, places, moving, steps, tolerance):
    """Move some places by at most so many mean shifts, until a step is below the tolerance.

    Parameters
    ----------
    points : ndarray of shape (K, G, 24)
        In kernel widths.
    weights : ndarray of shape (G, 24)
        Of the points; zero where there is none.
    places : ndarray of shape (N, K)
        Moved in place.
    moving : ndarray of shape (M,), int64
        Which places to move.

    Returns
    -------
    ndarray of shape (M,), bool
        Whether the last step was larger than the tolerance.
    """
    kernels, mean = np.empty(weights.shape), np.empty(places.shape[1])
    on = np.empty(len(moving), dtype=np.bool_)
    for n, i in enumerate(moving):
        on[n] = True
        for _ in range(steps):
            shift(points, weights, places[i], kernels, mean)
            travelled = 0.0
            for k in range(len(mean)):
                travelled = max(travelled, abs(mean[k] - places[i, k]))
                places[i, k] = mean[k]
            if not travelled > tolerance:
                on[n] = False
                break
    return on
