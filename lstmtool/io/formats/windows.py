"""Other sampling rates, and windows cut out of long sequences."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from lstmtool.errors import DataError, UsageError
from lstmtool.io.formats.options import Span
from lstmtool.io.formats.raw import Raw, Say, counted

LARGEST_FACTOR = 100_000
"""Rates are brought to a ratio of whole numbers not above this."""


def resample(samples: np.ndarray, old: float, new: float) -> np.ndarray:
    """Return (T', D) samples at the new rate: band-limited, by polyphase filtering.

    The mean is taken out on the way, so that the filter sees no jump at the ends.
    """
    from scipy.signal import resample_poly

    ratio = (Fraction(new) / Fraction(old)).limit_denominator(LARGEST_FACTOR)
    if ratio == 1 or not len(samples):
        return samples
    mean = samples.mean(axis=0)
    return resample_poly(samples - mean, ratio.numerator, ratio.denominator, axis=0) + mean


def resample_all(raw: Raw, rate: float, file: str) -> None:
    """Bring all sequences to a sampling rate.

    Raises
    ------
    UsageError
        If the file does not say what rate it has.
    """
    if raw.sampling_rate is None:
        raise UsageError(
            "--sampling-rate: this file does not say how many steps a second has.",
            file,
            "Leave the option out; it is for sounds, and for HDF5 and JSON with a sampling rate.",
        )
    raw.arrays = [resample(array, raw.sampling_rate, rate) for array in raw.arrays]
    raw.sampling_rate = rate


def cut(raw: Raw, length: Span, hop: Span | None, say: Say) -> None:
    """Cut every sequence into windows; what is left at its end is not used.

    Windows keep the label of their sequence, and its name with a number.

    Raises
    ------
    UsageError
        If seconds are asked of sequences without a sampling rate, or windows of less than a step.
    DataError
        If no sequence is as long as a window.
    """
    size = _steps(length, raw, "--cut")
    stride = _steps(hop, raw, "--hop") if hop else size
    starts = [range(0, len(array) - size + 1, stride) for array in raw.arrays]
    if not any(starts):
        longest = max(map(len, raw.arrays))
        raise DataError(
            f"No sequence is as long as a window of {counted(size, 'step')}.",
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
            f"{option} {span}: this file does not say how many steps a second has.",
            fix=f"Give {option} in steps, without the s.",
        )
    steps = round(span.amount * raw.sampling_rate)
    if steps < 1:
        raise UsageError(
            f"{option} {span} is less than a step at {raw.sampling_rate:g} per second."
        )
    return steps
