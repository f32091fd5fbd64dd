"""Alignment of sequences, found without labels: whether the steps of different ones correspond.

Sequences that all start at the same point of their waveform (a trigger, an event) agree at each
step beyond chance: they are phase-locked. Those cut at random from a stationary process do not.
This decides which altered copies should count as the same sequence: noise keeps steps in place;
resampling blocks, or shifting the window in a longer sequence, does not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.config import TrainSettings
from lstmtool.data.sequences import SequenceSource, windows

PHASE_LOCKED_ABOVE = 3.0  # ours; stationary data stayed below 2.0, triggered sounds above 4.1
ROOM = 1.5  # ours; minimum length, in windows, for shifted windows to differ enough


class Alignment(NamedTuple):
    """Alignment of sequences, and the recipe and copies that suit it."""

    locking: float
    """See `phase_locking`."""
    window: int | None
    """Length in steps of the network's window, if all sequences leave room to shift it."""

    @property
    def recipe(self) -> str:
        """``phase-locked`` if steps of different sequences correspond, else ``stationary``."""
        return "phase-locked" if self.locking > PHASE_LOCKED_ABOVE else "stationary"

    @property
    def copies(self) -> str:
        """The method for making altered copies: noise, shift or bootstrap.

        Phase-locked sequences are never shifted, which would destroy their alignment.
        """
        if self.recipe == "phase-locked":
            return "noise"
        return "bootstrap" if self.window is None else "shift"

    @property
    def reason(self) -> str:
        """The reason for `recipe` and `copies`, in words."""
        do = "" if self.recipe == "phase-locked" else "do not "
        said = f"the steps of different sequences {do}correspond (phase locking {self.locking:.2f})"
        if self.copies != "shift":
            return said
        return f"{said}, and every sequence has room to shift the window of {self.window} steps"


def phase_locking(sequences: SequenceSource, window: int | None = None) -> float:
    """N times the power of the mean sequence over the mean power: about 1 for independent phases.

    Every sequence's own mean is subtracted first; the steps of the window, or of the shortest
    sequence, are compared. It is N for N equal sequences; the maximum over inputs is returned.
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
    """Return the alignment of sequences of which the network reads a window.

    Raises
    ------
    DataError
        If a sequence is shorter than the window.
    """
    roomy = window is not None and sequences.lengths.min() >= ROOM * window
    return Alignment(phase_locking(sequences, window), window if roomy else None)


def note(sequences: SequenceSource, settings: TrainSettings) -> str:
    """Say which copies a run was trained on, which would suit its sequences, and why."""
    used = sorted({stage.augmentation for stage in settings.stages} - {"none"})
    found = find_alignment(sequences, settings.inputs.window)
    made = f"copies by {' and '.join(used)}" if used else "the sequences as they are"
    if used == [found.copies]:
        return f"Trained on {made}, which suit these sequences: {found.reason}."
    return f"Trained on {made}; copies by {found.copies} would suit these: {found.reason}."
