"""Truncated gradient by forward-mode partials, as in the 2003 tutorial's pseudo-code.

Runs one sequence and carries dS = d s / d w along with the states, so that nothing of the past is
needed. The blocks are those of the pseudo-code: forward pass, partial derivatives, and a backward
pass at each step where an error enters.
"""

from __future__ import annotations

import numpy as np

from lstmtool.kernels._jit import kernel
from lstmtool.kernels.forward import run_steps
from lstmtool.kernels.records import CELL, FORGET, INPUT, OUTPUT, PLAIN
from lstmtool.kernels.squash import slope, slope_plain


@kernel
def partials_step(layer, trace, t, partials):
    """Update dS <- y_forget dS + the step's own term, for cell inputs, input and forget gates.

    The first of the partials, (3, C, Q), has the derivatives of each cell's state with respect to
    the weights of its block's input gate, its forget gate, and its cell input; the second,
    (2, C, C), those with respect to the peepholes of input and forget gate from each cell.
    """
    a, state, first_row = trace.activation, trace.state, layer.first_row
    (partial, peephole_partial), sources = partials, trace.sources
    for j in range(layer.first_cell.shape[0] - 1):
        first, last = layer.first_cell[j], layer.first_cell[j + 1]
        y_in = a[0, t, first_row[INPUT] + j, 0]
        y_forget = a[0, t, first_row[FORGET] + j, 0] if layer.forget_gate else 1.0
        for c in range(first, last):
            g = a[0, t, first_row[CELL] + c, 0]
            own_slope = slope(layer.g, g)
            terms = (
                g * y_in * (1.0 - y_in),
                state[0, t, c, 0] * y_forget * (1.0 - y_forget),
                own_slope * y_in,
            )
            for kind in range(3):
                for q in range(partial.shape[2]):
                    own = terms[kind] * sources[0, t, q, 0]
                    partial[kind, c, q] = y_forget * partial[kind, c, q] + own
            if layer.peepholes:
                for kind in range(2):
                    for v in range(first, last):
                        own = terms[kind] * state[0, t, v, 0]
                        peephole_partial[kind, c, v] = y_forget * peephole_partial[kind, c, v] + own


@kernel
def inject(layer, trace, t, d_output, partials, gradient):
    """Add to the gradient the effect of errors d_output (C,) at the cell outputs of step t."""
    a, state, squashed = trace.activation, trace.state, trace.squashed
    first_row, sources = layer.first_row, trace.sources
    partial, peephole_partial = partials
    for j in range(layer.first_cell.shape[0] - 1):
        first, last = layer.first_cell[j], layer.first_cell[j + 1]
        y_out = a[0, t, first_row[OUTPUT] + j, 0]
        delta_out = 0.0
        for c in range(first, last):
            delta_out += squashed[0, t, c, 0] * d_output[c]
        delta_out *= y_out * (1.0 - y_out)
        for q in range(partial.shape[2]):
            gradient.hidden[first_row[OUTPUT] + j, q] += delta_out * sources[0, t, q, 0]
        for c in range(first, last):
            e_s = y_out * slope(layer.h, squashed[0, t, c, 0]) * d_output[c]
            for q in range(partial.shape[2]):
                gradient.hidden[first_row[INPUT] + j, q] += e_s * partial[INPUT, c, q]
                if layer.forget_gate:
                    gradient.hidden[first_row[FORGET] + j, q] += e_s * partial[FORGET, c, q]
                gradient.hidden[first_row[CELL] + c, q] += e_s * partial[2, c, q]
            if layer.peepholes:
                gradient.peephole[OUTPUT, c] += delta_out * state[0, t + 1, c, 0]
                for v in range(first, last):
                    gradient.peephole[INPUT, v] += e_s * peephole_partial[INPUT, c, v]
                    if layer.forget_gate:
                        gradient.peephole[FORGET, v] += e_s * peephole_partial[FORGET, c, v]


@kernel
def inject_plain(layer, trace, t, d_output, gradient):
    """Add to the gradient the effect of errors d_output (O,) at the plain units' outputs."""
    first, n_cells = layer.first_row[PLAIN], trace.state.shape[2]
    for p in range(first, layer.first_row[PLAIN + 1]):
        y = trace.activation[0, t, p, 0]
        delta = slope_plain(layer.f, y) * d_output[n_cells + p - first]
        for q in range(gradient.hidden.shape[1]):
            gradient.hidden[p, q] += delta * trace.sources[0, t, q, 0]


@kernel(costs=("truncated gradients", 3))
def truncated_gradient(buffers, d_outputs, gradient):
    """Run the sequence in lane 0; add the truncated gradient for errors d_outputs (T, O) at y(t).

    The batch has one sequence, and the trace is whole.
    """
    layer, trace = buffers.layer, buffers.trace
    n_cells, n_sources = trace.state.shape[2], gradient.hidden.shape[1]
    partials = np.zeros((3, n_cells, n_sources)), np.zeros((2, n_cells, n_cells))
    n_steps = buffers.batch.lengths[0, 0]
    run_steps(buffers, 0, 0, 0, n_steps, False)
    for t in range(n_steps):
        partials_step(layer, trace, t, partials)
        inject(layer, trace, t, d_outputs[t], partials, gradient)
        inject_plain(layer, trace, t, d_outputs[t], gradient)
