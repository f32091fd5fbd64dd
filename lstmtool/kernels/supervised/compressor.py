"""The history compressor: levels of recurrent networks, each of which sees what surprised another.

Every level is a simple recurrent network that predicts its next event: a symbol, a target and,
above the lowest level, the time since its last event (Schmidhuber 1991, 1992). The lowest level has
an event at every step. What a level does not predict is the next event of the level above, which
does not step otherwise. With collapse, a level also learns to tell the state and the prediction of
the level above, and so to remember what that level remembers.

The first S outputs are a softmax over the symbols, the others logistic; the error is cross-entropy,
so that every output's error is target minus output.
"""

from __future__ import annotations

from math import exp
from typing import NamedTuple

import numpy as np

from lstmtool.kernels._jit import kernel, kernel_without_nrt
from lstmtool.kernels.squash import logistic
from lstmtool.kernels.supervised.bptt import backward
from lstmtool.kernels.supervised.simple import Simple, copy, n_sources, step
from lstmtool.kernels.supervised.simple_learning import Trace
from lstmtool.kernels.supervised.updates import Descent, Weights, descend

HALF = 10.0  # steps after which the code of elapsed time is one half


class Level(NamedTuple):
    """One network; it has predicted its next event once it has begun."""

    net: Simple
    weights: Weights
    trace: Trace  # row t % R holds the units before event t, and its output errors
    events: np.ndarray  # (M, S + 2) of this stream: symbol, target, code of elapsed time
    times: np.ndarray  # (M,) int64, steps at which they came
    outputs: np.ndarray  # (K,) after the last event
    n_predicted: int  # outputs that predict; the others tell of the level above
    progress: np.ndarray  # (3,) int64: events so far; whether it has begun; time of the last event


class Compression(NamedTuple):
    """How surprises are passed up, and weights learned."""

    n_symbols: int
    threshold: float
    descent: Descent
    learns: bool


@kernel_without_nrt
def predict(level, n_symbols):
    """Compute the outputs (K,) from the units after the last event: softmax, then logistic."""
    net, y, values = level.net, level.outputs, level.weights.values
    units = level.trace.units[level.progress[0] % level.trace.units.shape[0]]
    first, n = net.n_units * n_sources(net), net.n_units + 1
    for k in range(net.n_outputs):
        total = values[first + k * n + n - 1]
        for u in range(net.n_units):
            total += values[first + k * n + u] * units[u]
        y[k] = total
    highest, total = y[0], 0.0
    for k in range(1, n_symbols):
        highest = max(highest, y[k])
    for k in range(n_symbols):
        y[k] = exp(y[k] - highest)
        total += y[k]
    for k in range(n_symbols):
        y[k] /= total
    for k in range(n_symbols, net.n_outputs):
        y[k] = logistic(y[k])


@kernel_without_nrt
def meet(level, event, compression):
    """Compare the prediction with the event that came; learn; return the largest error."""
    if level.progress[1] == 0:
        return 1.0
    rows, last = level.trace.delta.shape[0], level.progress[0] - 1
    delta, largest = level.trace.delta[last % rows], 0.0
    for k in range(level.n_predicted):
        delta[k] = event[k] - level.outputs[k]
        largest = max(largest, abs(delta[k]))
    if compression.learns:
        first = max(0, last - level.net.horizon + 1)
        span = (last, first, last)
        backward(
            *(level.net, level.weights.values, level.events, level.trace, span),
            level.weights.negative_gradient,
        )
        descend(level.weights, compression.descent)
    return largest


@kernel_without_nrt
def take(level, event, now, compression):
    """Step with an event, and predict the next one."""
    rows, t = level.trace.units.shape[0], level.progress[0]
    copy(level.events[t], event)
    level.times[t] = now
    before, after = level.trace.units[t % rows], level.trace.units[(t + 1) % rows]
    step(level.net, level.weights.values, level.events[t], before, after)
    level.progress[0] = t + 1
    level.progress[1] = 1
    level.progress[2] = now
    predict(level, compression.n_symbols)


@kernel_without_nrt
def tell_of(level, above):
    """Set the errors of the outputs that tell the state and the prediction of the level above."""
    delta = level.trace.delta[(level.progress[0] - 1) % level.trace.delta.shape[0]]
    units = above.trace.units[above.progress[0] % above.trace.units.shape[0]]
    first = level.n_predicted
    for u in range(above.net.n_units):
        delta[first + u] = 0.5 * (1.0 + units[u]) - level.outputs[first + u]
    first += above.net.n_units
    for k in range(above.n_predicted):
        delta[first + k] = above.outputs[k] - level.outputs[first + k]


@kernel_without_nrt
def advance(levels, event, now, compression):
    """Let an outcome of step `now` rise as far as it surprises; event (S + 2,) is scratch above."""
    n_symbols, reached = compression.n_symbols, 0
    for k in range(len(levels)):
        level = levels[k]
        elapsed = now - level.progress[2]
        event[n_symbols + 1] = elapsed / (elapsed + HALF) if k > 0 else 0.0
        reached = k + 1
        if meet(level, event, compression) <= compression.threshold:
            break
    for k in range(reached - 1, -1, -1):
        level = levels[k]
        elapsed = now - level.progress[2]
        event[n_symbols + 1] = elapsed / (elapsed + HALF) if k > 0 else 0.0
        take(level, event, now, compression)
        if k + 1 < len(levels) and level.net.n_outputs > level.n_predicted:
            tell_of(level, levels[k + 1])


@kernel_without_nrt
def begin(levels):
    """Reset every level."""
    for k in range(len(levels)):
        level = levels[k]
        level.trace.units[0, :] = 0.0
        level.progress[0] = 0
        level.progress[1] = 0
        level.progress[2] = -1


@kernel_without_nrt
def target_of(levels, k_target, threshold):
    """Return the prediction of the target by the lowest level that is sure of it."""
    y = 0.5
    for k in range(len(levels)):
        if levels[k].progress[1] == 0:
            break
        y = levels[k].outputs[k_target]
        if y < threshold or y > 1.0 - threshold:
            break
    return y


@kernel(costs=("the history compressor", 6))
def compress(levels, inputs, targets, outputs, own, compression):
    """Run a stream of symbols (T, S) with targets (T, S + 1); fill outputs (T, S + 1).

    Outputs are the lowest level's prediction of the next symbol, and the target as the lowest level
    that is sure of it has it; own (T,) is the target as the lowest level alone has it. The first
    symbol surprises all levels.
    """
    n_symbols, lowest = compression.n_symbols, levels[0]
    event = np.zeros(n_symbols + 2)
    begin(levels)
    for k in range(n_symbols):
        event[k] = inputs[0, k]
    advance(levels, event, 0, compression)
    for t in range(inputs.shape[0]):
        for k in range(n_symbols):
            outputs[t, k] = lowest.outputs[k]
        own[t] = lowest.outputs[n_symbols]
        outputs[t, n_symbols] = target_of(levels, n_symbols, compression.threshold)
        for k in range(n_symbols + 1):
            event[k] = targets[t, k]
        advance(levels, event, t + 1, compression)
