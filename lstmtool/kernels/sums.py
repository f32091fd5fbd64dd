"""Sums that kernels share. Numba's own would import SciPy wherever a compiled kernel is loaded."""

from __future__ import annotations

from lstmtool.kernels._jit import ORDERED_FASTMATH, kernel


@kernel(fastmath=ORDERED_FASTMATH)
def sum_of(values):
    """Sum of a vector, in its order."""
    total = 0.0
    for n in range(values.shape[0]):
        total += values[n]
    return total
