"""Whether an output is right, by the criteria of the classic tasks."""

from __future__ import annotations

import numpy as np

from lstmtool.kernels._jit import kernel_without_nrt

WITHIN, MOST_ACTIVE, LEGAL_SET = 0, 1, 2


@kernel_without_nrt
def is_right(criterion, bound, outputs, targets, allowed, t):
    """Whether row t of the outputs is right.

    WITHIN: every output lies closer than the bound to its target. MOST_ACTIVE: the allowed outputs
    are the most active ones, each above all others. LEGAL_SET: the outputs above the bound are the
    allowed ones and no others. An output that is not a number is never right.
    """
    n_outputs = outputs.shape[1]
    if criterion == MOST_ACTIVE:
        lowest, highest = np.inf, -np.inf  # of the allowed, of the others
        for k in range(n_outputs):
            y = outputs[t, k]
            if y != y:
                return False
            if allowed[t, k]:
                lowest = min(lowest, y)
            else:
                highest = max(highest, y)
        return lowest > highest
    for k in range(n_outputs):
        y = outputs[t, k]
        if criterion == WITHIN:
            if not abs(y - targets[t, k]) < bound:
                return False
        elif y != y or (y > bound) != allowed[t, k]:
            return False
    return True


@kernel_without_nrt
def find_right(criterion, bound, outputs, targets, allowed, scored, right):
    """Fill right (S,): whether a step is right; steps that are not scored are."""
    for t in range(outputs.shape[0]):
        right[t] = not scored[t] or is_right(criterion, bound, outputs, targets, allowed, t)
