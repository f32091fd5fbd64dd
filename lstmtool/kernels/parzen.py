"""Parzen sums of N points of any dimension: equations 3 to 7 of the paper.

Points y are (K, N). The kernel is an isotropic Gaussian of width sigma; the inner sums are over
all other points (the paper's footnote). Many points on a line or in a plane are summed by a fast
Gauss transform, see `fast_sums.py`. If another thread sets stop[0], sums end early and are NaN.

With n_s > 0, the first n_s points are the sample S of the equations, and the others are T.
"""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any

import numpy as np

from lstmtool.kernels._jit import kernel, kernel_without_nrt
from lstmtool.kernels.entry import entry
from lstmtool.kernels.fast_gauss import MANY, extent
from lstmtool.kernels.fast_sums import fast_sums
from lstmtool.kernels.grid_gauss import MOST_BOXES, WORK
from lstmtool.kernels.pairs import exact_sums
from lstmtool.kernels.records import GO_ON
from lstmtool.kernels.total import total_of


@kernel(never_inlined=True)
def sums(y, sigma, slopes, stop, n_s, fast):
    """Return `exact_sums`, by a fast transform if the points are many and their boxes few."""
    n_dims, n_points = y.shape
    if n_s == 0 and n_dims <= 2 and n_points >= MANY:
        n_boxes = 1.0
        for k in range(n_dims):
            low, high = extent(y[k])
            n_boxes *= 1.0 + (high - low) / sigma
        few = 0.5 * n_points if n_dims == 1 else min(n_points * (n_points / WORK), MOST_BOXES)
        if n_boxes < few:  # false for NaN
            return fast(y, sigma, slopes, stop)
    return exact_sums(y, sigma, slopes, stop, n_s)


def fast_of(y: np.ndarray, n_s: int = 0, ever: bool = True) -> Any:
    """Return the entry of `fast_sums` for points (K, N), of which the first n_s are a sample S.

    It is compiled only for many points on a line or in a plane, and if densities are `ever` summed.
    """
    wanted = ever and n_s == 0 and y.shape[0] <= 2 and y.shape[1] >= MANY
    return entry(fast_sums if wanted else None, y, 1.0, y, GO_ON, gives=(0.0, 0.0))


@kernel(never_inlined=True)
def log_likelihood(y, sigma, stop, n_s, fast):
    """Return equation 4, as a mean over the points, and the moment sum_ij pi_ij d_ij^2 / N."""
    n_dims, n_kernels = y.shape[0], y.shape[1] - max(n_s, 1)
    value, moment = sums(y, sigma, np.empty((n_dims, 0)), stop, n_s, fast)
    log_normaliser = n_dims * (log(sigma) + 0.5 * log(2.0 * pi)) + log(n_kernels)
    return value - log_normaliser, moment


@kernel
def entropy_slopes(y, sigma, slopes, stop, n_s, fast):
    """Return entropy H (equation 6) and the moment; set slopes to dH/dy (K, N) (equation 7).

    dH/dy_m = sum_j (pi_mj + pi_jm)(y_m - y_j) / (N sigma^2) at fixed sigma; both terms are needed,
    since every point is also a kernel's centre.
    """
    n_dims, n_kernels = y.shape[0], y.shape[1] - max(n_s, 1)
    slopes[:] = 0.0
    value, moment = sums(y, sigma, slopes, stop, n_s, fast)
    log_normaliser = n_dims * (log(sigma) + 0.5 * log(2.0 * pi)) + log(n_kernels)
    return log_normaliser - value, moment


@kernel_without_nrt
def covariance(y, mean, out):
    """Fill mean (K,) and covariance (K, K) of the points, divided by N."""
    n_dims, n_points = y.shape
    for a in range(n_dims):
        mean[a] = total_of(y[a]) / n_points
    for a in range(n_dims):
        for b in range(n_dims):
            total = 0.0
            for n in range(n_points):
                total += (y[a, n] - mean[a]) * (y[b, n] - mean[b])
            out[a, b] = total / n_points


@kernel_without_nrt
def smallest_width(cov, floor):
    """Return the floor of sigma, relative to the points' spread, so that ties cannot make it 0."""
    spread = 0.0
    for k in range(cov.shape[0]):
        spread += cov[k, k]
    return max(floor * sqrt(spread / cov.shape[0]), 1e-150)


@kernel(costs=("the kernel width of NEO", 1))
def fit_width(y, sigma, smallest, tolerance, n_steps, stop, n_s, fast):
    """Fit the width by EM: sigma^2 <- sum_ij pi_ij d_ij^2 / (N K), but not below `smallest`.

    After every two EM steps an Aitken extrapolation in log sigma is tried, and kept only if the
    likelihood does not fall.
    """
    sigma = max(sigma, smallest)
    if not sigma < np.inf:
        return np.nan
    for _ in range(n_steps):
        start = log(sigma)
        _, moment = log_likelihood(y, sigma, stop, n_s, fast)
        first = log(max(sqrt(moment / y.shape[0]), smallest))
        value, moment = log_likelihood(y, np.exp(first), stop, n_s, fast)
        second = log(max(sqrt(moment / y.shape[0]), smallest))
        sigma = np.exp(second)
        bend = (second - first) - (first - start)
        if abs(second - start) < tolerance or not abs(second) < np.inf:
            break
        if bend != 0.0:
            jump = start - (first - start) ** 2 / bend
            jump = max(min(jump, second + 2.0), second - 2.0, log(smallest))
            better, _ = log_likelihood(y, np.exp(jump), stop, n_s, fast)
            if better >= value:
                sigma = np.exp(jump)
    return sigma
