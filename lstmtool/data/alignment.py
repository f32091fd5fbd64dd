"""What kind of sequences these are, found without labels: it decides the recipe and the copies.

If most of the variance within sequences is slow, no more than two cycles in each, they are shapes:
what happens in them matters, sooner or later, larger or smaller. Of others, those that all start at
the same point of their waveform (a trigger, an event) agree at each step beyond chance, which is
that of the same sequences moved round by random numbers of steps: they are phase-locked. Those cut
at random from a stationary process do not. Altered copies that should count as the same sequence
follow: deformed shapes; noise, which keeps steps in place; resampled blocks, or a shifted window in
a longer sequence, which do not.

Memory blocks are trained only on as few sequences as in the paper. With more, many blocks as they
were drawn do better, and sequences that are not phase-locked are taken for shapes, fast or slow
(docs/EXPERIMENTS.md).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.config import TrainSettings
from lstmtool.data.sequences import SequenceSource, windows

PHASE_LOCKED_ABOVE = 3.0  # ours; stationary data stayed below 2.0, triggered sounds above 4.1
COHERENT_ABOVE = 0.02  # ours; the power of the mean sequence, of that of all, where it matters
SHIFTS, DEVIATIONS = 20, 6.0  # draws of the locking by chance, and its deviations beyond these
FEW = 20  # sequences, as in the paper, on which memory blocks are trained
SLOW_ABOVE = 0.3  # ours; stationary data stayed below 0.1
SLOW_LOCKED_ABOVE = 0.6  # ours; low tones stayed below 0.41, five archive sets above 0.75
CYCLES = 2  # at most, in a sequence, of what is slow
ROOM = 1.5  # ours; minimum length, in windows, for shifted windows to differ enough


class Alignment(NamedTuple):
    """Alignment of sequences, and the recipe and copies that suit it."""

    locking: float
    """See `phase_locking`."""
    window: int | None
    """Length in steps of the network's window, if all sequences leave room to shift it."""
    slowness: float = 0.0
    """See `slowness`; 0 where the network reads a window."""
    many: bool = False
    """Whether there are more sequences than memory blocks are trained on, and no window."""
    locked_above: float = PHASE_LOCKED_ABOVE
    """The `locking` above which steps correspond."""

    @property
    def locked(self) -> bool:
        """Whether the steps of different sequences correspond."""
        return self.locking > self.locked_above

    @property
    def slow(self) -> bool:
        """Whether most of the variance within sequences is slow."""
        return self.slowness > (SLOW_LOCKED_ABOVE if self.locked else SLOW_ABOVE)

    @property
    def recipe(self) -> str:
        """The recipe that suits: one of `lstmtool.names.RECIPES`, but for ``literal``."""
        if self.slow:
            return "shapes"
        if self.locked:
            return "waveforms" if self.many else "phase-locked"
        return "shapes" if self.many else "stationary"

    @property
    def copies(self) -> str:
        """The method for making altered copies: shape, noise, shift or bootstrap.

        Phase-locked sequences are never shifted, which would destroy their alignment.
        """
        if self.recipe == "shapes":
            return "shape"
        if self.recipe in ("waveforms", "phase-locked"):
            return "noise"
        return "bootstrap" if self.window is None else "shift"

    @property
    def reason(self) -> str:
        """The reason for `recipe` and `copies`, in words."""
        if self.slow:
            slow = f"{100 * self.slowness:.0f} % of the variance within sequences"
            return f"what happens in a sequence is slow ({slow} is of at most {CYCLES} cycles)"
        do = "" if self.locked else "do not "
        said = f"the steps of different sequences {do}correspond (phase locking {self.locking:.2f})"
        if not self.many and self.window is None:
            said += f", and there are at most {FEW} of them"
        if self.copies != "shift":
            return said
        return f"{said}, and every sequence has room to shift the window of {self.window} steps"


def phase_locking(sequences: SequenceSource, window: int | None = None) -> float:
    """N times the power of the mean sequence over the mean power: about 1 for independent phases.

    Every sequence's own mean is subtracted first; the steps of the window, or of the shortest
    sequence, are compared. It is N for N equal sequences; the maximum over inputs is returned.
    """
    return float(_lockings(sequences, window, 0)[0])


def _lockings(sequences: SequenceSource, window: int | None, n_shifts: int) -> np.ndarray:
    """Return the phase locking, and that of sequences moved round by chance (1 + shifts,)."""
    n_steps = int(sequences.lengths.min()) if window is None else window
    largest = max(float(np.abs(block.values).max()) for block in windows(sequences, window))
    scale = max(largest, np.finfo(float).tiny)
    total = np.zeros((1 + n_shifts, n_steps, sequences.n_inputs))
    squares, rng = np.zeros(total.shape[1:]), np.random.default_rng(0)
    for block in windows(sequences, window):
        scaled = [s[:n_steps] / scale for s in block]  # so that no square overflows
        centred = np.array([s - s.mean(axis=0) for s in scaled])
        total[0] += centred.sum(axis=0)
        squares += (centred**2).sum(axis=0)
        for moved in total[1:]:
            shifts = rng.integers(n_steps, size=(len(centred), 1))
            steps = (np.arange(n_steps) + shifts) % n_steps
            moved += np.take_along_axis(centred, steps[:, :, None], axis=1).sum(axis=0)
    power = (squares / len(sequences)).sum(axis=0)
    of_mean = ((total / len(sequences)) ** 2).sum(axis=1)
    varies = power > 0
    if not varies.any():
        return np.ones(1 + n_shifts)
    return (len(sequences) * of_mean[:, varies] / power[varies]).max(axis=1)


def slowness(sequences: SequenceSource) -> float:
    """Fraction of the variance within sequences that is of at most `CYCLES` cycles in each.

    More precisely, how far it exceeds that of white noise, 2 `CYCLES` / (T - 1), relative to what
    is possible: 0 for white noise, 1 if nothing is faster. The mean over sequences, of those long
    enough to tell, and over the inputs that vary in them; 0 if there are none.
    """
    shares = [
        share
        for block in sequences.blocks()
        for sequence in block
        for share in _slow_shares(sequence)
    ]
    return float(np.mean(shares)) if shares else 0.0


def _slow_shares(sequence: np.ndarray) -> np.ndarray:
    """Return the same for every input that varies, of one sequence (T, D)."""
    by_chance = 2 * CYCLES / max(len(sequence) - 1, 1)
    if by_chance >= 1:
        return np.empty(0)
    largest = np.abs(sequence).max(axis=0)
    scaled = sequence / np.where(largest > 0, largest, 1.0)
    power = np.abs(np.fft.rfft(scaled - scaled.mean(axis=0), axis=0)[1:]) ** 2
    power[: (len(sequence) - 1) // 2] *= 2.0  # each frequency occurs twice, but for the highest
    total = power.sum(axis=0)
    varies = total > 1e-20 * len(sequence) ** 2
    slow = power[:CYCLES, varies].sum(axis=0) / total[varies]
    return (slow - by_chance) / (1.0 - by_chance)


def find_alignment(sequences: SequenceSource, window: int | None = None) -> Alignment:
    """Return the alignment of sequences of which the network reads a window.

    Raises
    ------
    DataError
        If a sequence is shorter than the window.
    """
    roomy = window is not None and sequences.lengths.min() >= ROOM * window
    slow, many = slowness(sequences) if window is None else 0.0, len(sequences) > FEW
    locking, *chance = _lockings(sequences, window, SHIFTS if many and window is None else 0)
    above = PHASE_LOCKED_ABOVE
    if chance:
        above = float(np.mean(chance) + DEVIATIONS * np.std(chance))
    above = max(above, COHERENT_ABOVE * len(sequences))
    room = window if roomy else None
    return Alignment(float(locking), room, slow, many and window is None, above)


def note(sequences: SequenceSource, settings: TrainSettings) -> str:
    """Say which copies a run was trained on, which would suit its sequences, and why."""
    used = sorted({stage.augmentation for stage in settings.stages} - {"none"})
    found = find_alignment(sequences, settings.inputs.window)
    made = f"copies by {' and '.join(used)}" if used else "the sequences as they are"
    if used == [found.copies]:
        return f"Trained on {made}, which suit these sequences: {found.reason}."
    return f"Trained on {made}; copies by {found.copies} would suit these: {found.reason}."
