"""Passes of a classic LSTM network over sequences in one compiled call: run or learn."""

from __future__ import annotations

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.supervised.criteria import is_right
from lstmtool.kernels.supervised.lstm import (
    add_negative_gradient,
    forward_step,
    output_deltas,
    partials_step,
    reset,
)
from lstmtool.kernels.supervised.lstm_records import (
    BATCH,
    DECAY_AFTER,
    ENDED,
    LEARNING,
    NESTEROV,
    NEVER,
    PLAIN,
    SEQUENCE,
    STEP,
    TESTING,
)
from lstmtool.kernels.supervised.updates import momentum_update, nesterov_update, scheduled_momentum


@kernel_without_nrt
def update(pace, course):
    """Update the weights by the negative gradient summed so far, and reset the sum."""
    rate, t = course.rate[0], course.updates[0]
    if pace.weight_decay != 0.0:
        for p in range(course.weights.shape[0]):
            course.weights[p] -= pace.weight_decay * course.weights[p]
    if pace.rule == PLAIN:
        for p in range(course.weights.shape[0]):
            course.weights[p] += rate * course.negative_gradient[p]
    elif pace.rule == NESTEROV:
        now = scheduled_momentum(t, pace.momentum)
        after = scheduled_momentum(t + 1, pace.momentum)
        nesterov_update(
            course.weights,
            course.negative_gradient,
            course.velocity,
            course.exists,
            rate,
            (now, after),
        )
    else:
        momentum_update(
            course.weights,
            course.negative_gradient,
            course.velocity,
            course.exists,
            rate,
            pace.momentum,
        )
    for p in range(course.negative_gradient.shape[0]):
        course.negative_gradient[p] = 0.0
    course.updates[0] = t + 1
    if (t + 1) % DECAY_AFTER == 0:
        course.rate[0] = rate * pace.decay


@kernel_without_nrt
def pass_along(net, strings, n, outputs, way):
    """Go over sequence n, from the state in the memory.

    Returns the row after the last one done, negative if it stopped after a wrong step.
    """
    shape, weights, memory = net.shape, net.weights, net.memory
    learns = way.update != NEVER
    for t in range(strings.starts[n], strings.starts[n + 1]):
        forward_step(shape, weights, memory, strings.inputs, t)
        for k in range(memory.output.shape[0]):
            outputs[t, k] = memory.output[k]
        if learns:
            partials_step(shape, memory)
        if strings.scored[t]:
            if learns:
                output_deltas(shape, memory, strings.targets, t, net.pace.tolerance)
                add_negative_gradient(shape, weights, memory, net.negative_gradient)
                if way.update == STEP:
                    update(net.pace, net.course)
            if way.stops and not is_right(
                way.criterion, way.bound, outputs, strings.targets, strings.allowed, t
            ):
                return -(t + 1)
    return strings.starts[n + 1]


@kernel_without_nrt(costs=("the learning rule of LSTM", 5))
def pass_over(net, strings, outputs, way):
    """Go over strings; fill outputs (S, K) with those before each update.

    Returns the steps done: S, or fewer if it stopped after a wrong step.
    """
    shape, memory = net.shape, net.memory
    if memory.source[memory.source.shape[0] - 1] != 1.0:  # not yet reset, or to be reset
        reset(shape, memory)
    for n in range(strings.starts.shape[0] - 1):
        if not way.carry:
            reset(shape, memory)
        done = pass_along(net, strings, n, outputs, way)
        if done < 0:
            return -done
        if way.update == SEQUENCE:
            update(net.pace, net.course)
    if way.update == BATCH:
        update(net.pace, net.course)
    return strings.starts[strings.starts.shape[0] - 1]


@kernel_without_nrt(costs=("the learning rule of LSTM", 6))
def learn_openings(net, training, tests, outputs, ways, begun):
    """Learn each stream up to its first wrong step, then test the network on another.

    Row n of begun (n, 2) receives the steps learned, including the wrong one, and the steps right
    in the test. Learning ends with the first stream that has no wrong step in either part.

    Returns the number of streams begun, and which part of the last had no wrong step: LEARNING
    (the memory then holds its state), TESTING, or ENDED for neither.
    """
    learned, tested = outputs
    learn, test = ways
    for n in range(training.starts.shape[0] - 1):
        reset(net.shape, net.memory)
        done = pass_along(net, training, n, learned, learn)
        begun[n, 0] = abs(done) - training.starts[n]
        if done >= 0:
            return n + 1, LEARNING
        reset(net.shape, net.memory)
        done = pass_along(net, tests, n, tested, test)
        if done >= 0:
            return n + 1, TESTING
        begun[n, 1] = -done - 1 - tests.starts[n]
    return training.starts.shape[0] - 1, ENDED
