"""Random weight guessing: draw all weights anew until all sequences are right."""

from __future__ import annotations

from lstmtool.kernels._jit import kernel
from lstmtool.kernels.classic.criteria import is_right
from lstmtool.kernels.classic.simple import copy, read, step


@kernel
def guess(net, weights, strings, criterion, units, outputs, limits, rng):
    """Guess until all scored steps are right; return the guesses made, or 0 if none was right.

    Parameters
    ----------
    net : Simple
    weights : tuple of ndarray
        Weights (P,), which become the last guess; and which of them exist (P,).
    strings : Strings
    criterion : tuple
        Its kind and bound.
    units : ndarray of shape (3, U)
        Activations before every sequence; then scratch.
    outputs : ndarray of shape (S, K)
        Of the last guess, up to its first error.
    limits : tuple
        Weights are uniform in plus or minus the first; at most so many guesses as the second.
    rng : numpy.random.Generator
    """
    values, exists = weights
    spread, most = limits
    kind, bound = criterion
    before, after = units[1], units[2]
    for trial in range(most):
        for p in range(values.shape[0]):
            if exists[p]:
                values[p] = rng.uniform(-spread, spread)
        right = True
        for n in range(strings.starts.shape[0] - 1):
            copy(before, units[0])
            for t in range(strings.starts[n], strings.starts[n + 1]):
                step(net, values, strings.inputs[t], before, after)
                copy(before, after)
                if strings.scored[t]:
                    read(net, values, after, outputs[t])
                    right = is_right(kind, bound, outputs, strings.targets, strings.allowed, t)
                    if not right:
                        break
            if not right:
                break
        if right:
            return trial + 1
    return 0
