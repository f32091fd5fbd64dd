"""Alignment of sequences, found without labels: whether steps of different ones correspond.

Sequences that all start at a like point of their wave (a trigger, an event) agree at each step
beyond chance: they are phase-locked. Those cut anywhere from a stationary process do not. It
decides which copies of a sequence should count as the same: noise leaves the place of a step alone;
random blocks do not, nor does another part of a sequence that is longer than the network's window.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.config import TrainSettings
from lstmtool.data.sequences import SequenceSource, windows

PHASE_LOCKED_ABOVE = 3.0  # ours; stationary data stayed below 2.0, triggered sounds above 4.1
ROOM = 1.5  # ours; lengths of the window from which on shifted windows differ enough


class Alignment(NamedTuple):
    """What sequences are like, and what follows from it."""

    locking: float
    """See `phase_locking`."""
    window: int | None
    """Steps that the network sees, where all sequences leave room to shift them; else None."""

    @property
    def recipe(self) -> str:
        """``phase-locked`` where steps of different sequences correspond, or ``stationary``."""
        return "phase-locked" if self.locking > PHASE_LOCKED_ABOVE else "stationary"

    @property
    def copies(self) -> str:
        """How copies are made that count as the same sequence: noise, shift or bootstrap.

        Phase-locked sequences are never shifted: that would undo what their steps have in common.
        """
        if self.recipe == "phase-locked":
            return "noise"
        return "bootstrap" if self.window is None else "shift"

    @property
    def reason(self) -> str:
        """Why, in words."""
        do = "" if self.recipe == "phase-locked" else "do not "
        said = f"the steps of different sequences {do}correspond (phase locking {self.locking:.2f})"
        if self.copies != "shift":
            return said
        return f"{said}, and every sequence has room to shift the window of {self.window} steps"


def phase_locking(sequences: SequenceSource, window: int | None = None) -> float:
    """Power of the mean sequence times N over the mean power: about 1 for independent phases.

    Every sequence is first freed of its own mean; the steps of the window, or of the shortest, are
    compared. It is N for N equal sequences; the largest over the inputs is returned.
    """
    n_steps = int(sequences.lengths.min()) if window is None else window
    largest = max(float(np.abs(block.values).max()) for block in windows(sequences, window))
    scale = max(largest, np.finfo(float).tiny)
    total, squares = np.zeros((2, n_steps, sequences.n_inputs))
    for block in windows(sequences, window):
        scaled = [s[:n_steps] / scale for s in block]  # so that no square overflows
        centred = np.array([s - s.mean(axis=0) for s in scaled])
        total += centred.sum(axis=0)
        squares += (centred**2).sum(axis=0)
    power = (squares / len(sequences)).sum(axis=0)
    of_mean = ((total / len(sequences)) ** 2).sum(axis=0)
    varies = power > 0
    if not varies.any():
        return 1.0
    return float((len(sequences) * of_mean[varies] / power[varies]).max())


def find_alignment(sequences: SequenceSource, window: int | None = None) -> Alignment:
    """Tell which recipe and which copies suit sequences of which the network sees a window.

    Raises
    ------
    DataError
        If a sequence is shorter than the window.
    """
    roomy = window is not None and sequences.lengths.min() >= ROOM * window
    return Alignment(phase_locking(sequences, window), window if roomy else None)


def note(sequences: SequenceSource, settings: TrainSettings) -> str:
    """Say in a sentence of which copies a run learned, which suit its sequences, and why."""
    used = sorted({stage.augmentation for stage in settings.stages} - {"none"})
    found = find_alignment(sequences, settings.inputs.window)
    made = f"copies by {' and '.join(used)}" if used else "the sequences as they are"
    if used == [found.copies]:
        return f"Learned from {made}, which suit these sequences: {found.reason}."
    return f"Learned from {made}; copies by {found.copies} would suit these: {found.reason}."
