"""Backward pass: the forward pass transposed, exact or with the LSTM truncation.

With the exact gradient (backpropagation through time), errors flow back through every connection.
With the truncation of Hochreiter and Schmidhuber (1997), errors at the net input of a gate or cell
change its incoming weights but go no further: only cell states carry errors back.
"""

from __future__ import annotations

from lstmtool.kernels._jit import inlined, kernel_without_nrt
from lstmtool.kernels.forward import AHEAD, NARROW, eighth, run_steps
from lstmtool.kernels.records import (
    CELL,
    EIGHTHS,
    FORGET,
    INPUT,
    OUTPUT,
    PLAIN,
    Buffers,
    Chunk,
    Step,
)
from lstmtool.kernels.segments import enter, is_whole, n_outputs
from lstmtool.kernels.squash import slope, slope_plain
from lstmtool.kernels.vector import (
    MANY_COLUMNS,
    MANY_ROWS,
    ROWS,
    add_outer,
    add_transposed,
    broadcast,
    load,
    multiply,
    prefetch,
    store,
    total,
    transpose_part,
    where_above,
)

CHUNK, MIN_CHUNK = 200, 8  # vectors, steps: a chunk's data stay in cache
COLUMNS = 16  # sources at a time, so that their vectors in a chunk stay in the L1 cache
MANY = 2  # sources are transposed if they fill this many parts of a vector


def transposed_parts(n_sources: int, width: int) -> int:
    """Return how many parts of the sources are transposed; 0 if that does not pay.

    The last part may lack a quarter of its sources: it takes as long as a full one, and leaves
    fewer that are not transposed.
    """
    return (n_sources + width // 4) // width if n_sources >= MANY * width else 0


def delta_rows(n_units: int, transposed: int) -> int:
    """Return the rows of the errors at net inputs: whole blocks if sources are transposed."""
    return -(-n_units // MANY_ROWS) * MANY_ROWS if transposed else n_units


@inlined
def prefetch_block(layer, trace, row, k, j):
    """Prefetch what block j reads at step k, since a cache miss takes longer than a step."""
    for gate in (INPUT, FORGET, OUTPUT):
        prefetch(trace.activation, (row, k, layer.first_row[gate] + j))
    for c in range(layer.first_cell[j], layer.first_cell[j + 1]):
        prefetch(trace.activation, (row, k, layer.first_row[CELL] + c))
        prefetch(trace.state, (row, k, c))
        prefetch(trace.squashed, (row, k, c))


@inlined
def block_backward(buffers, at, j):
    """Errors of block j at a step: from e_y(t), e_s(t) to those at net inputs and e_s(t - 1)."""
    layer, trace, errors = buffers.layer, buffers.trace, buffers.errors
    peephole, g, row, k = buffers.connections.peephole, at.g, at.row, at.k
    part, place = at.part, at.place
    first, last = layer.first_cell[j], layer.first_cell[j + 1]
    i, f = layer.first_row[INPUT] + j, layer.first_row[FORGET] + j
    o, cells = layer.first_row[OUTPUT] + j, layer.first_row[CELL]
    leaks = layer.exact and layer.peepholes
    activation, state, squashed = trace.activation, trace.state, trace.squashed
    y_in, y_out = load(activation, (row, k, i)), load(activation, (row, k, o))
    y_forget = load(activation, (row, k, f)) if layer.forget_gate else broadcast(1.0, state)
    error_in, error_forget = broadcast(0.0, state), broadcast(0.0, state)
    error_out = broadcast(0.0, state)
    if layer.gates_are_read:
        gates = n_outputs(layer)
        error_in, error_out = (
            load(errors.output, (g, gates + i)),
            load(errors.output, (g, gates + o)),
        )
        error_forget = load(errors.output, (g, gates + f))
    for c in range(first, last):
        error_out += load(squashed, (row, k, c)) * load(errors.output, (g, c))
    delta_out = y_out * (1.0 - y_out) * error_out
    for c in range(first, last):
        h, z = load(squashed, (row, k, c)), load(activation, (row, k, cells + c))
        e_s = load(errors.state, (g, c))
        e_s += y_out * slope(layer.h, h) * load(errors.output, (g, c))
        if leaks:
            e_s += peephole[OUTPUT, c] * delta_out
        error_in += z * e_s
        error_forget += load(state, (row, k, c)) * e_s
        store(errors.delta, (part, place, cells + c), y_in * slope(layer.g, z) * e_s)
        store(errors.state, (g, c), y_forget * e_s)
    delta_in = y_in * (1.0 - y_in) * error_in
    delta_forget = y_forget * (1.0 - y_forget) * error_forget
    if leaks:
        for c in range(first, last):
            leak = peephole[INPUT, c] * delta_in + peephole[FORGET, c] * delta_forget
            store(errors.state, (g, c), load(errors.state, (g, c)) + leak)
    store(errors.delta, (part, place, i), delta_in)
    if layer.forget_gate:
        store(errors.delta, (part, place, f), delta_forget)
    store(errors.delta, (part, place, o), delta_out)


@inlined
def plain_backward(buffers, at):
    """Errors at the plain units' net inputs, from those at their outputs."""
    layer, trace, errors = buffers.layer, buffers.trace, buffers.errors
    first, n_cells = layer.first_row[PLAIN], trace.state.shape[2]
    for p in range(first, layer.first_row[PLAIN + 1]):
        error = load(errors.output, (at.g, n_cells + p - first))
        y = load(trace.activation, (at.row, at.k, p))
        store(errors.delta, (at.part, at.place, p), slope_plain(layer.f, y) * error)


@inlined
def transposed_product(weights, delta, part, place, out, at):
    """out[*at, :] = weights (M, U) times the errors at the net inputs of a step."""
    n_rows, n_units = weights.shape
    for c in range(0, n_rows - MANY_ROWS + 1, MANY_ROWS):
        multiply(MANY_ROWS, weights, c, n_units, delta, (part, place), out, (*at, c))
    for c in range(n_rows // MANY_ROWS * MANY_ROWS, n_rows - ROWS + 1, ROWS):
        multiply(ROWS, weights, c, n_units, delta, (part, place), out, (*at, c))
    for c in range(n_rows // ROWS * ROWS, n_rows):
        error = broadcast(0.0, delta)
        for r in range(n_units):
            error += weights[c, r] * load(delta, (part, place, r))
        store(out, (*at, c), error)


@inlined
def inject(buffers, d_read, lengths, g, t):
    """Add the errors that enter at step t to those at the outputs.

    They come from the output units, which read the last and largest outputs and means, and from the
    layers above. Before, errors at the outputs are 0 from the sequence's end on.
    """
    errors, readout, n = buffers.errors, buffers.readout, n_outputs(buffers.layer)
    zero = broadcast(0.0, d_read)
    for o in range(n):
        last = load(d_read, (readout.last + o, g)) if readout.last >= 0 else zero
        last = where_above(lengths, t, last, zero)
        error = where_above(lengths, t + 1, load(errors.output, (g, o)), last)
        if errors.mean.shape[1] > 0:
            error += where_above(lengths, t, load(errors.mean, (g, o)), zero)
        if readout.largest >= 0:
            at, largest = load(buffers.outputs.largest_at, (g, o)), zero
            largest = where_above(at, t - 0.5, load(d_read, (readout.largest + o, g)), zero)
            largest = where_above(at, t + 0.5, zero, largest)
            error += where_above(lengths, t, largest, zero)
        if errors.steps.shape[1] > 0:
            error += where_above(lengths, t, load(errors.steps, (g, t, o)), zero)
        store(errors.output, (g, o), error)
    for u in range(n, errors.output.shape[1]):
        error = load(errors.output, (g, u))
        store(errors.output, (g, u), where_above(lengths, t + 1, error, zero))


@kernel_without_nrt
def share_mean(buffers, d_read, g):
    """Divide the errors at the means of group g among their steps."""
    lengths, errors, mean = buffers.batch.lengths, buffers.errors, buffers.readout.mean
    for o in range(errors.mean.shape[1]):
        for lane in range(lengths.shape[1]):
            error = d_read[mean + o, g, lane] if mean >= 0 else d_read[0, g, lane] * 0.0
            errors.mean[g, o, lane] = error / max(lengths[g, lane], 1)


@kernel_without_nrt
def share_eighths(buffers, d_read, g, t):
    """Set the shares of step t of the errors at means, in lanes where an eighth ends with it.

    Earlier steps of the eighth, which follow on the way back, have the same share.
    """
    lengths, errors, readout = buffers.batch.lengths, buffers.errors, buffers.readout
    n = errors.mean.shape[1]
    for lane in range(lengths.shape[1]):
        n_steps, ends = lengths[g, lane], False
        for k in range(EIGHTHS if t < n_steps else 0):
            ends = ends or t + 1 == eighth(k, n_steps)[1]
        for o in range(n if ends else 0):
            mean = readout.mean + o if readout.mean >= 0 else -1
            share = d_read[mean, g, lane] / n_steps if mean >= 0 else d_read[0, g, lane] * 0.0
            for k in range(EIGHTHS):
                start, end = eighth(k, n_steps)
                if start <= t < end:
                    share += d_read[readout.eighths + k * n + o, g, lane] / (end - start)
            errors.mean[g, o, lane] = share


@kernel_without_nrt
def four_by_one(delta, sources, chunk, r, q, out):
    """out[r : r + 4, q] += sum over steps and lanes of delta_r source_q."""
    part, row, low, n_steps = chunk
    a, b = broadcast(0.0, sources), broadcast(0.0, sources)
    c, d = broadcast(0.0, sources), broadcast(0.0, sources)
    for k in range(n_steps):
        s = load(sources, (row, low + k, q))
        a += load(delta, (part, k, r)) * s
        b += load(delta, (part, k, r + 1)) * s
        c += load(delta, (part, k, r + 2)) * s
        d += load(delta, (part, k, r + 3)) * s
    out[r, q] += total(a)
    out[r + 1, q] += total(b)
    out[r + 2, q] += total(c)
    out[r + 3, q] += total(d)


@kernel_without_nrt
def one_by_one(delta, sources, chunk, r, q, out):
    """out[r, q] += sum over steps and lanes of delta_r source_q."""
    part, row, low, n_steps = chunk
    a = broadcast(0.0, sources)
    for k in range(n_steps):
        a += load(delta, (part, k, r)) * load(sources, (row, low + k, q))
    out[r, q] += total(a)


@kernel_without_nrt
def transpose(sources, chunk, transposed):
    """Transpose sources (rows, S + 1, Q, L) to (parts, Q / W, steps, L, W).

    transposed[part, p, k, l, w] is source p W + w at step low + k of the row, in lane l.
    """
    part, row, low, n_steps = chunk
    n_sources, n_lanes, width = sources.shape[2], sources.shape[3], transposed.shape[4]
    for p in range(transposed.shape[1]):
        for k in range(n_steps):
            if (p + 1) * width <= n_sources:
                transpose_part(sources, (row, low + k, p * width), transposed, (part, p, k))
                continue
            for w in range(n_sources - p * width):
                for l in range(n_lanes):
                    transposed[part, p, k, l, w] = sources[row, low + k, p * width + w, l]


@inlined
def columns_at_once(left):
    """Return how many of the remaining parts to multiply next: at most three; four as two twice."""
    return (
        MANY_COLUMNS
        if left >= MANY_COLUMNS and left != MANY_COLUMNS + 1
        else min(left, 2, MANY_COLUMNS)
    )


@kernel_without_nrt
def many_gradients(delta, transposed, chunk, sums):
    """sums[part] (R', columns W) += delta (R', L) @ sources.T of a chunk, transposed sources."""
    part, n_steps = chunk.part, chunk.n_steps
    width, p = transposed.shape[4], 0
    while p < transposed.shape[1]:
        columns = columns_at_once(transposed.shape[1] - p)
        for r in range(0, sums.shape[1], MANY_ROWS):
            first, place, at = (part, 0, r), (part, p), (part, r, p * width)
            if columns == 1:
                add_transposed(MANY_ROWS, 1, delta, first, transposed, place, n_steps, sums, at)
            elif columns == 2:
                add_transposed(MANY_ROWS, 2, delta, first, transposed, place, n_steps, sums, at)
            else:
                add_transposed(
                    MANY_ROWS, MANY_COLUMNS, delta, first, transposed, place, n_steps, sums, at
                )
        p += columns


@kernel_without_nrt
def few_gradients(delta, sources, chunk, first_column, d_hidden):
    """d_hidden (R, Q) += delta (R, L) @ sources.T of a chunk, from a column on, untransposed."""
    part, row, low, n_steps = chunk
    n_units, n_sources = d_hidden.shape
    in_fours = n_sources - (n_sources - first_column) % ROWS
    for first in range(first_column, in_fours, COLUMNS):
        for r in range(0, n_units - ROWS + 1, ROWS):
            for q in range(first, min(first + COLUMNS, in_fours), ROWS):
                add_outer(delta, (part, 0, r), sources, (row, low, q), n_steps, d_hidden, (r, q))
    for r in range(0, n_units - ROWS + 1, ROWS):
        for q in range(in_fours, n_sources):
            four_by_one(delta, sources, chunk, r, q, d_hidden)
    for r in range(n_units // ROWS * ROWS, n_units):
        for q in range(first_column, n_sources):
            one_by_one(delta, sources, chunk, r, q, d_hidden)


@kernel_without_nrt(costs=("the backward pass of wide layers", 2), entered=True)
def transposed_gradients(delta, sources, chunk, transposed, sums):
    """Add delta @ sources.T of a chunk to the sums, of as many sources as are transposed."""
    transpose(sources, chunk, transposed)
    many_gradients(delta, transposed, chunk, sums)


@kernel_without_nrt(costs=("the backward pass from layer to layer", 1), entered=True)
def errors_below(down, delta, chunk, g, low, below):
    """Set errors at the inputs of group g, below (G, T, X, L), in a chunk from step `low` on."""
    for k in range(chunk.n_steps):
        transposed_product(down, delta, chunk.part, k, below, (g, low + k))


@kernel_without_nrt(costs=("the forward pass in segments", 2), entered=True)
def recompute(layer, readout, connections, batch, trace, outputs, g, row, low, high):
    """Run steps low to high of group g again, from the state stored before them."""
    buffers = Buffers(layer, readout, connections, batch, trace, outputs, None)  # type: ignore[arg-type]
    enter(buffers, g, row, low, high)
    run_steps(buffers, g, row, low, high, False)


@kernel_without_nrt
def peephole_gradient(buffers, chunk, d_peephole):
    """d_peephole (3, C) += sums of delta s: s(t - 1) for input and forget gate, s(t) for output."""
    layer, delta, state = buffers.layer, buffers.errors.delta, buffers.trace.state
    part, row, low, n_steps = chunk
    for j in range(layer.first_cell.shape[0] - 1):
        i, f = layer.first_row[INPUT] + j, layer.first_row[FORGET] + j
        o = layer.first_row[OUTPUT] + j
        for c in range(layer.first_cell[j], layer.first_cell[j + 1]):
            sum_in, sum_forget = broadcast(0.0, state), broadcast(0.0, state)
            sum_out = broadcast(0.0, state)
            for k in range(n_steps):
                s = load(state, (row, low + k, c))
                sum_in += load(delta, (part, k, i)) * s
                sum_forget += load(delta, (part, k, f)) * s
                s = load(state, (row, low + k + 1, c))
                sum_out += load(delta, (part, k, o)) * s
            d_peephole[INPUT, c] += total(sum_in)
            if layer.forget_gate:
                d_peephole[FORGET, c] += total(sum_forget)
            d_peephole[OUTPUT, c] += total(sum_out)


@inlined
def step_backward(buffers, at):
    """One step backward: from e_y(t), e_s(t) to deltas, e_y(t - 1) and e_s(t - 1)."""
    layer, trace, errors = buffers.layer, buffers.trace, buffers.errors
    narrow = trace.activation.shape[2] <= NARROW
    soon = max(at.k - (AHEAD if narrow else 1), 0)
    if narrow:
        for q in range(trace.sources.shape[2]):  # for the weight gradients of a chunk of steps
            prefetch(trace.sources, (at.row, soon, q))
    for j in range(layer.first_cell.shape[0] - 1):
        prefetch_block(layer, trace, at.row, soon, j)
        block_backward(buffers, at, j)
    plain_backward(buffers, at)
    back = buffers.connections.back
    if layer.exact and back.shape[0] > 0:
        transposed_product(back, errors.delta, at.part, at.place, errors.output, (at.g,))
    else:
        for c in range(errors.output.shape[1]):
            store(errors.output, (at.g, c), broadcast(0.0, errors.output))


def chunk_steps(n_units: int, n_sources: int) -> int:
    """Return the steps in a chunk, whose weight gradients are summed at once.

    Segments of a trace are whole chunks.
    """
    return max(MIN_CHUNK, CHUNK // (n_units + n_sources))


@kernel_without_nrt(costs=("the backward pass", 4), entered=True)
def backward(buffers, others, d_read, first, after, part, gradient):
    """Back-propagate errors d_read (R, G, L) at what is read, and add to the gradient.

    Leaves the errors at the initial states and outputs in errors.state and errors.output, and those
    at the inputs in errors.below. Groups, part and stop as for `forward`; `others` are entries of
    `others_of`.
    """
    batch, trace, errors = buffers.batch, buffers.trace, buffers.errors
    chunk, segment = errors.delta.shape[1], trace.activation.shape[1]
    whole, n_transposed = is_whole(trace), errors.transposed.shape[1] * errors.transposed.shape[4]
    for r in range(errors.sums.shape[1]):
        for q in range(errors.sums.shape[2]):
            errors.sums[part, r, q] = 0.0
    for g in range(first, after):
        row, n_steps = g if whole else part, batch.lengths[g, 0]
        lengths = load(batch.lengths, (g,))
        share_mean(buffers, d_read, g)
        for c in range(errors.state.shape[1]):
            store(errors.state, (g, c), broadcast(0.0, d_read))
        for o in range(errors.output.shape[1]):
            store(errors.output, (g, o), broadcast(0.0, d_read))
        for start in range((n_steps - 1) // segment * segment, -1, -segment):
            end = min(start + segment, n_steps)
            if not whole:
                others.recompute(
                    buffers.layer, buffers.readout, buffers.connections, batch, trace,
                    buffers.outputs, g, row, start, end,
                )  # fmt: skip
            for low in range((end - start - 1) // chunk * chunk, -1, -chunk):
                high = min(low + chunk, end - start)
                for k in range(high - 1, low - 1, -1):
                    if batch.stop[0] != 0:
                        return
                    if buffers.readout.eighths >= 0:
                        share_eighths(buffers, d_read, g, start + k)
                    inject(buffers, d_read, lengths, g, start + k)
                    step_backward(buffers, Step(g, start + k, row, k, part, k - low))
                steps = Chunk(part, row, low, high - low)
                if errors.below.shape[1] > 0:
                    others.errors_below(
                        buffers.connections.down, errors.delta, steps, g, start + low, errors.below
                    )
                if n_transposed > 0:
                    others.transposed_gradients(
                        errors.delta, trace.sources, steps, errors.transposed, errors.sums
                    )
                if n_transposed < gradient.hidden.shape[1]:
                    few_gradients(errors.delta, trace.sources, steps, n_transposed, gradient.hidden)
                if buffers.layer.peepholes:
                    peephole_gradient(buffers, steps, gradient.peephole)
    if errors.transposed.shape[1] > 0:
        for r in range(gradient.hidden.shape[0]):
            for q in range(min(gradient.hidden.shape[1], errors.sums.shape[2])):
                gradient.hidden[r, q] += errors.sums[part, r, q]
