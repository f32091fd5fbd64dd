"""Forward pass of a layer's tangents: how all it computes changes along a direction of the weights.

With R(x) the derivative of x along the direction V at the weights W (Pearlmutter 1994), every step
of the forward pass has its own: R(net) = V source + W R(source), R(f(net)) = f'(net) R(net), and so
on. The forward pass must have run, and its trace must hold all steps.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels._jit import inlined, kernel_without_nrt
from lstmtool.kernels.backward import transposed_product
from lstmtool.kernels.records import CELL, FORGET, INPUT, OUTPUT, PLAIN, TANH, Step
from lstmtool.kernels.segments import n_outputs
from lstmtool.kernels.squash import slope, slope_plain
from lstmtool.kernels.vector import broadcast, load, store, where_above

OF_TANH = 0.25  # structural damping of units with tanh, as in Sutskever's code


class Tangents(NamedTuple):
    """Derivatives of a layer's trace along a direction; G groups, as in the trace."""

    hidden: np.ndarray  # (U, Q) the direction, as the layer's weights
    peephole: np.ndarray  # (3, C)
    sources: np.ndarray  # (G, T + 1, >= Q, L) of what units read
    net: np.ndarray  # (G, T, U, L) of the net inputs
    state: np.ndarray  # (G, T + 1, C, L) of s(t - 1)
    steps: np.ndarray  # (G, T, O, L) of the outputs y(t)
    own: np.ndarray  # (G, U, L) scratch: V times the sources of a step


@inlined
def net_tangents(connections, trace, tangents, at):
    """R(net) of all units at a step, without peepholes."""
    g, t, net, own = at.g, at.t, tangents.net, tangents.own
    transposed_product(connections.hidden, tangents.sources, g, t, net, (g, t))
    transposed_product(tangents.hidden, trace.sources, g, t, own, (g,))
    for r in range(net.shape[2]):
        store(net, (g, t, r), load(net, (g, t, r)) + load(own, (g, r)))


@inlined
def gate_tangent(buffers, tangents, at, gate, j, step):
    """Add what comes through peepholes to R(net) of a gate of block j, and return R(y).

    The gate sees the states after `step` steps.
    """
    layer, peephole, g, t = buffers.layer, buffers.connections.peephole, at.g, at.t
    row = layer.first_row[gate] + j
    net = load(tangents.net, (g, t, row))
    if layer.peepholes:
        for c in range(layer.first_cell[j], layer.first_cell[j + 1]):
            net += peephole[gate, c] * load(tangents.state, (g, step, c))
            net += tangents.peephole[gate, c] * load(buffers.trace.state, (g, step, c))
        store(tangents.net, (g, t, row), net)
    y = load(buffers.trace.activation, (g, t, row))
    return y * (1.0 - y) * net


@inlined
def block_tangent(buffers, tangents, lengths, at, j):
    """One step of block j: from R(net) and R(s(t - 1)) to R(s(t)) and R(y(t))."""
    layer, trace, g, t = buffers.layer, buffers.trace, at.g, at.t
    zero = broadcast(0.0, trace.sources)
    i, f = layer.first_row[INPUT] + j, layer.first_row[FORGET] + j
    o, cells = layer.first_row[OUTPUT] + j, layer.first_row[CELL]
    r_in, r_forget = gate_tangent(buffers, tangents, at, INPUT, j, t), zero
    y_in, y_forget = load(trace.activation, (g, t, i)), broadcast(1.0, trace.sources)
    if layer.forget_gate:
        r_forget = gate_tangent(buffers, tangents, at, FORGET, j, t)
        y_forget = load(trace.activation, (g, t, f))
    for c in range(layer.first_cell[j], layer.first_cell[j + 1]):
        z = load(trace.activation, (g, t, cells + c))
        r_s = r_in * z + y_in * slope(layer.g, z) * load(tangents.net, (g, t, cells + c))
        r_s += r_forget * load(trace.state, (g, t, c))
        r_s += y_forget * load(tangents.state, (g, t, c))
        store(tangents.state, (g, t + 1, c), where_above(lengths, t, r_s, zero))
    r_out = gate_tangent(buffers, tangents, at, OUTPUT, j, t + 1)
    y_out = load(trace.activation, (g, t, o))
    for c in range(layer.first_cell[j], layer.first_cell[j + 1]):
        h = load(trace.squashed, (g, t, c))
        r_y = r_out * h + y_out * slope(layer.h, h) * load(tangents.state, (g, t + 1, c))
        r_y = where_above(lengths, t, r_y, zero)
        store(tangents.sources, (g, t + 1, layer.first_output + c), r_y)
    if layer.gates_are_read:
        first = layer.first_output + n_outputs(layer)
        store(tangents.sources, (g, t + 1, first + i), where_above(lengths, t, r_in, zero))
        if layer.forget_gate:
            store(tangents.sources, (g, t + 1, first + f), where_above(lengths, t, r_forget, zero))
        store(tangents.sources, (g, t + 1, first + o), where_above(lengths, t, r_out, zero))


@inlined
def plain_tangent(buffers, tangents, lengths, at):
    """One step of the plain units: R(y(t)) = f'(net) R(net)."""
    layer, trace, g, t = buffers.layer, buffers.trace, at.g, at.t
    first, n_cells = layer.first_row[PLAIN], trace.state.shape[2]
    for p in range(first, layer.first_row[PLAIN + 1]):
        y = load(trace.activation, (g, t, p))
        r_y = slope_plain(layer.f, y) * load(tangents.net, (g, t, p))
        r_y = where_above(lengths, t, r_y, broadcast(0.0, trace.sources))
        store(tangents.sources, (g, t + 1, layer.first_output + n_cells + p - first), r_y)


@kernel_without_nrt(costs=("the forward pass of tangents", 2), entered=True)
def tangent_forward(buffers, tangents, first, after):
    """Run groups `first` to `after` from R(y(0)) as it is, and R(s(0)) = 0; fill the tangents."""
    layer = buffers.layer
    for g in range(first, after):
        lengths = load(buffers.batch.lengths, (g,))
        for t in range(buffers.batch.lengths[g, 0]):
            at = Step(g, t, g, t, 0, 0)
            net_tangents(buffers.connections, buffers.trace, tangents, at)
            for j in range(layer.first_cell.shape[0] - 1):
                block_tangent(buffers, tangents, lengths, at, j)
            plain_tangent(buffers, tangents, lengths, at)
            for o in range(n_outputs(layer)):
                r_y = load(tangents.sources, (g, t + 1, layer.first_output + o))
                store(tangents.steps, (g, t, o), r_y)


@kernel_without_nrt(costs=("structural damping", 1), entered=True)
def damp_structure(buffers, tangents, strength, first, after):
    """Add the change of a layer's outputs along the direction to the errors at these outputs.

    Martens and Sutskever 2011: a distance between hidden units before and after a step of the
    weights is held small, too. For plain units it is the one that matches their function, whose
    curvature at the net input is f', so that R(net) enters at the output; for tanh, a quarter
    of it. For cells it is half the squared distance of their outputs, which is ours.
    """
    layer, errors = buffers.layer, buffers.errors
    first_plain, n_cells = layer.first_row[PLAIN], buffers.trace.state.shape[2]
    factor = strength * (OF_TANH if layer.f == TANH else 1.0)
    for g in range(first, after):
        for t in range(buffers.batch.lengths[g, 0]):
            for o in range(n_outputs(layer)):
                error = load(errors.steps, (g, t, o))
                if o < n_cells:
                    error += strength * load(tangents.steps, (g, t, o))
                else:
                    error += factor * load(tangents.net, (g, t, first_plain + o - n_cells))
                store(errors.steps, (g, t, o), error)
