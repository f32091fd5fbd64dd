"""Advantage learning and directed exploration (Harmon and Baird 1996; Bakker 2001).

The outputs of an agent are the advantages A(a) of its actions; the value of a state is V = max_a A.
After action a with reward r the error is

    delta = V(t) + (r + gamma V(t + 1) - V(t)) / kappa - A(a)

with V(t + 1) = 0 at an episode's end. Actions are drawn with probabilities ~ exp(A(a) / y). The
temperature y is predicted by a feed-forward network from what the agent sees; its target is
scale |delta(t)| + beta y(t + 1).
"""

from __future__ import annotations

from math import exp
from typing import NamedTuple

import numpy as np

from lstmtool.kernels._jit import kernel_without_nrt
from lstmtool.kernels.squash import logistic


class Constants(NamedTuple):
    """Constants of learning."""

    gamma: float  # discount of the next step's value
    decay: float  # lambda, of the traces
    kappa: float  # share of a difference in value that counts; 1 for Q-learning
    rate: float  # 0: nothing is learned
    greedy: bool  # whether the best action is taken, instead of drawing one


class Explorer(NamedTuple):
    """The network that predicts how much is still to be learned where the agent is."""

    hidden: np.ndarray  # (E, X + 1) weights of logistic units
    output: np.ndarray  # (E + 1,) weights of the temperature
    seen: np.ndarray  # (2, X) the last two observations, alternating
    units: np.ndarray  # (2, E) their activations
    scale: float  # of |delta| in the target
    beta: float  # share of the next temperature in the target
    rate: float
    lowest: float  # temperature of choices at least


@kernel_without_nrt
def highest(advantages):
    """Return the value of a state: that of its best action."""
    value = advantages[0]
    for a in range(1, advantages.shape[0]):
        value = max(value, advantages[a])
    return value


@kernel_without_nrt
def best(advantages):
    """Return the best action, the first of equals."""
    action = 0
    for a in range(1, advantages.shape[0]):
        if advantages[a] > advantages[action]:
            action = a
    return action


@kernel_without_nrt
def choose(advantages, temperature, rng):
    """Draw an action, with probabilities ~ exp(A / temperature)."""
    value, total = highest(advantages), 0.0
    for a in range(advantages.shape[0]):
        total += exp((advantages[a] - value) / temperature)
    left = rng.random() * total
    for a in range(advantages.shape[0] - 1):
        left -= exp((advantages[a] - value) / temperature)
        if left < 0.0:
            return a
    return advantages.shape[0] - 1


@kernel_without_nrt
def error_of(constants, advantages, action, reward, value_after):
    """Return delta; value_after is V(t + 1), 0 at the end of an episode."""
    value = highest(advantages)
    better = reward + constants.gamma * value_after - value
    return value + better / constants.kappa - advantages[action]


@kernel_without_nrt
def temperature_of(explorer, row, seen):
    """Return y for what is seen; keep observation and activations in a row."""
    n_seen, n_units = explorer.seen.shape[1], explorer.units.shape[1]
    for i in range(n_seen):
        explorer.seen[row, i] = seen[i]
    y = explorer.output[n_units]
    for u in range(n_units):
        net = explorer.hidden[u, n_seen]
        for i in range(n_seen):
            net += explorer.hidden[u, i] * seen[i]
        explorer.units[row, u] = logistic(net)
        y += explorer.output[u] * explorer.units[row, u]
    return y


@kernel_without_nrt
def learn_temperature(explorer, row, error):
    """Take a step down the squared error, target minus prediction, of the observation in a row."""
    n_seen, n_units = explorer.seen.shape[1], explorer.units.shape[1]
    step = explorer.rate * error
    for u in range(n_units):
        y = explorer.units[row, u]
        back = step * explorer.output[u] * y * (1.0 - y)
        explorer.output[u] += step * y
        for i in range(n_seen):
            explorer.hidden[u, i] += back * explorer.seen[row, i]
        explorer.hidden[u, n_seen] += back
    explorer.output[n_units] += step
