"""What this machine could do: its rates of logistic functions and of fused products, one core.

A cell-step needs five exponentials with a division each, and products: the limit is the time of
both one after the other, everything else free.
"""

import time

import numpy as np

from lstmtool.kernels._jit import bare
from lstmtool.kernels.squash import logistic
from lstmtool.kernels.vector import load, spread, store
from lstmtool.records import VECTOR


@bare(cache=False)
def _logistics(x, n):
    for _ in range(n):
        for i in range(x.shape[0]):
            store(x, (i,), logistic(load(x, (i,))))


@bare(cache=False)
def _products(x, n):
    a, b, c, d = spread(1.0), spread(2.0), spread(3.0), spread(4.0)
    factor, term = load(x, (0,)), load(x, (1,))
    for _ in range(n):
        a, b, c, d = a * factor + term, b * factor + term, c * factor + term, d * factor + term
    store(x, (2,), a + b + c + d)


def _rate(function, x, n, work):
    """Work per nanosecond, the best of several tries."""
    function(x, 1)
    times = []
    for _ in range(9):
        start = time.perf_counter_ns()
        function(x, n)
        times.append(time.perf_counter_ns() - start)
    return work * n / min(times)


def rates():
    """Logistic functions, and multiplications and additions, per nanosecond."""
    x = np.random.default_rng(0).standard_normal((40, VECTOR))
    return _rate(_logistics, x, 500, x.size), _rate(_products, x * 0.1, 100_000, 8 * VECTOR)


def limit(size, logistics, flops):
    """Milliseconds of an epoch."""
    return size.cell_steps * (5 / logistics + size.flops / flops) / 1e6
