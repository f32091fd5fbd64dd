"""Vectors of lanes against numpy, compiled or not."""

import numpy as np
import pytest

from lstmtool.kernels._jit import config, kernel
from lstmtool.kernels.vector import (
    PARTS,
    add_totals,
    at_least,
    at_most,
    load,
    load_part,
    no_part,
    power_of_two,
    spread,
    store,
    total,
    where_above,
)
from lstmtool.records import VECTOR


@pytest.fixture
def rng():
    return np.random.default_rng(0)


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
    store(out, (9,), spread(number))


def test_arithmetic(rng):
    x, y = rng.standard_normal((3, VECTOR)), rng.standard_normal((3, 1, VECTOR))
    out = np.full((11, VECTOR), np.nan)
    arithmetic(x, y, 2.5, out)
    a, b = x[1], y[2, 0]
    wanted = [a + b, a - b, a * b, a / b, 2.5 + a, 2.5 - a, a - 2.5, a / 2.5, (a + b) * 2.5]
    np.testing.assert_array_equal(out[:9], wanted)
    assert (out[9] == 2.5).all()
    assert np.isnan(out[10]).all()  # nothing is written beyond


@kernel(cache=False)
def sum_of(x):
    return total(load(x, (0,)))


def test_total(rng):
    x = rng.standard_normal((1, VECTOR))
    assert sum_of(x) == pytest.approx(x.sum(), rel=1e-14)
    x[0, -1] = np.nan
    assert np.isnan(sum_of(x))


@kernel(cache=False)
def sums_of_rows(x, out):
    a, b, c, d = no_part(), no_part(), no_part(), no_part()
    for n in range(PARTS):
        a, b = a + load_part(x, (0,), n), b + load_part(x, (1,), n)
        c, d = c + load_part(x, (2,), n) * load_part(x, (0,), n), d - load_part(x, (3,), n)
    add_totals(out, (1, 2), a, b, c, d)


def test_totals_of_four_registers_are_added(rng):
    x, old = rng.standard_normal((4, VECTOR)), rng.standard_normal((3, 7))
    out = old.copy()
    sums_of_rows(x, out)
    wanted = old.copy()
    wanted[1, 2:6] += [x[0].sum(), x[1].sum(), (x[2] * x[0]).sum(), -x[3].sum()]
    np.testing.assert_allclose(out, wanted, rtol=1e-13)
    np.testing.assert_array_equal(out[[0, 2]], old[[0, 2]])
    np.testing.assert_array_equal(out[1, [0, 1, 6]], old[1, [0, 1, 6]])


@kernel(cache=False)
def choices(lengths, t, x, out):
    store(out, (0,), where_above(load(lengths, (0,)), t, load(x, (0,)), load(x, (1,))))
    store(out, (1,), at_most(load(x, (0,)), 0.5))
    store(out, (2,), at_least(load(x, (0,)), 0.5))


def test_choices_by_lane(rng):
    lengths = np.arange(VECTOR, dtype=np.int64)[None]
    x, out = rng.standard_normal((2, VECTOR)), np.empty((3, VECTOR))
    x[0, 3], x[1, 20] = np.nan, np.inf
    choices(lengths, 4, x, out)
    wanted = [np.where(lengths[0] > 4, x[0], x[1]), np.minimum(x[0], 0.5), np.maximum(x[0], 0.5)]
    np.testing.assert_array_equal(out, wanted)  # NaN stays


@kernel(cache=False)
def powers(x, out):
    for n in range(x.shape[0]):
        store(out, (n,), power_of_two(load(x, (n,))))


def test_powers_of_two():
    n = np.arange(-1022, 1024)[: 85 * VECTOR].reshape(-1, VECTOR)
    out = np.empty(n.shape)
    powers(n + 1.5 * 2.0**52, out)
    np.testing.assert_array_equal(out, 2.0**n)


@pytest.mark.skipif(
    not (config.BOUNDSCHECK or config.DISABLE_JIT), reason="bounds are not checked in this mode"
)
def test_bounds_are_checked():
    with pytest.raises(IndexError):
        arithmetic(np.zeros((1, VECTOR)), np.zeros((3, 1, VECTOR)), 1.0, np.zeros((11, VECTOR)))
