"""Targets at any step, for many sequences at once: outputs, their error, and its slopes.

Sequences lie in lanes as for `lstmtool.kernels.forward`. The output units are a layer that returns
net inputs; here the activation function is applied, and outputs are compared with the targets.
"""

from __future__ import annotations

from math import log

from lstmtool.kernels._jit import inlined, kernel, kernel_without_nrt
from lstmtool.kernels.squash import exp, slope_plain, squash_plain
from lstmtool.kernels.supervised.lstm_records import SOFTMAX

SMALLEST = 1e-300  # probability, so that its logarithm is finite


@kernel_without_nrt
def squash_row(f, outputs, n):
    """outputs[n] = f(outputs[n])."""
    n_outputs = outputs.shape[1]
    if f != SOFTMAX:
        for k in range(n_outputs):
            outputs[n, k] = squash_plain(f, outputs[n, k])
        return
    largest = outputs[n, 0]
    for k in range(1, n_outputs):
        largest = max(largest, outputs[n, k])
    total = 0.0
    for k in range(n_outputs):
        outputs[n, k] = exp(outputs[n, k] - largest)
        total += outputs[n, k]
    for k in range(n_outputs):
        outputs[n, k] /= total


@inlined
def delta_and_error(f, cross_entropy, y, target):
    """Return the negative slope of an output's error at its net input, and the error."""
    delta, error = target - y, 0.0
    if not cross_entropy:
        return delta * slope_plain(f, y), 0.5 * delta * delta
    if target > 0.0:
        error -= target * log(max(y, SMALLEST))
    if f != SOFTMAX and target < 1.0:
        error -= (1.0 - target) * log(max(1.0 - y, SMALLEST))
    return delta, error


@kernel
def output_errors(f, cross_entropy, nets, lanes, strings, outputs, d_nets):
    """Fill the outputs of all steps, and the negative slopes of the error at the net inputs.

    Parameters
    ----------
    f : int
        Activation function of the output units, or SOFTMAX.
    cross_entropy : bool
        Whether the error is cross-entropy; otherwise half the squared error.
    nets : ndarray of shape (G, T, K, L)
        Net inputs of the output units.
    lanes : ndarray of shape (N,)
        Sequence of each lane.
    strings : tuple
        Targets (S, K), whether each step is scored (S,), and starts (N + 1,).
    outputs : ndarray of shape (S, K)
        Filled with the outputs, sequence after sequence.
    d_nets : ndarray of shape (G, T, K, L)
        Filled with the slopes; 0 at unscored steps, and after a sequence's end.

    Returns
    -------
    float
        Sum of the error over all scored steps.
    """
    targets, scored, starts = strings
    n_outputs, n_lanes, error = targets.shape[1], nets.shape[3], 0.0
    for lane in range(lanes.shape[0]):
        g, l = lane // n_lanes, lane % n_lanes
        first, after = starts[lanes[lane]], starts[lanes[lane] + 1]
        for n in range(first, after):
            t = n - first
            for k in range(n_outputs):
                outputs[n, k] = nets[g, t, k, l]  # double precision from here on
            squash_row(f, outputs, n)
            for k in range(n_outputs):
                if not scored[n]:
                    d_nets[g, t, k, l] = 0.0
                    continue
                delta, own = delta_and_error(f, cross_entropy, outputs[n, k], targets[n, k])
                d_nets[g, t, k, l] = delta
                error += own
    return error


@kernel
def fill_lanes(inputs, starts, lanes, window, into, lengths):
    """Fill lanes with sequences: into[g, t, :, l] is step t of the lane's sequence.

    With a window, the steps before it follow, the newest first; those before the sequence are 0.
    """
    n_lanes = lengths.shape[1]
    for lane in range(lanes.shape[0]):
        g, l = lane // n_lanes, lane % n_lanes
        first, after = starts[lanes[lane]], starts[lanes[lane] + 1]
        lengths[g, l] = after - first
        for n in range(first, after):
            for delay in range(window):
                for x in range(inputs.shape[1]):
                    value = inputs[n - delay, x] if n - delay >= first else 0.0
                    into[g, n - first, delay * inputs.shape[1] + x, l] = value
