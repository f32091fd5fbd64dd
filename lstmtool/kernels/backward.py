"""Backward pass: the forward pass transposed, exact or with the LSTM truncation, one text.

With the exact gradient (backpropagation through time), errors flow back through every connection.
With the truncation of Hochreiter and Schmidhuber (1997), errors that reach the net input of a
gate or a cell change its incoming weights and go no further: only cell states carry errors back.
"""

from __future__ import annotations

from lstmtool.kernels._jit import bare, inlined
from lstmtool.kernels.squash import slope
from lstmtool.kernels.vector import (
    PARTS,
    add_totals,
    load,
    load_part,
    no_part,
    spread,
    store,
    total,
    where_above,
)
from lstmtool.records import FORGET, INPUT, OUTPUT, VECTOR

CHUNK, MIN_CHUNK = 200, 8  # vectors, steps: what the gradient of a chunk of steps reads stays near


@inlined
def block_backward(layer, weights, trace, errors, g, t, j):
    """Errors of block j at step t: from e_y(t), e_s(t) to the net inputs' and e_s(t - 1)."""
    n_blocks = layer.first_cell.shape[0] - 1
    first, last = layer.first_cell[j], layer.first_cell[j + 1]
    i, f, o = INPUT * n_blocks + j, FORGET * n_blocks + j, OUTPUT * n_blocks + j
    peephole, leaks = weights.peephole, layer.exact and layer.peepholes
    activation, state, squashed = trace.activation, trace.state, trace.squashed
    y_in, y_forget = load(activation, (g, t, i)), load(activation, (g, t, f))
    y_out = load(activation, (g, t, o))
    error_in, error_forget, error_out = spread(0.0), spread(0.0), spread(0.0)
    for c in range(first, last):
        error_out += load(squashed, (g, t, c)) * load(errors.output, (g, c))
    delta_out = y_out * (1.0 - y_out) * error_out
    for c in range(first, last):
        h, z = load(squashed, (g, t, c)), load(activation, (g, t, 3 * n_blocks + c))
        e_s = load(errors.state, (g, c))
        e_s += y_out * slope(layer.h, h) * load(errors.output, (g, c))
        if leaks:
            e_s += peephole[OUTPUT, c] * delta_out
        error_in += z * e_s
        error_forget += load(state, (g, t, c)) * e_s
        store(activation, (g, t, 3 * n_blocks + c), y_in * slope(layer.g, z) * e_s)
        store(errors.state, (g, c), y_forget * e_s)
    delta_in = y_in * (1.0 - y_in) * error_in
    delta_forget = y_forget * (1.0 - y_forget) * error_forget
    if leaks:
        for c in range(first, last):
            leak = peephole[INPUT, c] * delta_in + peephole[FORGET, c] * delta_forget
            store(errors.state, (g, c), load(errors.state, (g, c)) + leak)
    store(activation, (g, t, i), delta_in)
    store(activation, (g, t, f), delta_forget)
    store(activation, (g, t, o), delta_out)


@inlined
def recurrent_errors(hidden, n_inputs, delta, g, t, errors):
    """e_y(t - 1) = R.T delta(t): what flows back through the recurrent connections."""
    n_cells = errors.output.shape[1]
    for c in range(0, n_cells - 3, 4):
        e0, e1, e2, e3 = spread(0.0), spread(0.0), spread(0.0), spread(0.0)
        column = n_inputs + c
        for r in range(hidden.shape[0]):
            d = load(delta, (g, t, r))
            e0, e1 = e0 + hidden[r, column] * d, e1 + hidden[r, column + 1] * d
            e2, e3 = e2 + hidden[r, column + 2] * d, e3 + hidden[r, column + 3] * d
        store(errors.output, (g, c), e0)
        store(errors.output, (g, c + 1), e1)
        store(errors.output, (g, c + 2), e2)
        store(errors.output, (g, c + 3), e3)
    for c in range(n_cells // 4 * 4, n_cells):
        error = spread(0.0)
        for r in range(hidden.shape[0]):
            error += hidden[r, n_inputs + c] * load(delta, (g, t, r))
        store(errors.output, (g, c), error)


@inlined
def inject(lengths, d_last, errors, g, t):
    """Set the error at the cell outputs: d_last where the last step is t, 0 beyond."""
    for c in range(errors.output.shape[1]):
        new = where_above(lengths, t, load(d_last, (c, g)), spread(0.0))
        store(errors.output, (g, c), where_above(lengths, t + 1, load(errors.output, (g, c)), new))


@bare
def four_by_four(delta, sources, g, low, high, r, q, out):
    """out[r : r + 4, q : q + 4] += sum over steps and lanes of delta_r source_q."""
    a0, a1, a2, a3 = no_part(), no_part(), no_part(), no_part()
    b0, b1, b2, b3 = no_part(), no_part(), no_part(), no_part()
    c0, c1, c2, c3 = no_part(), no_part(), no_part(), no_part()
    d0, d1, d2, d3 = no_part(), no_part(), no_part(), no_part()
    for t in range(low, high):
        for n in range(PARTS):
            s0, s1 = load_part(sources, (g, t, q), n), load_part(sources, (g, t, q + 1), n)
            s2, s3 = load_part(sources, (g, t, q + 2), n), load_part(sources, (g, t, q + 3), n)
            e = load_part(delta, (g, t, r), n)
            a0, a1, a2, a3 = a0 + e * s0, a1 + e * s1, a2 + e * s2, a3 + e * s3
            e = load_part(delta, (g, t, r + 1), n)
            b0, b1, b2, b3 = b0 + e * s0, b1 + e * s1, b2 + e * s2, b3 + e * s3
            e = load_part(delta, (g, t, r + 2), n)
            c0, c1, c2, c3 = c0 + e * s0, c1 + e * s1, c2 + e * s2, c3 + e * s3
            e = load_part(delta, (g, t, r + 3), n)
            d0, d1, d2, d3 = d0 + e * s0, d1 + e * s1, d2 + e * s2, d3 + e * s3
    add_totals(out, (r, q), a0, a1, a2, a3)
    add_totals(out, (r + 1, q), b0, b1, b2, b3)
    add_totals(out, (r + 2, q), c0, c1, c2, c3)
    add_totals(out, (r + 3, q), d0, d1, d2, d3)


@bare
def four_by_one(delta, sources, g, low, high, r, q, out):
    """out[r : r + 4, q] += sum over steps and lanes of delta_r source_q."""
    a, b, c, d = spread(0.0), spread(0.0), spread(0.0), spread(0.0)
    for t in range(low, high):
        s = load(sources, (g, t, q))
        a += load(delta, (g, t, r)) * s
        b += load(delta, (g, t, r + 1)) * s
        c += load(delta, (g, t, r + 2)) * s
        d += load(delta, (g, t, r + 3)) * s
    out[r, q] += total(a)
    out[r + 1, q] += total(b)
    out[r + 2, q] += total(c)
    out[r + 3, q] += total(d)


@bare
def one_by_one(delta, sources, g, low, high, r, q, out):
    """out[r, q] += sum over steps and lanes of delta_r source_q."""
    a = spread(0.0)
    for t in range(low, high):
        a += load(delta, (g, t, r)) * load(sources, (g, t, q))
    out[r, q] += total(a)


@bare
def hidden_gradient(delta, sources, g, low, high, d_hidden):
    """d_hidden (R, Q) += sum over steps low to high of delta[g, t] (R, 24) @ sources[g, t].T."""
    n_units, n_sources = d_hidden.shape
    for r in range(0, n_units - 3, 4):
        for q in range(0, n_sources - 3, 4):
            four_by_four(delta, sources, g, low, high, r, q, d_hidden)
        for q in range(n_sources // 4 * 4, n_sources):
            four_by_one(delta, sources, g, low, high, r, q, d_hidden)
    for r in range(n_units // 4 * 4, n_units):
        for q in range(n_sources):
            one_by_one(delta, sources, g, low, high, r, q, d_hidden)


@bare
def peephole_gradient(layer, delta, state, g, low, high, d_peephole):
    """d_peephole (3, C) += sums of delta s: s(t - 1) for input and forget gate, s(t) for output."""
    n_blocks = layer.first_cell.shape[0] - 1
    for j in range(n_blocks):
        for c in range(layer.first_cell[j], layer.first_cell[j + 1]):
            sum_in, sum_forget, sum_out = spread(0.0), spread(0.0), spread(0.0)
            for t in range(low, high):
                s = load(state, (g, t, c))
                sum_in += load(delta, (g, t, INPUT * n_blocks + j)) * s
                sum_forget += load(delta, (g, t, FORGET * n_blocks + j)) * s
                s = load(state, (g, t + 1, c))
                sum_out += load(delta, (g, t, OUTPUT * n_blocks + j)) * s
            d_peephole[INPUT, c] += total(sum_in)
            d_peephole[FORGET, c] += total(sum_forget)
            d_peephole[OUTPUT, c] += total(sum_out)


@inlined
def step_backward(layer, weights, trace, lengths, d_last, errors, g, t):
    """One time step of group g backward: from e_y(t), e_s(t) to deltas, e_y(t - 1), e_s(t - 1)."""
    inject(lengths, d_last, errors, g, t)
    for j in range(layer.first_cell.shape[0] - 1):
        block_backward(layer, weights, trace, errors, g, t, j)
    if layer.exact:
        recurrent_errors(weights.hidden, layer.n_inputs, trace.activation, g, t, errors)
    else:
        for c in range(errors.output.shape[1]):
            store(errors.output, (g, c), spread(0.0))


@bare
def backward(layer, weights, batch, trace, d_last, errors, gradient):
    """Add to the gradient what errors d_last (C, L) at every last cell output cause.

    Overwrites trace.activation with the errors delta at the net inputs; leaves the errors at the
    initial states and outputs in errors.state and errors.output. Ends at once where another thread
    sets batch.stop[0].
    """
    n_groups = batch.lengths.shape[0]
    errors.state[:] = 0.0
    errors.output[:] = 0.0
    delta, by_group = trace.activation, d_last.reshape(d_last.shape[0], n_groups, VECTOR)
    n_units, n_sources = weights.hidden.shape
    chunk = max(MIN_CHUNK, CHUNK // (n_units + n_sources))
    for g in range(n_groups):
        steps, lengths = batch.lengths[g, 0], load(batch.lengths, (g,))
        for low in range((steps - 1) // chunk * chunk, -1, -chunk):
            high = min(low + chunk, steps)
            for t in range(high - 1, low - 1, -1):
                if batch.stop[0] != 0:
                    return
                step_backward(layer, weights, trace, lengths, by_group, errors, g, t)
            hidden_gradient(delta, batch.sources, g, low, high, gradient.hidden)
            if layer.peepholes:
                peephole_gradient(layer, delta, trace.state, g, low, high, gradient.peephole)
