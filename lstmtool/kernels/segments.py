"""Segments of a trace: what is stored before each, and how a pass enters and leaves one.

If the trace of all steps would not fit in the processor's cache, or in memory, only the states and
outputs before each segment of S steps are kept. A row of the trace then holds one segment.
"""

from __future__ import annotations

from lstmtool.kernels._jit import inlined, kernel_without_nrt
from lstmtool.kernels.records import PLAIN
from lstmtool.kernels.vector import load, store


@inlined
def n_outputs(layer):
    """Return the number of outputs y(t), of cells and plain units, O = C + P."""
    n_cells = layer.first_cell[layer.first_cell.shape[0] - 1]
    return n_cells + layer.first_row[PLAIN + 1] - layer.first_row[PLAIN]


@kernel_without_nrt
def is_whole(trace):
    """Return whether the trace holds all steps of all groups."""
    return trace.starts.shape[1] == 0


@kernel_without_nrt
def enter(buffers, g, row, low, high):
    """Fill a row with the inputs of steps low to high of group g, and the state before them."""
    layer, trace, inputs = buffers.layer, buffers.trace, buffers.batch.inputs
    n_cells, segment = trace.state.shape[2], low // trace.activation.shape[1]
    n_kept = trace.starts.shape[2] - n_cells
    for o in range(n_kept):
        y = load(trace.starts, (g, segment, o))
        store(trace.sources, (row, 0, layer.first_output + o), y)
    for c in range(n_cells):
        store(trace.state, (row, 0, c), load(trace.starts, (g, segment, n_kept + c)))
    for t in range(low, high):
        for x in range(layer.n_inputs):
            store(trace.sources, (row, t - low, x), load(inputs, (g, t, x)))


@kernel_without_nrt
def leave(buffers, g, row, low, high):
    """Store the states and outputs after step `high` for the next segment."""
    layer, trace = buffers.layer, buffers.trace
    n_cells, segment = trace.state.shape[2], low // trace.activation.shape[1] + 1
    n_kept = trace.starts.shape[2] - n_cells
    if segment == trace.starts.shape[1]:
        return
    for o in range(n_kept):
        y = load(trace.sources, (row, high - low, layer.first_output + o))
        store(trace.starts, (g, segment, o), y)
    for c in range(n_cells):
        s = load(trace.state, (row, high - low, c))
        store(trace.starts, (g, segment, n_kept + c), s)
