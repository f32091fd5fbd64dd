"""Small symmetric positive definite systems by Cholesky's method, and a test for finite numbers.

These are plain loops, since every call of a LAPACK routine adds seconds of compilation, and its
overhead exceeds the work for two to ten rows.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from lstmtool.kernels._jit import kernel_without_nrt


@kernel_without_nrt
def cholesky(a):
    """Replace the lower triangle of A (n, n) by L with L L^T = A; NaN if there is no such L."""
    n = a.shape[0]
    for j in range(n):
        for k in range(j):
            for i in range(j, n):
                a[i, j] -= a[i, k] * a[j, k]
        root = sqrt(a[j, j]) if 0.0 < a[j, j] < np.inf else np.nan
        for i in range(j, n):
            a[i, j] /= root


@kernel_without_nrt
def log_determinant(root):
    """Return log det(L L^T) of a Cholesky factor L."""
    total = 0.0
    for j in range(root.shape[0]):
        total += 2.0 * np.log(root[j, j])
    return total


@kernel_without_nrt
def solve(root, b):
    """Replace B (n, m) by X with L L^T X = B."""
    n = root.shape[0]
    for j in range(n):
        for k in range(j):
            for l in range(b.shape[1]):
                b[j, l] -= root[j, k] * b[k, l]
        for l in range(b.shape[1]):
            b[j, l] /= root[j, j]
    for j in range(n - 1, -1, -1):
        for k in range(j + 1, n):
            for l in range(b.shape[1]):
                b[j, l] -= root[k, j] * b[k, l]
        for l in range(b.shape[1]):
            b[j, l] /= root[j, j]


@kernel_without_nrt
def all_finite(a):
    """Return whether all numbers of A (n, m) are finite."""
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if not abs(a[i, j]) < np.inf:
                return False
    return True
