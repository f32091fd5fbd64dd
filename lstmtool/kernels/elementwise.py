"""Elementwise operations on vectors, as compiled by Numba."""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, lower_builtin, type_callable

from lstmtool.kernels.vector_type import (
    DOUBLE,
    FLAGS,
    INT32,
    INT64,
    KIND,
    PART,
    SINGLE,
    VectorType,
    broadcast_part,
    each,
    index_of,
    item_at,
    load_nth,
    nth,
    pointer_to,
    shuffled,
    store_nth,
)

BYTE = ir.IntType(8)
NUMBERS = ((DOUBLE, types.float64), (SINGLE, types.float64), (SINGLE, types.float32))
"""Types of vectors, each with the types of numbers that operators combine with it."""


def _taken_as(operand: Any, vector: VectorType) -> Any:
    """Return the type that an operand next to a vector is converted to; None if impossible."""
    if operand == vector or (vector, operand) in NUMBERS:
        return operand
    return types.float64 if isinstance(operand, types.Integer | types.Float) else None


def _signature(a: Any, b: Any) -> Any:
    """Return the types of an operator's operands and result; None if neither is a vector."""
    vector = a if isinstance(a, VectorType) else b
    if not isinstance(vector, VectorType):
        return None
    operands = _taken_as(a, vector), _taken_as(b, vector)
    return None if None in operands else vector(*operands)


def _define(operators: tuple[Any, ...], instruction: str) -> None:
    """Define operators in Numba between vectors, and between vectors and numbers."""

    def lower(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        apply = getattr(builder, instruction)
        return each(builder, lambda a, b: apply(a, b, flags=FLAGS), *arguments)

    for one in operators:
        type_callable(one)(lambda context: _signature)
        for vector, number in NUMBERS:
            for pair in ((vector, vector), (vector, number), (number, vector)):
                lower_builtin(one, *pair)(lower)


_define((operator.add, operator.iadd), "fadd")
_define((operator.sub, operator.isub), "fsub")
_define((operator.mul, operator.imul), "fmul")
_define((operator.truediv, operator.itruediv), "fdiv")


@intrinsic
def load(typing_context, array, index):  # type: ignore[no-untyped-def]
    """Return the vector at array[*index, :]; whole numbers are converted."""
    kind, whole = KIND[array.dtype], isinstance(array.dtype, types.Integer)

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        place = [*cgutils.unpack_tuple(builder, arguments[1]), INT64(0)]
        at = item_at(context, builder, sig.args[0], arguments[0], place)
        part = ir.VectorType(kind.whole, kind.width) if whole else kind.part
        out = ir.Constant(kind.parts, ir.Undefined)
        for n in range(kind.n_parts):
            value = load_nth(builder, part, at, INT64(n))
            value = builder.sitofp(value, kind.part) if whole else value
            out = builder.insert_value(out, value, n)
        return out

    return kind(array, index_of(array)), generate


@intrinsic
def store(typing_context, array, index, value):  # type: ignore[no-untyped-def]
    """Write a vector to array[*index, :]."""

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        place = [*cgutils.unpack_tuple(builder, arguments[1]), INT64(0)]
        at = item_at(context, builder, sig.args[0], arguments[0], place)
        for n in range(value.n_parts):
            store_nth(builder, builder.extract_value(arguments[2], n), at, INT64(n))

    return types.void(array, index_of(array), value), generate


def bring_near(builder: Any, at: Any, n_lines: int) -> None:
    """Prefetch cache lines from a pointer on, to be read or written soon.

    They go to the L2 cache, since only few requests to L1 can be pending without waiting.
    """
    at = pointer_to(builder, BYTE, at)
    shape = ir.FunctionType(ir.VoidType(), [at.type, INT32, INT32, INT32])
    call = builder.module.declare_intrinsic("llvm.prefetch", [at.type], shape)
    for n in range(n_lines):
        here = nth(builder, BYTE, at, INT64(PART * n))
        builder.call(call, [here, INT32(0), INT32(2), INT32(1)])  # read, L2, data


@intrinsic
def prefetch(typing_context, array, index):  # type: ignore[no-untyped-def]
    """Prefetch array[*index, :] without waiting for it."""
    kind = KIND[array.dtype]

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        place = [*cgutils.unpack_tuple(builder, arguments[1]), INT64(0)]
        at = item_at(context, builder, sig.args[0], arguments[0], place)
        bring_near(builder, at, kind.n_parts)

    return types.void(array, index_of(array)), generate


@intrinsic
def broadcast(typing_context, number, array):  # type: ignore[no-untyped-def]
    """Return a vector of the array's type with the number in every lane."""
    kind = KIND[array.dtype]
    number = types.float32 if number == types.float32 else types.float64

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        out, part = ir.Constant(kind.parts, ir.Undefined), arguments[0]
        part = broadcast_part(builder, kind, part)
        for n in range(kind.n_parts):
            out = builder.insert_value(out, part, n)
        return out

    return kind(number, array), generate


@intrinsic
def total(typing_context, vector):  # type: ignore[no-untyped-def]
    """Return the sum over the lanes as float64: parts first, then halves."""

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        v = builder.extract_value(arguments[0], 0)
        for n in range(1, vector.n_parts):
            v = builder.fadd(v, builder.extract_value(arguments[0], n), flags=FLAGS)
        half = vector.width // 2
        while half:  # adds the upper half to the lower
            upper = [(lane + half) % vector.width for lane in range(vector.width)]
            v = builder.fadd(v, shuffled(builder, v, v, upper), flags=FLAGS)
            half //= 2
        number = builder.extract_element(v, INT32(0))
        return number if vector is DOUBLE else builder.fpext(number, DOUBLE.scalar)

    return types.float64(vector), generate


@intrinsic
def where_above(typing_context, a, bound, x, y):  # type: ignore[no-untyped-def]
    """Return x in the lanes where a is above the bound, y in the others."""

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        def choose(a: Any, bound: Any, x: Any, y: Any) -> Any:
            return builder.select(builder.fcmp_ordered(">", a, bound), x, y)

        return each(builder, choose, *arguments)

    return x(x, types.float64, x, x), generate


def _clamp(comparison: str) -> Any:
    @intrinsic
    def clamp(typing_context, x, bound):  # type: ignore[no-untyped-def]
        def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
            def limit(value: Any, bound: Any) -> Any:
                beyond = builder.fcmp_ordered(comparison, value, bound)  # false for NaN
                return builder.select(beyond, bound, value)

            return each(builder, limit, *arguments)

        return x(x, types.float64), generate

    return clamp


@intrinsic
def power_of_two(typing_context, shifted):  # type: ignore[no-untyped-def]
    """Return 2^n, given n + 1.5 * 2^52 (2^23): its lowest bits become the exponent."""
    kind = shifted if isinstance(shifted, VectorType) else DOUBLE

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        def power(value: Any) -> Any:
            number = value.type == kind.scalar
            whole = kind.whole if number else ir.VectorType(kind.whole, kind.width)

            def constant(n: int) -> Any:
                return ir.Constant(whole, n if number else [n] * kind.width)

            bias = 2 ** (kind.exponent_bits - 1) - 1
            bits = builder.add(builder.bitcast(value, whole), constant(bias))
            return builder.bitcast(builder.shl(bits, constant(kind.mantissa_bits)), value.type)

        return each(builder, power, *arguments)

    return shifted(shifted), generate


@intrinsic
def in_single(typing_context, x):  # type: ignore[no-untyped-def]
    """Return whether x is a vector of float32 numbers; known at compile time."""

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        return cgutils.true_bit if x is SINGLE else cgutils.false_bit

    return types.boolean(x), generate


at_most, at_least = _clamp(">"), _clamp("<")
