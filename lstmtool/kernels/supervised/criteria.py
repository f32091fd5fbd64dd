"""Criteria of the classic tasks for a correct output."""

from __future__ import annotations

import numpy as np

from lstmtool.kernels._jit import kernel_without_nrt

WITHIN, MOST_ACTIVE, LEGAL_SET = 0, 1, 2


@kernel_without_nrt
def is_right(criterion, bound, outputs, targets, allowed, t):
    """Return whether row t of the outputs is right.

    WITHIN: every output is closer than the bound to its target. MOST_ACTIVE: every allowed output
    is more active than all others. LEGAL_SET: exactly the allowed outputs are above the bound. A
    NaN is never right.
    """
    n_outputs = outputs.shape[1]
    if criterion == MOST_ACTIVE:
        lowest, highest = np.inf, -np.inf  # lowest allowed, highest other
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
    """Fill right (S,) with whether each step is right; unscored steps count as right."""
    for t in range(outputs.shape[0]):
        right[t] = not scored[t] or is_right(criterion, bound, outputs, targets, allowed, t)
