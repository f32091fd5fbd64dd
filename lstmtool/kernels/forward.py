"""Forward pass of a layer of memory blocks over a batch of sequences.

Steps and symbols are those of Gers, Schraudolph and Schmidhuber's memory block with peepholes:
input and forget gates see the states s(t - 1) of their own block, the output gate sees s(t).
Every quantity is indexed [group, t, unit, lane]: sequences lie in groups of 24 lanes, and one
vector holds one unit of one group at one step. Groups do not depend on each other.
"""

from __future__ import annotations

from lstmtool.kernels._jit import bare, inlined
from lstmtool.kernels.squash import logistic, squash
from lstmtool.kernels.vector import load, spread, store, where_above
from lstmtool.records import FORGET, INPUT, OUTPUT, VECTOR


@inlined
def net_input(hidden, sources, g, t, r):
    """Net input of unit r without peepholes: row r of the weights times what units read."""
    bias = hidden.shape[1] - 1
    net = spread(hidden[r, bias])
    for q in range(bias):
        net += hidden[r, q] * load(sources, (g, t, q))
    return net


@inlined
def net_inputs(hidden, sources, g, t, i, f, o, z):
    """Return the same for a block's input, forget and output gate and its first cell."""
    bias = hidden.shape[1] - 1
    net_in, net_forget = spread(hidden[i, bias]), spread(hidden[f, bias])
    net_out, net_cell = spread(hidden[o, bias]), spread(hidden[z, bias])
    for q in range(bias):
        source = load(sources, (g, t, q))
        net_in += hidden[i, q] * source
        net_forget += hidden[f, q] * source
        net_out += hidden[o, q] * source
        net_cell += hidden[z, q] * source
    return net_in, net_forget, net_out, net_cell


@inlined
def block_step(layer, weights, sources, trace, lengths, g, t, j):
    """One step of block j in group g: from x(t), y(t - 1) and s(t - 1) to s(t) and y(t).

    Lanes whose sequence is over are kept at zero: they carry no error, but must stay finite.
    """
    zero = spread(0.0)
    n_blocks = layer.first_cell.shape[0] - 1
    first, last = layer.first_cell[j], layer.first_cell[j + 1]
    i, f, o = INPUT * n_blocks + j, FORGET * n_blocks + j, OUTPUT * n_blocks + j
    hidden, peephole = weights.hidden, weights.peephole
    activation, state, squashed = trace.activation, trace.state, trace.squashed
    net_in, net_forget, net_out, net_cell = net_inputs(
        hidden, sources, g, t, i, f, o, 3 * n_blocks + first
    )
    if layer.peepholes:
        for c in range(first, last):
            s = load(state, (g, t, c))
            net_in += peephole[INPUT, c] * s
            net_forget += peephole[FORGET, c] * s
    y_in = logistic(net_in)
    y_forget = logistic(net_forget) if layer.forget_gate else spread(1.0)
    for c in range(first, last):
        if c > first:
            net_cell = net_input(hidden, sources, g, t, 3 * n_blocks + c)
        z = squash(layer.g, net_cell)
        s = where_above(lengths, t, y_forget * load(state, (g, t, c)) + y_in * z, zero)
        store(activation, (g, t, 3 * n_blocks + c), z)
        store(state, (g, t + 1, c), s)
        store(squashed, (g, t, c), squash(layer.h, s))
        if layer.peepholes:
            net_out += peephole[OUTPUT, c] * s
    y_out = logistic(net_out)
    for c in range(first, last):
        y = where_above(lengths, t, y_out * load(squashed, (g, t, c)), zero)
        store(sources, (g, t + 1, layer.n_inputs + c), y)
    store(activation, (g, t, i), y_in)
    store(activation, (g, t, f), y_forget)
    store(activation, (g, t, o), y_out)


@inlined
def step(layer, weights, batch, trace, g, t):
    """One time step of group g."""
    lengths = load(batch.lengths, (g,))
    for j in range(layer.first_cell.shape[0] - 1):
        block_step(layer, weights, batch.sources, trace, lengths, g, t, j)


@bare
def forward(layer, weights, batch, trace):
    """Run all sequences from the states and outputs at index 0; fill the trace and y(t).

    Ends at once where another thread sets batch.stop[0].
    """
    for g in range(batch.lengths.shape[0]):
        for t in range(batch.lengths[g, 0]):
            if batch.stop[0] != 0:
                return
            step(layer, weights, batch, trace, g, t)


@bare
def last_outputs(layer, batch, out):
    """Gather every sequence's cell outputs at its own last step into out (C + 1, L); bias last."""
    n_cells = out.shape[0] - 1
    for lane in range(out.shape[1]):
        g, l = lane // VECTOR, lane % VECTOR
        for c in range(n_cells):
            out[c, lane] = batch.sources[g, batch.lengths[g, l], layer.n_inputs + c, l]
        out[n_cells, lane] = 1.0
