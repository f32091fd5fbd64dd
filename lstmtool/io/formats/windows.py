"""Resampling, and windows cut from long sequences."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from lstmtool.data.windows import ATTRIBUTE, Windows
from lstmtool.errors import DataError, UsageError
from lstmtool.io.formats.options import Span
from lstmtool.io.formats.raw import Raw, Say, counted
from lstmtool.text import clean_text

LARGEST_FACTOR = 100_000
"""Highest denominator of the ratio of sampling rates."""


def resample(samples: np.ndarray, old: float, new: float) -> np.ndarray:
    """Resample (T, D) to (T', D) by band-limited polyphase filtering.

    The mean is removed during filtering, to avoid a jump at the ends.
    """
    from scipy.signal import resample_poly

    ratio = (Fraction(new) / Fraction(old)).limit_denominator(LARGEST_FACTOR)
    if ratio == 1 or not len(samples):
        return samples
    mean = samples.mean(axis=0)
    return resample_poly(samples - mean, ratio.numerator, ratio.denominator, axis=0) + mean


def resample_all(raw: Raw, rate: float, file: str) -> None:
    """Resample all sequences to a sampling rate in Hz.

    Raises
    ------
    UsageError
        If the file does not state its rate.
    """
    if raw.sampling_rate is None:
        raise UsageError(
            "--sampling-rate: this file does not state its sampling rate.",
            file,
            "Leave the option out; it is for sounds, and for HDF5 and JSON with a sampling rate.",
        )
    raw.arrays = [resample(array, raw.sampling_rate, rate) for array in raw.arrays]
    raw.sampling_rate = rate


def cut(raw: Raw, length: Span, hop: Span | None, say: Say) -> None:
    """Cut every sequence into windows; a remainder at its end is dropped.

    Windows keep the label of their sequence, and its name with a number; the attribute
    `lstmtool.data.windows.ATTRIBUTE` keeps where each comes from.

    Raises
    ------
    UsageError
        If lengths in seconds are given for sequences without a sampling rate, or windows are
        shorter than a step.
    DataError
        If every sequence is shorter than a window.
    """
    size = _steps(length, raw, "--cut")
    stride = _steps(hop, raw, "--hop") if hop else size
    starts = [range(0, len(array) - size + 1, stride) for array in raw.arrays]
    if not any(starts):
        longest = max(map(len, raw.arrays))
        raise DataError(
            f"All sequences are shorter than a window of {counted(size, 'step')}.",
            f"the longest has {counted(longest, 'step')}: {raw.place(_longest(raw))}",
            "Use a smaller --cut.",
        )
    short = sum(not part for part in starts)
    if short:
        say(f"{counted(short, 'sequence')} shorter than a window of {size} steps left out.")
    names = raw.names or [f"{n + 1}" for n in range(len(raw.arrays))]
    pieces = [(n, k, start) for n, part in enumerate(starts) for k, start in enumerate(part)]
    windows = [raw.arrays[n][start : start + size] for n, _, start in pieces]
    windowed = [f"{names[n]}[{k + 1}]" for n, k, _ in pieces]
    total = len(raw.arrays)
    cut_from = [n for n, part in enumerate(starts) if part]
    raw.attributes[ATTRIBUTE] = Windows(
        recordings=tuple(clean_text(names[n]) for n in cut_from),
        steps=tuple(len(raw.arrays[n]) for n in cut_from),
        counts=tuple(len(starts[n]) for n in cut_from),
        length=size,
        hop=stride,
    ).attribute()
    raw.subset(n for n, _, _ in pieces)
    raw.arrays, raw.names = windows, windowed
    say(f"Cut {counted(total, 'sequence')} into {counted(len(windows), 'window')} of {size} steps.")


def _longest(raw: Raw) -> int:
    return int(np.argmax([len(array) for array in raw.arrays]))


def _steps(span: Span, raw: Raw, option: str) -> int:
    if span.unit == "steps":
        return int(span.amount)
    if raw.sampling_rate is None:
        raise UsageError(
            f"{option} {span}: this file does not state its sampling rate.",
            fix=f"Give {option} in steps, without the s.",
        )
    steps = round(span.amount * raw.sampling_rate)
    if steps < 1:
        raise UsageError(f"{option} {span} is less than a step at {raw.sampling_rate:g} Hz.")
    return steps
