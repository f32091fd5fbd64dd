"""Segments of a sequence: what a trace that is not whole keeps of one, and how it goes back to it.

Where the trace of all steps would leave the processor's cache, or fill the memory, only the states
and outputs before every segment of S steps are kept. A row of the trace then holds one segment.
"""

from __future__ import annotations

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.vector import load, store


@kernel_without_nrt
def is_whole(trace):
    """Whether the trace holds all steps of all groups."""
    return trace.starts.shape[1] == 0


@kernel_without_nrt
def enter(layer, batch, trace, g, row, low, high):
    """Lay the inputs of steps low to high of group g into a row, and what was kept before them."""
    n_cells, segment = trace.state.shape[2], low // trace.activation.shape[1]
    for c in range(n_cells):
        y = load(trace.starts, (g, segment, c))
        store(trace.sources, (row, 0, layer.n_inputs + c), y)
        store(trace.state, (row, 0, c), load(trace.starts, (g, segment, n_cells + c)))
    for t in range(low, high):
        for x in range(layer.n_inputs):
            store(trace.sources, (row, t - low, x), load(batch.inputs, (g, t, x)))


@kernel_without_nrt
def leave(layer, trace, g, row, low, high):
    """Keep the states and outputs after step high, where another segment may follow."""
    n_cells, segment = trace.state.shape[2], low // trace.activation.shape[1] + 1
    if segment == trace.starts.shape[1]:
        return
    for c in range(n_cells):
        y = load(trace.sources, (row, high - low, layer.n_inputs + c))
        store(trace.starts, (g, segment, c), y)
        store(trace.starts, (g, segment, n_cells + c), load(trace.state, (row, high - low, c)))
