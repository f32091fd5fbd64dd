"""Forward pass of a layer of memory blocks and plain units over a batch of sequences.

Steps and symbols are those of Gers, Schraudolph and Schmidhuber's memory block with peepholes:
input and forget gates see the states s(t - 1) of their own block, the output gate sees s(t).
Every array is indexed [group, t, unit, lane]: sequences lie in groups of lanes, and one vector
holds one unit of one group at one step. Groups are independent. In each step, the net inputs are
computed first, as matrix products, and later overwritten by the activations.
"""

from __future__ import annotations

from lstmtool.kernels._jit import inlined, kernel, kernel_without_nrt
from lstmtool.kernels.records import CELL, EIGHTHS, FORGET, INPUT, OUTPUT, PLAIN, Step
from lstmtool.kernels.segments import enter, is_whole, leave, n_outputs
from lstmtool.kernels.squash import logistic, squash, squash_plain
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

AHEAD = 3  # steps by which memory is prefetched
NARROW = 64 if WIDE else 0  # units up to which that pays: steps then fit in the L1 cache, and take
#                             less time than memory does
LOWEST = -1e30  # less than any output


@kernel
def connect(weights, connections):
    """Copy a layer's weights to the layout and precision of the passes."""
    n_units, n_columns = connections.hidden.shape
    n_inputs = n_columns - 1 - connections.back.shape[0]
    for r in range(n_units):
        for q in range(n_columns):
            connections.hidden[r, q] = weights.hidden[r, q]
        for c in range(connections.back.shape[0]):
            connections.back[c, r] = weights.hidden[r, n_inputs + c]
        for x in range(connections.down.shape[0]):
            connections.down[x, r] = weights.hidden[r, x]
    for gate in range(weights.peephole.shape[0]):
        for c in range(weights.peephole.shape[1]):
            connections.peephole[gate, c] = weights.peephole[gate, c]


@inlined
def net_inputs(hidden, trace, at):
    """Net inputs of all units at a step, without peepholes: weights times sources."""
    sources, net, row, k = trace.sources, trace.activation, at.row, at.k
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
def block_step(buffers, lengths, at, j):
    """One step of block j: from its net inputs and s(t - 1) to s(t) and y(t).

    After a sequence's end its lane is kept at zero: it carries no error, but must stay finite.
    """
    layer, trace, peephole = buffers.layer, buffers.trace, buffers.connections.peephole
    activation, state, squashed = trace.activation, trace.state, trace.squashed
    sources, row, k, t = trace.sources, at.row, at.k, at.t
    zero = broadcast(0.0, sources)
    first, last = layer.first_cell[j], layer.first_cell[j + 1]
    i, f = layer.first_row[INPUT] + j, layer.first_row[FORGET] + j
    o, cells = layer.first_row[OUTPUT] + j, layer.first_row[CELL]
    net_in, net_out = load(activation, (row, k, i)), load(activation, (row, k, o))
    net_forget = load(activation, (row, k, f))
    if layer.peepholes:
        for c in range(first, last):
            s = load(state, (row, k, c))
            net_in += peephole[INPUT, c] * s
            net_forget += peephole[FORGET, c] * s
    y_in = logistic(net_in)
    y_forget = logistic(net_forget) if layer.forget_gate else broadcast(1.0, sources)
    for c in range(first, last):
        z = squash(layer.g, load(activation, (row, k, cells + c)))
        s = where_above(lengths, t, y_forget * load(state, (row, k, c)) + y_in * z, zero)
        store(activation, (row, k, cells + c), z)
        store(state, (row, k + 1, c), s)
        store(squashed, (row, k, c), squash(layer.h, s))
        if layer.peepholes:
            net_out += peephole[OUTPUT, c] * s
    y_out = logistic(net_out)
    for c in range(first, last):
        y = where_above(lengths, t, y_out * load(squashed, (row, k, c)), zero)
        store(sources, (row, k + 1, layer.first_output + c), y)
    store(activation, (row, k, i), y_in)
    if layer.forget_gate:
        store(activation, (row, k, f), y_forget)
    store(activation, (row, k, o), y_out)
    if layer.gates_are_read:
        gates = layer.first_output + n_outputs(layer)
        store(sources, (row, k + 1, gates + i), where_above(lengths, t, y_in, zero))
        if layer.forget_gate:
            store(sources, (row, k + 1, gates + f), where_above(lengths, t, y_forget, zero))
        store(sources, (row, k + 1, gates + o), where_above(lengths, t, y_out, zero))


@inlined
def plain_step(buffers, lengths, at):
    """One step of the plain units: y(t) = f(net); zero after a sequence's end."""
    layer, trace, row, k = buffers.layer, buffers.trace, at.row, at.k
    first, n_cells = layer.first_row[PLAIN], trace.state.shape[2]
    for p in range(first, layer.first_row[PLAIN + 1]):
        y = squash_plain(layer.f, load(trace.activation, (row, k, p)))
        store(trace.activation, (row, k, p), y)
        y = where_above(lengths, at.t, y, broadcast(0.0, trace.sources))
        store(trace.sources, (row, k + 1, layer.first_output + n_cells + p - first), y)


@inlined
def hand_on(buffers, lengths, at):
    """Store y(t) for its readers: every step, the sum, the largest and its step."""
    layer, trace, outputs = buffers.layer, buffers.trace, buffers.outputs
    g, t, row, k = at.g, at.t, at.row, at.k
    for o in range(n_outputs(layer) if outputs.steps.shape[1] > 0 else 0):
        y = load(trace.sources, (row, k + 1, layer.first_output + o))
        store(outputs.steps, (g, t, o), y)
    for o in range(outputs.total.shape[1]):
        y = load(trace.sources, (row, k + 1, layer.first_output + o))
        store(outputs.total, (g, o), load(outputs.total, (g, o)) + y)
    for o in range(outputs.largest.shape[1]):
        y = load(trace.sources, (row, k + 1, layer.first_output + o))
        largest, step = load(outputs.largest, (g, o)), load(outputs.largest_at, (g, o))
        above = where_above(lengths, t, y - largest, broadcast(0.0, trace.sources))
        # NaN is not above anything; adding zero times y keeps it.
        store(outputs.largest, (g, o), where_above(above, 0.0, y, largest + 0.0 * y))
        now = broadcast(t, trace.sources)
        store(outputs.largest_at, (g, o), where_above(above, 0.0, now, step))


@inlined
def prefetch_step(layer, trace, row, k):
    """Prefetch the stores of step k, since a cache miss takes as long as a step."""
    for u in range(trace.activation.shape[2]):
        prefetch(trace.activation, (row, k, u))
    for c in range(trace.state.shape[2]):
        prefetch(trace.state, (row, k + 1, c))
        prefetch(trace.squashed, (row, k, c))
    for q in range(layer.first_output, layer.first_output + n_outputs(layer)):
        prefetch(trace.sources, (row, k + 1, q))


@inlined
def eighth(k, n_steps):
    """Return the first step of an eighth, and the step after its last; it has at least one."""
    start = k * n_steps // EIGHTHS
    return start, max((k + 1) * n_steps // EIGHTHS, start + 1)


@kernel_without_nrt
def gather_eighths(buffers, g, t):
    """Copy the means over eighths that end with step t to `outputs.read`.

    There the rows of those that begin with the next step hold the sum so far, negative, till then.
    """
    lengths, outputs = buffers.batch.lengths, buffers.outputs
    n, n_lanes = outputs.total.shape[1], lengths.shape[1]
    for lane in range(n_lanes):
        n_steps, at = lengths[g, lane], g * n_lanes + lane
        for k in range(EIGHTHS if t < n_steps else 0):
            start, end = eighth(k, n_steps)
            first = buffers.readout.eighths + k * n
            if t + 1 == start:
                for o in range(n):
                    outputs.read[first + o, at] = -outputs.total[g, o, lane]
            elif t + 1 == end:
                for o in range(n):
                    before = outputs.read[first + o, at] if start > 0 else 0.0
                    mean = (before + outputs.total[g, o, lane]) / (end - start)
                    outputs.read[first + o, at] = mean


@kernel_without_nrt
def run_steps(buffers, g, row, low, high, first_time):
    """Run steps low to high of group g, at steps 0 to high - low of a row of the trace."""
    layer, trace = buffers.layer, buffers.trace
    lengths = load(buffers.batch.lengths, (g,))
    for t in range(low, high):
        if buffers.batch.stop[0] != 0:
            return
        if trace.activation.shape[2] <= NARROW:
            prefetch_step(layer, trace, row, min(t - low + AHEAD, high - low - 1))
        at = Step(g, t, row, t - low, 0, 0)
        net_inputs(buffers.connections.hidden, trace, at)
        for j in range(layer.first_cell.shape[0] - 1):
            block_step(buffers, lengths, at, j)
        plain_step(buffers, lengths, at)
        if first_time:
            hand_on(buffers, lengths, at)
            if buffers.readout.eighths >= 0:
                gather_eighths(buffers, g, t)


@kernel_without_nrt
def gather_last(buffers, g, row, low, high):
    """Copy the last outputs of sequences that end in steps low to high to `outputs.read`."""
    batch, layer, outputs = buffers.batch, buffers.layer, buffers.outputs
    n_lanes = batch.lengths.shape[1]
    for lane in range(n_lanes):
        n_steps = batch.lengths[g, lane]
        if low < n_steps <= high:
            for o in range(n_outputs(layer)):
                y = buffers.trace.sources[row, n_steps - low, layer.first_output + o, lane]
                outputs.read[buffers.readout.last + o, g * n_lanes + lane] = y


@kernel_without_nrt
def clear_pools(outputs, g):
    """Reset group g's sums and largest outputs."""
    for o in range(outputs.total.shape[1]):
        store(outputs.total, (g, o), broadcast(0.0, outputs.total))
    for o in range(outputs.largest.shape[1]):
        store(outputs.largest, (g, o), broadcast(LOWEST, outputs.largest))
        store(outputs.largest_at, (g, o), broadcast(0.0, outputs.largest))


@kernel_without_nrt
def gather_pools(buffers, g):
    """Copy group g's mean and largest outputs to `outputs.read`."""
    lengths, outputs, readout = buffers.batch.lengths, buffers.outputs, buffers.readout
    n_lanes = lengths.shape[1]
    for lane in range(n_lanes):
        n_steps, at = lengths[g, lane], g * n_lanes + lane
        for o in range(outputs.total.shape[1] if n_steps > 0 and readout.mean >= 0 else 0):
            outputs.read[readout.mean + o, at] = outputs.total[g, o, lane] / n_steps
        for o in range(outputs.largest.shape[1] if n_steps > 0 else 0):
            outputs.read[readout.largest + o, at] = outputs.largest[g, o, lane]


@kernel_without_nrt(costs=("the forward pass", 2), entered=True)
def forward(buffers, first, after, part):
    """Run groups `first` to `after` from their initial states; fill the trace and the outputs.

    A trace in segments uses the row of the part. If another thread sets batch.stop[0], the pass
    ends early and is incomplete.
    """
    batch, trace = buffers.batch, buffers.trace
    segment, whole = trace.activation.shape[1], is_whole(trace)
    for g in range(first, after):
        row, n_steps = g if whole else part, batch.lengths[g, 0]
        clear_pools(buffers.outputs, g)
        for low in range(0, n_steps, segment):
            high = min(low + segment, n_steps)
            if not whole:
                enter(buffers, g, row, low, high)
            run_steps(buffers, g, row, low, high, True)
            if buffers.readout.last >= 0:
                gather_last(buffers, g, row, low, high)
            if not whole:
                leave(buffers, g, row, low, high)
        gather_pools(buffers, g)
