"""Steps of strings made of blocks of letters, a a a b b b ..."""

from __future__ import annotations

import numpy as np

from lstmtool.kernels._jit import kernel


@kernel
def fill_blocks(counts, first, last_scored, strings, start, stop):
    """Write steps first, first + 1, ... of a string into the rows from `start` until `stop`.

    The string is a start symbol, at step 0, then counts[j] times letter j. Inputs are the start
    symbol and the letters, outputs the letters and the end symbol; on is 1, off -1. A symbol is
    legal if all blocks can still become as long as the first. Steps beyond `last_scored` are not
    scored.
    """
    n_letters = counts.shape[0]
    block, ends = -1, 0  # block of the previous step, -1 for the start symbol; its last step
    for row in range(start, stop):
        step = first + row - start
        while step > ends:
            block += 1
            ends += counts[block]
        for k in range(n_letters + 1):
            strings.inputs[row, k] = 1.0 if k == block + 1 else -1.0
            strings.targets[row, k] = -1.0
        strings.scored[row] = step <= last_scored
        if block == -1:
            allow(strings, row, 0)
            allow(strings, row, n_letters)
        elif block == 0:
            allow(strings, row, 0)
            allow(strings, row, 1)
        elif step - ends + counts[block] < counts[0]:
            allow(strings, row, block)
        else:
            allow(strings, row, block + 1)


@kernel
def fill_legal(ns, strings):
    """Write the legal strings of the given n (count,), one per sequence."""
    counts = np.empty(strings.targets.shape[1] - 1, np.int64)
    for i in range(ns.shape[0]):
        counts[:] = ns[i]
        start, stop = strings.starts[i], strings.starts[i + 1]
        fill_blocks(counts, 0, stop - start, strings, start, stop)


@kernel
def allow(strings, row, k):
    """Mark symbol k as legal."""
    strings.targets[row, k] = 1.0
    strings.allowed[row, k] = True
