"""What is done with vectors number by number, against numpy, compiled or not, of either kind."""

import numpy as np
import pytest

from lstmtool.kernels._jit import config, kernel
from lstmtool.kernels.vector import (
    at_least,
    at_most,
    broadcast,
    in_single,
    load,
    power_of_two,
    store,
    total,
    where_above,
)
from tests.kernels.vectors import draw, either, rounding, width


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
def beside_whole_numbers(x, n, out):
    a = load(x, (0,))
    store(out, (0,), 3 - a)
    a *= n
    store(out, (1,), a)


@either
def test_whole_numbers_beside_vectors(kind):
    x, out = draw(kind, 1), np.empty((2, width(kind)), kind)
    beside_whole_numbers(x, 2, out)
    np.testing.assert_array_equal(out, [3 - x[0], 2 * x[0]])


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
