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

from lstmtool.kernels._jit import config
from lstmtool.kernels.products import MANY_COLUMNS, MANY_ROWS, ROWS, WIDE
from lstmtool.kernels.vector_type import PART

if config.DISABLE_JIT:
    from lstmtool.kernels.numpy_twins import (
        add_outer,
        add_transposed,
        at_least,
        at_most,
        broadcast,
        in_single,
        load,
        multiply,
        power_of_two,
        prefetch,
        store,
        total,
        transpose_part,
        where_above,
    )
else:
    from lstmtool.kernels.elementwise import (  # type: ignore[assignment]
        at_least,
        at_most,
        broadcast,
        in_single,
        load,
        power_of_two,
        prefetch,
        store,
        total,
        where_above,
    )
    from lstmtool.kernels.products import (  # type: ignore[assignment]
        add_outer,
        add_transposed,
        multiply,
        transpose_part,
    )

__all__ = [
    "MANY_COLUMNS",
    "MANY_ROWS",
    "PART",
    "ROWS",
    "WIDE",
    "add_outer",
    "add_transposed",
    "at_least",
    "at_most",
    "broadcast",
    "in_single",
    "load",
    "multiply",
    "power_of_two",
    "prefetch",
    "store",
    "total",
    "transpose_part",
    "where_above",
]
