"""An agent whose advantages are the outputs of Elman's network, with errors through time.

Weights change at the end of an episode, or when R steps are kept. The error of a step's action is
the sum of its own delta and of all later ones, each times gamma lambda per step between: what an
eligibility trace adds up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.supervised.bptt import backward
from lstmtool.kernels.supervised.simple import Simple, copy, read, step
from lstmtool.kernels.supervised.simple_learning import Trace
from lstmtool.kernels.supervised.updates import Descent, Weights, descend


class ElmanPart(NamedTuple):
    """Elman's network, and what it keeps of an episode's last steps."""

    net: Simple
    weights: Weights
    inputs: np.ndarray  # (R, X) what was seen
    trace: Trace  # units (R + 1, U) before and after, errors (R + 1, K)
    actions: np.ndarray  # (R,) int64
    errors: np.ndarray  # (R,) delta of every action
    kept: np.ndarray  # (1,) int64: steps kept


@kernel_without_nrt
def begin_elman(part):
    """Forget what was kept, and reset the units."""
    part.kept[0] = 0
    part.trace.units[0, :] = 0.0


@kernel_without_nrt
def see_with_elman(part, seen, advantages):
    """Step the network with what is seen; fill in the advantages (K,)."""
    t = part.kept[0]
    copy(part.inputs[t], seen)
    units = part.trace.units
    step(part.net, part.weights.values, part.inputs[t], units[t], units[t + 1])
    read(part.net, part.weights.values, units[t + 1], advantages)
    part.kept[0] = t + 1


@kernel_without_nrt
def learn_through_time(part, n_steps, fading, rate):
    """Learn the first steps that are kept, together."""
    later, delta = 0.0, part.trace.delta
    for t in range(n_steps - 1, -1, -1):
        later = part.errors[t] + fading * later
        delta[t, :] = 0.0
        delta[t, part.actions[t]] = later
    span = (n_steps - 1, 0, 0)
    negative = part.weights.negative_gradient
    backward(part.net, part.weights.values, part.inputs, part.trace, span, negative)
    descend(part.weights, Descent(rate, 0.0, False))


@kernel_without_nrt
def keep_last(part):
    """Keep the last step alone."""
    last, units = part.kept[0] - 1, part.trace.units
    copy(part.inputs[0], part.inputs[last])
    copy(units[0], units[last])
    copy(units[1], units[last + 1])
    part.kept[0] = 1


@kernel_without_nrt
def learn_with_elman(part, action, error, fading, rate, ended, closes):
    """Keep what came of an action; learn if the episode closes, or no more steps can be kept.

    Unless the episode ended, what comes next has been seen.
    """
    t = part.kept[0] - (1 if ended else 2)
    is_full = part.kept[0] == part.inputs.shape[0]
    part.actions[t] = action
    part.errors[t] = error
    if rate > 0.0 and (closes or is_full):
        learn_through_time(part, t + 1, fading, rate)
    if is_full and not ended:
        keep_last(part)
