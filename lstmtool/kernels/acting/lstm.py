"""An agent whose advantages are the outputs of an LSTM network beside plain hidden units.

Hidden units h(t) are logistic and read (x(t), h(t - 1), y(t - 1), 1), where y are the cell outputs.
The blocks read (x(t), h(t), y(t - 1), 1), the outputs (x(t), h(t), y(t), 1). Derivatives are those
of `lstmtool.kernels.supervised.lstm`: errors are cut where they leave a cell or a gate, and in all
that units read of the step before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.records import Weights
from lstmtool.kernels.squash import logistic
from lstmtool.kernels.supervised.lstm import (
    add_negative_gradient,
    forward_step,
    partials_step,
    reset,
)
from lstmtool.kernels.supervised.lstm_records import Memory, Shape


class LstmPart(NamedTuple):
    """M hidden units, and an LSTM network with X + M inputs and C cells."""

    values: np.ndarray  # (P,) all weights: of the hidden units, then of the LSTM network
    trace: np.ndarray  # (P,) their eligibility
    hidden: np.ndarray  # (M, X + M + C + 1) view of the weights
    hidden_trace: np.ndarray  # the same view of the traces
    weights: Weights  # views of the other weights
    weights_trace: Weights  # the same views of the traces
    source: np.ndarray  # (X + M + C + 1,) what the hidden units read; the last is 1
    inputs: np.ndarray  # (1, X + M) what the blocks read
    shape: Shape
    memory: Memory


@kernel_without_nrt
def begin_lstm(part):
    """Reset states, derivatives and traces."""
    reset(part.shape, part.memory)
    part.inputs[:] = 0.0
    part.trace[:] = 0.0


@kernel_without_nrt
def see_with_lstm(part, seen, advantages):
    """Step the network with what is seen; fill in the advantages (K,)."""
    n_seen, n_hidden = seen.shape[0], part.hidden.shape[0]
    cells, source, inputs = part.memory.cell_output, part.source, part.inputs
    for i in range(n_seen):
        source[i] = seen[i]
        inputs[0, i] = seen[i]
    for u in range(n_hidden):
        source[n_seen + u] = inputs[0, n_seen + u]
    for c in range(cells.shape[0]):
        source[n_seen + n_hidden + c] = cells[c]
    source[source.shape[0] - 1] = 1.0
    for u in range(n_hidden):
        net = 0.0
        for q in range(source.shape[0]):
            net += part.hidden[u, q] * source[q]
        inputs[0, n_seen + u] = logistic(net)
    forward_step(part.shape, part.weights, part.memory, inputs, 0)
    partials_step(part.shape, part.memory)
    for a in range(advantages.shape[0]):
        advantages[a] = part.memory.output[a]


@kernel_without_nrt
def trace_lstm(part, action, fading):
    """Let the traces fade, and add the truncated derivative of A(action) in every weight."""
    memory, n_hidden = part.memory, part.hidden.shape[0]
    n_seen = part.inputs.shape[1] - n_hidden
    for p in range(part.trace.shape[0]):
        part.trace[p] *= fading
    for a in range(memory.delta.shape[0]):
        memory.delta[a] = 0.0
    memory.delta[action] = 1.0
    add_negative_gradient(part.shape, part.weights, memory, part.weights_trace)
    for u in range(n_hidden):
        y = part.inputs[0, n_seen + u]
        slope = part.weights.output[action, n_seen + u] * y * (1.0 - y)
        for q in range(part.source.shape[0]):
            part.hidden_trace[u, q] += slope * part.source[q]
