"""Updates of a flat vector of weights in place: momentum, and Nesterov's with its schedule.

`negative_gradient` is minus the gradient of the error, delta times activation in the 2003
tutorial's pseudo-code. Where `exists` is False there is no connection, and the weight is unchanged.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels._jit import inlined, kernel_without_nrt

STAGE = 250  # updates during which the scheduled momentum is constant


class Descent(NamedTuple):
    """Rate and momentum of updates, and whether they are Nesterov's."""

    rate: float
    momentum: float  # the largest of the schedule, if Nesterov's
    nesterov: bool


class Weights(NamedTuple):
    """A flat vector of P weights, and the state of its updates."""

    values: np.ndarray  # (P,)
    exists: np.ndarray  # (P,) bool; False where there is no connection
    negative_gradient: np.ndarray  # (P,) minus the gradient, summed until the next update
    velocity: np.ndarray  # (P,)
    clock: np.ndarray  # (1,) int64: updates done


@inlined
def scheduled_momentum(t, largest):
    """Return the momentum of update t (from 0): min(1 - 2^(-1 - log2(floor(t/250) + 1)), largest).

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

    The stored weights include the look-ahead, where the slope is taken: w = theta + m v, with v and
    theta of Sutskever et al. 2013, equations 3 and 4. Then v <- m v + rate d and
    w <- w + rate d + m' v, with m' the next update's momentum.
    """
    now, after = momentum
    for p in range(weights.shape[0]):
        if exists[p]:
            velocity[p] = now * velocity[p] + rate * negative_gradient[p]
            weights[p] += rate * negative_gradient[p] + after * velocity[p]


@kernel_without_nrt
def leave_look_ahead(weights, velocity, exists, momentum):
    """Remove the look-ahead of Nesterov's update, theta = w - m v, to use or store the weights."""
    for p in range(weights.shape[0]):
        if exists[p]:
            weights[p] -= momentum * velocity[p]


@kernel_without_nrt
def descend(weights, descent):
    """Update the weights by the summed gradient, and reset the sum."""
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
