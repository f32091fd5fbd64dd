"""One step of a classic LSTM network, and its truncated gradient in O(1) memory per step.

The blocks and their order are those of the 2003 tutorial's pseudo-code: init, forward pass, partial
derivatives, backward pass. Errors are cut when they leave a memory cell or gate: recurrent
connections and peepholes carry no error back, though their weights learn.
"""

from __future__ import annotations

from lstmtool.kernels._jit import inlined, kernel_without_nrt
from lstmtool.kernels.records import (
    CELL,
    FORGET,
    IDENTITY,
    INPUT,
    LOGISTIC,
    OUTPUT,
    SIGMOID_2_1,
    SIGMOID_4_2,
    TANH,
)
from lstmtool.kernels.squash import logistic, slope, slope_plain, tanh
from lstmtool.kernels.supervised.lstm_records import OWN_CELL


@kernel_without_nrt
def squash_part(code, values, first, after):
    """Apply an activation function to part of a vector; compiled once for all kinds of unit."""
    if code == TANH:
        for i in range(first, after):
            values[i] = tanh(values[i])
    elif code != IDENTITY:
        scale, offset = 1.0, 0.0
        if code == SIGMOID_4_2:
            scale, offset = 4.0, -2.0
        elif code == SIGMOID_2_1:
            scale, offset = 2.0, -1.0
        for i in range(first, after):
            values[i] = scale * logistic(values[i]) + offset


@kernel_without_nrt
def reset(shape, memory):
    """Init network: set states, partials and activations to 0."""
    for q in range(memory.source.shape[0] - 1):
        memory.source[q] = 0.0
    memory.source[memory.source.shape[0] - 1] = 1.0
    for r in range(memory.read.shape[0]):
        memory.read[r] = 1.0
    for u in range(memory.activation.shape[0]):
        memory.activation[u] = 0.0
    for c in range(memory.state.shape[0]):
        memory.state[c] = 0.0
        memory.cell_output[c] = 0.0
        for kind in range(3):
            for q in range(memory.source.shape[0]):
                memory.partial[kind, c, q] = 0.0
        for kind in range(2):
            for v in range(memory.state.shape[0]):
                memory.peephole_partial[kind, c, v] = 0.0


@inlined
def net_inputs(weights, sources, n_read, first, after, net):
    """Net inputs of some rows of units: weights times the first n_read sources."""
    for u in range(first, after):
        total = 0.0
        for q in range(n_read):
            total += weights[u, q] * sources[q]
        net[u] = total


@inlined
def add_peepholes(first_cell, peephole, kind, states, net, first_row):
    """Add the peepholes' part to the net inputs of one kind of gate."""
    for j in range(first_cell.shape[0] - 1):
        for c in range(first_cell[j], first_cell[j + 1]):
            net[first_row + j] += peephole[kind, c] * states[c]


@kernel_without_nrt
def forward_step(shape, weights, memory, inputs, t):
    """Forward pass of the pseudo-code, steps 1a to 2, and the output units, at row t of inputs."""
    a, state, before, source = memory.activation, memory.state, memory.before, memory.source
    squashed, read, n_cells, n_inputs = memory.squashed, memory.read, state.shape[0], shape.n_inputs
    first_cell, first_row = shape.first_cell, shape.first_row
    for i in range(n_inputs):
        source[i] = inputs[t, i]
    for c in range(n_cells):
        source[n_inputs + c] = memory.cell_output[c]
        before[c] = state[c]
    if shape.gates_are_read:
        for u in range(first_row[CELL]):
            source[n_inputs + n_cells + u] = a[u]
    for kind in range(4):
        n_read = shape.reads[kind]
        net_inputs(weights.hidden, source, n_read, first_row[kind], first_row[kind + 1], a)
    if shape.peepholes:
        add_peepholes(first_cell, weights.peephole, INPUT, before, a, first_row[INPUT])
        if shape.forget_gate:
            add_peepholes(first_cell, weights.peephole, FORGET, before, a, first_row[FORGET])
    squash_part(LOGISTIC, a, first_row[INPUT], first_row[OUTPUT])
    squash_part(shape.g, a, first_row[CELL], first_row[CELL + 1])
    for j in range(first_cell.shape[0] - 1):
        y_in = a[first_row[INPUT] + j]
        y_forget = a[first_row[FORGET] + j] if shape.forget_gate else 1.0
        for c in range(first_cell[j], first_cell[j + 1]):
            state[c] = y_forget * before[c] + y_in * a[first_row[CELL] + c]
            squashed[c] = state[c]
    squash_part(shape.h, squashed, 0, n_cells)
    if shape.peepholes:
        add_peepholes(first_cell, weights.peephole, OUTPUT, state, a, first_row[OUTPUT])
    squash_part(LOGISTIC, a, first_row[OUTPUT], first_row[CELL])
    first = n_inputs if shape.outputs_read_inputs else 0
    for i in range(first):
        read[i] = inputs[t, i]
    for j in range(first_cell.shape[0] - 1):
        for c in range(first_cell[j], first_cell[j + 1]):
            memory.cell_output[c] = a[first_row[OUTPUT] + j] * squashed[c]
            read[first + c] = memory.cell_output[c]
    n_outputs = memory.output.shape[0]
    net_inputs(weights.output, read, read.shape[0], 0, n_outputs, memory.output)
    squash_part(shape.f_output, memory.output, 0, n_outputs)


@kernel_without_nrt
def partials_step(shape, memory):
    """Equations 5.6 to 5.8b: dS <- y_forget dS + the step's own term."""
    a, first_row, source = memory.activation, shape.first_row, memory.source
    for j in range(shape.first_cell.shape[0] - 1):
        first, last = shape.first_cell[j], shape.first_cell[j + 1]
        y_in = a[first_row[INPUT] + j]
        y_forget = a[first_row[FORGET] + j] if shape.forget_gate else 1.0
        for c in range(first, last):
            g = a[first_row[CELL] + c]
            of_input = g * y_in * (1.0 - y_in)
            of_forget = memory.before[c] * y_forget * (1.0 - y_forget)
            of_cell = slope(shape.g, g) * y_in
            for q in range(source.shape[0]):
                memory.partial[INPUT, c, q] = (
                    y_forget * memory.partial[INPUT, c, q] + of_input * source[q]
                )
                memory.partial[OWN_CELL, c, q] = (
                    y_forget * memory.partial[OWN_CELL, c, q] + of_cell * source[q]
                )
            if shape.forget_gate:
                for q in range(source.shape[0]):
                    memory.partial[FORGET, c, q] = (
                        y_forget * memory.partial[FORGET, c, q] + of_forget * source[q]
                    )
            if shape.peepholes:
                for v in range(first, last):
                    memory.peephole_partial[INPUT, c, v] = (
                        y_forget * memory.peephole_partial[INPUT, c, v]
                        + of_input * memory.before[v]
                    )
                    memory.peephole_partial[FORGET, c, v] = (
                        y_forget * memory.peephole_partial[FORGET, c, v]
                        + of_forget * memory.before[v]
                    )


@inlined
def output_deltas(shape, memory, targets, t, tolerance):
    """Equation 5.10: delta = f'(net) (target - y); with cross-entropy, target - y.

    Errors target - y within the tolerance count as 0.
    """
    for k in range(memory.output.shape[0]):
        error = targets[t, k] - memory.output[k]
        if abs(error) < tolerance:
            error = 0.0
        if not shape.cross_entropy:
            error *= slope_plain(shape.f_output, memory.output[k])
        memory.delta[k] = error


@kernel_without_nrt
def add_negative_gradient(shape, weights, memory, negative_gradient):
    """Backward pass, equations 5.9 to 5.15: add the changes due to the deltas at this step."""
    a, first_row, reads = memory.activation, shape.first_row, shape.reads
    source, delta = memory.source, memory.delta
    at = shape.n_inputs if shape.outputs_read_inputs else 0
    for k in range(delta.shape[0]):
        for r in range(memory.read.shape[0]):
            negative_gradient.output[k, r] += delta[k] * memory.read[r]
    for j in range(shape.first_cell.shape[0] - 1):
        first, last = shape.first_cell[j], shape.first_cell[j + 1]
        out = first_row[OUTPUT] + j
        y_out = a[out]
        delta_out = 0.0
        for c in range(first, last):
            error = 0.0
            for k in range(delta.shape[0]):
                error += weights.output[k, at + c] * delta[k]
            delta_out += memory.squashed[c] * error
            error *= y_out * slope(shape.h, memory.squashed[c])
            for q in range(reads[INPUT]):
                negative_gradient.hidden[first_row[INPUT] + j, q] += (
                    error * memory.partial[INPUT, c, q]
                )
            if shape.forget_gate:
                for q in range(reads[FORGET]):
                    negative_gradient.hidden[first_row[FORGET] + j, q] += (
                        error * memory.partial[FORGET, c, q]
                    )
            for q in range(reads[CELL]):
                negative_gradient.hidden[first_row[CELL] + c, q] += (
                    error * memory.partial[OWN_CELL, c, q]
                )
            if shape.peepholes:
                for v in range(first, last):
                    negative_gradient.peephole[INPUT, v] += (
                        error * memory.peephole_partial[INPUT, c, v]
                    )
                    if shape.forget_gate:
                        negative_gradient.peephole[FORGET, v] += (
                            error * memory.peephole_partial[FORGET, c, v]
                        )
        delta_out *= y_out * (1.0 - y_out)
        for q in range(reads[OUTPUT]):
            negative_gradient.hidden[out, q] += delta_out * source[q]
        if shape.peepholes:
            for c in range(first, last):
                negative_gradient.peephole[OUTPUT, c] += delta_out * memory.state[c]


@kernel_without_nrt
def output_derivatives(shape, weights, memory, derivatives, views):
    """Fill the truncated derivatives of each output with respect to each weight at this step.

    Parameters
    ----------
    derivatives : ndarray of shape (K, P)
        Overwritten; not to be used where there is no connection.
    views : Weights
        Scratch with the shapes of the weights.
    """
    n_outputs = memory.output.shape[0]
    for k in range(n_outputs):
        for i in range(n_outputs):
            memory.delta[i] = 0.0
        memory.delta[k] = slope_plain(shape.f_output, memory.output[k])
        _clear(views)
        add_negative_gradient(shape, weights, memory, views)
        _copy(views, derivatives, k)


@inlined
def _clear(views):
    for u in range(views.hidden.shape[0]):
        for q in range(views.hidden.shape[1]):
            views.hidden[u, q] = 0.0
    for kind in range(views.peephole.shape[0]):
        for c in range(views.peephole.shape[1]):
            views.peephole[kind, c] = 0.0
    for k in range(views.output.shape[0]):
        for r in range(views.output.shape[1]):
            views.output[k, r] = 0.0


@inlined
def _copy(views, derivatives, k):
    """Copy the views one after the other to row k, in the order of the flat vector."""
    at = 0
    for u in range(views.hidden.shape[0]):
        for q in range(views.hidden.shape[1]):
            derivatives[k, at] = views.hidden[u, q]
            at += 1
    for kind in range(views.peephole.shape[0]):
        for c in range(views.peephole.shape[1]):
            derivatives[k, at] = views.peephole[kind, c]
            at += 1
    for i in range(views.output.shape[0]):
        for r in range(views.output.shape[1]):
            derivatives[k, at] = views.output[i, r]
            at += 1
