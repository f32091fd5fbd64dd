"""The polynomial exponential and what is made of it, against numpy's extended precision."""

import numpy as np
import pytest

from lstmtool.kernels._jit import kernel
from lstmtool.kernels.records import IDENTITY, SIGMOID_2_1, SIGMOID_4_2, TANH, VECTOR
from lstmtool.kernels.squash import exp, logistic, slope, squash, tanh
from lstmtool.kernels.vector import load, store
from tests import naive
from tests.differences import central_difference

DRAW = np.random.default_rng(0)
WIDE = np.concatenate(
    [
        DRAW.uniform(-700, 700, 3000),
        DRAW.uniform(-1, 1, 1000),
        DRAW.choice([-1, 1], 1000) * 10.0 ** DRAW.uniform(-18, 2.8, 1000),
        np.arange(-40, 41) * np.log(2) / 2,  # where the rounding to an integer turns
    ]
)
CODES = {"tanh": TANH, "4s-2": SIGMOID_4_2, "2s-1": SIGMOID_2_1, "identity": IDENTITY}


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def extended(function, x):
    """The function's values rounded from 80 bits."""
    x = np.asarray(x, dtype=np.longdouble)
    with np.errstate(over="ignore", under="ignore"):
        return function(x)


def relative_error(kernel, function, x):
    got = np.array([kernel(v) for v in x.tolist()])
    wanted = extended(function, x)
    return float((np.abs(got - wanted) / np.abs(wanted)).max())


def test_exp_is_within_its_bound():
    assert relative_error(exp, np.exp, WIDE) < 2e-15


def test_logistic_is_close():
    assert relative_error(logistic, lambda x: 1 / (1 + np.exp(-x)), WIDE) < 4e-15


def test_tanh_is_close_without_cancellation():
    x = WIDE[WIDE != 0]
    assert relative_error(tanh, np.tanh, x) < 4e-15


def test_neighbours_of_the_limits():
    for x in (-708.0, -707.999, 707.999, 708.0):
        assert exp(x) == pytest.approx(np.exp(x), rel=2e-15)
    assert exp(-708.001) == exp(-708.0) < 4e-308
    assert exp(709.0) == exp(1e300) == exp(np.inf) == exp(708.0)
    assert exp(-1e300) == exp(-np.inf) == exp(-708.0)


def test_special_values():
    tiny = 5e-324
    assert exp(0.0) == exp(-0.0) == exp(tiny) == 1.0
    assert logistic(0.0) == logistic(tiny) == 0.5
    assert tanh(0.0) == 0.0
    assert abs(tanh(tiny)) <= 1e-300
    for large in (800.0, 1e300, np.inf):
        assert logistic(large) == 1.0
        assert 0.0 <= logistic(-large) < 1e-300
        assert tanh(large) == pytest.approx(1.0, abs=1e-15)
        assert tanh(-large) == pytest.approx(-1.0, abs=1e-15)
        assert abs(tanh(large)) <= 1.0


@pytest.mark.parametrize("kernel", [exp, logistic, tanh])
def test_nan_stays_nan(kernel):
    assert np.isnan(kernel(np.nan))
    assert np.isnan(kernel(-np.nan))


def test_symmetries(rng):
    for x in rng.uniform(-30, 30, 200).tolist():
        assert tanh(-x) == pytest.approx(-tanh(x), abs=1e-15)
        assert logistic(x) + logistic(-x) == pytest.approx(1.0, abs=1e-15)


def test_rising():
    """On a grid far wider than the error; a break between two pieces would show."""
    x = np.linspace(-20, 20, 2001).tolist()
    for function in (exp, logistic, tanh):
        values = np.array([function(v) for v in x])
        assert (np.diff(values) >= -3e-16).all()


def on_vectors(function, code, x):
    """A function of squash.py on rows of vectors."""
    out = np.full_like(x, np.nan)
    _on_vectors(function == slope, code, x, out)
    return out


@kernel(cache=False)
def _on_vectors(is_slope, code, x, out):
    for n in range(x.shape[0]):
        if is_slope:
            store(out, (n,), slope(code, load(x, (n,))))
        else:
            store(out, (n,), squash(code, load(x, (n,))))


@pytest.mark.parametrize("name", CODES)
def test_vectors_are_squashed_as_numbers_are(name):
    x = WIDE[: len(WIDE) // VECTOR * VECTOR].reshape(-1, VECTOR)
    got = on_vectors(squash, CODES[name], x)
    np.testing.assert_allclose(got, naive.FUNCTIONS[name](x), rtol=1e-13, atol=1e-15)
    alone = [squash(CODES[name], v) for v in x[:20].ravel().tolist()]
    np.testing.assert_allclose(got[:20].ravel(), alone, rtol=1e-15)


@pytest.mark.parametrize("name", CODES)
def test_slopes_from_squashed_values(name, rng):
    x = rng.normal(0, 2, (1, VECTOR))
    got = on_vectors(slope, CODES[name], naive.FUNCTIONS[name](x))
    wanted = central_difference(lambda v: naive.FUNCTIONS[name](v).sum(), x)
    np.testing.assert_allclose(got, wanted, rtol=1e-7)
    np.testing.assert_allclose(wanted[0], [naive.SLOPES[name](v) for v in x[0]], rtol=1e-7)
    alone = [slope(CODES[name], v) for v in naive.FUNCTIONS[name](x)[0].tolist()]
    np.testing.assert_allclose(got[0], alone, rtol=1e-15)


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_values_pass_through_squash(name, bad):
    x = np.zeros((2, VECTOR))
    x[1, 5] = bad
    with np.errstate(all="ignore"):
        got, wanted = on_vectors(squash, CODES[name], x), naive.FUNCTIONS[name](x)
    np.testing.assert_allclose(got, wanted, rtol=1e-15)


@kernel(cache=False)
def _in_single(x, out):
    for n in range(x.shape[0]):
        store(out, (n, 0), logistic(load(x, (n,))))
        store(out, (n, 1), tanh(load(x, (n,))))


def test_single_precision():
    x = np.resize(np.concatenate([np.linspace(-86, 86, 3000), np.linspace(-1, 1, 999)]), (120, 32))
    x = x.astype(np.float32)
    out = np.full((120, 2, 32), np.nan, np.float32)
    _in_single(x, out)
    wanted = extended(lambda v: 1 / (1 + np.exp(-v)), x), extended(np.tanh, x)
    for got, true in zip(out.transpose(1, 0, 2), wanted, strict=True):
        assert (np.abs(got - true) <= 4e-7 * np.abs(true)).all()


def test_single_precision_at_its_limits():
    x = np.zeros((1, 32), np.float32)
    x[0, :6] = np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45
    out = np.full((1, 2, 32), np.nan, np.float32)
    _in_single(x, out)
    logistics, tanhs = out[0]
    assert np.isnan(logistics[0])
    assert np.isnan(tanhs[0])
    np.testing.assert_allclose(logistics[1:6], [1, 0, 1, 0, 0.5], atol=1e-37)
    np.testing.assert_allclose(tanhs[1:6], [1, -1, 1, -1, 0], atol=1e-6)
