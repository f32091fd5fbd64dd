"""Simple recurrent networks over sequences: running, and learning by RTRL or through time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels._jit import kernel, kernel_without_nrt
from lstmtool.kernels.supervised.bptt import backward
from lstmtool.kernels.supervised.criteria import is_right
from lstmtool.kernels.supervised.rtrl import collect, partials_step
from lstmtool.kernels.supervised.simple import RTRL, WHOLE, copy, inject, output_errors, read, step
from lstmtool.kernels.supervised.updates import descend

STEP, SEQUENCE = 0, 1  # when weights change; otherwise after all sequences


class Trace(NamedTuple):
    """Memory of a learning network; row t % R belongs to step t of a sequence."""

    units: np.ndarray  # (R, U) activations before the step
    delta: np.ndarray  # (R, K) errors at the outputs
    partial: np.ndarray  # (2, U, U * Q) for RTRL: before and after the step, alternating
    d_units: np.ndarray  # (U,) errors at the units' activations
    passed: np.ndarray  # (U,) errors passed back one step


class Way(NamedTuple):
    """How strings are run, and when weights change."""

    update: int  # STEP, SEQUENCE, or after all
    carry: bool  # whether the state continues from the previous call
    criterion: int  # for the first wrong step, at which to end; -1 for none
    bound: float


@kernel
def run(net, weights, strings, start, state, outputs):
    """Fill outputs (S, K); sequences start from `start`, or continue if it is empty.

    state (U,) is the state before the first step, then that after the last.
    """
    after = np.empty(net.n_units)
    for n in range(strings.starts.shape[0] - 1):
        if start.shape[0] > 0:
            copy(state, start)
        for t in range(strings.starts[n], strings.starts[n + 1]):
            step(net, weights, strings.inputs[t], state, after)
            copy(state, after)
            read(net, weights, state, outputs[t])


@kernel_without_nrt
def clear(rows):
    """Fill a matrix with zeros."""
    for u in range(rows.shape[0]):
        for p in range(rows.shape[1]):
            rows[u, p] = 0.0


@kernel_without_nrt
def copy_rows(to, what):
    """Copy a matrix into another."""
    for u in range(to.shape[0]):
        copy(to[u], what[u])


@kernel_without_nrt
def gather(net, weights, inputs, trace, last, counted):
    """Add the negative gradient of the last step's error or, through time, from `counted` on.

    Errors that go back to the start of their sequence can thus wait for its end.
    """
    rows = trace.units.shape[0]
    if net.horizon == RTRL:
        for u in range(net.n_units):
            trace.d_units[u] = 0.0
        after, delta = trace.units[(last + 1) % rows], trace.delta[last % rows]
        inject(net, weights.values, after, delta, trace.d_units, weights.negative_gradient)
        collect(net, trace.d_units, trace.partial[(last + 1) % 2], weights.negative_gradient)
    else:
        first = 0 if net.horizon == WHOLE else max(0, last - net.horizon + 1)
        backward(
            net, weights.values, inputs, trace, (last, first, counted), weights.negative_gradient
        )


@kernel_without_nrt
def learn_step(net, weights, inputs, trace, t, y):
    """Run step t of a sequence: the units, their derivatives, and outputs (K,)."""
    rows = trace.units.shape[0]
    before, after = trace.units[t % rows], trace.units[(t + 1) % rows]
    step(net, weights.values, inputs[t], before, after)
    if net.horizon == RTRL:
        pair = (trace.partial[t % 2], trace.partial[(t + 1) % 2])
        partials_step(net, weights.values, inputs[t], before, after, pair)
    read(net, weights.values, after, y)
    for k in range(y.shape[0]):
        trace.delta[t % rows, k] = 0.0


@kernel(costs=("learning of simple recurrent networks", 3))
def learn(net, weights, strings, trace, outputs, descent, way, state):
    """Learn all sequences, each from state (U,), or one that continues from it.

    Ends after the first wrong step if there is a criterion. Returns the total steps done. If the
    state is carried, it is updated, and so is the trace's first partial.
    """
    rows = trace.units.shape[0]
    for n in range(strings.starts.shape[0] - 1):
        begins, ends = strings.starts[n], strings.starts[n + 1]
        inputs, done, right = strings.inputs[begins:ends], ends - begins, True
        copy(trace.units[0], state)
        if not way.carry and net.horizon == RTRL:
            clear(trace.partial[0])
        for t in range(ends - begins):
            learn_step(net, weights, inputs, trace, t, outputs[begins + t])
            if not strings.scored[begins + t]:
                continue
            target, delta = strings.targets[begins + t], trace.delta[t % rows]
            output_errors(net, outputs[begins + t], target, delta)
            if net.horizon != WHOLE or way.update == STEP:
                gather(net, weights, inputs, trace, t, t)
            if way.update == STEP:
                descend(weights, descent)
            if way.criterion >= 0 and not is_right(
                way.criterion, way.bound, outputs, strings.targets, strings.allowed, begins + t
            ):
                done, right = t + 1, False
                break
        if net.horizon == WHOLE and way.update != STEP:
            gather(net, weights, inputs, trace, done - 1, np.int64(0))
        if way.update == SEQUENCE:
            descend(weights, descent)
        if way.carry:
            copy(state, trace.units[done % rows])
            if net.horizon == RTRL:
                copy_rows(trace.partial[0], trace.partial[done % 2])
        if not right:
            return begins + done
    if way.update != STEP and way.update != SEQUENCE:
        descend(weights, descent)
    return strings.starts[strings.starts.shape[0] - 1]
