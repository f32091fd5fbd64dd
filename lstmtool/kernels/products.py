"""Products of matrices of vectors, in blocks that fit the registers, as compiled by Numba."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from lstmtool.kernels.elementwise import bring_near
from lstmtool.kernels.records import LANES
from lstmtool.kernels.vector_type import (
    DOUBLE,
    FLAGS,
    INT64,
    KIND,
    add_to,
    broadcast_part,
    index_of,
    item_at,
    load_nth,
    nth,
    shuffled,
    store_nth,
)

WIDE = bool(get_host_cpu_features().get("avx512f"))  # 32 registers of 64 bytes, or 16 of 32
ROWS = 4  # of the weights, at a time
MANY_ROWS = 8 if WIDE else ROWS  # if there are that many
MANY_COLUMNS = 3 if WIDE else 1  # parts of transposed sources, at a time
TILE = 4 if WIDE else 2  # rows and columns of sums that stay in registers


def _folded(builder: Any, sums: list[Any]) -> Any:
    """Return the totals of 2^k parts as a vector of 2^k lanes: halves are added, then halves..."""
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
                shuffled(builder, x, y, lower), shuffled(builder, x, y, upper), flags=FLAGS
            )
            for x, y in pairs
        ]
        width = half
    return sums[0]


@intrinsic(prefer_literal=True)
def multiply(typing_context, rows, weights, r, n, sources, index, out, place):  # type: ignore[no-untyped-def]
    """Multiply some rows of weights by n sources; sums stay in registers."""
    kind, n_rows = KIND[sources.dtype], rows.literal_value
    at_once = kind.n_parts if WIDE else 1

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        _, weights_value, r, n, sources_value, index, out_value, place = arguments
        index, place = (list(cgutils.unpack_tuple(builder, i)) for i in (index, place))

        def weight(k: int, q: Any) -> Any:
            at = [builder.add(r, INT64(k)), q]
            number = builder.load(item_at(context, builder, weights, weights_value, at))
            return broadcast_part(builder, kind, number)

        def source(q: Any) -> Any:
            return item_at(context, builder, sources, sources_value, [*index, q, INT64(0)])

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
                parts = {
                    p: load_nth(builder, kind.part, at, INT64(p))
                    for p in range(first, first + at_once)
                }
                for k in range(n_rows):
                    w = weight(k, loop.index)
                    for p, part in parts.items():
                        product = builder.fmul(w, part, flags=FLAGS)
                        old = builder.load(sums[k, p])
                        builder.store(builder.fadd(old, product, flags=FLAGS), sums[k, p])
            for k, p in block:
                row = [*place[:-1], builder.add(place[-1], INT64(k)), INT64(0)]
                at = item_at(context, builder, out, out_value, row)
                store_nth(builder, builder.load(sums[k, p]), at, INT64(p))

    size = types.int64
    where = index_of(sources, 2), out, index_of(out)
    return types.void(rows, weights, size, size, sources, *where), generate


@intrinsic
def add_outer(typing_context, deltas, index, sources, place, n, out, at):  # type: ignore[no-untyped-def]
    """Add sums over n steps and lanes of delta times source, in tiles that stay in registers."""
    kind = KIND[sources.dtype]

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        deltas_value, index, sources_value, place, n_steps, out_value, at = arguments
        index, place, at = (cgutils.unpack_tuple(builder, i) for i in (index, place, at))

        def part(array: Any, value: Any, first: Any, t: Any, k: int, n: int) -> Any:
            """Return part n of the vector k units and t steps after the first."""
            row, step, unit = first
            here = [row, builder.add(step, t), builder.add(unit, INT64(k)), INT64(0)]
            at = item_at(context, builder, array, value, here)
            return load_nth(builder, kind.part, at, INT64(n))

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
                add_to(builder, totals, item_at(context, builder, out, out_value, here))

        for first_row in range(0, ROWS, TILE):
            for first_column in range(0, ROWS, TILE):
                tile(first_row, first_column)

    size = types.int64
    first, corner = index_of(sources), index_of(out, 0)
    return types.void(deltas, first, sources, first, size, out, corner), generate


def _exchanged(builder: Any, rows: list[Any]) -> list[Any]:
    """Move lane n of row m to lane m of row n: swap off-diagonal halves, then quarters..."""
    width = far = len(rows)
    while far > 1:
        far //= 2
        for m in range(width):
            if not m & far:
                x, y = rows[m], rows[m + far]
                lanes = [n if not n & far else width + n - far for n in range(width)]
                rows[m] = shuffled(builder, x, y, lanes)
                rows[m + far] = shuffled(
                    builder, x, y, [n + far if not n & far else width + n for n in range(width)]
                )
    return rows


@intrinsic
def transpose_part(typing_context, sources, index, transposed, place):  # type: ignore[no-untyped-def]
    """Transpose as many sources as a part has numbers with the lanes."""
    kind = KIND[sources.dtype]

    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        sources_value, index, transposed_value, place = arguments
        row, step, q = cgutils.unpack_tuple(builder, index)
        place = list(cgutils.unpack_tuple(builder, place))
        for n in range(kind.n_parts):
            rows = [[row, step, builder.add(q, INT64(m)), INT64(0)] for m in range(kind.width)]
            places = [item_at(context, builder, sources, sources_value, here) for here in rows]
            parts = [load_nth(builder, kind.part, at, INT64(n)) for at in places]
            for lane, part in enumerate(_exchanged(builder, parts)):
                to = [*place, INT64(n * kind.width + lane), INT64(0)]
                at = item_at(context, builder, transposed, transposed_value, to)
                store_nth(builder, part, at, INT64(0))

    return types.void(sources, index_of(sources), transposed, index_of(transposed, 2)), generate


@intrinsic(prefer_literal=True)
def add_transposed(typing_context, rows, columns, deltas, index, transposed, place, n, out, at):  # type: ignore[no-untyped-def]
    """Add sums over n steps and lanes of delta times transposed sources, without folding lanes."""
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
            return item_at(context, builder, deltas, deltas_value, here)

        def sources_at(t: Any, b: int) -> Any:
            here = [part, builder.add(column, INT64(b)), t, INT64(0), INT64(0)]
            return item_at(context, builder, transposed, transposed_value, here)

        sums = {ab: cgutils.alloca_once_value(builder, kind.zero()) for ab in block}
        for ab in block:
            builder.store(kind.zero(), sums[ab])
        with cgutils.for_range(builder, n_steps) as steps:
            deltas_at = [delta_at(steps.index, a) for a in range(rows.literal_value)]
            columns_at = [sources_at(steps.index, b) for b in range(columns.literal_value)]
            for at_delta in deltas_at:  # of the next rows
                beyond = nth(builder, kind.scalar, at_delta, INT64(rows.literal_value * n_lanes))
                bring_near(builder, beyond, kind.n_parts)
            with cgutils.for_range(builder, INT64(n_lanes)) as lanes:
                source = [load_nth(builder, kind.part, c, lanes.index) for c in columns_at]
                for a, b in block:
                    at_lane = nth(builder, kind.scalar, deltas_at[a], lanes.index)
                    delta = builder.load(at_lane, typ=kind.scalar)
                    product = builder.fmul(
                        broadcast_part(builder, kind, delta), source[b], flags=FLAGS
                    )
                    old = builder.load(sums[a, b])
                    builder.store(builder.fadd(old, product, flags=FLAGS), sums[a, b])
        for a, b in block:
            total = builder.load(sums[a, b])
            if kind is not DOUBLE:
                total = builder.fpext(total, ir.VectorType(DOUBLE.scalar, kind.width))
            here = [slot, builder.add(r, INT64(a)), builder.add(q, INT64(b * kind.width))]
            add_to(builder, total, item_at(context, builder, out, out_value, here))

    size, first = types.int64, index_of(deltas)
    corner, where = index_of(transposed, 3), index_of(out, 0)
    return types.void(rows, columns, deltas, first, transposed, corner, size, out, where), generate
