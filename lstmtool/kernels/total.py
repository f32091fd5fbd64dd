"""The sum of an array, as a loop, since Numba's own `sum` would load SciPy with every kernel."""

from __future__ import annotations

from lstmtool.kernels._jit import kernel_without_nrt


@kernel_without_nrt
def total_of(x):
    """Return the sum of the numbers x (N,)."""
    total = 0.0
    for n in range(x.shape[0]):
        total += x[n]
    return total
