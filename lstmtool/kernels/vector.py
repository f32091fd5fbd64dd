"""A vector of lanes as one value: the numbers of a group, added and multiplied as one.

A vector holds 24 float64 or 32 float32 numbers, by the type of the array that it is loaded from.
Compiled, it is three (two) of LLVM's vectors of 64 bytes, its parts: one register each, or two of
narrower ones, whatever the machine has. Kernels written with vectors need no luck with automatic
vectorisation: temporaries stay in registers, however many arrays a step reads and writes. Several
parts at once, since one would leave the processor waiting: the operations of a step depend on
each other in one long chain. As plain Python, a vector is a numpy array, and the same text runs.

Vectors know + - * / with vectors and numbers on either side, and:

load(array, index)          the vector at array[*index, :]; of whole numbers too, int64 and int32
store(array, index, vector) the reverse
prefetch(array, index)      start to load array[*index, :] into the cache, without waiting for it
broadcast(number, array)    the number in every lane of a vector of the array's type
total(vector)               sum over the lanes, in a fixed order, as float64
where_above(a, bound, x, y) x in the lanes where a > bound, y in the others
at_most(x, bound), at_least(x, bound), power_of_two(shifted), in_single(x)
                            of vectors and of plain numbers alike

Products of matrices, in blocks that fit the registers of the machine:

multiply(rows, weights, r, n, sources, index, out, place)
                            some rows of weights (R, n) times sources[*index, :n, :]
add_outer(deltas, index, sources, place, n, out, at)
                            four by four sums over n steps and lanes of delta times source
transpose_part(sources, index, transposed, place)
                            as many sources as a part has numbers, exchanged with the lanes
add_transposed(rows, columns, deltas, index, transposed, place, n, out, at)
                            the same of some deltas and whole parts of sources, whose numbers lie
                            side by side for every lane: no sums across lanes, but sources to
                            transpose

How many rows and columns a block has must be known when a kernel is compiled: `ROWS` or
`MANY_ROWS`, and one to `MANY_COLUMNS` columns. The sums of the largest blocks fill the registers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

from lstmtool.kernels._jit import config
from lstmtool.kernels.records import LANES

PART = 64  # bytes of a part, and of a line of the processor's cache
WIDE = bool(get_host_cpu_features().get("avx512f"))  # 32 registers of 64 bytes, or 16 of 32
ROWS = 4  # of the weights, multiplied at a time
MANY_ROWS = 8 if WIDE else ROWS  # where there are so many
MANY_COLUMNS = 3 if WIDE else 1  # parts of transposed sources, multiplied at a time
TILE = 4 if WIDE else 2  # rows and columns of sums that stay in registers
INT32, INT64 = ir.IntType(32), ir.IntType(64)
FLAGS = ("nsz", "contract")  # a * b + c may be fused; order stays, NaN and inf stay


class VectorType(types.Type):
    """Numba's type of a vector of float64 or float32 numbers."""

    def __init__(self, number: types.Float, scalar: Any, whole: Any, exponent: int) -> None:
        super().__init__(name=f"Vector({number})")
        self.number, self.scalar, self.whole = number, scalar, whole
        self.exponent_bits, self.mantissa_bits = exponent, number.bitwidth - 1 - exponent
        self.width = 8 * PART // number.bitwidth
        self.n_parts = LANES[number.name] // self.width
        self.part = ir.VectorType(scalar, self.width)
        self.parts = ir.ArrayType(self.part, self.n_parts)

    def zero(self) -> Any:
        """Part of zeros."""
        return ir.Constant(self.part, [0.0] * self.width)


DOUBLE = VectorType(types.float64, ir.DoubleType(), INT64, 11)
SINGLE = VectorType(types.float32, ir.FloatType(), INT32, 8)
KIND = {types.float64: DOUBLE, types.int64: DOUBLE, types.float32: SINGLE, types.int32: SINGLE}
OF_PARTS = {str(kind.parts): kind for kind in (DOUBLE, SINGLE)}


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, numba_type.parts)


def _shuffled(builder: Any, x: Any, y: Any, lanes: list[int]) -> Any:
    """Those lanes of two LLVM vectors laid end to end."""
    mask = ir.Constant(ir.VectorType(INT32, len(lanes)), lanes)
    return builder.shuffle_vector(x, y, mask)


def _broadcast_part(builder: Any, kind: VectorType, number: Any) -> Any:
    """Part with the number in every lane."""
    if number.type != kind.scalar:
        number = builder.fptrunc(number, kind.scalar)
    one = builder.insert_element(ir.Constant(kind.part, ir.Undefined), number, INT32(0))
    return _shuffled(builder, one, one, [0] * kind.width)


def _each(builder: Any, function: Callable[..., Any], *values: Any) -> Any:
    """Apply a function to every part of vectors; numbers are broadcast over the lanes."""
    kinds = [OF_PARTS[str(v.type)] for v in values if str(v.type) in OF_PARTS]
    if not kinds:
        return function(*values)
    kind = kinds[0]
    out = ir.Constant(kind.parts, ir.Undefined)
    for n in range(kind.n_parts):
        parts = [
            builder.extract_value(v, n)
            if v.type == kind.parts
            else _broadcast_part(builder, kind, v)
            for v in values
        ]
        out = builder.insert_value(out, function(*parts), n)
    return out


def _define(operators: tuple[Any, ...], instruction: str) -> None:
    """Give Numba an operator between vectors, and between vectors and numbers."""
    kinds: list[tuple[Any, Any]] = [
        pair for v in (DOUBLE, SINGLE) for pair in ((v, v), (v, types.float64), (types.float64, v))
    ]
    kinds += [(SINGLE, types.float32), (types.float32, SINGLE)]

    def lower(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        apply = getattr(builder, instruction)
        return _each(builder, lambda a, b: apply(a, b, flags=FLAGS), *arguments)

    class Operator(ConcreteTemplate):
        cases = [  # noqa: RUF012
            signature(a if isinstance(a, VectorType) else b, a, b) for a, b in kinds
        ]

    for each in operators:
        infer_global(each)(Operator)
        for kind in kinds:
            lower_builtin(each, *kind)(lower)


_define((operator.add, operator.iadd), "fadd")
_define((operator.sub, operator.isub), "fsub")
_define((operator.mul, operator.imul), "fmul")
_define((operator.truediv, operator.itruediv), "fdiv")


def _item(context: Any, builder: Any, array_type: Any, array: Any, place: list[Any]) -> Any:
    """LLVM pointer to array[*place]."""
    array = context.make_array(array_type)(context, builder, array)
    checked = context.enable_boundscheck
    return cgutils.get_item_pointer(context, builder, array_type, array, place, boundscheck=checked)


def _part_at(builder: Any, kind: VectorType, at: Any, n: int) -> Any:
    """Load part n of the vector that starts at a pointer."""
    at = builder.gep(builder.bitcast(at, kind.part.as_pointer()), [INT64(n)])
    return builder.load(at, align=8)


def _where(array: Any, skip: int = 1) -> Any:
    """Numba type of an index of all but the last dimensions of an array."""
    return types.UniTuple(types.int64, array.ndim - skip)


@intrinsic
def _load(typing_context, array, index):  # type: ignore[no-untyped-def]
    kind, whole = KIND[array.dtype], isinstance(array.dtype, types.Integer)

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        place = [*cgutils.unpack_tuple(builder, arguments[1]), INT64(0)]
        at = _item(context, builder, sig.args[0], arguments[0], place)
        integers = ir.VectorType(kind.whole, kind.width)
        at = builder.bitcast(at, (integers if whole else kind.part).as_pointer())
        out = ir.Constant(kind.parts, ir.Undefined)
        for n in range(kind.n_parts):
            value = builder.load(builder.gep(at, [INT64(n)]), align=8)
            value = builder.sitofp(value, kind.part) if whole else value
            out = builder.insert_value(out, value, n)
        return out

    return kind(array, _where(array)), generate


@intrinsic
def _store(typing_context, array, index, value):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        place = [*cgutils.unpack_tuple(builder, arguments[1]), INT64(0)]
        at = _item(context, builder, sig.args[0], arguments[0], place)
        at = builder.bitcast(at, value.part.as_pointer())
        for n in range(value.n_parts):
            part = builder.extract_value(arguments[2], n)
            builder.store(part, builder.gep(at, [INT64(n)]), align=8)

    return types.void(array, _where(array), value), generate


def _bring_near(builder: Any, at: Any, n_lines: int) -> None:
    """Ask for lines of memory from a pointer on, to be read or written soon.

    They go to the second cache: to the nearest few can be under way, and asking for more waits.
    """
    at = builder.bitcast(at, ir.IntType(8).as_pointer())
    shape = ir.FunctionType(ir.VoidType(), [at.type, INT32, INT32, INT32])
    call = builder.module.declare_intrinsic("llvm.prefetch", [at.type], shape)
    for n in range(n_lines):
        here = builder.gep(at, [INT64(PART * n)])
        builder.call(call, [here, INT32(0), INT32(2), INT32(1)])  # to read, second cache, data


@intrinsic
def _prefetch(typing_context, array, index):  # type: ignore[no-untyped-def]
    kind = KIND[array.dtype]

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        place = [*cgutils.unpack_tuple(builder, arguments[1]), INT64(0)]
        at = _item(context, builder, sig.args[0], arguments[0], place)
        _bring_near(builder, at, kind.n_parts)

    return types.void(array, _where(array)), generate


@intrinsic
def _broadcast(typing_context, number, array):  # type: ignore[no-untyped-def]
    kind = KIND[array.dtype]
    number = types.float32 if number == types.float32 else types.float64

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        out, part = ir.Constant(kind.parts, ir.Undefined), arguments[0]
        part = _broadcast_part(builder, kind, part)
        for n in range(kind.n_parts):
            out = builder.insert_value(out, part, n)
        return out

    return kind(number, array), generate


def _folded(builder: Any, sums: list[Any]) -> Any:
    """The totals of 2^k parts, as a vector of so many lanes: halves are added, then halves..."""
    width = sums[0].type.count
    while width > 1:
        half = width // 2
        pairs = list(zip(sums[::2], sums[1::2] or sums, strict=True))
        n = sums[0].type.count // width  # parts that share a register already
        starts = [width * k for k in range(n if len(sums) == 1 else 2 * n)]
        lower = [start + lane for start in starts for lane in range(half)]
        upper = [lane + half for lane in lower]
        sums = [
            builder.fadd(
                _shuffled(builder, x, y, lower), _shuffled(builder, x, y, upper), flags=FLAGS
            )
            for x, y in pairs
        ]
        width = half
    return sums[0]


@intrinsic
def _total(typing_context, vector):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        v = builder.extract_value(arguments[0], 0)
        for n in range(1, vector.n_parts):
            v = builder.fadd(v, builder.extract_value(arguments[0], n), flags=FLAGS)
        half = vector.width // 2
        while half:  # adds the upper half to the lower
            upper = [(lane + half) % vector.width for lane in range(vector.width)]
            v = builder.fadd(v, _shuffled(builder, v, v, upper), flags=FLAGS)
            half //= 2
        number = builder.extract_element(v, INT32(0))
        return number if vector is DOUBLE else builder.fpext(number, DOUBLE.scalar)

    return types.float64(vector), generate


@intrinsic(prefer_literal=True)
def _multiply(typing_context, rows, weights, r, n, sources, index, out, place):  # type: ignore[no-untyped-def]
    kind, n_rows = KIND[sources.dtype], rows.literal_value
    at_once = kind.n_parts if WIDE else 1

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        _, weights_value, r, n, sources_value, index, out_value, place = arguments
        index, place = (list(cgutils.unpack_tuple(builder, i)) for i in (index, place))

        def weight(k: int, q: Any) -> Any:
            at = [builder.add(r, INT64(k)), q]
            number = builder.load(_item(context, builder, weights, weights_value, at))
            return _broadcast_part(builder, kind, number)

        def source(q: Any) -> Any:
            return _item(context, builder, sources, sources_value, [*index, q, INT64(0)])

        columns = context.make_array(weights)(context, builder, weights_value).shape
        constant = builder.icmp_signed("<", n, builder.extract_value(columns, 1))
        for first in range(0, kind.n_parts, at_once):
            block = [(k, p) for k in range(n_rows) for p in range(first, first + at_once)]
            sums = {kp: cgutils.alloca_once_value(builder, kind.zero()) for kp in block}
            for kp in block:
                builder.store(kind.zero(), sums[kp])
            with builder.if_then(constant):
                for k, p in block:
                    builder.store(weight(k, n), sums[k, p])
            with cgutils.for_range(builder, n) as loop:
                at = source(loop.index)
                parts = {p: _part_at(builder, kind, at, p) for p in range(first, first + at_once)}
                for k in range(n_rows):
                    w = weight(k, loop.index)
                    for p, part in parts.items():
                        product = builder.fmul(w, part, flags=FLAGS)
                        old = builder.load(sums[k, p])
                        builder.store(builder.fadd(old, product, flags=FLAGS), sums[k, p])
            for k, p in block:
                row = [*place[:-1], builder.add(place[-1], INT64(k)), INT64(0)]
                at = _item(context, builder, out, out_value, row)
                at = builder.gep(builder.bitcast(at, kind.part.as_pointer()), [INT64(p)])
                builder.store(builder.load(sums[k, p]), at, align=8)

    size = types.int64
    where = _where(sources, 2), out, _where(out)
    return types.void(rows, weights, size, size, sources, *where), generate


@intrinsic
def _add_outer(typing_context, deltas, index, sources, place, n, out, at):  # type: ignore[no-untyped-def]
    kind = KIND[sources.dtype]

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        deltas_value, index, sources_value, place, n_steps, out_value, at = arguments
        index, place, at = (cgutils.unpack_tuple(builder, i) for i in (index, place, at))

        def part(array: Any, value: Any, first: Any, t: Any, k: int, n: int) -> Any:
            """Part n of the vector k units and t steps after the first."""
            row, step, unit = first
            here = [row, builder.add(step, t), builder.add(unit, INT64(k)), INT64(0)]
            return _part_at(builder, kind, _item(context, builder, array, value, here), n)

        def tile(first_row: int, first_column: int) -> None:
            rows = range(first_row, first_row + TILE)
            columns = range(first_column, first_column + TILE)
            sums = {
                (a, b): cgutils.alloca_once_value(builder, kind.zero())
                for a in rows
                for b in columns
            }
            for one in sums.values():
                builder.store(kind.zero(), one)
            with cgutils.for_range(builder, n_steps) as loop:
                for n in range(kind.n_parts):
                    t = loop.index
                    read = {b: part(sources, sources_value, place, t, b, n) for b in columns}
                    for a in rows:
                        delta = part(deltas, deltas_value, index, t, a, n)
                        for b in columns:
                            product = builder.fmul(delta, read[b], flags=FLAGS)
                            total = builder.fadd(builder.load(sums[a, b]), product, flags=FLAGS)
                            builder.store(total, sums[a, b])
            for a in rows:
                totals = _folded(builder, [builder.load(sums[a, b]) for b in columns])
                if kind is not DOUBLE:
                    totals = builder.fpext(totals, ir.VectorType(DOUBLE.scalar, TILE))
                here = [builder.add(at[0], INT64(a)), builder.add(at[1], INT64(first_column))]
                to = _item(context, builder, out, out_value, here)
                to = builder.bitcast(to, totals.type.as_pointer())
                builder.store(builder.fadd(builder.load(to, align=8), totals), to, align=8)

        for first_row in range(0, ROWS, TILE):
            for first_column in range(0, ROWS, TILE):
                tile(first_row, first_column)

    size = types.int64
    first, corner = _where(sources), _where(out, 0)
    return types.void(deltas, first, sources, first, size, out, corner), generate


def _exchanged(builder: Any, rows: list[Any]) -> list[Any]:
    """Lane n of row m to lane m of row n; off-diagonal halves change places, then quarters..."""
    width = far = len(rows)
    while far > 1:
        far //= 2
        for m in range(width):
            if not m & far:
                x, y = rows[m], rows[m + far]
                lanes = [n if not n & far else width + n - far for n in range(width)]
                rows[m] = _shuffled(builder, x, y, lanes)
                rows[m + far] = _shuffled(
                    builder, x, y, [n + far if not n & far else width + n for n in range(width)]
                )
    return rows


@intrinsic
def _transpose_part(typing_context, sources, index, transposed, place):  # type: ignore[no-untyped-def]
    kind = KIND[sources.dtype]

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        sources_value, index, transposed_value, place = arguments
        row, step, q = cgutils.unpack_tuple(builder, index)
        place = list(cgutils.unpack_tuple(builder, place))
        for n in range(kind.n_parts):
            rows = [[row, step, builder.add(q, INT64(m)), INT64(0)] for m in range(kind.width)]
            places = [_item(context, builder, sources, sources_value, here) for here in rows]
            parts = _exchanged(builder, [_part_at(builder, kind, at, n) for at in places])
            for lane, part in enumerate(parts):
                to = [*place, INT64(n * kind.width + lane), INT64(0)]
                at = _item(context, builder, transposed, transposed_value, to)
                builder.store(part, builder.bitcast(at, kind.part.as_pointer()), align=8)

    return types.void(sources, _where(sources), transposed, _where(transposed, 2)), generate


@intrinsic(prefer_literal=True)
def _add_transposed(typing_context, rows, columns, deltas, index, transposed, place, n, out, at):  # type: ignore[no-untyped-def]
    kind = KIND[transposed.dtype]
    block = [(a, b) for a in range(rows.literal_value) for b in range(columns.literal_value)]
    n_lanes = LANES[kind.number.name]

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        _, _, deltas_value, index, transposed_value, place, n_steps, out_value, at = arguments
        (row, step, unit), (part, column), (slot, r, q) = (
            cgutils.unpack_tuple(builder, i) for i in (index, place, at)
        )

        def delta_at(t: Any, a: int) -> Any:
            here = [row, builder.add(step, t), builder.add(unit, INT64(a)), INT64(0)]
            return _item(context, builder, deltas, deltas_value, here)

        def sources_at(t: Any, b: int) -> Any:
            here = [part, builder.add(column, INT64(b)), t, INT64(0), INT64(0)]
            at = _item(context, builder, transposed, transposed_value, here)
            return builder.bitcast(at, kind.part.as_pointer())

        sums = {ab: cgutils.alloca_once_value(builder, kind.zero()) for ab in block}
        for ab in block:
            builder.store(kind.zero(), sums[ab])
        with cgutils.for_range(builder, n_steps) as steps:
            deltas_at = [delta_at(steps.index, a) for a in range(rows.literal_value)]
            columns_at = [sources_at(steps.index, b) for b in range(columns.literal_value)]
            for at_delta in deltas_at:  # of the rows that are next
                beyond = builder.gep(at_delta, [INT64(rows.literal_value * n_lanes)])
                _bring_near(builder, beyond, kind.n_parts)
            with cgutils.for_range(builder, INT64(n_lanes)) as lanes:
                source = [builder.load(builder.gep(c, [lanes.index]), align=8) for c in columns_at]
                for a, b in block:
                    delta = builder.load(builder.gep(deltas_at[a], [lanes.index]))
                    product = builder.fmul(
                        _broadcast_part(builder, kind, delta), source[b], flags=FLAGS
                    )
                    old = builder.load(sums[a, b])
                    builder.store(builder.fadd(old, product, flags=FLAGS), sums[a, b])
        for a, b in block:
            total = builder.load(sums[a, b])
            if kind is not DOUBLE:
                total = builder.fpext(total, ir.VectorType(DOUBLE.scalar, kind.width))
            here = [slot, builder.add(r, INT64(a)), builder.add(q, INT64(b * kind.width))]
            to = _item(context, builder, out, out_value, here)
            to = builder.bitcast(to, total.type.as_pointer())
            builder.store(builder.fadd(builder.load(to, align=8), total), to, align=8)

    size, first = types.int64, _where(deltas)
    corner, where = _where(transposed, 3), _where(out, 0)
    return types.void(rows, columns, deltas, first, transposed, corner, size, out, where), generate


@intrinsic
def _where_above(typing_context, a, bound, x, y):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        def choose(a: Any, bound: Any, x: Any, y: Any) -> Any:
            return builder.select(builder.fcmp_ordered(">", a, bound), x, y)

        return _each(builder, choose, *arguments)

    return x(x, types.float64, x, x), generate


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

        return _each(builder, power, *arguments)

    return shifted(shifted), generate


@intrinsic
def _in_single(typing_context, x):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        return cgutils.true_bit if x is SINGLE else cgutils.false_bit

    return types.boolean(x), generate


if config.DISABLE_JIT:

    def load(array: np.ndarray, index: tuple[int, ...]) -> np.ndarray:
        """Return the vector at array[*index, :]."""
        kinds = {"int64": np.float64, "int32": np.float32}
        return array[index].astype(kinds.get(array.dtype.name, array.dtype))

    def store(array: np.ndarray, index: tuple[int, ...], vector: np.ndarray) -> None:
        """array[*index, :] = vector."""
        array[index] = vector

    def prefetch(array: np.ndarray, index: tuple[int, ...]) -> None:
        """Nothing."""

    def broadcast(number: float, array: np.ndarray) -> np.ndarray:
        """Return the number in every lane."""
        return np.full(LANES[array.dtype.name], number, dtype=array.dtype)

    def total(vector: np.ndarray) -> float:
        """Sum over the lanes, parts first, then halves, as compiled."""
        vector = vector.reshape(-1, PART // vector.itemsize).sum(axis=0)
        while len(vector) > 1:
            half = len(vector) // 2
            vector = vector[:half] + vector[half:]
        return float(vector[0])

    def multiply(
        rows: int,
        weights: np.ndarray,
        r: int,
        n: int,
        sources: np.ndarray,
        index: tuple[int, ...],
        out: np.ndarray,
        place: tuple[int, ...],
    ) -> None:
        """Set out[*place : + rows] to weights[r : r + rows, :n] @ sources[*index, :n].

        The weights in column n, if there is one, are added: those of a source that is always 1.
        """
        assert r + rows <= len(weights)  # compiled, it would read and write what lies beyond
        sums = weights[r : r + rows, :n] @ sources[index][:n]
        if n < weights.shape[1]:
            sums += weights[r : r + rows, n : n + 1]
        out[place[:-1]][place[-1] : place[-1] + rows] = sums

    def add_outer(
        deltas: np.ndarray,
        index: tuple[int, int, int],
        sources: np.ndarray,
        place: tuple[int, int, int],
        n: int,
        out: np.ndarray,
        at: tuple[int, int],
    ) -> None:
        """Add to out[r : r + 4, q : q + 4], (r, q) = at, the sums of delta_a source_b.

        Over n steps and all lanes; the first of each are deltas[index] and sources[place].
        """

        def block(array: np.ndarray, first: tuple[int, int, int]) -> np.ndarray:
            row, step, unit = first
            assert step + n <= array.shape[1] and unit + ROWS <= array.shape[2]  # as above
            return array[row, step : step + n, unit : unit + ROWS]

        sums = np.einsum("tal,tbl->ab", block(deltas, index), block(sources, place))
        out[at[0] : at[0] + ROWS, at[1] : at[1] + ROWS] += sums

    def transpose_part(
        sources: np.ndarray,
        index: tuple[int, int, int],
        transposed: np.ndarray,
        place: tuple[int, int, int],
    ) -> None:
        """Set transposed[*place, l, w] to lane l of the w-th source from sources[*index] on."""
        row, step, q = index
        width = transposed.shape[4]
        assert q + width <= sources.shape[2]  # as above
        transposed[place] = sources[row, step, q : q + width].T

    def add_transposed(
        rows: int,
        columns: int,
        deltas: np.ndarray,
        index: tuple[int, int, int],
        transposed: np.ndarray,
        place: tuple[int, int],
        n: int,
        out: np.ndarray,
        at: tuple[int, int, int],
    ) -> None:
        """Add to out[slot, r : r + rows, q : q + columns W], (slot, r, q) = at, sums of products.

        They are, over n steps and all lanes, those of delta_a and the sources; the first delta is
        deltas[index]. Of the sources, (part, p) = place, column b is transposed[part, p + b, :n].
        """
        (row, step, unit), (part, column), (slot, r, q) = index, place, at
        n_numbers = columns * transposed.shape[4]
        assert step + n <= deltas.shape[1] and unit + rows <= deltas.shape[2]  # as above
        assert column + columns <= transposed.shape[1] and q + n_numbers <= out.shape[2]
        delta = deltas[row, step : step + n, unit : unit + rows]
        sums = np.einsum("tal,btlw->abw", delta, transposed[part, column : column + columns, :n])
        out[slot, r : r + rows, q : q + n_numbers] += sums.reshape(rows, n_numbers)

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
        """2 to the power n of the number n + 1.5 * 2^52 (2^23): its lowest bits, as exponent."""
        shifted = np.asarray(shifted)
        if shifted.dtype == np.float32:
            return ((shifted.view(np.int32) + 127) << 23).view(np.float32)
        bits = shifted.astype(np.float64).view(np.int64) + 1023
        return (bits << 52).view(np.float64)[()]

    def in_single(x: Any) -> bool:
        """Whether x is a vector of float32 numbers."""
        return isinstance(x, np.ndarray) and x.dtype == np.float32
else:
    load, store, broadcast, total = _load, _store, _broadcast, _total  # type: ignore[assignment]
    prefetch, multiply, add_outer = _prefetch, _multiply, _add_outer  # type: ignore[assignment]
    transpose_part, add_transposed = _transpose_part, _add_transposed  # type: ignore[assignment]
    where_above, in_single = _where_above, _in_single  # type: ignore[assignment]
    at_most, at_least, power_of_two = _clamp(">"), _clamp("<"), _power_of_two  # type: ignore
