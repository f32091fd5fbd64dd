"""The paper's second data set (Table 2): fragments of clarinet sounds at four pitches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstmtool.data.generators.fragments import PHASES, SCALES, begin, choose, reach, scaled
from lstmtool.data.generators.lengths import Length, bounds, draw_length
from lstmtool.data.generators.recorded import PIECE
from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.data.sounds import PITCHES, SAMPLING_RATE, SoundSource, Stretch
from lstmtool.errors import DataError, UsageError


def piece_length(phase: str, length: Length = 100, *, pitches: Sequence[float] = PITCHES) -> int:
    """Return the length of a stretch, in samples, that leaves room for a random start."""
    return max(PIECE, bounds(length)[1] + reach(phase, min(pitches)) + PIECE // 4)


def generate(
    rng: np.random.Generator,
    *,
    source: SoundSource,
    phase: str = "trigger",
    per_group: int = 5,
    length: Length = 100,
    scale: str = "sd",
    pitches: Sequence[float] = PITCHES,
) -> Sequences:
    """Cut fragments of sound at every pitch, as in Table 2 of the paper.

    Parameters
    ----------
    source : SoundSource
        Steady stretches of sound at the pitches, from `lstmtool.io.shipped.clarinet`,
        `lstmtool.data.generators.recorded.source` or `lstmtool.data.generators.tones.source`.
    phase : {"trigger", "aligned", "random"}
        Start of a fragment; see `lstmtool.data.generators.fragments.begin`.
    per_group : int
        Fragments per pitch, from as many different recordings as possible.
    length : int or (int, int)
        Samples per fragment, or an inclusive range from which each length is drawn.
    scale : {"sd", "peak", "none"}
        Divide every fragment by its standard deviation, by its peak, or not at all.
    pitches : sequence of float
        One group each, in Hz.

    Returns
    -------
    Sequences
        ``len(pitches) * per_group`` fragments of one input at 44.1 kHz, pitch after pitch.

    Raises
    ------
    UsageError
        If an option is out of range.
    DataError
        If the source has no stretch at a pitch, or none long enough.
    """
    _check(phase, scale, per_group, pitches)
    lowest = min(pitches)
    needed = bounds(length)[1] + reach(phase, lowest)
    fragments, names, chosen = [], [], []
    for pitch in pitches:
        for stretch in choose(rng, _usable(source, pitch, needed), per_group):
            steps = draw_length(rng, length)
            first = begin(rng, stretch, steps, phase, lowest)
            fragments.append(scaled(stretch.samples[first : first + steps], scale))
            names.append(f"{stretch.recording} @{stretch.start + round(first * stretch.step)}")
            chosen.append(stretch)
    return from_arrays(
        fragments,
        labels=np.repeat(np.arange(len(pitches)), per_group),
        label_names=tuple(f"{pitch:g} Hz" for pitch in pitches),
        names=tuple(names),
        sampling_rate=float(SAMPLING_RATE),
        attributes={
            "generator": "clarinet",
            "source": source.kind,
            **({"credit": source.credit} if source.credit else {}),
            "phase": phase,
            "scale": scale,
            "pitches": list(pitches),
            "per_group": per_group,
            "length": list(length) if isinstance(length, tuple) else length,
            "taken": _taken(chosen),
        },
    )


def _usable(source: SoundSource, pitch: float, needed: int) -> list[Stretch]:
    there = [s for s in source.stretches if s.target == pitch]
    long_enough = [s for s in there if len(s.samples) >= needed]
    if long_enough:
        return long_enough
    if not there:
        raise DataError(f"There is no sound at {pitch:g} Hz to cut fragments from.")
    longest = max(len(s.samples) for s in there)
    raise DataError(
        f"The sounds at {pitch:g} Hz are too short.",
        f"a fragment needs {needed} samples, the longest sound has {longest}",
        "Choose shorter fragments, or recordings with longer notes.",
    )


def _taken(chosen: list[Stretch]) -> list[dict]:
    """List the recordings used at every pitch, in order of first use."""
    entries: dict[tuple[float, str], dict] = {}
    for stretch in chosen:
        entry = entries.setdefault(
            (stretch.target, stretch.recording),
            {
                "pitch": stretch.target,
                "recording": stretch.recording,
                "recorded_pitch": round(stretch.pitch, 2),
                "semitones": round(stretch.semitones, 2),
                "fragments": 0,
            },
        )
        entry["fragments"] += 1
    return list(entries.values())


def _check(phase: str, scale: str, per_group: int, pitches: Sequence[float]) -> None:
    for name, value, allowed in (("phase", phase, PHASES), ("scale", scale, SCALES)):
        if value not in allowed:
            raise UsageError(f"The {name} must be one of {', '.join(allowed)}, got {value!r}.")
    if per_group < 1:
        raise UsageError(f"The sequences per group must be at least 1, got {per_group}.")
    if not pitches or min(pitches) <= 0:
        raise UsageError(f"The pitches must be positive, got {list(pitches)}.")
