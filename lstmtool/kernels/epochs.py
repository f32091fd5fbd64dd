"""The compiled loop over epochs: forward pass, objective, backward pass and update.

Python calls `run_epochs` for a chunk of epochs, and may set the stop flag meanwhile. Without an
objective, the same compiled code just runs the network. NEO makes up a third of the code, and is
left out of compilation if its kernel width `sigma` is None.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lstmtool.kernels._jit import kernel
from lstmtool.kernels.augment import fill
from lstmtool.kernels.backward import backward
from lstmtool.kernels.bingo import bingo_slopes, joint_bits
from lstmtool.kernels.consistency import consistency_slopes, information, joint_codes
from lstmtool.kernels.forward import connect, forward
from lstmtool.kernels.learning import adam_step, clip_norm, momentum_step, precondition
from lstmtool.kernels.parzen import covariance, entropy_slopes, fit_width, smallest_width
from lstmtool.kernels.records import BINGO, MOMENTUM, NEO, NO_COPY, NOTHING
from lstmtool.kernels.symmetric import all_finite, cholesky, log_determinant, solve

EM_STEPS = 1  # per epoch of NEO, of two EM updates each
FIRST_EM_STEPS = 100
SIGMA = 2  # its position among the arguments of `errors_of` and `run_epochs`


@kernel
def output_nets(output, read, net):
    """Net inputs net (K, lanes) = V y + c, with y what the output units read."""
    for k in range(net.shape[0]):
        for l in range(net.shape[1]):
            net[k, l] = 0.0
        for r in range(read.shape[0]):
            for l in range(net.shape[1]):
                net[k, l] += output[k, r] * read[r, l]


@kernel
def output_backward(output, read, slopes, d_output, d_read):
    """Add to d_output (K, R + 1) and set d_read (R, L) from the slopes at the net inputs."""
    d_read[:] = 0.0
    for k in range(slopes.shape[0]):
        for r in range(read.shape[0]):
            for l in range(slopes.shape[1]):
                d_output[k, r] += slopes[k, l] * read[r, l]
        for r in range(d_read.shape[0]):
            for l in range(slopes.shape[1]):
                d_read[r, l] += output[k, r] * slopes[k, l]


@kernel
def draw(n, n_drawn, rng):
    """Draw n_drawn different numbers from 0 to n - 1; with n_drawn = 0 return all, in order."""
    places = np.empty(n, np.int64)
    for i in range(n):
        places[i] = i
    for i in range(n_drawn):
        other = i + int(rng.random() * (n - i))
        places[i], places[other] = places[other], places[i]
    return places[:n_drawn] if n_drawn > 0 else places


@kernel
def neo_step(work, sigma, options, rng, stop):
    """Set the slopes that lower the objective; return it and the entropy of equation 6.

    The objective is that entropy, or its affine-invariant form. Before, the width is fitted by two
    EM updates (by many in the first epoch). If samples S and T are wanted, they are drawn here for
    entropy and width; the spread is always that of all points.
    """
    mean, slopes = work.deviation, work.slopes
    covariance(work.net, mean, work.q)
    smallest = smallest_width(work.q, options.width_floor)
    steps = EM_STEPS
    if sigma[0] == 0.0:
        sigma[0] = smallest / options.width_floor
        steps = FIRST_EM_STEPS
    n_dims, n_points = work.net.shape
    n_s = options.n_s
    drawn = draw(n_points, n_s + options.n_t, rng)
    points, pulls = np.empty((n_dims, drawn.size)), np.empty((n_dims, drawn.size))
    for k in range(n_dims):
        for n in range(drawn.size):
            points[k, n] = work.net[k, drawn[n]]
    sigma[0] = fit_width(points, sigma[0], smallest, 1e-9, steps, stop, n_s)
    entropy, _ = entropy_slopes(points, sigma[0], pulls, stop, n_s)
    slopes[:] = 0.0
    for k in range(n_dims):
        for n in range(drawn.size):
            slopes[k, drawn[n]] = pulls[k, n]
    value = entropy
    if options.invariant:
        spread = 0.0
        for k in range(n_dims):
            spread += work.q[k, k] / n_dims
            for n in range(n_points):
                work.centred[k, n] = work.net[k, n] - mean[k]
        for k in range(n_dims):
            work.q[k, k] += 1e-12 * spread + 1e-300
        cholesky(work.q)
        solve(work.q, work.centred)
        value -= 0.5 * log_determinant(work.q)
        for k in range(n_dims):
            for n in range(n_points):
                slopes[k, n] -= work.centred[k, n] / n_points
    for k in range(n_dims):
        for n in range(n_points):
            slopes[k, n] = -slopes[k, n]
    return value, entropy


@kernel
def objective_step(work, sigma, options, rng, record, stop):
    """Set the slopes at the output units' net inputs; fill a row of the history."""
    record[:] = np.nan
    if sigma is not None and options.objective == NEO:
        value, entropy = neo_step(work, sigma, options, rng, stop)
        record[0], record[2], record[3] = value, entropy, sigma[0]
        return
    bits = joint_bits(work.net, work.one_code, work.marginal)
    record[0], record[1] = bits, bits
    if options.objective == BINGO:
        bingo_slopes(work.net, work.q, work.centred, work.deviation, work.slopes)
    else:
        record[0] = consistency_slopes(
            work.net,
            options.marginal_weight,
            work.probabilities,
            work.joint,
            work.marginal,
            work.slopes,
        )


@kernel
def update(learning, work, options):
    """Update the weights by the gradient; return the norm of the layers' part."""
    state, d_output = learning.state, learning.gradient.output
    n_hidden = state.parameters.shape[0] - d_output.size
    hidden = state.gradient[:n_hidden]
    norm = clip_norm(hidden, options.clip)
    if options.precondition:
        precondition(work.read, work.net.shape[1], work.mean, work.covariance, d_output)
    state.epochs[0] += 1
    for part in range(2):
        if part == 0 and not options.hidden:
            continue
        rate = options.rate if part == 0 else options.output_rate
        low, high = (0, n_hidden) if part == 0 else (n_hidden, state.parameters.shape[0])
        w, g = state.parameters[low:high], state.gradient[low:high]
        v, s = state.velocity[low:high], state.square[low:high]
        if options.optimiser == MOMENTUM:
            momentum_step(w, g, v, rate, options.momentum)
        else:
            adam_step(w, g, v, s, rate, state.epochs[0])
    return norm


@kernel
def evaluate(buffers, weights, work):
    """Forward pass of every sequence up to the output units' net inputs."""
    connect(weights, buffers.connections)
    forward(buffers, 0, buffers.batch.lengths.shape[0], 0)
    output_nets(weights.output, work.read, work.net)


def _costs_of_errors(types: Any) -> tuple[str, int]:
    return ("BINGO", 4) if str(types[SIGMA]) == "none" else ("NEO", 12)


@kernel(costs=_costs_of_errors)
def errors_of(learning, work, sigma, options, rng, record, stop):
    """After a forward pass and `output_nets`, compute the objective and its errors at `read`.

    Fills a row of the history, and the output layer's part of the gradient. Returns whether all
    numbers are finite; False after a stop.
    """
    objective_step(work, sigma, options, rng, record, stop)
    if not np.isfinite(record[0]) or not all_finite(work.slopes):
        return False
    learning.state.gradient[:] = 0.0
    output = learning.weights.output
    output_backward(output, work.read, work.slopes, learning.gradient.output, work.d_read)
    return True


def _costs_of_run(types: Any) -> tuple[str, int]:
    if str(types[SIGMA]) == "none":
        return "the network, its learning and BINGO", 15
    return "the network, its learning and NEO", 20


@kernel(costs=_costs_of_run)
def run_epochs(learning, lanes, sigma, options, rng, history, stop, laid):
    """Train for as many epochs as the history (E, 5) has rows; return how many were done.

    `laid` says that the lanes already hold whole sequences. Training ends early if a number is not
    finite, or if another thread sets stop[0]. With the objective NOTHING it ends at the output
    units' net inputs.
    """
    data, buffers, work = lanes.data, lanes.buffers, lanes.work
    copies = work.net.shape[1] // data.order.shape[0]
    n_groups = buffers.batch.lengths.shape[0]
    for epoch in range(history.shape[0]):
        if stop[0] != 0:
            return epoch
        drawn = options.augmentation != NO_COPY
        if drawn or (epoch == 0 and not laid):
            fill(data, buffers.batch, copies, options, rng)
        if drawn or epoch == 0 or options.hidden:
            evaluate(buffers, learning.weights, work)
        else:  # what is read is what it was
            output_nets(learning.weights.output, work.read, work.net)
        if buffers.batch.stop[0] != 0 or options.objective == NOTHING:
            return epoch
        if not errors_of(learning, work, sigma, options, rng, history[epoch], stop):
            return epoch
        if options.hidden:
            backward(buffers, work.d_read, 0, n_groups, 0, learning.gradient)
        if buffers.batch.stop[0] != 0:
            return epoch
        history[epoch, 4] = update(learning, work, options)
    return history.shape[0]


@kernel(costs=_costs_of_errors)
def run_output_epochs(learning, work, sigma, options, rng, copies, stop):
    """Train output units alone on what they read of copies; return how many epochs were done.

    Training ends early as in `run_epochs`.
    """
    read, places, drawn = work.read, copies.places, copies.drawn
    together = drawn.shape[1]
    output, d_output = learning.weights.output, learning.gradient.output
    for epoch in range(drawn.shape[0]):
        for c in range(together):
            for r in range(read.shape[0]):
                for n in range(places.shape[1]):
                    read[r, n * together + c] = places[drawn[epoch, c], n, r]
        output_nets(output, read, work.net)
        row = copies.history[epoch]
        if stop[0] != 0 or not errors_of(learning, work, sigma, options, rng, row, stop):
            return epoch
        for k in range(output.shape[0]):
            for r in range(output.shape[1] - 1):
                d_output[k, r] -= 2.0 * copies.decay * output[k, r]
        update(learning, work, options)
    return drawn.shape[0]


@kernel
def shared_information(work):
    """Return the bits that the codes of pairs of copies share, from the current net inputs."""
    joint_codes(work.net, work.probabilities, work.joint, work.marginal)
    return information(work.joint, work.marginal)
