"""Leave-one-out Parzen sums of many points on a line or in a plane, in time proportional to N.

Sums over all points come from a fast Gauss transform; the point's own kernel, which is 1, is then
subtracted. Isolated points are computed exactly: their sums are small, so the subtraction would
lose digits, and their weights 1 / sum k_ij may be huge, so their pull on others must be exact too.
"""

from __future__ import annotations

from math import log

import numpy as np

from lstmtool.kernels._jit import kernel
from lstmtool.kernels.fast_gauss import add_moments, extent, locate, moments_for, sums_at
from lstmtool.kernels.grid_gauss import fields_at, grid_fields
from lstmtool.kernels.pairs import in_vectors, pull, row
from lstmtool.kernels.records import VECTOR

ISOLATED = 1.0  # smallest sum of kernels (at most 1 each) for which the fast transform is exact


@kernel
def fields_on_line(y, sigma, weights, fields, stop):
    """Set fields (3, N) as `fields_of_points` does, for points on a line."""
    x, boxes = locate(y[0], sigma)
    moments = moments_for(boxes)
    add_moments(x, boxes, weights, moments)
    for i in range(y.shape[1]):
        if stop[0] != 0:
            return
        s, s1, s2 = sums_at(x, boxes, moments, i)
        fields[0, i], fields[1, i], fields[2, i] = s, s1, s2 + s


@kernel
def in_boxes(y, sigma):
    """Return positions (2, N) from the lowest, in widths, and which boxes (I, J) are occupied."""
    places = np.empty(y.shape)
    (left, right), (low, high) = extent(y[0]), extent(y[1])
    occupied = np.zeros((int((right - left) / sigma) + 1, int((high - low) / sigma) + 1), np.bool_)
    for n in range(y.shape[1]):
        places[0, n], places[1, n] = (y[0, n] - left) / sigma, (y[1, n] - low) / sigma
        occupied[int(places[0, n]), int(places[1, n])] = True
    return places, occupied


@kernel
def fields_in_plane(y, sigma, weights, fields, stop):
    """Set fields (4, N) as `fields_of_points` does, for points in a plane."""
    places, occupied = in_boxes(y, sigma)
    in_box = grid_fields(places, weights, occupied, stop)
    for i in range(y.shape[1]):
        fields[0, i], fields[1, i], fields[2, i], fields[3, i] = fields_at(places, i, in_box)


@kernel
def fields_of_points(y, sigma, weights, fields, stop):
    """Set fields (K + 2, N), at every point, to sums over all points' weighted kernels.

    The fields are the kernels, their slopes, and the kernels times the squared distance, in units
    of the width. If another thread sets stop[0], they are incomplete.
    """
    if y.shape[0] == 1:
        fields_on_line(y, sigma, weights, fields, stop)
    else:
        fields_in_plane(y, sigma, weights, fields, stop)


@kernel(costs=("fast sums of densities", 4))
def fast_sums(y, sigma, slopes, stop):
    """Return the same as `exact_sums`, for points y (1, N) or (2, N)."""
    n_dims, n_points = y.shape
    weights, fields = np.ones(n_points), np.empty((n_dims + 2, n_points))
    fields_of_points(y, sigma, weights, fields, stop)
    points, mask = in_vectors(y, 0)
    kernels, pulls = np.empty(mask.shape), np.zeros(points.shape)
    scale, value, moment = 1.0 / (n_points * sigma * sigma), 0.0, 0.0
    for i in range(n_points):
        if stop[0] != 0:
            return np.nan, np.nan
        s = fields[0, i] - 1.0
        if s >= ISOLATED:
            weights[i] = 1.0 / s
            value += log(s) / n_points
            moment += fields[n_dims + 1, i] * weights[i] * sigma * sigma / n_points
            for k in range(n_dims):
                pulls[k, i // VECTOR, i % VECTOR] -= fields[k + 1, i] * weights[i] * scale * sigma
        else:
            weights[i] = 0.0
            log_kernels, s, square = row(points, mask, i, 0.5 / (sigma * sigma), kernels)
            value += log_kernels / n_points
            moment += square / n_points
            if slopes.shape[1]:
                pull(points, kernels, i, scale / s, pulls)
    if slopes.shape[1]:
        fields_of_points(y, sigma, weights, fields, stop)
        for k in range(n_dims):
            for i in range(n_points):
                slopes[k, i] += pulls[k, i // VECTOR, i % VECTOR] - fields[k + 1, i] * scale * sigma
    return value, moment
