"""Random weight guessing for a small recurrent network with units updated in turn.

Outputs are the first units, but are updated last. A unit sees the new activations of units updated
before it, and the previous ones of itself and the others. If all were updated at once, threshold
units could not compute parity: the sign of an input's effect on the output would not depend on the
state.
"""

from __future__ import annotations

from lstmtool.kernels._jit import kernel, kernel_without_nrt
from lstmtool.kernels.squash import logistic
from lstmtool.kernels.supervised.criteria import is_right


@kernel_without_nrt
def step_in_turn(weights, x, units):
    """Update the units (U,) once, the last one first, with weights (U, X + U + 1)."""
    n_units, n_inputs = units.shape[0], x.shape[0]
    for u in range(n_units - 1, -1, -1):
        total = weights[u, n_inputs + n_units]
        for i in range(n_inputs):
            total += weights[u, i] * x[i]
        for v in range(n_units):
            total += weights[u, n_inputs + v] * units[v]
        units[u] = logistic(total)


@kernel
def run_in_turn(weights, strings, start, units, outputs):
    """Fill outputs (S, K), the first K units.

    Sequences start from `start` (U,), or continue from the previous one if it is empty. units (U,)
    holds the activations before the first step, then those after the last.
    """
    for n in range(strings.starts.shape[0] - 1):
        if start.shape[0] > 0:
            for u in range(units.shape[0]):
                units[u] = start[u]
        for t in range(strings.starts[n], strings.starts[n + 1]):
            step_in_turn(weights, strings.inputs[t], units)
            for k in range(outputs.shape[1]):
                outputs[t, k] = units[k]


@kernel_without_nrt
def all_right(weights, strings, criterion, start, units, outputs):
    """Return whether all scored steps are right; fill outputs (S, K) up to the first wrong one."""
    kind, bound = criterion
    for n in range(strings.starts.shape[0] - 1):
        for u in range(units.shape[0]):
            units[u] = start[u]
        for t in range(strings.starts[n], strings.starts[n + 1]):
            step_in_turn(weights, strings.inputs[t], units)
            if strings.scored[t]:
                for k in range(outputs.shape[1]):
                    outputs[t, k] = units[k]
                if not is_right(kind, bound, outputs, strings.targets, strings.allowed, t):
                    return False
    return True


@kernel
def guess(weights, exists, strings, criterion, start, outputs, limits, rng):
    """Guess until all scored steps are right; return the number of guesses, or 0 without success.

    Parameters
    ----------
    weights, exists : ndarray of shape (U, X + U + 1)
        Filled with the last guess; which weights exist.
    criterion : tuple
        Kind and bound.
    start : ndarray of shape (2, U)
        Activations before each sequence, and scratch.
    outputs : ndarray of shape (S, K)
        Scratch.
    limits : tuple
        Largest absolute weight, for a uniform distribution, and largest number of guesses.
    """
    spread, most = limits
    for trial in range(most):
        for u in range(weights.shape[0]):
            for q in range(weights.shape[1]):
                if exists[u, q]:
                    weights[u, q] = rng.uniform(-spread, spread)
        if all_right(weights, strings, criterion, start[0], start[1], outputs):
            return trial + 1
    return 0
