"""Sequences of distractors with a few widely separated symbols, whose order gives the class."""

from __future__ import annotations

from lstmtool.kernels._jit import kernel

N_DISTRACTORS = 4
X, Y, FIRST, LAST = 4, 5, 6, 7  # the distractors are 0 to 3


@kernel
def fill_order(rng, strings, earliest, latest):
    """Write each sequence: inputs one-hot, target one-hot at the last step.

    The k-th relevant symbol is at a step drawn uniformly from earliest[k] to latest[k], counted
    from 0. The class is a binary number with X as 0 and Y as 1, first symbol highest.
    """
    for i in range(strings.starts.shape[0] - 1):
        start, stop = strings.starts[i], strings.starts[i + 1]
        category, k, at = 0, 0, earliest[0] + int(rng.random() * (latest[0] - earliest[0] + 1))
        strings.inputs[start, FIRST] = 1.0
        for t in range(1, stop - start - 1):
            if t == at:
                bit = int(rng.random() * 2)
                strings.inputs[start + t, X + bit] = 1.0
                category = 2 * category + bit
                k += 1
                at = -1
                if k < earliest.shape[0]:
                    at = earliest[k] + int(rng.random() * (latest[k] - earliest[k] + 1))
            else:
                strings.inputs[start + t, int(rng.random() * N_DISTRACTORS)] = 1.0
        strings.inputs[stop - 1, LAST] = 1.0
        strings.targets[stop - 1, category] = 1.0
        strings.scored[stop - 1] = True
