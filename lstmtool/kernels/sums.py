"""Sums that kernels share. Numba's own would import SciPy wherever a compiled kernel is loaded."""

from __future__ import annotations

from lstmtool.kernels._jit import kernel


@kernel
def sum_of(values):
    """Sum of a vector."""
    total = 0.0
    for n in range(values.shape[0]):
        total += values[n]
    return total
