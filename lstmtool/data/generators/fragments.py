"""Choice of stretches, start of fragments within them, and scaling."""

from __future__ import annotations

import numpy as np

from lstmtool.data.sounds import SAMPLING_RATE, Stretch
from lstmtool.errors import DataError

PHASES = ("trigger", "aligned", "random")
SCALES = ("sd", "peak", "none")


def choose(rng: np.random.Generator, stretches: list[Stretch], count: int) -> list[Stretch]:
    """Choose stretches of one pitch from as many recordings as possible.

    Recordings transposed by fewer semitones come first, ties in random order. No recording, and no
    stretch, is reused before all have been used.
    """
    by_recording: dict[str, list[Stretch]] = {}
    for stretch in stretches:
        by_recording.setdefault(stretch.recording, []).append(stretch)
    order = [list(by_recording)[k] for k in rng.permutation(len(by_recording))]
    order.sort(key=lambda name: min(round(abs(s.semitones)) for s in by_recording[name]))
    shuffled = [rng.permutation(len(by_recording[name])) for name in order[:count]]
    chosen = []
    for n in range(count):
        turn, which = divmod(n, len(shuffled))
        own = by_recording[order[which]]
        chosen.append(own[shuffled[which][turn % len(own)]])
    return chosen


def period(pitch: float) -> int:
    """Return the period in samples, rounded up."""
    return int(np.ceil(SAMPLING_RATE / pitch))


def reach(phase: str, lowest: float) -> int:
    """Return how many samples beyond its length are needed to find a fragment's start."""
    periods = {"random": 0, "trigger": 1, "aligned": 4}
    return periods[phase] * period(lowest)


def begin(
    rng: np.random.Generator, stretch: Stretch, length: int, phase: str, lowest: float
) -> int:
    """Return the first sample of a fragment.

    Parameters
    ----------
    stretch : Stretch
        At least ``length + reach(phase, lowest)`` samples.
    length : int
        Samples of the fragment.
    phase : {"trigger", "aligned", "random"}
        Start just before the steepest rising zero crossing within one period of the lowest pitch
        after a random sample; where the fundamental, as a sine, rises through zero; or at a random
        sample.
    lowest : float
        The lowest pitch of the data set, in Hz.

    Raises
    ------
    DataError
        If nothing crosses zero.
    """
    last = len(stretch.samples) - length - reach(phase, lowest)
    start = int(rng.integers(last + 1))
    if phase == "trigger":
        return start + _trigger(stretch, start, period(lowest))
    if phase == "aligned":
        return start + _rise_of_fundamental(stretch, start, reach(phase, lowest))
    return start


def _trigger(stretch: Stretch, start: int, window: int) -> int:
    """Return the offset from `start` of the steepest rising zero crossing."""
    seen = stretch.samples[start : start + window + 1]
    rising = (seen[:-1] < 0) & (seen[1:] >= 0)
    if not rising.any():
        raise DataError(
            "A steady part does not cross zero within one period.",
            f"{stretch.recording}, sample {stretch.start + round(start * stretch.step)}",
            "Remove this recording, or filter out its lowest frequencies.",
        )
    return int(np.argmax(np.where(rising, np.diff(seen), -np.inf)))


def _rise_of_fundamental(stretch: Stretch, start: int, span: int) -> int:
    """Return the offset from `start` where the fundamental, as a sine, has phase zero."""
    omega = 2 * np.pi * stretch.target / SAMPLING_RATE
    seen = stretch.samples[start : start + span] * np.hanning(span)
    phase = np.angle(seen @ np.exp(-1j * omega * np.arange(span))) + np.pi / 2
    return round((-phase % (2 * np.pi)) / omega)


def scaled(fragment: np.ndarray, scale: str) -> np.ndarray:
    """Scale a fragment to standard deviation 1 (`sd`), peak 1 (`peak`) or not at all."""
    size = {"sd": np.std(fragment), "peak": np.abs(fragment).max(), "none": 1.0}[scale]
    return fragment / size if size > 0 else fragment
