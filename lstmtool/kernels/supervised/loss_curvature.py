"""The Hessian of the error at the output units' net inputs, times a vector."""

from __future__ import annotations

from lstmtool.kernels._jit import kernel
from lstmtool.kernels.squash import slope_plain
from lstmtool.kernels.supervised.lstm_records import SOFTMAX


@kernel
def loss_curvature(f, cross_entropy, tangents, lanes, strings, outputs, d_nets):
    """Fill d_nets (G, T, K, L) with H R(net) at scored steps, with 0 at others.

    H is the Hessian of the error at the net inputs: diag(y) - y y^T for softmax, y (1 - y) for
    logistic outputs, both with cross-entropy. For the squared error it is f'^2, the part of the
    Hessian that is never negative.

    Parameters
    ----------
    f, cross_entropy, lanes, outputs
        As for `output_errors`, which has filled the outputs (S, K).
    tangents : ndarray of shape (G, T, K, L)
        R(net) of the output units.
    strings : tuple
        Whether each step is scored (S,), and starts (N + 1,).
    """
    scored, starts = strings
    n_outputs, n_lanes = outputs.shape[1], tangents.shape[3]
    for lane in range(lanes.shape[0]):
        g, l = lane // n_lanes, lane % n_lanes
        first, after = starts[lanes[lane]], starts[lanes[lane] + 1]
        for n in range(first, after):
            t, mean = n - first, 0.0
            if cross_entropy and f == SOFTMAX:
                for k in range(n_outputs):
                    mean += outputs[n, k] * tangents[g, t, k, l]
            for k in range(n_outputs):
                y, curvature = outputs[n, k], 0.0
                if scored[n]:
                    if not cross_entropy:
                        curvature = slope_plain(f, y) ** 2 * tangents[g, t, k, l]
                    elif f == SOFTMAX:
                        curvature = y * (tangents[g, t, k, l] - mean)
                    else:
                        curvature = y * (1.0 - y) * tangents[g, t, k, l]
                d_nets[g, t, k, l] = curvature
