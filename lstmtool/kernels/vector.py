"""A vector of lanes as one value: the 24 float64 numbers of a group, added and multiplied as one.

Compiled, a vector is three of LLVM's <8 x double>: three 512-bit registers, or more of narrower
ones, whatever the machine has. Kernels written with vectors need no luck with automatic
vectorisation: temporaries stay in registers, however many arrays a step reads and writes. Three
registers at once, since one would leave the processor waiting: the operations of a step depend on
each other in one long chain. As plain Python, a vector is a numpy array, and the same text runs.

Vectors know + - * / with vectors and numbers on either side, and:

load(array, index)          the vector at array[*index, :]; of whole numbers too
store(array, index, vector) the reverse
spread(number)              the number in every lane
total(vector)               sum over the lanes, in a fixed order
load_part(array, index, n)  register n of the vector at array[*index, :], lanes 8 n to 8 n + 7
no_part()                   a register of zeros
add_totals(out, index, a, b, c, d)
                            adds the sums over the lanes of four registers to out[*index : + 4]
where_above(a, bound, x, y) x in the lanes where a > bound, y in the others
at_most(x, bound), at_least(x, bound), power_of_two(shifted)
                            of vectors and of plain numbers alike
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

from lstmtool.kernels._jit import config
from lstmtool.records import VECTOR

WIDTH = 8  # float64 numbers in a register
PARTS = VECTOR // WIDTH  # registers of a vector
DOUBLE, INT32, INT64 = ir.DoubleType(), ir.IntType(32), ir.IntType(64)
REGISTER = ir.VectorType(DOUBLE, WIDTH)
INT_REGISTER = ir.VectorType(INT64, WIDTH)
REGISTERS = ir.ArrayType(REGISTER, PARTS)
FLAGS = ("nsz", "contract")  # a * b + c may be fused; order stays, NaN and inf stay


class VectorType(types.Type):
    """Numba's type of a vector."""

    def __init__(self) -> None:
        super().__init__(name="Vector")


class PartType(types.Type):
    """Numba's type of one register of a vector."""

    def __init__(self) -> None:
        super().__init__(name="Part")


VECTOR_TYPE, PART_TYPE = VectorType(), PartType()


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, REGISTERS)


@register_model(PartType)
class _PartModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, REGISTER)


def _spread_register(builder: Any, number: Any) -> Any:
    """LLVM register with the number in every lane."""
    one = builder.insert_element(ir.Constant(REGISTER, ir.Undefined), number, INT32(0))
    first = ir.Constant(ir.VectorType(INT32, WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(one, one, first)


def _each(builder: Any, function: Callable[..., Any], *values: Any) -> Any:
    """Apply a function to every register of vectors; numbers are spread over the lanes."""
    if not any(value.type == REGISTERS for value in values):
        return function(*values)
    out = ir.Constant(REGISTERS, ir.Undefined)
    for n in range(PARTS):
        registers = [
            builder.extract_value(v, n) if v.type == REGISTERS else _spread_register(builder, v)
            for v in values
        ]
        out = builder.insert_value(out, function(*registers), n)
    return out


def _define(operators: tuple[Any, ...], instruction: str) -> None:
    """Give Numba an operator between vectors, between vectors and numbers, and between parts."""
    v, number = VECTOR_TYPE, types.float64
    kinds = [(v, v), (v, number), (number, v), (PART_TYPE, PART_TYPE)]

    def lower(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        apply = getattr(builder, instruction)
        return _each(builder, lambda a, b: apply(a, b, flags=FLAGS), *arguments)

    class Operator(ConcreteTemplate):
        cases = [  # noqa: RUF012
            signature(PART_TYPE if PART_TYPE in kind else v, *kind) for kind in kinds
        ]

    for each in operators:
        infer_global(each)(Operator)
        for kind in kinds:
            lower_builtin(each, *kind)(lower)


_define((operator.add, operator.iadd), "fadd")
_define((operator.sub, operator.isub), "fsub")
_define((operator.mul, operator.imul), "fmul")
_define((operator.truediv, operator.itruediv), "fdiv")


def _pointers(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> list[Any]:
    """LLVM pointers to the registers of array[*index, :]."""
    array = context.make_array(array_type)(context, builder, array)
    inner = [*cgutils.unpack_tuple(builder, index), INT64(0)]
    checked = context.enable_boundscheck
    at = cgutils.get_item_pointer(context, builder, array_type, array, inner, boundscheck=checked)
    register = INT_REGISTER if isinstance(array_type.dtype, types.Integer) else REGISTER
    at = builder.bitcast(at, register.as_pointer())
    return [builder.gep(at, [INT64(n)]) for n in range(PARTS)]


@intrinsic
def _load(typing_context, array, index):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        out = ir.Constant(REGISTERS, ir.Undefined)
        for n, at in enumerate(_pointers(context, builder, sig.args[0], *arguments)):
            value = builder.load(at, align=8)
            if value.type == INT_REGISTER:
                value = builder.sitofp(value, REGISTER)
            out = builder.insert_value(out, value, n)
        return out

    return VECTOR_TYPE(array, types.UniTuple(types.int64, array.ndim - 1)), generate


@intrinsic
def _store(typing_context, array, index, value):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        for n, at in enumerate(_pointers(context, builder, sig.args[0], *arguments[:2])):
            builder.store(builder.extract_value(arguments[2], n), at, align=8)

    where = types.UniTuple(types.int64, array.ndim - 1)
    return types.void(array, where, VECTOR_TYPE), generate


@intrinsic
def _spread(typing_context, number):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        out, register = ir.Constant(REGISTERS, ir.Undefined), _spread_register(builder, *arguments)
        for n in range(PARTS):
            out = builder.insert_value(out, register, n)
        return out

    return VECTOR_TYPE(types.float64), generate


@intrinsic
def _total(typing_context, vector):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        v = builder.extract_value(arguments[0], 0)
        for n in range(1, PARTS):
            v = builder.fadd(v, builder.extract_value(arguments[0], n), flags=FLAGS)
        half = WIDTH // 2
        while half:  # adds the upper half to the lower
            upper = [(lane + half) % WIDTH for lane in range(WIDTH)]
            mask = ir.Constant(ir.VectorType(INT32, WIDTH), upper)
            v = builder.fadd(v, builder.shuffle_vector(v, v, mask), flags=FLAGS)
            half //= 2
        return builder.extract_element(v, INT32(0))

    return types.float64(VECTOR_TYPE), generate


@intrinsic
def _load_part(typing_context, array, index, n):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        first = _pointers(context, builder, sig.args[0], *arguments[:2])[0]
        return builder.load(builder.gep(first, [arguments[2]]), align=8)

    where = types.UniTuple(types.int64, array.ndim - 1)
    return PART_TYPE(array, where, types.int64), generate


@intrinsic
def _no_part(typing_context):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        return ir.Constant(REGISTER, [0.0] * WIDTH)

    return PART_TYPE(), generate


@intrinsic
def _add_totals(typing_context, out, index, a, b, c, d):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        def fold(x: Any, y: Any, lanes: list[int], distance: int) -> Any:
            """Add to those lanes of x and y the ones at a distance."""
            these, others = (
                ir.Constant(ir.VectorType(INT32, len(lanes)), [lane + d for lane in lanes])
                for d in (0, distance)
            )
            left, right = builder.shuffle_vector(x, y, these), builder.shuffle_vector(x, y, others)
            return builder.fadd(left, right, flags=FLAGS)

        lanes = [0, 1, 2, 3, 8, 9, 10, 11]
        a, b = (fold(arguments[n], arguments[n + 1], lanes, 4) for n in (2, 4))
        ab = fold(a, b, [0, 1, 4, 5, 8, 9, 12, 13], 2)
        sums = fold(ab, ab, [0, 2, 4, 6], 1)
        array = context.make_array(sig.args[0])(context, builder, arguments[0])
        place = cgutils.unpack_tuple(builder, arguments[1])
        checked = context.enable_boundscheck
        at = cgutils.get_item_pointer(
            context, builder, sig.args[0], array, place, boundscheck=checked
        )
        at = builder.bitcast(at, sums.type.as_pointer())
        builder.store(builder.fadd(builder.load(at, align=8), sums), at, align=8)

    where = types.UniTuple(types.int64, out.ndim)
    return types.void(out, where, *[PART_TYPE] * 4), generate


@intrinsic
def _where_above(typing_context, a, bound, x, y):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        def choose(a: Any, bound: Any, x: Any, y: Any) -> Any:
            return builder.select(builder.fcmp_ordered(">", a, bound), x, y)

        return _each(builder, choose, *arguments)

    return VECTOR_TYPE(VECTOR_TYPE, types.float64, VECTOR_TYPE, VECTOR_TYPE), generate


def _clamp(comparison: str) -> Any:
    @intrinsic
    def clamp(typing_context, x, bound):  # type: ignore[no-untyped-def]
        def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
            def limit(value: Any, bound: Any) -> Any:
                beyond = builder.fcmp_ordered(comparison, value, bound)  # false for NaN
                return builder.select(beyond, bound, value)

            return _each(builder, limit, *arguments)

        return x(x, types.float64), generate

    return clamp


@intrinsic
def _power_of_two(typing_context, shifted):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        def power(value: Any) -> Any:
            number = value.type == DOUBLE
            whole = INT64 if number else INT_REGISTER

            def constant(n: int) -> Any:
                return ir.Constant(whole, n if number else [n] * WIDTH)

            bits = builder.add(builder.bitcast(value, whole), constant(1023))
            return builder.bitcast(builder.shl(bits, constant(52)), value.type)

        return _each(builder, power, *arguments)

    return shifted(shifted), generate


if config.DISABLE_JIT:

    def load(array: np.ndarray, index: tuple[int, ...]) -> np.ndarray:
        """Return the vector at array[*index, :]."""
        return array[index].astype(np.float64)

    def store(array: np.ndarray, index: tuple[int, ...], vector: np.ndarray) -> None:
        """array[*index, :] = vector."""
        array[index] = vector

    def spread(number: float) -> np.ndarray:
        """Return the number in every lane."""
        return np.full(VECTOR, float(number))

    def total(vector: np.ndarray) -> float:
        """Sum over the lanes, registers first, then halves, as compiled."""
        vector = vector.reshape(-1, WIDTH).sum(axis=0)
        while len(vector) > 1:
            half = len(vector) // 2
            vector = vector[:half] + vector[half:]
        return vector[0]

    def load_part(array: np.ndarray, index: tuple[int, ...], n: int) -> np.ndarray:
        """Return register n of the vector at array[*index, :]."""
        return array[index][WIDTH * n : WIDTH * (n + 1)].copy()

    def no_part() -> np.ndarray:
        """Return a register of zeros."""
        return np.zeros(WIDTH)

    def add_totals(out: np.ndarray, index: tuple[int, ...], *parts: np.ndarray) -> None:
        """Add the sums over the lanes of four registers to out[*index : + 4]."""
        out[index[:-1]][index[-1] : index[-1] + 4] += [total(part) for part in parts]

    def where_above(a: np.ndarray, bound: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """X in the lanes where a is above the bound, y in the others."""
        return np.where(a > bound, x, y)

    def at_most(x: Any, bound: float) -> Any:
        """X, or the bound where x is larger; NaN stays NaN."""
        return np.where(x > bound, bound, x)[()]

    def at_least(x: Any, bound: float) -> Any:
        """X, or the bound where x is smaller; NaN stays NaN."""
        return np.where(x < bound, bound, x)[()]

    def power_of_two(shifted: Any) -> Any:
        """2 to the power n of the number n + 1.5 * 2^52: its lowest bits become the exponent."""
        bits = np.asarray(shifted, dtype=np.float64).view(np.int64) + 1023
        return (bits << 52).view(np.float64)[()]
else:
    load, store, spread, total = _load, _store, _spread, _total  # type: ignore[assignment]
    load_part, no_part, add_totals = _load_part, _no_part, _add_totals  # type: ignore[assignment]
    where_above = _where_above  # type: ignore[assignment]
    at_most, at_least, power_of_two = _clamp(">"), _clamp("<"), _power_of_two  # type: ignore
