"""Products of vectors against numpy, compiled or not, of either kind."""

import numpy as np
import pytest

from lstmtool.kernels._jit import config, kernel
from lstmtool.kernels.vector import (
    PART,
    ROWS,
    add_outer,
    add_transposed,
    multiply,
    prefetch,
    transpose_part,
)
from tests.kernels.vectors import draw, either, rounding, width


@kernel(cache=False)
def four_rows(weights, r, n, sources, out):
    multiply(4, weights, r, n, sources, (1, 2), out, (1, 3))


@kernel(cache=False)
def eight_rows(weights, r, n, sources, out):
    multiply(8, weights, r, n, sources, (1, 2), out, (1, 3))


@either
@pytest.mark.parametrize("n", [0, 1, 5, 6])
@pytest.mark.parametrize(("product", "rows"), [(four_rows, 4), (eight_rows, 8)])
def test_some_rows_of_a_product(kind, n, product, rows):
    """With the constants in column n, where the weights have one."""
    weights = np.random.default_rng(1).standard_normal((11, 6)).astype(kind)
    sources, out = draw(kind, 3, 4, 6), np.full((2, 12, width(kind)), np.nan, kind)
    product(weights, 2, n, sources, out)
    wanted = weights[2 : 2 + rows, :n] @ sources[1, 2, :n]
    if n < 6:
        wanted += weights[2 : 2 + rows, n : n + 1]
    found = out[1, 3 : 3 + rows]
    np.testing.assert_allclose(found, wanted, rtol=rounding(kind), atol=rounding(kind))
    assert np.isnan(out[0]).all()
    assert np.isnan(out[1, :3]).all() and np.isnan(out[1, 3 + rows :]).all()


@kernel(cache=False)
def outer_sums(deltas, r, sources, q, low, high, out):
    add_outer(deltas, (1, low, r), sources, (1, low, q), high - low, out, (r, q))


@either
def test_outer_sums_are_added(kind):
    deltas, sources = draw(kind, 2, 5, 6), draw(kind, 2, 6, 7)[:, ::-1].copy()
    old = np.random.default_rng(2).standard_normal((6, 8))
    out = old.copy()
    outer_sums(deltas, 1, sources, 3, 2, 5, out)
    wanted = old.copy()
    delta, source = (x.astype(np.float64) for x in (deltas[1, 2:5, 1:5], sources[1, 2:5, 3:7]))
    wanted[1:5, 3:7] += np.einsum("tal,tbl->ab", delta, source)
    np.testing.assert_allclose(out, wanted, atol=50 * rounding(kind))
    outside = np.ones((6, 8), dtype=bool)
    outside[1:5, 3:7] = False
    np.testing.assert_array_equal(out[outside], old[outside])
    assert ROWS == 4


@kernel(cache=False)
def turned_part(sources, q, transposed, p):
    transpose_part(sources, (1, 2, q), transposed, (0, p, 1))


@either
def test_a_part_of_the_sources_is_exchanged_with_the_lanes(kind):
    part = PART // np.dtype(kind).itemsize
    sources = draw(kind, 2, 3, part + 5)
    transposed = np.full((1, 2, 3, width(kind), part), np.nan, dtype=kind)
    turned_part(sources, 4, transposed, 1)
    np.testing.assert_array_equal(transposed[0, 1, 1], sources[1, 2, 4 : 4 + part].T)
    transposed[0, 1, 1] = np.nan
    assert np.isnan(transposed).all()


@kernel(cache=False)
def four_turned(deltas, r, transposed, p, n, out, q):
    prefetch(deltas, (1, 0, r))
    add_transposed(4, 1, deltas, (1, 0, r), transposed, (0, p), n, out, (1, r, q))


@kernel(cache=False)
def many_turned(deltas, r, transposed, p, n, out, q):
    add_transposed(8, 3, deltas, (1, 0, r), transposed, (0, p), n, out, (1, r, q))


@kernel(cache=False)
def two_turned(deltas, r, transposed, p, n, out, q):
    add_transposed(8, 2, deltas, (1, 0, r), transposed, (0, p), n, out, (1, r, q))


@either
@pytest.mark.parametrize("n", [0, 1, 5])
@pytest.mark.parametrize(
    ("sums", "rows", "columns"), [(four_turned, 4, 1), (two_turned, 8, 2), (many_turned, 8, 3)]
)
def test_sums_by_turned_sources_are_added(kind, n, sums, rows, columns):
    part = PART // np.dtype(kind).itemsize
    deltas, random = draw(kind, 2, 5, 11), np.random.default_rng(2)
    transposed = random.standard_normal((1, 4, 5, width(kind), part)).astype(kind)
    old = random.standard_normal((2, 11, 5 * part))
    out = old.copy()
    sums(deltas, 2, transposed, 1, n, out, part)
    delta = deltas[1, :n, 2 : 2 + rows].astype(np.float64)
    source = transposed[0, 1 : 1 + columns, :n].astype(np.float64)
    wanted = old.copy()
    added = np.einsum("tal,btlw->abw", delta, source).reshape(rows, columns * part)
    wanted[1, 2 : 2 + rows, part : part + columns * part] += added
    np.testing.assert_allclose(out, wanted, atol=100 * rounding(kind))
    outside = np.ones(old.shape, dtype=bool)
    outside[1, 2 : 2 + rows, part : part + columns * part] = False
    np.testing.assert_array_equal(out[outside], old[outside])


@pytest.mark.skipif(not config.DISABLE_JIT, reason="compiled, bounds checks see it")
def test_plain_products_refuse_what_lies_beyond():
    """A slice would be cut short there, where compiled code reads and writes on."""
    x = np.zeros((2, 5, 6, 24))
    with pytest.raises(AssertionError):
        multiply(4, np.zeros((6, 6)), 3, 5, x, (0, 0), x, (1, 0, 0))
    with pytest.raises(AssertionError):
        add_outer(x, (0, 0, 3), x, (0, 0, 0), 5, np.zeros((8, 8)), (0, 0))
    transposed, out = np.zeros((1, 2, 5, 24, 8)), np.zeros((1, 8, 16))
    for r, p, n, q in ((3, 0, 5, 0), (2, 2, 5, 0), (2, 0, 6, 0), (2, 0, 5, 9)):
        with pytest.raises(AssertionError):
            add_transposed(4, 1, x, (0, 0, r), transposed, (0, p), n, out, (0, r, q))
    add_transposed(4, 1, x, (0, 0, 2), transposed, (0, 1), 5, out, (0, 2, 8))
    with pytest.raises(AssertionError):
        transpose_part(np.zeros((1, 1, 9, 24)), (0, 0, 2), transposed, (0, 0, 0))
