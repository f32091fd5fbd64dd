"""Forward pass of a layer of memory blocks over a batch of sequences.

Steps and symbols are those of Gers, Schraudolph and Schmidhuber's memory block with peepholes:
input and forget gates see the states s(t - 1) of their own block, the output gate sees s(t).
Every quantity is indexed [t, unit, lane]; inner loops run over the lanes, so that LLVM vectorises
them. Whole arrays and indices are passed on, since making a view costs as much as 20 lanes.
"""

from __future__ import annotations

from lstmtool.kernels._jit import kernel
from lstmtool.kernels.squash import logistic, squash
from lstmtool.records import FORGET, INPUT, OUTPUT, VECTOR


@kernel
def running(lengths, t):
    """Count the lanes whose sequence has a step t; lanes are sorted, longest first."""
    n = lengths.shape[0]
    while n > 0 and lengths[n - 1] <= t:
        n -= 1
    return n


@kernel
def whole_vectors(n):
    """Round a count of lanes up to whole vectors; see `silence` for those beyond."""
    return (n + VECTOR - 1) // VECTOR * VECTOR


@kernel
def net_inputs(hidden, sources, net, t, n):
    """net[t] (R, n) = hidden (R, Q) @ sources[t] (Q, n), four sources at a time; no peepholes."""
    n_units, n_sources = hidden.shape
    for r in range(n_units):
        bias = hidden[r, n_sources - 1]
        for l in range(n):
            net[t, r, l] = bias
        q = 0
        while q + 4 < n_sources:
            w0, w1, w2, w3 = hidden[r, q], hidden[r, q + 1], hidden[r, q + 2], hidden[r, q + 3]
            for l in range(n):
                net[t, r, l] += (w0 * sources[t, q, l] + w1 * sources[t, q + 1, l]) + (
                    w2 * sources[t, q + 2, l] + w3 * sources[t, q + 3, l]
                )
            q += 4
        while q < n_sources - 1:
            w0 = hidden[r, q]
            for l in range(n):
                net[t, r, l] += w0 * sources[t, q, l]
            q += 1


@kernel
def add_peephole(weight, state, s, c, net, t, r, n):
    """Net += w_v s_v: what a gate sees of one cell's state at index s."""
    for l in range(n):
        net[t, r, l] += weight * state[s, c, l]


@kernel
def open_gate(net, t, r, n):
    """Y = f(net), in place."""
    for l in range(n):
        net[t, r, l] = logistic(net[t, r, l])


@kernel
def step(layer, weights, sources, trace, t, n):
    """One time step for n lanes: from x(t), y(t - 1) and s(t - 1) to s(t) and y(t)."""
    n_blocks = layer.first_cell.shape[0] - 1
    activation, state, squashed = trace.activation, trace.state, trace.squashed
    net_inputs(weights.hidden, sources, activation, t, n)
    for j in range(n_blocks):
        first, last = layer.first_cell[j], layer.first_cell[j + 1]
        i, f, o = INPUT * n_blocks + j, FORGET * n_blocks + j, OUTPUT * n_blocks + j
        if layer.peepholes:
            for c in range(first, last):
                add_peephole(weights.peephole[INPUT, c], state, t, c, activation, t, i, n)
                add_peephole(weights.peephole[FORGET, c], state, t, c, activation, t, f, n)
        open_gate(activation, t, i, n)
        if layer.forget_gate:
            open_gate(activation, t, f, n)
        else:
            for l in range(n):
                activation[t, f, l] = 1.0
        for c in range(first, last):
            z = 3 * n_blocks + c
            squash(layer.g, activation, t, z, n)
            for l in range(n):
                state[t + 1, c, l] = (
                    activation[t, f, l] * state[t, c, l] + activation[t, i, l] * activation[t, z, l]
                )
            if layer.peepholes:
                add_peephole(weights.peephole[OUTPUT, c], state, t + 1, c, activation, t, o, n)
        open_gate(activation, t, o, n)
        for c in range(first, last):
            y = layer.n_inputs + c
            for l in range(n):
                squashed[t, c, l] = state[t + 1, c, l]
            squash(layer.h, squashed, t, c, n)
            for l in range(n):
                sources[t + 1, y, l] = activation[t, o, l] * squashed[t, c, l]


@kernel
def silence(layer, sources, trace, t, n_running, n):
    """Keep lanes beyond the running ones at zero: they carry no error, but must stay finite."""
    for c in range(trace.state.shape[1]):
        for l in range(n_running, n):
            trace.state[t + 1, c, l] = 0.0
            sources[t + 1, layer.n_inputs + c, l] = 0.0


@kernel
def forward(layer, weights, batch, trace):
    """Run all sequences from the states and outputs at index 0; fill the trace and y(t)."""
    for t in range(trace.activation.shape[0]):
        n_running = running(batch.lengths, t)
        n = whole_vectors(n_running)
        step(layer, weights, batch.sources, trace, t, n)
        silence(layer, batch.sources, trace, t, n_running, n)


@kernel
def last_outputs(layer, batch, out):
    """Gather every sequence's cell outputs at its own last step into out (C + 1, L); bias last."""
    n_cells = out.shape[0] - 1
    for l in range(batch.lengths.shape[0]):
        for c in range(n_cells):
            out[c, l] = batch.sources[batch.lengths[l], layer.n_inputs + c, l]
        out[n_cells, l] = 1.0
