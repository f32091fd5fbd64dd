"""Backpropagation through time, back to the start or for a number of steps.

Werbos 1990; truncated after h steps: Williams and Peng 1990. With h = 1 it is the learning rule of
Elman 1990, which does not pass errors back in time.
"""

from __future__ import annotations

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.squash import slope_plain
from lstmtool.kernels.supervised.simple import copy, inject, n_sources


@kernel_without_nrt
def backward(net, weights, inputs, trace, span, negative_gradient):
    """Add the effect of output errors on all weights, going back some steps.

    Parameters
    ----------
    trace : Trace
        Row t % rows holds the units' activations before step t, and its output errors.
    span : tuple of int
        Last step; first step that errors go back to; first step with errors that count.
    """
    last, first, counted = span
    rows, n, n_inputs = trace.units.shape[0], n_sources(net), net.n_inputs
    d_units, passed = trace.d_units, trace.passed
    d_units[:] = 0.0
    for t in range(last, first - 1, -1):
        before, after = trace.units[t % rows], trace.units[(t + 1) % rows]
        if t >= counted:
            inject(net, weights, after, trace.delta[t % rows], d_units, negative_gradient)
        passed[:] = 0.0
        for u in range(net.n_units):
            delta = d_units[u] * slope_plain(net.f, after[u])
            for i in range(n_inputs):
                negative_gradient[u * n + i] += delta * inputs[t, i]
            for v in range(net.n_units):
                negative_gradient[u * n + n_inputs + v] += delta * before[v]
                passed[v] += weights[u * n + n_inputs + v] * delta
            negative_gradient[u * n + n - 1] += delta
        copy(d_units, passed)
