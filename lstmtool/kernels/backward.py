"""Backward pass: the forward pass transposed, exact or with the LSTM truncation, one text.

With the exact gradient (backpropagation through time), errors flow back through every connection.
With the truncation of Hochreiter and Schmidhuber (1997), errors that reach the net input of a
gate or a cell change its incoming weights and go no further: only cell states carry errors back.
"""

from __future__ import annotations

from lstmtool.kernels._jit import kernel
from lstmtool.kernels.forward import running, whole_vectors
from lstmtool.kernels.squash import multiply_by_slope
from lstmtool.records import FORGET, INPUT, OUTPUT


@kernel
def gate_error(activation, t, r, error, n):
    """Turn an activation in place into the error at its net input: delta = f'(net) error."""
    for l in range(n):
        activation[t, r, l] *= (1.0 - activation[t, r, l]) * error[l]


@kernel
def output_errors(layer, trace, errors, t, c, o, n):
    """Errors at the output gate, += h(s) e_y, and at the state, e_s += y_out h'(s) e_y."""
    activation, squashed = trace.activation, trace.squashed
    for l in range(n):
        errors.gate_out[l] += squashed[t, c, l] * errors.output[c, l]
        errors.cell[l] = activation[t, o, l] * errors.output[c, l]
    multiply_by_slope(layer.h, squashed, t, c, errors.cell, n)
    for l in range(n):
        errors.state[c, l] += errors.cell[l]


@kernel
def state_errors(layer, trace, errors, t, c, i, f, z, n):
    """Errors at input gate, forget gate and cell input; e_s(t - 1) = y_forget e_s(t)."""
    activation, state = trace.activation, trace.state
    for l in range(n):
        errors.gate_in[l] += activation[t, z, l] * errors.state[c, l]
        errors.forget[l] += state[t, c, l] * errors.state[c, l]
        errors.cell[l] = activation[t, i, l] * errors.state[c, l]
    multiply_by_slope(layer.g, activation, t, z, errors.cell, n)
    for l in range(n):
        activation[t, z, l] = errors.cell[l]
        errors.state[c, l] *= activation[t, f, l]


@kernel
def leak(weight, delta, t, r, errors, c, n):
    """e_s += w delta: what flows back through a peephole (exact gradient only)."""
    for l in range(n):
        errors.state[c, l] += weight * delta[t, r, l]


@kernel
def peephole_gradient(delta, t, r, state, s, c, n):
    """Sum of delta s over the lanes."""
    total = 0.0
    for l in range(n):
        total += delta[t, r, l] * state[s, c, l]
    return total


@kernel
def block_backward(layer, weights, trace, errors, d_peephole, t, j, n):
    """Errors of block j at step t: from e_y(t), e_s(t) to the net inputs' and e_s(t - 1)."""
    n_blocks = layer.first_cell.shape[0] - 1
    first, last = layer.first_cell[j], layer.first_cell[j + 1]
    i, f, o = INPUT * n_blocks + j, FORGET * n_blocks + j, OUTPUT * n_blocks + j
    delta, state = trace.activation, trace.state
    for l in range(n):
        errors.gate_in[l] = 0.0
        errors.forget[l] = 0.0
        errors.gate_out[l] = 0.0
    for c in range(first, last):
        output_errors(layer, trace, errors, t, c, o, n)
    gate_error(delta, t, o, errors.gate_out, n)
    for c in range(first, last):
        if layer.exact and layer.peepholes:
            leak(weights.peephole[OUTPUT, c], delta, t, o, errors, c, n)
        state_errors(layer, trace, errors, t, c, i, f, 3 * n_blocks + c, n)
    gate_error(delta, t, i, errors.gate_in, n)
    gate_error(delta, t, f, errors.forget, n)
    if layer.peepholes:
        for c in range(first, last):
            if layer.exact:
                leak(weights.peephole[INPUT, c], delta, t, i, errors, c, n)
                leak(weights.peephole[FORGET, c], delta, t, f, errors, c, n)
            d_peephole[INPUT, c] += peephole_gradient(delta, t, i, state, t, c, n)
            d_peephole[FORGET, c] += peephole_gradient(delta, t, f, state, t, c, n)
            d_peephole[OUTPUT, c] += peephole_gradient(delta, t, o, state, t + 1, c, n)


@kernel
def recurrent_errors(hidden, n_inputs, delta, t, errors, n):
    """e_y(t - 1) = R.T delta(t): what flows back through the recurrent connections."""
    for c in range(errors.output.shape[0]):
        for l in range(n):
            errors.output[c, l] = 0.0
        for r in range(hidden.shape[0]):
            weight = hidden[r, n_inputs + c]
            for l in range(n):
                errors.output[c, l] += weight * delta[t, r, l]


@kernel
def hidden_gradient(delta, sources, t, d_hidden, n):
    """d_hidden (R, Q) += delta[t] (R, n) @ sources[t] (Q, n).T."""
    for r in range(d_hidden.shape[0]):
        for q in range(d_hidden.shape[1]):
            total = 0.0
            for l in range(n):
                total += delta[t, r, l] * sources[t, q, l]
            d_hidden[r, q] += total


@kernel
def backward(layer, weights, batch, trace, d_last, errors, gradient):
    """Add to the gradient what errors d_last (C, L) at every last cell output cause.

    Overwrites trace.activation with the errors delta at the net inputs; leaves the errors at the
    initial states and outputs in errors.state and errors.output.
    """
    errors.state[:] = 0.0
    errors.output[:] = 0.0
    ended = 0
    for t in range(trace.activation.shape[0] - 1, -1, -1):
        n_running = running(batch.lengths, t)
        n = whole_vectors(n_running)
        for l in range(ended, n_running):
            errors.output[:, l] = d_last[:, l]
        ended = n_running
        for j in range(layer.first_cell.shape[0] - 1):
            block_backward(layer, weights, trace, errors, gradient.peephole, t, j, n)
        hidden_gradient(trace.activation, batch.sources, t, gradient.hidden, n)
        if layer.exact:
            recurrent_errors(weights.hidden, layer.n_inputs, trace.activation, t, errors, n)
        else:
            errors.output[:] = 0.0
