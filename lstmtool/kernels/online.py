"""Truncated gradient by forward-mode partials, as the 2003 tutorial's pseudo-code has it.

Runs one sequence and carries dS = d s / d w along with the states; of the past, nothing would
need to be kept. One text with the pseudo-code's blocks: forward
pass, partial derivatives, backward pass at the step where an error is injected.
"""

from __future__ import annotations

import numpy as np

from lstmtool.kernels._jit import kernel
from lstmtool.kernels.forward import run_steps
from lstmtool.kernels.records import FORGET, INPUT, OUTPUT
from lstmtool.kernels.squash import slope


@kernel
def partials_step(layer, sources, trace, t, partial, peephole_partial):
    """DS <- y_forget dS + the step's own term, for cell inputs and for input and forget gates.

    partial is (3, C, Q): derivatives of each cell's state in the weights of its block's input
    gate, its forget gate, and its own cell input. peephole_partial is (2, C, C): in the peepholes
    of input and forget gate from every cell of the block.
    """
    n_blocks = layer.first_cell.shape[0] - 1
    a, state = trace.activation, trace.state
    for j in range(n_blocks):
        first, last = layer.first_cell[j], layer.first_cell[j + 1]
        y_in, y_forget = a[0, t, INPUT * n_blocks + j, 0], a[0, t, FORGET * n_blocks + j, 0]
        for c in range(first, last):
            g = a[0, t, 3 * n_blocks + c, 0]
            own_slope = slope(layer.g, g)
            terms = (
                g * y_in * (1.0 - y_in),
                state[0, t, c, 0] * y_forget * (1.0 - y_forget),
                own_slope * y_in,
            )
            for kind in range(3):
                for q in range(sources.shape[2]):
                    own = terms[kind] * sources[0, t, q, 0]
                    partial[kind, c, q] = y_forget * partial[kind, c, q] + own
            if layer.peepholes:
                for kind in range(2):
                    for v in range(first, last):
                        own = terms[kind] * state[0, t, v, 0]
                        peephole_partial[kind, c, v] = y_forget * peephole_partial[kind, c, v] + own


@kernel
def inject(layer, sources, trace, t, d_output, partial, peephole_partial, gradient):
    """Add to the gradient what errors d_output (C,) at the cell outputs of step t cause."""
    n_blocks = layer.first_cell.shape[0] - 1
    a, state, squashed = trace.activation, trace.state, trace.squashed
    for j in range(n_blocks):
        first, last = layer.first_cell[j], layer.first_cell[j + 1]
        y_out = a[0, t, OUTPUT * n_blocks + j, 0]
        delta_out = 0.0
        for c in range(first, last):
            delta_out += squashed[0, t, c, 0] * d_output[c]
        delta_out *= y_out * (1.0 - y_out)
        for q in range(sources.shape[2]):
            gradient.hidden[OUTPUT * n_blocks + j, q] += delta_out * sources[0, t, q, 0]
        for c in range(first, last):
            e_s = y_out * slope(layer.h, squashed[0, t, c, 0]) * d_output[c]
            for q in range(sources.shape[2]):
                gradient.hidden[INPUT * n_blocks + j, q] += e_s * partial[INPUT, c, q]
                gradient.hidden[FORGET * n_blocks + j, q] += e_s * partial[FORGET, c, q]
                gradient.hidden[3 * n_blocks + c, q] += e_s * partial[2, c, q]
            if layer.peepholes:
                gradient.peephole[OUTPUT, c] += delta_out * state[0, t + 1, c, 0]
                for v in range(first, last):
                    gradient.peephole[INPUT, v] += e_s * peephole_partial[INPUT, c, v]
                    gradient.peephole[FORGET, v] += e_s * peephole_partial[FORGET, c, v]


@kernel(costs=("truncated gradients", 3))
def truncated_gradient(layer, connections, batch, trace, d_last, gradient):
    """Run the sequence in lane 0 and add the truncated gradient for the error at its last step.

    Parameters as in `backward`; the batch has one sequence, the trace is whole.
    """
    n_cells = trace.state.shape[2]
    n_sources = trace.sources.shape[2]
    partial = np.zeros((3, n_cells, n_sources))
    peephole_partial = np.zeros((2, n_cells, n_cells))
    last = batch.lengths[0, 0] - 1
    run_steps(layer, connections, batch, trace, 0, 0, 0, last + 1)
    for t in range(last + 1):
        partials_step(layer, trace.sources, trace, t, partial, peephole_partial)
    d_output = d_last[:, 0]
    inject(layer, trace.sources, trace, last, d_output, partial, peephole_partial, gradient)
