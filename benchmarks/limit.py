"""The limits of one core: its rates of logistic functions and of fused products.

A cell-step needs five exponentials with a division each, and products: the limit is the time of
both one after the other, everything else free.
"""

import time

import numpy as np

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.records import LANES
from lstmtool.kernels.squash import logistic
from lstmtool.kernels.vector import MANY_ROWS, load, multiply, store


@kernel_without_nrt(cache=False)
def _logistics(x, n):
    for _ in range(n):
        for i in range(x.shape[0]):
            store(x, (i,), logistic(load(x, (i,))))


@kernel_without_nrt(cache=False)
def _products(rows, x, out, n):
    for _ in range(n):
        multiply(MANY_ROWS, rows, 0, rows.shape[1], x, (0,), out, (0, 0))


def _rate(function, n, work):
    """Work per nanosecond, the best of several tries."""
    function(1)
    times = []
    for _ in range(9):
        start = time.perf_counter_ns()
        function(n)
        times.append(time.perf_counter_ns() - start)
    return work * n / min(times)


def rates(dtype):
    """Logistic functions, and multiplications and additions, per nanosecond."""
    rng, lanes = np.random.default_rng(0), LANES[dtype]
    x = rng.standard_normal((40, lanes)).astype(dtype)
    rows, sources = (
        rng.standard_normal(s).astype(dtype) for s in ((MANY_ROWS, 64), (1, 64, lanes))
    )
    out = np.zeros((1, MANY_ROWS, lanes), dtype)
    return (
        _rate(lambda n: _logistics(x, n), 500, x.size),
        _rate(lambda n: _products(rows, sources, out, n), 5000, 2 * MANY_ROWS * 64 * lanes),
    )


def limit(size, logistics, flops):
    """Milliseconds of an epoch."""
    return size.cell_steps * (5 / logistics + size.flops / flops) / 1e6
