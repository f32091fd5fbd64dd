"""Simple recurrent networks, step by step: fully recurrent, or with an output layer (Elman).

All units see the inputs, the activations of all units one step earlier, and a bias:
y_u(t) = f(sum_q w_uq z_q(t)) with z(t) = (x(t), y(t - 1), 1). In the fully recurrent network of
Williams and Zipser 1989 the first K units are the outputs. In Elman's network of 1990 the units are
the hidden layer, with their previous activations as context, and separate output units see them
and a bias. All weights are in one flat vector: those of the units (U, X + U + 1), then those of the
output layer (K, U + 1), if there is one.
"""

from __future__ import annotations

from typing import NamedTuple

from lstmtool.kernels._jit import inlined, kernel_without_nrt
from lstmtool.kernels.squash import slope_plain, squash_plain

SMALLEST_SLOPE = 1e-12  # of an output that is a unit, since cross-entropy divides by it
RTRL, WHOLE = -1, 0  # horizons: derivatives carried forward, or errors carried back to the start


class Simple(NamedTuple):
    """Sizes and kind of a simple recurrent network, and of its error."""

    n_inputs: int  # X
    n_units: int  # U
    n_outputs: int  # K
    layered: bool  # whether outputs are a layer above the units; otherwise the first K units
    f: int  # activation function of the units
    f_output: int  # activation function of an output layer
    cross_entropy: bool  # otherwise squared error
    horizon: int  # steps that an error goes back, RTRL, or WHOLE


@inlined
def n_sources(net):
    """Return the weights per unit: from inputs, units and the bias."""
    return net.n_inputs + net.n_units + 1


@inlined
def copy(to, what):
    """Copy a vector into another."""
    for u in range(to.shape[0]):
        to[u] = what[u]


@kernel_without_nrt
def step(net, weights, x, before, after):
    """Compute the units' activations (U,) after a step from those before it."""
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
    """Compute the outputs (K,) from the units' activations."""
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
    """Fill delta with the error's negative slopes, at output layer net inputs or unit activations.

    Squared error is sum_k (t_k - y_k)^2 / 2; cross-entropy is that of logistic outputs.
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
    """Add the effect of output errors on the units' activations (U,) and the output weights."""
    first, n = net.n_units * n_sources(net), net.n_units + 1
    for k in range(net.n_outputs):
        if not net.layered:
            d_units[k] += delta[k]
            continue
        for u in range(net.n_units):
            d_units[u] += weights[first + k * n + u] * delta[k]
            negative_gradient[first + k * n + u] += delta[k] * units[u]
        negative_gradient[first + k * n + n - 1] += delta[k]
