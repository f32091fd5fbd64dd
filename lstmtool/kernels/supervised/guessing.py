"""Random weight guessing on a small recurrent network whose units are updated in turn.

Outputs are the first units, but are updated last: a unit sees the new activations of those whose
turn was before its own, and the last ones of itself and of the others. Were all updated at once,
units that are threshold functions could not tell parity: the sign of an input's effect on the
output would not depend on the state.
"""

from __future__ import annotations

from lstmtool.kernels._jit import kernel, kernel_without_nrt
from lstmtool.kernels.squash import logistic
from lstmtool.kernels.supervised.criteria import is_right


@kernel_without_nrt
def step_in_turn(weights, x, units):
    """One step of the units (U,), the last one first, with weights (U, X + U + 1)."""
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
    """Fill outputs (S, K), the first K units; sequences start from `start` (U,), or go on if empty.

    units (U,) are the activations before the first step, and become those after the last.
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
    """Whether all scored steps are right; outputs (S, K) of those up to the first that is not."""
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
    """Guess until all scored steps are right; return the guesses made, or 0 if none was right.

    Parameters
    ----------
    weights, exists : ndarray of shape (U, X + U + 1)
        Of the last guess; which of them there are.
    criterion : tuple
        Its kind and bound.
    start : ndarray of shape (2, U)
        Activations before every sequence; scratch.
    outputs : ndarray of shape (S, K)
        Scratch.
    limits : tuple
        Weights are uniform in plus or minus the first; at most so many guesses as the second.
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
