"""Simple recurrent networks, step by step: fully recurrent, or with a layer of outputs (Elman).

All units see the inputs, the activations of all units one step ago and a bias:
y_u(t) = f(sum_q w_uq z_q(t)) with z(t) = (x(t), y(t - 1), 1). In the fully recurrent network of
Williams and Zipser 1989 the first K units are the outputs. In Elman's of 1990 the units are the
hidden layer, their last activations its context, and outputs of their own see them and a bias.
All weights lie in one flat vector: those of the units (U, X + U + 1), then those of the outputs
(K, U + 1) where there is a layer of them.
"""

from __future__ import annotations

from typing import NamedTuple

from lstmtool.kernels._jit import inlined, kernel_without_nrt
from lstmtool.kernels.squash import slope_plain, squash_plain

SMALLEST_SLOPE = 1e-12  # of an output that is a unit: cross-entropy divides by it
RTRL, WHOLE = -1, 0  # horizons: derivatives carried forward; errors carried back to the start


class Simple(NamedTuple):
    """Sizes of a simple recurrent network and how its errors are made."""

    n_inputs: int  # X
    n_units: int  # U
    n_outputs: int  # K
    layered: bool  # whether outputs are a layer above the units; otherwise the first K units
    f: int  # squashing function of units
    f_output: int  # of a layer of outputs
    cross_entropy: bool  # or squared error
    horizon: int  # steps that an error goes back; or RTRL or WHOLE


@inlined
def n_sources(net):
    """Weights of a unit: from inputs, units and the bias."""
    return net.n_inputs + net.n_units + 1


@inlined
def copy(to, what):
    """Copy a vector into another."""
    for u in range(to.shape[0]):
        to[u] = what[u]


@kernel_without_nrt
def step(net, weights, x, before, after):
    """From the units' activations before a step to those after it, (U,)."""
    n = n_sources(net)
    for u in range(net.n_units):
        total = weights[u * n + n - 1]
        for i in range(net.n_inputs):
            total += weights[u * n + i] * x[i]
        for v in range(net.n_units):
            total += weights[u * n + net.n_inputs + v] * before[v]
        after[u] = squash_plain(net.f, total)


@kernel_without_nrt
def read(net, weights, units, y):
    """Outputs (K,) of the units' activations."""
    first, n = net.n_units * n_sources(net), net.n_units + 1
    for k in range(net.n_outputs):
        if not net.layered:
            y[k] = units[k]
            continue
        total = weights[first + k * n + n - 1]
        for u in range(net.n_units):
            total += weights[first + k * n + u] * units[u]
        y[k] = squash_plain(net.f_output, total)


@kernel_without_nrt
def output_errors(net, y, target, delta):
    """Minus the slopes of the error: at an output's net input, or at a unit's activation.

    Squared error is sum_k (t_k - y_k)^2 / 2. Cross-entropy is that of logistic outputs.
    """
    for k in range(net.n_outputs):
        error = target[k] - y[k]
        if net.layered:
            own = 1.0 if net.cross_entropy else slope_plain(net.f_output, y[k])
            delta[k] = error * own
        elif net.cross_entropy:
            delta[k] = error / max(y[k] * (1.0 - y[k]), SMALLEST_SLOPE)
        else:
            delta[k] = error


@kernel_without_nrt
def inject(net, weights, units, delta, d_units, negative_gradient):
    """Add what output errors cause at the units' activations (U,) and at the outputs' weights."""
    first, n = net.n_units * n_sources(net), net.n_units + 1
    for k in range(net.n_outputs):
        if not net.layered:
            d_units[k] += delta[k]
            continue
        for u in range(net.n_units):
            d_units[u] += weights[first + k * n + u] * delta[k]
            negative_gradient[first + k * n + u] += delta[k] * units[u]
        negative_gradient[first + k * n + n - 1] += delta[k]
