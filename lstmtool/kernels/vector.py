"""A vector of lanes as one value: the numbers of a group, added and multiplied together.

A vector holds 24 float64 or 32 float32 numbers, depending on the array that it is loaded from.
Compiled, it is three (two) LLVM vectors of 64 bytes, called parts, each in one register or in two
narrower ones. Kernels written with vectors do not depend on automatic vectorisation: temporaries
stay in registers, however many arrays a step reads and writes. There are several parts because
the operations of a step form one long chain, in which a single part would leave the processor
waiting. In plain Python, a vector is a numpy array, and the same kernels run.

Vectors support + - * / with vectors and numbers on either side, and:

load(array, index)          the vector at array[*index, :]; int64 and int32 are converted
store(array, index, vector) the reverse
prefetch(array, index)      start to load array[*index, :] into the cache, without waiting for it
broadcast(number, array)    the number in every lane of a vector of the array's type
total(vector)               sum over the lanes, in a fixed order, as float64
where_above(a, bound, x, y) x in the lanes where a > bound, y in the others
at_most(x, bound), at_least(x, bound), power_of_two(shifted), in_single(x)
                            for vectors and plain numbers

Products of matrices, in blocks that fit the machine's registers:

multiply(rows, weights, r, n, sources, index, out, place)
                            some rows of weights (R, n) times sources[*index, :n, :]
add_outer(deltas, index, sources, place, n, out, at)
                            four by four sums over n steps and lanes of delta times source
transpose_part(sources, index, transposed, place)
                            as many sources as a part has numbers, transposed with the lanes
add_transposed(rows, columns, deltas, index, transposed, place, n, out, at)
                            the same for some deltas and whole parts of transposed sources, which
                            need no sums across lanes

The rows and columns of a block must be known at compile time: `ROWS` or `MANY_ROWS` rows, and one
to `MANY_COLUMNS` columns. The sums of the largest blocks fill the registers.
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
