"""Exact gradient of a classic LSTM network, by backpropagation through a whole sequence.

The forward pass is that of the online network, and stores every step. On the way back no error is
cut: errors flow through recurrent connections, gates that are read, and peepholes.
"""

from __future__ import annotations

from lstmtool.kernels._jit import inlined, kernel_without_nrt
from lstmtool.kernels.records import CELL, FORGET, INPUT, OUTPUT
from lstmtool.kernels.squash import slope
from lstmtool.kernels.supervised.lstm import forward_step, output_deltas, reset
from lstmtool.kernels.supervised.lstm_pass import update
from lstmtool.kernels.supervised.lstm_records import BATCH, SEQUENCE


@inlined
def keep_step(memory, tape, t):
    """Store step t of the sequence."""
    for q in range(memory.source.shape[0]):
        tape.source[t, q] = memory.source[q]
    for u in range(memory.activation.shape[0]):
        tape.activation[t, u] = memory.activation[u]
    for c in range(memory.state.shape[0]):
        tape.before[t, c] = memory.before[c]
        tape.state[t, c] = memory.state[c]
        tape.squashed[t, c] = memory.squashed[c]
    for r in range(memory.read.shape[0]):
        tape.read[t, r] = memory.read[r]
    for k in range(memory.delta.shape[0]):
        tape.delta[t, k] = memory.delta[k]


@inlined
def step_back(shape, weights, tape, t, negative_gradient):
    """Errors at the net inputs of step t, from those at t + 1 and the outputs.

    Adds to negative_gradient. tape.d_source holds the errors at the sources of step t + 1,
    tape.d_state those at s(t).
    """
    a, first_row, d_unit = tape.activation, shape.first_row, tape.d_unit
    n_inputs, n_cells = shape.n_inputs, tape.state.shape[1]
    gates_at = n_inputs + n_cells
    at = n_inputs if shape.outputs_read_inputs else 0
    for k in range(tape.delta.shape[1]):
        for r in range(tape.read.shape[1]):
            negative_gradient.output[k, r] += tape.delta[t, k] * tape.read[t, r]
    for u in range(first_row[CELL]):
        d_unit[u] = tape.d_source[gates_at + u] if shape.gates_are_read else 0.0
    for j in range(shape.first_cell.shape[0] - 1):
        i, o = first_row[INPUT] + j, first_row[OUTPUT] + j
        f = first_row[FORGET] + j
        y_in, y_out = a[t, i], a[t, o]
        y_forget = a[t, f] if shape.forget_gate else 1.0
        first, last = shape.first_cell[j], shape.first_cell[j + 1]
        for c in range(first, last):
            error = tape.d_source[n_inputs + c]
            for k in range(tape.delta.shape[1]):
                error += weights.output[k, at + c] * tape.delta[t, k]
            d_unit[o] += tape.squashed[t, c] * error
            tape.d_state[c] += y_out * slope(shape.h, tape.squashed[t, c]) * error
        d_unit[o] *= y_out * (1.0 - y_out)
        for c in range(first, last):
            if shape.peepholes:
                tape.d_state[c] += d_unit[o] * weights.peephole[OUTPUT, c]
                negative_gradient.peephole[OUTPUT, c] += d_unit[o] * tape.state[t, c]
            g = a[t, first_row[CELL] + c]
            d_unit[i] += g * tape.d_state[c]
            if shape.forget_gate:
                d_unit[f] += tape.before[t, c] * tape.d_state[c]
            d_unit[first_row[CELL] + c] = y_in * slope(shape.g, g) * tape.d_state[c]
        d_unit[i] *= y_in * (1.0 - y_in)
        if shape.forget_gate:
            d_unit[f] *= y_forget * (1.0 - y_forget)
        for c in range(first, last):
            tape.d_state[c] *= y_forget
            if shape.peepholes:
                tape.d_state[c] += d_unit[i] * weights.peephole[INPUT, c]
                negative_gradient.peephole[INPUT, c] += d_unit[i] * tape.before[t, c]
                if shape.forget_gate:
                    tape.d_state[c] += d_unit[f] * weights.peephole[FORGET, c]
                    negative_gradient.peephole[FORGET, c] += d_unit[f] * tape.before[t, c]
    for q in range(tape.d_source.shape[0]):
        tape.d_source[q] = 0.0
    for kind in range(4):
        for u in range(first_row[kind], first_row[kind + 1]):
            for q in range(shape.reads[kind]):
                negative_gradient.hidden[u, q] += d_unit[u] * tape.source[t, q]
                tape.d_source[q] += d_unit[u] * weights.hidden[u, q]


@kernel_without_nrt(costs=("backpropagation through time", 3))
def pass_through_time(net, tape, strings, outputs, way):
    """Run each sequence, pass its errors back, and update after each sequence or the last."""
    shape, weights, memory = net.shape, net.weights, net.memory
    for n in range(strings.starts.shape[0] - 1):
        first, after = strings.starts[n], strings.starts[n + 1]
        reset(shape, memory)
        for t in range(first, after):
            forward_step(shape, weights, memory, strings.inputs, t)
            for k in range(memory.output.shape[0]):
                outputs[t, k] = memory.output[k]
                memory.delta[k] = 0.0
            if strings.scored[t]:
                output_deltas(shape, memory, strings.targets, t, net.pace.tolerance)
            keep_step(memory, tape, t - first)
        for q in range(tape.d_source.shape[0]):
            tape.d_source[q] = 0.0
        for c in range(tape.d_state.shape[0]):
            tape.d_state[c] = 0.0
        for t in range(after - first - 1, -1, -1):
            step_back(shape, weights, tape, t, net.negative_gradient)
        if way.update == SEQUENCE:
            update(net.pace, net.course)
    if way.update == BATCH:
        update(net.pace, net.course)
