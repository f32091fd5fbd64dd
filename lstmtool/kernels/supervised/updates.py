"""Updates of one flat vector of weights, in place: momentum, and Nesterov's with its schedule.

`negative_gradient` is minus the gradient of the error, what the 2003 tutorial's pseudo-code calls
delta times activation. Where `exists` is False there is no connection: the weight stays as it is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels._jit import inlined, kernel_without_nrt

STAGE = 250  # updates for which the scheduled momentum stays the same


class Descent(NamedTuple):
    """How weights change: an update's rate and momentum, and whether it is Nesterov's."""

    rate: float
    momentum: float  # the largest of the schedule, where Nesterov's
    nesterov: bool


class Weights(NamedTuple):
    """One flat vector of P weights with what updates keep beside it."""

    values: np.ndarray  # (P,)
    exists: np.ndarray  # (P,) bool: False where there is no connection
    negative_gradient: np.ndarray  # (P,) minus the gradient, gathered until the next update
    velocity: np.ndarray  # (P,)
    clock: np.ndarray  # (1,) int64: updates done


@inlined
def scheduled_momentum(t, largest):
    """Momentum of update t (from 0), min(1 - 2^(-1 - log2(floor(t / 250) + 1)), largest).

    Sutskever, Martens, Dahl and Hinton 2013, equation 5; the power of two is 1 / (2 (stage + 1)).
    """
    return min(1.0 - 0.5 / (t // STAGE + 1.0), largest)


@kernel_without_nrt
def momentum_update(weights, negative_gradient, velocity, exists, rate, momentum):
    """V <- momentum v + rate d; w <- w + v."""
    for p in range(weights.shape[0]):
        if exists[p]:
            velocity[p] = momentum * velocity[p] + rate * negative_gradient[p]
            weights[p] += velocity[p]


@kernel_without_nrt
def nesterov_update(weights, negative_gradient, velocity, exists, rate, momentum):
    """Nesterov's accelerated gradient; `momentum` holds this update's and the next one's.

    The weights kept are those from which the slope is taken, one look ahead: w = theta + m v with
    v and theta of Sutskever et al. 2013, equations 3 and 4. Then v <- m v + rate d and
    w <- w + rate d + m' v, where m' is the next update's momentum.
    """
    now, after = momentum
    for p in range(weights.shape[0]):
        if exists[p]:
            velocity[p] = now * velocity[p] + rate * negative_gradient[p]
            weights[p] += rate * negative_gradient[p] + after * velocity[p]


@kernel_without_nrt
def leave_look_ahead(weights, velocity, exists, momentum):
    """Go from the weights that Nesterov's update keeps to theta, w - m v, to use or store them."""
    for p in range(weights.shape[0]):
        if exists[p]:
            weights[p] -= momentum * velocity[p]


@kernel_without_nrt
def descend(weights, descent):
    """Change the weights by what was gathered, and start to gather anew."""
    values, velocity, exists = weights.values, weights.velocity, weights.exists
    t = weights.clock[0]
    if descent.nesterov:
        momentum = (
            scheduled_momentum(t, descent.momentum),
            scheduled_momentum(t + 1, descent.momentum),
        )
        nesterov_update(values, weights.negative_gradient, velocity, exists, descent.rate, momentum)
    else:
        momentum_update(
            values, weights.negative_gradient, velocity, exists, descent.rate, descent.momentum
        )
    weights.negative_gradient[:] = 0.0
    weights.clock[0] = t + 1
