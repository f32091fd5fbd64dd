"""Vectors of lanes against numpy, compiled or not, of float64 and float32 numbers."""

import numpy as np
import pytest

from lstmtool.kernels._jit import config, kernel
from lstmtool.kernels.records import LANES
from lstmtool.kernels.vector import (
    PART,
    ROWS,
    add_outer,
    add_transposed,
    at_least,
    at_most,
    broadcast,
    in_single,
    load,
    multiply,
    power_of_two,
    prefetch,
    store,
    total,
    transpose_part,
    where_above,
)

KINDS = [np.float64, np.float32]
either = pytest.mark.parametrize("kind", KINDS)


def width(kind):
    return LANES[np.dtype(kind).name]


def draw(kind, *shape):
    return np.random.default_rng(0).standard_normal((*shape, width(kind))).astype(kind)


def rounding(kind):
    return 10 * float(np.finfo(kind).eps)


@kernel(cache=False)
def arithmetic(x, y, number, out):
    a, b = load(x, (1,)), load(y, (2, 0))
    store(out, (0,), a + b)
    store(out, (1,), a - b)
    store(out, (2,), a * b)
    store(out, (3,), a / b)
    store(out, (4,), number + a)
    store(out, (5,), number - a)
    store(out, (6,), a - number)
    store(out, (7,), a / number)
    a += b
    a *= number
    store(out, (8,), a)
    store(out, (9,), broadcast(number, x))
    store(out, (10,), x[1, 3] * a)


@either
def test_arithmetic(kind):
    x, y = draw(kind, 3), draw(kind, 3, 1)
    out = np.full((12, width(kind)), np.nan, kind)
    arithmetic(x, y, 2.5, out)
    a, b = x[1], y[2, 0]
    wanted = [a + b, a - b, a * b, a / b, 2.5 + a, 2.5 - a, a - 2.5, a / 2.5, (a + b) * 2.5]
    np.testing.assert_allclose(out[:9], wanted, rtol=np.finfo(kind).eps)
    assert (out[9] == 2.5).all()
    np.testing.assert_array_equal(out[10], a[3] * out[8])
    assert np.isnan(out[11]).all()  # nothing is written beyond


@kernel(cache=False)
def sum_of(x):
    return total(load(x, (0,)))


@either
def test_total(kind):
    x = draw(kind, 1)
    assert sum_of(x) == pytest.approx(x.astype(np.float64).sum(), abs=rounding(kind))
    x[0, -1] = np.nan
    assert np.isnan(sum_of(x))


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


@kernel(cache=False)
def choices(lengths, t, x, out):
    store(out, (0,), where_above(load(lengths, (0,)), t, load(x, (0,)), load(x, (1,))))
    store(out, (1,), at_most(load(x, (0,)), 0.5))
    store(out, (2,), at_least(load(x, (0,)), 0.5))


@either
def test_choices_by_lane(kind):
    whole = np.int64 if kind is np.float64 else np.int32
    lengths = np.arange(width(kind), dtype=whole)[None]
    x, out = draw(kind, 2), np.empty((3, width(kind)), kind)
    x[0, 3], x[1, 20] = np.nan, np.inf
    choices(lengths, 4, x, out)
    wanted = [np.where(lengths[0] > 4, x[0], x[1]), np.minimum(x[0], 0.5), np.maximum(x[0], 0.5)]
    np.testing.assert_array_equal(out, wanted)  # NaN stays


@kernel(cache=False)
def powers(x, out):
    for n in range(x.shape[0]):
        store(out, (n,), power_of_two(load(x, (n,))))


@pytest.mark.parametrize(
    ("kind", "smallest", "largest", "zero"),
    [(np.float64, -1022, 1024, 1.5 * 2.0**52), (np.float32, -126, 128, 1.5 * 2.0**23)],
)
def test_powers_of_two(kind, smallest, largest, zero):
    n = np.resize(np.arange(smallest, largest), (86, width(kind)))
    out = np.empty(n.shape, kind)
    powers((n + zero).astype(kind), out)
    np.testing.assert_array_equal(out, 2.0**n)


@kernel(cache=False)
def tell(x, out):
    store(out, (0,), broadcast(1.0 if in_single(load(x, (0,))) else 0.0, x))
    return in_single(1.0)


@either
def test_precision_is_told(kind):
    out = np.empty((1, width(kind)), kind)
    assert not tell(out, out)
    assert (out == (kind is np.float32)).all()


@pytest.mark.skipif(
    not (config.BOUNDSCHECK or config.DISABLE_JIT), reason="bounds are not checked in this mode"
)
def test_bounds_are_checked():
    with pytest.raises(IndexError):
        arithmetic(np.zeros((1, 24)), np.zeros((3, 1, 24)), 1.0, np.zeros((12, 24)))


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
