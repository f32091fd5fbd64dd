"""Steady stretches at exact pitches, cut from recordings of single notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

import numpy as np
from scipy.signal import resample_poly

from lstmtool.data.generators.pitch import Part, steady_parts
from lstmtool.data.sounds import PITCHES, SAMPLING_RATE, Recording, SoundSource, Stretch
from lstmtool.errors import DataError

PIECE = 1024
"""Default length of a stretch in samples: ten periods of the lowest note."""
MOST = 64
"""Maximum number of stretches from one steady part, evenly spaced."""
FARTHEST = 2
"""Maximum transposition in semitones, rounded to the nearest."""
_ROOM = 16
"""Samples needed at either end by the resampling filter."""


def source(
    recordings: Iterable[Recording],
    *,
    skip: Callable[[str], None] = lambda reason: None,
    pitches: Sequence[float] = PITCHES,
    piece: int = PIECE,
) -> SoundSource:
    """Find steady notes near the pitches and transpose them to the exact pitch.

    Parameters
    ----------
    skip : callable
        Called with the name of every unused recording and the reason.
    pitches : sequence of float
        Target pitches in Hz.
    piece : int
        Length of every stretch in samples.

    Returns
    -------
    SoundSource
        At least one stretch at every pitch.

    Raises
    ------
    DataError
        If no recording is within two semitones of one of the pitches.
    """
    stretches: list[Stretch] = []
    heard: list[str] = []
    for recording in recordings:
        parts = steady_parts(recording.samples, recording.rate)
        found = [s for part in parts for s in _stretches(recording, part, pitches, piece)]
        stretches += found
        if parts:
            heard.append(f"{recording.name} {parts[0].pitch:.1f} Hz")
        if not found:
            skip(f"{recording.name}: {_reason(parts)}")
    _check_complete(stretches, heard, pitches)
    return SoundSource("recordings", stretches)


def _stretches(
    recording: Recording, part: Part, pitches: Sequence[float], piece: int
) -> list[Stretch]:
    near = [p for p in pitches if round(abs(12 * np.log2(p / part.pitch))) <= FARTHEST]
    return [s for target in near for s in cut(recording, part, target, piece)]


def cut(
    recording: Recording, part: Part, target: float, piece: int = PIECE, most: int = MOST
) -> list[Stretch]:
    """Cut a steady part into evenly spaced, disjoint stretches at an exact pitch.

    Parameters
    ----------
    part : Part
        Where the pitch is steady, and its value.
    target : float
        Pitch of the stretches, in Hz.
    piece : int
        Length of every stretch in samples.
    most : int
        Maximum number of stretches; fewer if the part is too short.

    Returns
    -------
    list of Stretch
        With the mean of the whole part removed.
    """
    step = target / part.pitch * recording.rate / SAMPLING_RATE
    room = int(np.ceil(_ROOM * max(1.0, step)))
    taken = int(np.ceil(piece * step)) + 2 * room
    count = min(most, (part.stop - part.start) // taken)
    first = np.linspace(part.start, part.stop - taken, count).astype(int)
    mean = recording.samples[part.start : part.stop].mean()
    skipped = int(np.ceil(room / step))
    stretches = []
    for begin in first.tolist():
        samples = _resampled(recording.samples[begin : begin + taken + room] - mean, step)
        stretches.append(
            Stretch(
                recording=recording.name,
                target=target,
                pitch=part.pitch,
                start=begin + round(skipped * step),
                step=step,
                samples=samples[skipped : skipped + piece],
            )
        )
    return stretches


def _resampled(samples: np.ndarray, step: float) -> np.ndarray:
    """Resample at every `step` samples, low-pass filtered if that is more than one."""
    # A denominator of 500 puts the pitch within 4e-6 of the exact one.
    ratio = Fraction(1.0 / step).limit_denominator(500)
    return resample_poly(samples, ratio.numerator, ratio.denominator)


def _reason(parts: list[Part]) -> str:
    if not parts:
        return "no steady pitch found"
    listed = ", ".join(f"{part.pitch:.1f}" for part in parts[:4])
    return f"not near any target pitch, or too short ({listed} Hz)"


def _check_complete(stretches: list[Stretch], heard: list[str], pitches: Sequence[float]) -> None:
    there = {stretch.target for stretch in stretches}
    missing = [f"{pitch:g}" for pitch in pitches if pitch not in there]
    if missing:
        listed = ", ".join(heard[:6]) + (f" and {len(heard) - 6} more" if len(heard) > 6 else "")
        raise DataError(
            f"No recording is within two semitones of {', '.join(missing)} Hz.",
            f"found: {listed or 'no steady pitch in any recording'}",
            "Add recordings of single, held notes near these pitches.",
        )
