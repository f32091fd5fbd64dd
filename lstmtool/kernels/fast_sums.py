"""Leave-one-out Parzen sums of many points of a line or a plane, in time proportional to N.

The sums over all points come from a fast Gauss transform, less the point's own kernel, which is 1.
An isolated point takes the exact way: its sum is small, so that what is subtracted matters, and its
weight 1 / sum k_ij may be huge, so that its pull on others must be exact too.
"""

from __future__ import annotations

from math import log

import numpy as np

from lstmtool.kernels._jit import kernel
from lstmtool.kernels.fast_gauss import add_moments, extent, locate, moments_for, sums_at
from lstmtool.kernels.grid_gauss import fields_at, grid_fields
from lstmtool.kernels.pairs import in_vectors, pull, row
from lstmtool.records import VECTOR

ISOLATED = 1.0  # smallest sum of kernels, at most 1 each, for which the fast transform is exact


@kernel
def line_sums(y, sigma, slopes, stop):
    """Return what `exact_sums` does, of points on a line."""
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
def in_boxes(y, sigma):
    """Places (2, N) in units of the width from the lowest, and which boxes (I, J) are occupied."""
    places = np.empty(y.shape)
    (left, right), (low, high) = extent(y[0]), extent(y[1])
    occupied = np.zeros((int((right - left) / sigma) + 1, int((high - low) / sigma) + 1), np.bool_)
    for n in range(y.shape[1]):
        places[0, n], places[1, n] = (y[0, n] - left) / sigma, (y[1, n] - low) / sigma
        occupied[int(places[0, n]), int(places[1, n])] = True
    return places, occupied


@kernel
def plane_sums(y, sigma, slopes, stop):
    """Return what `exact_sums` does, of points of a plane."""
    n_points = y.shape[1]
    places, occupied = in_boxes(y, sigma)
    weights = np.ones(n_points)
    fields = grid_fields(places, weights, occupied, stop)
    points, mask = in_vectors(y)
    kernels, pulls = np.empty(mask.shape), np.zeros(points.shape)
    scale, value, moment = 1.0 / (n_points * sigma * sigma), 0.0, 0.0
    for i in range(n_points):
        if stop[0] != 0:
            return np.nan, np.nan
        s, s_x, s_y, squares = fields_at(places, i, fields)
        if s - 1.0 >= ISOLATED:
            weights[i] = 1.0 / (s - 1.0)
            value += log(s - 1.0) / n_points
            moment += squares * weights[i] * sigma * sigma / n_points
            pulls[0, i // VECTOR, i % VECTOR] -= s_x * weights[i] * scale * sigma
            pulls[1, i // VECTOR, i % VECTOR] -= s_y * weights[i] * scale * sigma
        else:
            weights[i] = 0.0
            log_kernels, s, square = row(points, mask, i, 0.5 / (sigma * sigma), kernels)
            value += log_kernels / n_points
            moment += square / n_points
            if slopes.shape[1]:
                pull(points, kernels, i, scale / s, pulls)
    if slopes.shape[1]:
        fields = grid_fields(places, weights, occupied, stop)
        for i in range(n_points):
            _, s_x, s_y, _ = fields_at(places, i, fields)
            slopes[0, i] += pulls[0, i // VECTOR, i % VECTOR] - s_x * scale * sigma
            slopes[1, i] += pulls[1, i // VECTOR, i % VECTOR] - s_y * scale * sigma
    return value, moment
