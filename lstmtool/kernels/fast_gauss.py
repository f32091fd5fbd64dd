"""Fast Gauss transform on a line (Greengard and Strain 1991): sums of N Gaussians at N points.

The line is divided into boxes one kernel width wide. In units of the width, let t be the position
of a point relative to its box's centre, and X that of another point relative to the same centre:

    exp(-(X - t)^2 / 2) = exp(-X^2 / 2) sum_k X^k (exp(-t^2 / 2) t^k / k!),

A box thus acts through the moments in brackets. Since |t| <= 1/2, the sum converges for every X,
and its terms from ORDER = 20 on are below 2e-16. Boxes beyond NEAR contribute less than 3e-18 and
are left out. The error of a sum of n kernels is thus at most 2e-16 n, whatever its value.
"""

from __future__ import annotations

from math import exp

import numpy as np

from lstmtool.kernels._jit import kernel, kernel_without_nrt

ORDER = 20
NEAR = 9
MANY = 1000  # points from which the transform is faster than all pairs


@kernel_without_nrt
def extent(y):
    """Return the lowest and highest of the points (N,), or NaN if any point is NaN.

    Loops compile ten times as fast as NumPy's functions.
    """
    low, high = y[0], y[0]
    for n in range(y.shape[0]):
        if y[n] < low or np.isnan(y[n]):
            low = y[n]
        if y[n] > high or np.isnan(y[n]):
            high = y[n]
    return low, high


@kernel
def locate(y, sigma):
    """Return positions in units of the width, and their boxes, both (N,)."""
    low, _ = extent(y)
    x, boxes = np.empty(y.shape[0]), np.empty(y.shape[0], np.int64)
    for n in range(y.shape[0]):
        x[n] = (y[n] - low) / sigma
        boxes[n] = int(x[n])
    return x, boxes


@kernel
def moments_for(boxes):
    """Return zeros (boxes, ORDER)."""
    highest = 0
    for box in boxes:
        highest = max(highest, box)
    return np.zeros((highest + 1, ORDER))


@kernel_without_nrt
def add_moments(x, boxes, weights, moments):
    """Add the moments of weighted points to those of their boxes."""
    for n in range(x.shape[0]):
        t = x[n] - boxes[n] - 0.5
        term = weights[n] * exp(-0.5 * t * t)
        for k in range(ORDER):
            moments[boxes[n], k] += term
            term *= t / (k + 1.0)


@kernel_without_nrt
def sums_at(x, boxes, moments, n):
    """Return the sum S of weighted kernels at point n, and its first and second derivative."""
    s, s1, s2 = 0.0, 0.0, 0.0
    for box in range(max(0, boxes[n] - NEAR), min(moments.shape[0], boxes[n] + NEAR + 1)):
        at = x[n] - box - 0.5
        p, p1, p2 = 0.0, 0.0, 0.0  # the series and its derivatives, by Horner's rule
        for k in range(ORDER - 1, -1, -1):
            p2 = p2 * at + 2.0 * p1
            p1 = p1 * at + p
            p = p * at + moments[box, k]
        weight = exp(-0.5 * at * at)
        s += weight * p
        s1 += weight * (p1 - at * p)
        s2 += weight * (p2 - 2.0 * at * p1 + (at * at - 1.0) * p)
    return s, s1, s2
