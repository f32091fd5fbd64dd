"""Recurrent networks with delays and slow units, by whole sequences, and their exact gradient.

    h_u(t) = f(W_u (x(t), ..., x(t - w + 1), s(t - 1), ..., s(t - D), 1))   at steps of unit u
    h_u(t) = h_u(t - 1)                                                     at other steps
    y(t) = f_out(V h(t) + c)

In a NARX network (Lin et al. 1996) units read the network's own outputs, s = y, as far back as D
steps; otherwise s = h. A unit of period p changes at the steps 0, p, 2 p, ... and holds its value
in between, so that slow units keep what fast ones forget (El Hihi and Bengio 1995). An error that
takes jumps of D steps, or is held, decays in fewer steps.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels._jit import kernel, kernel_without_nrt
from lstmtool.kernels.squash import slope_plain, squash_plain
from lstmtool.kernels.supervised.framewise import delta_and_error, squash_row
from lstmtool.kernels.supervised.lstm_records import SOFTMAX


class Delayed(NamedTuple):
    """A network of U units, and its error; F is K if units read outputs, and U otherwise."""

    window: int  # w, steps of the input that units read, the newest first
    delays: int  # D
    reads_outputs: bool
    periods: np.ndarray  # (U,) int64
    f: int  # activation function of the units
    f_output: int  # of the outputs, or SOFTMAX
    cross_entropy: bool  # otherwise squared error


class DelayedWeights(NamedTuple):
    """Weights, or a gradient."""

    hidden: np.ndarray  # (U, w X + D F + 1): inputs, what is read of older steps, bias
    output: np.ndarray  # (K, U + 1), with bias


class DelayedTrace(NamedTuple):
    """A sequence as it is run, and the errors on the way back; row t belongs to step t."""

    sources: np.ndarray  # (T, w X + D F + 1)
    units: np.ndarray  # (T, U)
    d_units: np.ndarray  # (T, U) errors at the units' values
    d_outputs: np.ndarray  # (T, K) errors at the outputs, of later steps that read them
    past: np.ndarray  # (D, F) what is read of the steps before the first, the newest first


@kernel_without_nrt
def fill_sources(net, inputs, first, t, trace, outputs):
    """Gather what the units read at step t of a sequence that begins at row `first`."""
    source, at = trace.sources[t], 0
    for delay in range(net.window):
        for i in range(inputs.shape[1]):
            source[at] = inputs[first + t - delay, i] if delay <= t else 0.0
            at += 1
    for delay in range(1, net.delays + 1):
        for v in range(trace.past.shape[1]):
            if delay > t:
                source[at] = trace.past[delay - t - 1, v]
            elif net.reads_outputs:
                source[at] = outputs[first + t - delay, v]
            else:
                source[at] = trace.units[t - delay, v]
            at += 1
    source[at] = 1.0


@kernel_without_nrt
def run_sequence(net, weights, inputs, first, after, trace, outputs):
    """Run the sequence of rows first:after; fill its outputs (S, K) and the trace."""
    n_units, n_sources = weights.hidden.shape
    for t in range(after - first):
        fill_sources(net, inputs, first, t, trace, outputs)
        source, units, y = trace.sources[t], trace.units[t], outputs[first + t]
        for u in range(n_units):
            if t % net.periods[u]:
                units[u] = trace.units[t - 1, u]
                continue
            total = 0.0
            for q in range(n_sources):
                total += weights.hidden[u, q] * source[q]
            units[u] = squash_plain(net.f, total)
        for k in range(outputs.shape[1]):
            total = weights.output[k, n_units]
            for u in range(n_units):
                total += weights.output[k, u] * units[u]
            y[k] = total
        squash_row(net.f_output, outputs, first + t)


@kernel_without_nrt
def errors_at_outputs(net, strings, n, outputs, d_outputs):
    """Turn errors (K,) at the outputs of row n into those at net inputs, with the row's own.

    Returns the row's error.
    """
    y, n_outputs, error, mean = outputs[n], outputs.shape[1], 0.0, 0.0
    if net.f_output == SOFTMAX:
        for k in range(n_outputs):
            mean += y[k] * d_outputs[k]
    for k in range(n_outputs):
        slope = y[k] if net.f_output == SOFTMAX else slope_plain(net.f_output, y[k])
        d_outputs[k] = slope * (d_outputs[k] - mean)
        if strings.scored[n]:
            target = strings.targets[n, k]
            delta, own = delta_and_error(net.f_output, net.cross_entropy, y[k], target)
            d_outputs[k] += delta
            error += own
    return error


@kernel_without_nrt
def pass_back(net, delta, weights, t, trace):
    """Add the error of a unit's net input at step t to what the unit read: weights (w X + D F,)."""
    n_read = trace.past.shape[1]
    target = trace.d_outputs if net.reads_outputs else trace.d_units
    at = weights.shape[0] - net.delays * n_read
    for delay in range(1, min(net.delays, t) + 1):
        for v in range(n_read):
            target[t - delay, v] += delta * weights[at + v]
        at += n_read


@kernel_without_nrt
def learn_sequence(net, weights, strings, first, after, trace, outputs, ascent):
    """Add minus the gradient of the error of a sequence that was run; return that error."""
    n_units, n_sources = weights.hidden.shape
    n_steps, error = after - first, 0.0
    trace.d_units[:n_steps] = 0.0
    trace.d_outputs[:n_steps] = 0.0
    for t in range(n_steps - 1, -1, -1):
        d_units, d_nets = trace.d_units[t], trace.d_outputs[t]
        units, source = trace.units[t], trace.sources[t]
        error += errors_at_outputs(net, strings, first + t, outputs, d_nets)
        for k in range(d_nets.shape[0]):
            for u in range(n_units):
                d_units[u] += weights.output[k, u] * d_nets[k]
                ascent.output[k, u] += d_nets[k] * units[u]
            ascent.output[k, n_units] += d_nets[k]
        for u in range(n_units):
            if t % net.periods[u]:
                trace.d_units[t - 1, u] += d_units[u]
                continue
            delta = d_units[u] * slope_plain(net.f, units[u])
            for q in range(n_sources):
                ascent.hidden[u, q] += delta * source[q]
            pass_back(net, delta, weights.hidden[u, : n_sources - 1], t, trace)
    return error


@kernel
def run(net, weights, strings, trace, outputs):
    """Run all sequences, and fill outputs (S, K)."""
    for n in range(strings.starts.shape[0] - 1):
        first, after = strings.starts[n], strings.starts[n + 1]
        run_sequence(net, weights, strings.inputs, first, after, trace, outputs)


@kernel(costs=("networks with delays", 4))
def learn(net, weights, strings, batch, trace, outputs, ascent):
    """Run the sequences batch[0]:batch[1], and fill minus the gradient of the sum of their errors.

    Returns
    -------
    tuple
        That sum, and the number of scored steps.
    """
    ascent.hidden[:] = 0.0
    ascent.output[:] = 0.0
    error, n_scored = 0.0, 0
    for n in range(batch[0], batch[1]):
        first, after = strings.starts[n], strings.starts[n + 1]
        run_sequence(net, weights, strings.inputs, first, after, trace, outputs)
        error += learn_sequence(net, weights, strings, first, after, trace, outputs, ascent)
        for t in range(first, after):
            n_scored += int(strings.scored[t])
    return error, n_scored
