"""Character of sequences, told without labels: do the steps of different ones correspond.

Sequences that all start at a like point of their wave (a trigger, an event) agree at each step
beyond chance; those cut anywhere from a steady process do not. Which copies of a sequence should
count as the same depends on it: noise leaves the place of a step alone, random blocks do not.
"""

from __future__ import annotations

import numpy as np

from lstmtool.sequences import Sequences

LOCKED_ABOVE = 3.0  # ours; steady data stayed below 2.0, triggered sounds above 4.1


def phase_locking(sequences: Sequences) -> float:
    """Power of the mean sequence times N over the mean power: about 1 for independent phases.

    Every sequence is first freed of its own mean; the steps of the shortest are compared. It is N
    for N equal sequences; the largest over the inputs is returned.
    """
    n_steps = int(sequences.lengths.min())
    scale = max(float(np.abs(sequences.values).max()), np.finfo(float).tiny)
    scaled = [s[:n_steps] / scale for s in sequences]  # so that no square overflows
    centred = np.array([s - s.mean(axis=0) for s in scaled])
    power = (centred**2).mean(axis=0).sum(axis=0)
    of_mean = (centred.mean(axis=0) ** 2).sum(axis=0)
    varies = power > 0
    if not varies.any():
        return 1.0
    return float((len(sequences) * of_mean[varies] / power[varies]).max())


def is_locked(sequences: Sequences) -> bool:
    """Whether the steps of different sequences correspond to each other."""
    return phase_locking(sequences) > LOCKED_ABOVE
