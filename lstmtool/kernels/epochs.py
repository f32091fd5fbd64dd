"""The compiled loop over epochs: forward pass, objective, backward pass and update.

Python calls `run_epochs` for a chunk of epochs, and may set the stop flag meanwhile. The passes and
the objective are compiled by themselves, and called by their entries (`entry.py`), so that nothing
is compiled for one objective that another has already.
"""

from __future__ import annotations

import numpy as np

from lstmtool.kernels._jit import inlined, kernel, kernel_without_nrt
from lstmtool.kernels.consistency import information, joint_codes
from lstmtool.kernels.forward import connect
from lstmtool.kernels.learning import adam_step, clip_norm, momentum_step, precondition
from lstmtool.kernels.records import MOMENTUM, NO_COPY
from lstmtool.kernels.symmetric import all_finite


@kernel_without_nrt
def output_nets(output, read, net):
    """Net inputs net (K, lanes) = V y + c, with y what the output units read."""
    for k in range(net.shape[0]):
        for l in range(net.shape[1]):
            net[k, l] = 0.0
        for r in range(read.shape[0]):
            for l in range(net.shape[1]):
                net[k, l] += output[k, r] * read[r, l]


@kernel_without_nrt
def output_backward(output, read, slopes, d_output, d_read):
    """Add to d_output (K, R + 1) and set d_read (R, G, L) from the slopes at the net inputs."""
    width = d_read.shape[2]
    for r in range(d_read.shape[0]):
        for g in range(d_read.shape[1]):
            for l in range(width):
                d_read[r, g, l] = 0.0
    for k in range(slopes.shape[0]):
        for r in range(read.shape[0]):
            for l in range(slopes.shape[1]):
                d_output[k, r] += slopes[k, l] * read[r, l]
        for r in range(d_read.shape[0]):
            for g in range(d_read.shape[1]):
                for l in range(min(width, slopes.shape[1] - g * width)):
                    d_read[r, g, l] += output[k, r] * slopes[k, g * width + l]


@kernel_without_nrt
def move(state, first, end, rate, options):
    """Move the weights first to end by their gradient, in the way of the optimiser."""
    w, g = state.parameters[first:end], state.gradient[first:end]
    v, s = state.velocity[first:end], state.square[first:end]
    if options.optimiser == MOMENTUM:
        momentum_step(w, g, v, rate, options.momentum)
    else:
        adam_step(w, g, v, s, rate, state.epochs[0])


@kernel_without_nrt
def update(learning, work, options):
    """Update the weights by the gradient; return the norm of the layers' part."""
    state, d_output = learning.state, learning.gradient.output
    n_weights = state.parameters.shape[0]
    n_hidden = n_weights - d_output.size
    norm = clip_norm(state.gradient[:n_hidden], options.clip)
    if options.precondition:
        precondition(work.read, work.net.shape[1], work.mean, work.covariance, d_output)
    state.epochs[0] += 1
    if options.hidden:
        move(state, 0, n_hidden, options.rate, options)
    move(state, n_hidden, n_weights, options.output_rate, options)
    return norm


@kernel_without_nrt
def output_errors(learning, work, d_read, record):
    """After an objective's step, set the errors d_read and the output layer's part of the gradient.

    The rest of the gradient becomes 0. Returns whether all numbers are finite; they are not after a
    stop.
    """
    if not np.isfinite(record[0]) or not all_finite(work.slopes):
        return False
    for p in range(learning.state.gradient.shape[0]):
        learning.state.gradient[p] = 0.0
    output = learning.weights.output
    output_backward(output, work.read, work.slopes, learning.gradient.output, d_read)
    return True


@inlined
def loop_over_epochs(learning, lanes, passes, options, rng, history, stop, laid):
    """Do what `run_epochs` does, without reference counts, which take as long to compile."""
    data, buffers, work = lanes.data, lanes.buffers, lanes.work
    state, copies = learning.state, work.net.shape[1] // data.order.shape[0]
    n_groups = buffers.batch.lengths.shape[0]
    for epoch in range(history.shape[0]):
        if stop[0] != 0:
            return epoch
        drawn = options.augmentation != NO_COPY
        if drawn or (epoch == 0 and not laid):
            passes.fill(data, buffers.batch, copies, options, rng)
        if drawn or epoch == 0 or options.hidden:  # else what is read is what it was
            connect(learning.weights, buffers.connections)
            passes.forward(buffers, 0, n_groups, 0)
        output_nets(learning.weights.output, work.read, work.net)
        if buffers.batch.stop[0] != 0:
            return epoch
        record = history[epoch]
        passes.objective(work, state.sigma, passes.fast, options, rng, record, stop)
        if not output_errors(learning, work, lanes.d_read, record):
            return epoch
        if options.hidden:
            passes.backward(buffers, passes.others, lanes.d_read, 0, n_groups, 0, learning.gradient)
        if buffers.batch.stop[0] != 0:
            return epoch
        record[4] = update(learning, work, options)
    return history.shape[0]


@kernel(costs=("the loop over epochs", 2))
def run_epochs(learning, lanes, passes, options, rng, history, stop, laid):
    """Train for as many epochs as the history (E, 5) has rows; return how many were done.

    `laid` says that the lanes already hold whole sequences. Training ends early if a number is not
    finite, or if another thread sets stop[0]. `passes` are the entries of the passes and of the
    objective.
    """
    return loop_over_epochs(learning, lanes, passes, options, rng, history, stop, laid)


@kernel(costs=("the learning of output units alone", 2))
def run_output_epochs(learning, work, d_read, passes, options, rng, copies, stop):
    """Train output units alone on what they read of copies; return how many epochs were done.

    Training ends early as in `run_epochs`.
    """
    read, places, drawn = work.read, copies.places, copies.drawn
    together, state = drawn.shape[1], learning.state
    output, d_output = learning.weights.output, learning.gradient.output
    for epoch in range(drawn.shape[0]):
        for c in range(together):
            for r in range(read.shape[0]):
                for n in range(places.shape[1]):
                    read[r, n * together + c] = places[drawn[epoch, c], n, r]
        output_nets(output, read, work.net)
        record = copies.history[epoch]
        if stop[0] != 0:
            return epoch
        passes.objective(work, state.sigma, passes.fast, options, rng, record, stop)
        if not output_errors(learning, work, d_read, record):
            return epoch
        for k in range(output.shape[0]):
            for r in range(output.shape[1] - 1):
                d_output[k, r] -= 2.0 * copies.decay * output[k, r]
        state.epochs[0] += 1
        move(state, 0, state.parameters.shape[0], options.output_rate, options)
    return drawn.shape[0]


@kernel
def shared_information(work):
    """Return the bits that the codes of pairs of copies share, from the current net inputs."""
    joint_codes(work.net, work.probabilities, work.joint, work.marginal)
    return information(work.joint, work.marginal)
