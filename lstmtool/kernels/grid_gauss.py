"""Sums of Gaussian kernels over many points in a plane, in time proportional to their number.

The plane is divided into square boxes one kernel width wide. The kernel of a point in one box, at a
point in another, is very nearly a polynomial in both positions, interpolated at Chebyshev nodes in
each of the four coordinates (the "black-box" fast multipole method of Fong and Darve, 2009). So
the points of a box act through a matrix of moments sum_n w_n T_a(x_n) T_b(y_n), and their field in
any box is a matrix of the same kind. The kernel is the product of one in x and one in y, and so is
the step from moments to fields: first along the rows of boxes, then along the columns.

Interpolation of a Gaussian of width 1 over a box of side 1 at p nodes has an error of at most
2 / 4^p max |g^(p)| / p! < 2.2 / (4^p sqrt(p!)), which is 2e-16 for p = 16. Boxes further apart than
`REACH` are left out: exp(-32) = 1e-14. The error of a sum of n kernels is about 1e-14 n.
"""

from __future__ import annotations

from math import cos, exp, pi

import numpy as np

from lstmtool.kernels._jit import kernel, kernel_without_nrt

ORDER = 16
REACH = 8
WORK = 90_000  # pairs of points that take as long as all steps of a box
MOST_BOXES = 20_000  # 2 kB for each of eight quantities


@kernel_without_nrt
def box_of(place):
    """Return the box of a position, in units of the width, and where in it, from -1 to 1."""
    box = int(place)
    return box, 2.0 * (place - box) - 1.0


@kernel_without_nrt
def chebyshev(t, out):
    """Fill out with T_0 to T_{p - 1} at t."""
    out[0], out[1] = 1.0, t
    for m in range(2, out.shape[0]):
        out[m] = 2.0 * t * out[m - 1] - out[m - 2]


@kernel
def steps_between_boxes():
    """Return matrices (3, 2 REACH + 1, p, p) from moments to fields along one coordinate.

    They are of the kernel g, its slope g', and d^2 g, for boxes d = -REACH .. REACH further on. A
    matrix has moments as rows and fields as columns, both as Chebyshev coefficients.
    """
    values = np.zeros((ORDER, ORDER))  # T_m at the nodes, with the weights of interpolation
    nodes, powers = np.zeros(ORDER), np.zeros(ORDER)
    for k in range(ORDER):
        nodes[k] = cos(pi * (k + 0.5) / ORDER)
        chebyshev(nodes[k], powers)
        for m in range(ORDER):
            values[m, k] = powers[m] * (1.0 if m == 0 else 2.0) / ORDER
    out, here = np.zeros((3, 2 * REACH + 1, ORDER, ORDER)), np.zeros((ORDER, ORDER))
    for kind in range(3):
        for d in range(2 * REACH + 1):
            here[:] = 0.0
            for source in range(ORDER):
                for field in range(ORDER):
                    apart = d - REACH + 0.5 * (nodes[field] - nodes[source])
                    g = exp(-0.5 * apart * apart)
                    if kind == 1:
                        g *= -apart
                    elif kind == 2:
                        g *= apart * apart
                    for a in range(ORDER):
                        here[a, field] += values[a, source] * g
            for a in range(ORDER):
                for field in range(ORDER):
                    for b in range(ORDER):
                        out[kind, d, a, b] += here[a, field] * values[b, field]
    return out


@kernel
def grid_moments(places, weights, moments):
    """Add weighted points, with positions (2, N) in widths, to the moments of their boxes."""
    order = moments.shape[3]
    in_x, in_y = np.empty(order), np.empty(order)
    for n in range(places.shape[1]):
        i, t = box_of(places[0, n])
        chebyshev(t, in_x)
        j, t = box_of(places[1, n])
        chebyshev(t, in_y)
        for a in range(order):
            term = weights[n] * in_x[a]
            for b in range(order):
                moments[i, j, a, b] += term * in_y[b]


@kernel_without_nrt
def along_rows(step, moments, out, stop):
    """Set `out` to the fields of moments (I, J, p, p) along x."""
    n_rows, n_columns, order = moments.shape[0], moments.shape[1], moments.shape[3]
    out[:] = 0.0
    for i in range(n_rows):
        if stop[0] != 0:
            return
        for to in range(max(0, i - REACH), min(n_rows, i + REACH + 1)):
            for j in range(n_columns):
                if moments[i, j, 0, 0] == 0.0:  # the sum of the weights
                    continue
                for a in range(order):
                    for field in range(order):
                        factor = step[to - i + REACH, a, field]
                        for b in range(order):
                            out[to, j, field, b] += factor * moments[i, j, a, b]


@kernel_without_nrt
def add_along_columns(step, moments, occupied, out, stop):
    """Add to `out` the fields along y of those along x, (I, J, p, p), in occupied boxes."""
    n_rows, n_columns, order = moments.shape[0], moments.shape[1], moments.shape[3]
    for i in range(n_rows):
        if stop[0] != 0:
            return
        for to in range(n_columns):
            if not occupied[i, to]:
                continue
            for j in range(max(0, to - REACH), min(n_columns, to + REACH + 1)):
                for field in range(order):
                    for b in range(order):
                        factor = moments[i, j, field, b]
                        for g in range(order):
                            out[i, to, field, g] += factor * step[to - j + REACH, b, g]


@kernel
def grid_fields(places, weights, occupied, stop):
    """Fields (4, I, J, p, p): sum of weighted kernels, its slopes in x and y, sum of d^2 kernels.

    They are computed in occupied boxes (I, J); distances are in units of the width. If another
    thread sets stop[0], they are incomplete.
    """
    n_rows, n_columns = occupied.shape
    moments = np.zeros((n_rows, n_columns, ORDER, ORDER))
    fields = np.zeros((4, n_rows, n_columns, ORDER, ORDER))
    grid_moments(places, weights, moments)
    step, row = steps_between_boxes(), np.empty_like(moments)
    along_rows(step[0], moments, row, stop)
    add_along_columns(step[0], row, occupied, fields[0], stop)
    add_along_columns(step[1], row, occupied, fields[2], stop)
    add_along_columns(step[2], row, occupied, fields[3], stop)
    along_rows(step[1], moments, row, stop)
    add_along_columns(step[0], row, occupied, fields[1], stop)
    along_rows(step[2], moments, row, stop)
    add_along_columns(step[0], row, occupied, fields[3], stop)
    return fields


@kernel_without_nrt
def fields_at(places, n, fields):
    """Return the four fields at point n."""
    (i, x), (j, y) = box_of(places[0, n]), box_of(places[1, n])
    s, s_x, s_y, squares = 0.0, 0.0, 0.0, 0.0
    in_x, before_x = 1.0, x
    for a in range(fields.shape[3]):
        p, p_x, p_y, p_squares = 0.0, 0.0, 0.0, 0.0
        in_y, before_y = 1.0, y
        for b in range(fields.shape[4]):
            p += fields[0, i, j, a, b] * in_y
            p_x += fields[1, i, j, a, b] * in_y
            p_y += fields[2, i, j, a, b] * in_y
            p_squares += fields[3, i, j, a, b] * in_y
            in_y, before_y = 2.0 * y * in_y - before_y, in_y
        s += p * in_x
        s_x += p_x * in_x
        s_y += p_y * in_x
        squares += p_squares * in_x
        in_x, before_x = 2.0 * x * in_x - before_x, in_x
    return s, s_x, s_y, squares
