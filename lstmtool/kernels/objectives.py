"""One step of each objective: its value, and its slopes at the output units' net inputs.

All have the same arguments, and are called by their entry (`entry.py`), so that each is compiled
only where it is used. They set work.slopes, the direction of ascent, and fill a row of the history:
the objective in record[0], and what else is known.
"""

from __future__ import annotations

import numpy as np

from lstmtool.kernels._jit import kernel
from lstmtool.kernels.bingo import bingo_slopes, joint_bits
from lstmtool.kernels.consistency import consistency_slopes, joint_bits_of
from lstmtool.kernels.parzen import covariance, entropy_slopes, fit_width, smallest_width
from lstmtool.kernels.symmetric import cholesky, log_determinant, solve

EM_STEPS = 1  # per epoch of NEO, of two EM updates each
FIRST_EM_STEPS = 100


@kernel(costs=("BINGO", 1), entered=True)
def bingo_step(work, sigma, fast, options, rng, record, stop):
    """Slopes of equations 1 and 2; the value is the joint information in bits."""
    bits = joint_bits(work.net, work.one_code, work.marginal)
    record[0], record[1] = bits, bits
    bingo_slopes(work.net, work.q, work.centred, work.deviation, work.slopes)


@kernel(costs=("the consistency of codes", 1), entered=True)
def consistency_step(work, sigma, fast, options, rng, record, stop):
    """Value and slopes of the augmented-code information."""
    record[0] = consistency_slopes(
        work.net, options.marginal_weight, work.probabilities, work.gains, work.joint,
        work.marginal, work.slopes,
    )  # fmt: skip
    record[1] = joint_bits_of(work.net, work.marginal)


@kernel
def draw(n, n_drawn, rng):
    """Draw n_drawn different numbers from 0 to n - 1; with n_drawn = 0 return all, in order."""
    places = np.empty(n, np.int64)
    for i in range(n):
        places[i] = i
    for i in range(n_drawn):
        other = i + int(rng.random() * (n - i))
        places[i], places[other] = places[other], places[i]
    return places[:n_drawn] if n_drawn > 0 else places


@kernel(costs=("NEO", 3), entered=True)
def neo_step(work, sigma, fast, options, rng, record, stop):
    """Set the slopes that lower the objective; record it and the entropy of equation 6.

    The objective is that entropy, or its affine-invariant form. Before, the width is fitted by two
    EM updates (by many in the first epoch). If samples S and T are wanted, they are drawn here for
    entropy and width; the spread is always that of all points. `fast` is the entry of
    `parzen.fast_of`.
    """
    mean, slopes = work.deviation, work.slopes
    covariance(work.net, mean, work.q)
    smallest = smallest_width(work.q, options.width_floor)
    steps = EM_STEPS
    if sigma[0] == 0.0:
        sigma[0] = smallest / options.width_floor
        steps = FIRST_EM_STEPS
    n_dims, n_points = work.net.shape
    n_s = options.n_s
    drawn = draw(n_points, n_s + options.n_t, rng)
    points, pulls = np.empty((n_dims, drawn.size)), np.empty((n_dims, drawn.size))
    for k in range(n_dims):
        for n in range(drawn.size):
            points[k, n] = work.net[k, drawn[n]]
    sigma[0] = fit_width(points, sigma[0], smallest, 1e-9, steps, stop, n_s, fast)
    entropy, _ = entropy_slopes(points, sigma[0], pulls, stop, n_s, fast)
    slopes[:] = 0.0
    for k in range(n_dims):
        for n in range(drawn.size):
            slopes[k, drawn[n]] = pulls[k, n]
    value = entropy
    if options.invariant:
        spread = 0.0
        for k in range(n_dims):
            spread += work.q[k, k] / n_dims
            for n in range(n_points):
                work.centred[k, n] = work.net[k, n] - mean[k]
        for k in range(n_dims):
            work.q[k, k] += 1e-12 * spread + 1e-300
        cholesky(work.q)
        solve(work.q, work.centred)
        value -= 0.5 * log_determinant(work.q)
        for k in range(n_dims):
            for n in range(n_points):
                slopes[k, n] -= work.centred[k, n] / n_points
    for k in range(n_dims):
        for n in range(n_points):
            slopes[k, n] = -slopes[k, n]
    record[0], record[2], record[3] = value, entropy, sigma[0]
