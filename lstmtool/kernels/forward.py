"""Forward pass of a layer of memory blocks over a batch of sequences.

Steps and symbols are those of Gers, Schraudolph and Schmidhuber's memory block with peepholes:
input and forget gates see the states s(t - 1) of their own block, the output gate sees s(t).
Every quantity is indexed [group, t, unit, lane]: sequences lie in groups of lanes, and one vector
holds one unit of one group at one step. Groups do not depend on each other. Net inputs, matrix
products, go before the rest of a step, in place of the activations.
"""

from __future__ import annotations

from lstmtool.kernels._jit import inlined, kernel_without_nrt
from lstmtool.kernels.records import FORGET, INPUT, OUTPUT
from lstmtool.kernels.segments import enter, is_whole, leave
from lstmtool.kernels.squash import logistic, squash
from lstmtool.kernels.vector import (
    MANY_ROWS,
    ROWS,
    WIDE,
    broadcast,
    load,
    multiply,
    prefetch,
    store,
    where_above,
)

AHEAD = 3  # steps that memory is asked for before it is needed
NARROW = 64 if WIDE else 0  # units up to which that pays: so many steps stay in the nearest cache,
#                             and take less time than memory does


@inlined
def net_inputs(hidden, trace, row, k):
    """Net inputs of all units without peepholes: the weights times what units read at step k."""
    sources, net = trace.sources, trace.activation
    n_units, bias = hidden.shape[0], hidden.shape[1] - 1
    for r in range(0, n_units - MANY_ROWS + 1, MANY_ROWS):
        multiply(MANY_ROWS, hidden, r, bias, sources, (row, k), net, (row, k, r))
    for r in range(n_units // MANY_ROWS * MANY_ROWS, n_units - ROWS + 1, ROWS):
        multiply(ROWS, hidden, r, bias, sources, (row, k), net, (row, k, r))
    for r in range(n_units // ROWS * ROWS, n_units):
        sums = broadcast(hidden[r, bias], sources)
        for q in range(bias):
            sums += hidden[r, q] * load(sources, (row, k, q))
        store(net, (row, k, r), sums)


@inlined
def block_step(layer, peephole, trace, lengths, row, k, t, j):
    """One step of block j: from its net inputs and s(t - 1) to s(t) and y(t), at step k of a row.

    Lanes whose sequence is over are kept at zero: they carry no error, but must stay finite.
    """
    activation, state, squashed, sources = (
        trace.activation,
        trace.state,
        trace.squashed,
        trace.sources,
    )
    zero = broadcast(0.0, sources)
    n_blocks = layer.first_cell.shape[0] - 1
    first, last = layer.first_cell[j], layer.first_cell[j + 1]
    i, f, o = INPUT * n_blocks + j, FORGET * n_blocks + j, OUTPUT * n_blocks + j
    net_in, net_forget = load(activation, (row, k, i)), load(activation, (row, k, f))
    net_out = load(activation, (row, k, o))
    if layer.peepholes:
        for c in range(first, last):
            s = load(state, (row, k, c))
            net_in += peephole[INPUT, c] * s
            net_forget += peephole[FORGET, c] * s
    y_in = logistic(net_in)
    y_forget = logistic(net_forget) if layer.forget_gate else broadcast(1.0, sources)
    for c in range(first, last):
        z = squash(layer.g, load(activation, (row, k, 3 * n_blocks + c)))
        s = where_above(lengths, t, y_forget * load(state, (row, k, c)) + y_in * z, zero)
        store(activation, (row, k, 3 * n_blocks + c), z)
        store(state, (row, k + 1, c), s)
        store(squashed, (row, k, c), squash(layer.h, s))
        if layer.peepholes:
            net_out += peephole[OUTPUT, c] * s
    y_out = logistic(net_out)
    for c in range(first, last):
        y = where_above(lengths, t, y_out * load(squashed, (row, k, c)), zero)
        store(sources, (row, k + 1, layer.n_inputs + c), y)
    store(activation, (row, k, i), y_in)
    store(activation, (row, k, f), y_forget)
    store(activation, (row, k, o), y_out)


@inlined
def prefetch_step(layer, trace, row, k):
    """Have what step k will write brought near: from afar, it takes as long as the step itself."""
    for u in range(trace.activation.shape[2]):
        prefetch(trace.activation, (row, k, u))
    for c in range(trace.state.shape[2]):
        prefetch(trace.state, (row, k + 1, c))
        prefetch(trace.squashed, (row, k, c))
        prefetch(trace.sources, (row, k + 1, layer.n_inputs + c))


@kernel_without_nrt
def run_steps(layer, connections, batch, trace, g, row, low, high):
    """Steps low to high of group g, at steps 0 to high - low of a row of the trace."""
    lengths = load(batch.lengths, (g,))
    for t in range(low, high):
        if batch.stop[0] != 0:
            return
        if trace.activation.shape[2] <= NARROW:
            prefetch_step(layer, trace, row, min(t - low + AHEAD, high - low - 1))
        net_inputs(connections.hidden, trace, row, t - low)
        for j in range(layer.first_cell.shape[0] - 1):
            block_step(layer, connections.peephole, trace, lengths, row, t - low, t, j)


@kernel_without_nrt
def gather_last(layer, batch, trace, g, row, low, high, out):
    """Put the cell outputs of the sequences that end in steps low to high into out (C + 1, L)."""
    n_lanes = batch.lengths.shape[1]
    for lane in range(n_lanes):
        n_steps = batch.lengths[g, lane]
        if low < n_steps <= high:
            for c in range(trace.state.shape[2]):
                y = trace.sources[row, n_steps - low, layer.n_inputs + c, lane]
                out[c, g * n_lanes + lane] = y


@kernel_without_nrt(costs=("the forward pass", 2))
def forward(layer, connections, batch, trace, first, after, part, last):
    """Run some groups from their first states and outputs; fill the trace and last (C + 1, L).

    They are groups `first` to `after`. A trace that is not whole uses the row of the part. Ends
    soon, half done, where another thread sets batch.stop[0].
    """
    segment, whole = trace.activation.shape[1], is_whole(trace)
    for g in range(first, after):
        row, n_steps = g if whole else part, batch.lengths[g, 0]
        for low in range(0, n_steps, segment):
            high = min(low + segment, n_steps)
            if not whole:
                enter(layer, batch, trace, g, row, low, high)
            run_steps(layer, connections, batch, trace, g, row, low, high)
            gather_last(layer, batch, trace, g, row, low, high, last)
            if not whole:
                leave(layer, trace, g, row, low, high)
