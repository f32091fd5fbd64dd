"""Leave-one-out Parzen entropy and its slopes: ours, plain Numba loops, and numpy."""

import math
import statistics
import sys
import time

import numpy as np
from numba import njit

from lstmtool.kernels.parzen import entropy_slopes, fast_of
from lstmtool.kernels.records import GO_ON

SIZES = [(1, 20), (1, 200), (1, 2000), (2, 2000), (1, 20_000), (2, 20_000), (1, 10**6), (2, 10**6)]


def numpy_way(y, sigma):
    difference = y[:, :, None] - y[:, None, :]
    k = np.exp(-0.5 * (difference**2).sum(axis=0) / sigma**2)
    np.fill_diagonal(k, 0.0)
    sums = k.sum(axis=1)
    pull = k / sums[:, None]
    slopes = ((pull + pull.T) * difference).sum(axis=2) / (y.shape[1] * sigma**2)
    return -np.log(sums).mean(), slopes


@njit
def loops(y, sigma, sums, slopes):
    n_dims, n_points = y.shape
    factor = 0.5 / (sigma * sigma)
    for i in range(n_points):
        sums[i] = 0.0
        for j in range(n_points):
            square = 0.0
            for k in range(n_dims):
                square += (y[k, i] - y[k, j]) ** 2
            if i != j:
                sums[i] += math.exp(-factor * square)
    slopes[:] = 0.0
    for i in range(n_points):
        for j in range(n_points):
            square = 0.0
            for k in range(n_dims):
                square += (y[k, i] - y[k, j]) ** 2
            force = math.exp(-factor * square) * (1.0 / sums[i] + 1.0 / sums[j])
            for k in range(n_dims):
                slopes[k, i] += force * (y[k, i] - y[k, j]) / (n_points * sigma * sigma)


def compare(rounds):
    """Lines of a table, in microseconds."""
    lines = [
        "Parzen entropy, leave-one-out, with all slopes; microseconds:",
        "",
        "| outputs, N | lstmtool | plain Numba loops | numpy |",
        "|---|---|---|---|",
    ]
    for n_dims, n_points in SIZES:
        y = np.random.default_rng(1).standard_normal((n_dims, n_points))
        sigma, sums, slopes = (
            1.06 * n_points ** (-1 / (n_dims + 4)),
            np.empty(n_points),
            np.empty_like(y),
        )
        ours = (GO_ON, 0, fast_of(y))
        ways = {"ours": lambda y=y, s=sigma, o=slopes, rest=ours: entropy_slopes(y, s, o, *rest)}
        if n_points < 20_000:
            ways["loops"] = lambda y=y, s=sigma, t=sums, out=slopes: loops(y, s, t, out)
            ways["numpy"] = lambda y=y, s=sigma: numpy_way(y, s)
        times = {name: [] for name in ways}
        for _ in range(rounds + 1):
            for name, way in ways.items():
                n = max(1, 200_000 // n_points**2)
                start = time.process_time()
                for _ in range(n):
                    way()
                times[name].append((time.process_time() - start) / n * 1e6)
        medians = {name: statistics.median(t[1:]) for name, t in times.items()}
        others = [
            f"{medians[name]:.3g} ({medians[name] / medians['ours']:.1f})" if name in ways else "-"
            for name in ("loops", "numpy")
        ]
        lines.append(f"| {n_dims}, {n_points} | {medians['ours']:.3g} | {' | '.join(others)} |")
        print(lines[-1], file=sys.stderr, flush=True)
    return lines
