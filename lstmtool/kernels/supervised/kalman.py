"""Extended Kalman filter, decoupled or full, that estimates the weights of a classic LSTM network.

Perez-Ortiz, Gers, Eck and Schmidhuber 2003, after Puskorius and Feldkamp 1994. There is one group
of weights per unit or, in the full filter, one group of all. With C_i (n_i, K) the derivatives of
the outputs with respect to group i and xi the errors:

    A   = (R + sum_i C_i^T P_i C_i)^-1
    w_i <- w_i + P_i C_i A xi
    P_i <- P_i - P_i C_i A C_i^T P_i + Q

With A^-1 = L L^T and Z_i = L^-1 C_i^T P_i, w_i changes by Z_i^T L^-1 xi and P_i by -Z_i^T Z_i,
which keeps P_i symmetric.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.supervised.criteria import is_right
from lstmtool.kernels.supervised.lstm import forward_step, output_derivatives, partials_step, reset
from lstmtool.kernels.symmetric import cholesky


class Noise(NamedTuple):
    """A variance that falls geometrically from first to last over a number of updates."""

    first: float
    last: float
    updates: int


class Filter(NamedTuple):
    """State of the filter for W existing weights in G groups."""

    members: np.ndarray  # (W,) int64 indices in the flat vector, group after group
    first: np.ndarray  # (G + 1,) int64; group i is members[first[i]:first[i + 1]]
    block: np.ndarray  # (G + 1,) int64 where P_i begins in `covariance`
    covariance: np.ndarray  # (sum n_i^2,) all P_i, one after the other
    derivatives: np.ndarray  # (K, P) of the outputs with respect to the weights, at this step
    z: np.ndarray  # (K, W) C_i^T P_i, then Z_i
    a: np.ndarray  # (K, K) inverse of A, then L
    xi: np.ndarray  # (K,) errors of the outputs, then L^-1 xi
    measured: Noise  # diagonal of R
    process: Noise  # diagonal of Q
    clock: np.ndarray  # (1,) int64 updates done


@kernel_without_nrt
def annealed(noise, t):
    """Return the variance at update t, which decays geometrically."""
    if t >= noise.updates:
        return noise.last
    return noise.first * (noise.last / noise.first) ** (t / noise.updates)


@kernel_without_nrt
def project(kalman):
    """Fill z with C_i^T P_i of all groups, and A^-1 with R + sum_i C_i^T P_i C_i."""
    first, members, z, a = kalman.first, kalman.members, kalman.z, kalman.a
    n_outputs = kalman.xi.shape[0]
    variance = annealed(kalman.measured, kalman.clock[0])
    for k in range(n_outputs):
        for l in range(n_outputs):
            a[k, l] = variance if k == l else 0.0
    for i in range(first.shape[0] - 1):
        n = first[i + 1] - first[i]
        for k in range(n_outputs):
            for q in range(n):
                z[k, first[i] + q] = 0.0
            for p in range(n):
                slope = kalman.derivatives[k, members[first[i] + p]]
                row = kalman.block[i] + p * n
                if slope != 0.0:
                    for q in range(n):
                        z[k, first[i] + q] += slope * kalman.covariance[row + q]
            for l in range(k + 1):
                total = 0.0
                for q in range(first[i], first[i + 1]):
                    total += z[k, q] * kalman.derivatives[l, members[q]]
                a[k, l] += total


@kernel_without_nrt
def forward_substitute(kalman):
    """Replace z and xi by L^-1 z and L^-1 xi."""
    a, z, xi = kalman.a, kalman.z, kalman.xi
    for k in range(xi.shape[0]):
        for l in range(k):
            factor = a[k, l]
            xi[k] -= factor * xi[l]
            for q in range(z.shape[1]):
                z[k, q] -= factor * z[l, q]
        xi[k] /= a[k, k]
        for q in range(z.shape[1]):
            z[k, q] /= a[k, k]


@kernel_without_nrt
def kalman_update(kalman, weights):
    """Update the flat weights by the errors and derivatives that the filter holds."""
    first, z, xi = kalman.first, kalman.z, kalman.xi
    project(kalman)
    cholesky(kalman.a)
    forward_substitute(kalman)
    process = annealed(kalman.process, kalman.clock[0])
    for i in range(first.shape[0] - 1):
        n = first[i + 1] - first[i]
        for p in range(n):
            row = kalman.block[i] + p * n
            for k in range(xi.shape[0]):
                own = z[k, first[i] + p]
                weights[kalman.members[first[i] + p]] += own * xi[k]
                for q in range(n):
                    kalman.covariance[row + q] -= own * z[k, first[i] + q]
            kalman.covariance[row + p] += process
    kalman.clock[0] += 1


@kernel_without_nrt(costs=("the Kalman filter", 4))
def kalman_pass(net, kalman, views, strings, outputs, way):
    """Go over strings as `pass_over` does, and estimate the weights at every scored step.

    views is scratch with the shapes of the weights. Returns the steps done.
    """
    shape, weights, memory = net.shape, net.weights, net.memory
    starts = strings.starts
    for n in range(starts.shape[0] - 1):
        if not way.carry or memory.source[memory.source.shape[0] - 1] != 1.0:
            reset(shape, memory)
        for t in range(starts[n], starts[n + 1]):
            forward_step(shape, weights, memory, strings.inputs, t)
            for k in range(memory.output.shape[0]):
                outputs[t, k] = memory.output[k]
            partials_step(shape, memory)
            if not strings.scored[t]:
                continue
            output_derivatives(shape, weights, memory, kalman.derivatives, views)
            for k in range(memory.output.shape[0]):
                kalman.xi[k] = strings.targets[t, k] - outputs[t, k]
            kalman_update(kalman, net.course.weights)
            if way.stops and not is_right(
                way.criterion, way.bound, outputs, strings.targets, strings.allowed, t
            ):
                return t + 1
    return starts[starts.shape[0] - 1]
