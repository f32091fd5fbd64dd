"""Activation functions and their slopes, for plain numbers and vectors of lanes.

The exponential is a polynomial, about ten times as fast as the C library's, with a relative error
below 2e-15; for float32 vectors a shorter one, with an error below 2e-7. It must be compiled
without reassociation, which would remove the rounding to the nearest integer.
"""

from __future__ import annotations

from lstmtool.kernels._jit import ORDERED_FASTMATH, inlined
from lstmtool.kernels.records import IDENTITY, LOGISTIC, SIGMOID_2_1, SIGMOID_4_2, TANH
from lstmtool.kernels.vector import at_least, at_most, in_single, power_of_two

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
ROUND = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to an integer
LN2_HIGH_SINGLE, LN2_LOW_SINGLE = 0.693359375, -2.12194440054690583e-4
ROUND_SINGLE = 12582912.0  # 1.5 * 2**23
C2, C3, C4, C5 = 1 / 2, 1 / 6, 1 / 24, 1 / 120
C6, C7, C8, C9 = 1 / 720, 1 / 5040, 1 / 40320, 1 / 362880
C10, C11, C12 = 1 / 3628800, 1 / 39916800, 1 / 479001600


@inlined(fastmath=ORDERED_FASTMATH)
def exp_parts(x):
    """Return q and scale with exp(x) = scale (1 + q), for |x| <= `largest`; NaN stays NaN."""
    if in_single(x):
        shifted = x * LOG2_E + ROUND_SINGLE
        whole = shifted - ROUND_SINGLE
        r = x - whole * LN2_HIGH_SINGLE
        r = r - whole * LN2_LOW_SINGLE
        r2 = r * r
        q = r + r2 * ((C2 + r * C3) + r2 * ((C4 + r * C5) + r2 * (C6 + r * C7)))
        return q, power_of_two(shifted)
    shifted = x * LOG2_E + ROUND
    whole = shifted - ROUND
    r = x - whole * LN2_HIGH
    r = r - whole * LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (C2 + r * C3) + r2 * (C4 + r * C5)
    high = (C6 + r * C7) + r2 * (C8 + r * C9)
    top = (C10 + r * C11) + r2 * C12
    q = r + r2 * (low + r4 * (high + r4 * top))
    return q, power_of_two(shifted)


@inlined
def largest(x):
    """Return the bound for the logistic function's x, whose exp is finite and not subnormal."""
    return 87.0 if in_single(x) else 700.0


@inlined(fastmath=ORDERED_FASTMATH)
def exp(x):
    """Return e to the power x, with x limited to +-708."""
    q, scale = exp_parts(at_least(at_most(x, 708.0), -708.0))
    return scale + scale * q


@inlined(fastmath=ORDERED_FASTMATH)
def logistic(x):
    """Return 1 / (1 + exp(-x)) without overflow."""
    bound = largest(x)
    q, scale = exp_parts(0.0 - at_least(at_most(x, bound), -bound))
    return 1.0 / (1.0 + (scale + scale * q))


@inlined(fastmath=ORDERED_FASTMATH)
def tanh(x):
    """Return (exp(2 x) - 1) / (exp(2 x) + 1), without cancellation near zero."""
    x = at_least(at_most(x, 20.0), -20.0)
    q, scale = exp_parts(x + x)
    exp_minus_1 = scale * q + (scale - 1.0)
    return exp_minus_1 / (exp_minus_1 + 2.0)


@inlined
def squash(code, x):
    """Return the value at x of the function with that code."""
    if code == TANH:
        return tanh(x)
    if code == IDENTITY:
        return x
    span = 4.0 if code == SIGMOID_4_2 else 2.0  # powers of two, which do not round
    return span * logistic(x) - 0.5 * span


@inlined
def slope(code, y):
    """Return the slope of the function with that code where its value is y."""
    if code == TANH:
        return 1.0 - y * y
    if code == SIGMOID_4_2:
        return 0.25 * (2.0 - y) * (2.0 + y)
    if code == SIGMOID_2_1:
        return 0.5 * (1.0 - y) * (1.0 + y)
    return y * 0.0 + 1.0


@inlined
def squash_plain(code, x):
    """Return the value at x of a plain unit's function, which may also be logistic."""
    return logistic(x) if code == LOGISTIC else squash(code, x)


@inlined
def slope_plain(code, y):
    """Return the slope of a plain unit's function where its value is y."""
    return y * (1.0 - y) if code == LOGISTIC else slope(code, y)
