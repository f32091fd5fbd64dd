"""Over sequences of a classic LSTM network in one compiled call: run, learn, or learn a stream."""

from __future__ import annotations

from lstmtool.kernels._jit import bare
from lstmtool.kernels.classic.criteria import is_right
from lstmtool.kernels.classic.lstm import (
    add_downhill,
    forward_step,
    output_deltas,
    partials_step,
    reset,
)
from lstmtool.kernels.classic.lstm_records import (
    BATCH,
    DECAY_AFTER,
    NESTEROV,
    NEVER,
    PLAIN,
    SEQUENCE,
    STEP,
)
from lstmtool.kernels.classic.updates import momentum_update, nesterov_update, scheduled_momentum


@bare
def update(pace, course):
    """Change the weights along the downhill direction summed up so far, and begin a new sum."""
    rate, t = course.rate[0], course.updates[0]
    if pace.rule == PLAIN:
        for p in range(course.weights.shape[0]):
            course.weights[p] += rate * course.downhill[p]
    elif pace.rule == NESTEROV:
        now = scheduled_momentum(t, pace.momentum)
        after = scheduled_momentum(t + 1, pace.momentum)
        nesterov_update(
            course.weights, course.downhill, course.velocity, course.exists, rate, (now, after)
        )
    else:
        momentum_update(
            course.weights, course.downhill, course.velocity, course.exists, rate, pace.momentum
        )
    for p in range(course.downhill.shape[0]):
        course.downhill[p] = 0.0
    course.updates[0] = t + 1
    if (t + 1) % DECAY_AFTER == 0:
        course.rate[0] = rate * pace.decay


@bare
def pass_over(net, strings, outputs, way):
    """Go over strings the given way; fill outputs (S, K) with those made before each update.

    Returns the steps done: S, or fewer where it stopped after a wrong one.
    """
    shape, weights, memory = net.shape, net.weights, net.memory
    starts, learns = strings.starts, way.update != NEVER
    if memory.source[memory.source.shape[0] - 1] != 1.0:  # not reset yet, or to be reset
        reset(shape, memory)
    for n in range(starts.shape[0] - 1):
        if not way.carry:
            reset(shape, memory)
        for t in range(starts[n], starts[n + 1]):
            forward_step(shape, weights, memory, strings.inputs, t)
            for k in range(memory.output.shape[0]):
                outputs[t, k] = memory.output[k]
            if learns:
                partials_step(shape, memory)
            if strings.scored[t]:
                if learns:
                    output_deltas(shape, memory, strings.targets, t)
                    add_downhill(shape, weights, memory, net.downhill)
                    if way.update == STEP:
                        update(net.pace, net.course)
                if way.stops and not is_right(
                    way.criterion, way.bound, outputs, strings.targets, strings.allowed, t
                ):
                    return t + 1
        if way.update == SEQUENCE:
            update(net.pace, net.course)
    if way.update == BATCH:
        update(net.pace, net.course)
    return starts[starts.shape[0] - 1]
