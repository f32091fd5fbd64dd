"""The polynomial exponential and what is made of it, against numpy's extended precision."""

import numpy as np
import pytest

from lstmtool.kernels.squash import exp, logistic, multiply_by_slope, squash, tanh
from lstmtool.records import IDENTITY, SIGMOID_2_1, SIGMOID_4_2, TANH
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
    assert exp(-708.001) == 0.0
    assert exp(709.0) == exp(1e300) == exp(np.inf) == exp(708.0)
    assert exp(-1e300) == exp(-np.inf) == 0.0


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
    for kernel in (exp, logistic, tanh):
        values = np.array([kernel(v) for v in x])
        assert (np.diff(values) >= -3e-16).all()


@pytest.mark.parametrize("name", CODES)
def test_squash_works_in_place_on_its_lanes_alone(name, rng):
    x = rng.normal(0, 3, (2, 3, 8))
    before = x.copy()
    squash(CODES[name], x, 1, 2, 5)
    np.testing.assert_allclose(
        x[1, 2, :5], naive.FUNCTIONS[name](before[1, 2, :5]), rtol=1e-14, atol=1e-15
    )
    x[1, 2, :5] = before[1, 2, :5]
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("name", CODES)
def test_slopes_from_squashed_values(name, rng):
    x = rng.normal(0, 2, 8)
    error = rng.normal(size=8)
    before = error.copy()
    multiply_by_slope(CODES[name], naive.FUNCTIONS[name](x).reshape(1, 1, 8), 0, 0, error, 7)
    slope = central_difference(lambda v: naive.FUNCTIONS[name](v).sum(), x[:7])
    np.testing.assert_allclose(error[:7], before[:7] * slope, rtol=1e-8)
    np.testing.assert_allclose(slope, [naive.SLOPES[name](v) for v in x[:7]], rtol=1e-8)
    assert error[7] == before[7]


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_values_pass_through_squash(name, bad):
    x = np.full((1, 1, 8), bad)
    with np.errstate(all="ignore"):
        squash(CODES[name], x, 0, 0, 8)
        wanted = naive.FUNCTIONS[name](np.full(8, bad))
    np.testing.assert_allclose(x[0, 0], wanted, rtol=1e-15)
