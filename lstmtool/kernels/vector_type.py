"""Numba's type of a vector, and how its parts are made, loaded and stored in LLVM."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import models, register_model

from lstmtool.kernels.records import LANES

PART = 64  # bytes of a part, and of a cache line
INT32, INT64 = ir.IntType(32), ir.IntType(64)
FLAGS = ("nsz", "contract")  # a * b + c may be fused; order, NaN and inf are preserved


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
        """A part of zeros."""
        return ir.Constant(self.part, [0.0] * self.width)


DOUBLE = VectorType(types.float64, ir.DoubleType(), INT64, 11)
SINGLE = VectorType(types.float32, ir.FloatType(), INT32, 8)
KIND = {types.float64: DOUBLE, types.int64: DOUBLE, types.float32: SINGLE, types.int32: SINGLE}
OF_PARTS = {str(kind.parts): kind for kind in (DOUBLE, SINGLE)}


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, numba_type.parts)


def shuffled(builder: Any, x: Any, y: Any, lanes: list[int]) -> Any:
    """Select lanes of two LLVM vectors, numbered one after the other."""
    mask = ir.Constant(ir.VectorType(INT32, len(lanes)), lanes)
    return builder.shuffle_vector(x, y, mask)


def broadcast_part(builder: Any, kind: VectorType, number: Any) -> Any:
    """Return a part with the number in every lane."""
    if number.type != kind.scalar:
        number = builder.fptrunc(number, kind.scalar)
    one = builder.insert_element(ir.Constant(kind.part, ir.Undefined), number, INT32(0))
    return shuffled(builder, one, one, [0] * kind.width)


def each(builder: Any, function: Callable[..., Any], *values: Any) -> Any:
    """Apply a function to each part of vectors; numbers are broadcast over the lanes."""
    kinds = [OF_PARTS[str(v.type)] for v in values if str(v.type) in OF_PARTS]
    if not kinds:
        return function(*values)
    kind = kinds[0]
    out = ir.Constant(kind.parts, ir.Undefined)
    for n in range(kind.n_parts):
        parts = [
            builder.extract_value(v, n)
            if v.type == kind.parts
            else broadcast_part(builder, kind, v)
            for v in values
        ]
        out = builder.insert_value(out, function(*parts), n)
    return out


def index_of(array: Any, skip: int = 1) -> Any:
    """Return the Numba type of an index of an array without its last `skip` dimensions."""
    return types.UniTuple(types.int64, array.ndim - skip)


def item_at(context: Any, builder: Any, array_type: Any, array: Any, place: list[Any]) -> Any:
    """Return an LLVM pointer to array[*place].

    Numba's own function would copy the whole record of the array to the stack first; a quarter of
    all compilation time went into that.
    """
    if context.enable_boundscheck or array_type.layout != "C":
        array = context.make_array(array_type)(context, builder, array)
        checked = context.enable_boundscheck
        return cgutils.get_item_pointer(
            context, builder, array_type, array, place, boundscheck=checked
        )
    model = context.data_model_manager[array_type]
    data, shape = (model.get_field_position(name) for name in ("data", "shape"))
    terms, step = [place[-1]], INT64(1)
    for axis in range(
        len(place) - 1, 0, -1
    ):  # steps do not depend on the place: made outside loops
        step = builder.mul(step, builder.extract_value(array, [shape, axis]))
        terms.append(builder.mul(place[axis - 1], step))
    at = reduce(builder.add, reversed(terms))
    return builder.gep(builder.extract_value(array, data), [at])


def pointer_to(builder: Any, kind: Any, at: Any) -> Any:
    """Cast a typed pointer to an LLVM type; return an opaque pointer unchanged.

    No other typed pointers are made here. Numba's pointers to array items are still typed, and
    llvmlite refuses to store other types there; with Numba 0.61, LLVM also refuses to load them.
    """
    return at if at.type.is_opaque else builder.bitcast(at, kind.as_pointer())


def nth(builder: Any, kind: Any, at: Any, n: Any) -> Any:
    """Return a pointer to the n-th value of an LLVM type from a pointer on."""
    return builder.gep(pointer_to(builder, kind, at), [n], source_etype=kind)


def load_nth(builder: Any, kind: Any, at: Any, n: Any) -> Any:
    """Load the n-th vector of an LLVM type from a pointer on, aligned to 8 bytes."""
    return builder.load(nth(builder, kind, at, n), align=8, typ=kind)


def store_nth(builder: Any, value: Any, at: Any, n: Any) -> None:
    """Store a vector as the n-th of its type from a pointer on."""
    builder.store(value, nth(builder, value.type, at, n), align=8)


def add_to(builder: Any, value: Any, at: Any) -> None:
    """Add a vector to the one at a pointer."""
    at = pointer_to(builder, value.type, at)
    old = builder.load(at, align=8, typ=value.type)
    builder.store(builder.fadd(old, value), at, align=8)
