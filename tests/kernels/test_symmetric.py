"""Cholesky's method against numpy's."""

import numpy as np
import pytest

from lstmtool.kernels.symmetric import all_finite, cholesky, log_determinant, solve


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_systems_are_solved(n):
    rng = np.random.default_rng(n)
    points, b = rng.standard_normal((n, 3 * n)), rng.standard_normal((n, 4))
    a = points @ points.T
    root, x = a.copy(), b.copy()
    cholesky(root)
    solve(root, x)
    np.testing.assert_allclose(np.tril(root), np.linalg.cholesky(a), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(x, np.linalg.solve(a, b), rtol=1e-9)
    assert log_determinant(root) == pytest.approx(np.linalg.slogdet(a)[1], rel=1e-10)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0, 0.0])
def test_what_is_not_positive_and_finite_ends_as_nan(bad):
    a, b = np.eye(3), np.ones((3, 2))
    a[1, 1] = bad
    with np.errstate(all="ignore"):
        cholesky(a)
        solve(a, b)
    assert np.isnan(b[1]).all()
    assert not all_finite(a)


def test_finiteness():
    a = np.zeros((3, 4))
    assert all_finite(a)
    for bad in (np.nan, np.inf, -np.inf):
        a[2, 3] = bad
        assert not all_finite(a)
