"""Sequences to be heard: small WAV files within the page."""

from __future__ import annotations

import base64

import numpy as np

from lstmtool.data.sequences import Sequences
from lstmtool.data.sounds import wav_bytes
from lstmtool.report import markup

AUDIBLE = (4000.0, 400_000.0)  # sampling rates, in Hz, of what is taken for sound
MAX_CHANNELS = 2
BUDGET = 140_000  # bytes of all samples
HIGHEST_RATE = 16_000.0  # of what is played
LONGEST, SHORTEST = 1.0, 0.1  # seconds; what is shorter is repeated
OVERLAP = 0.08  # of a sequence: what must be like its beginning for it to be repeated earlier
LIKE = 0.1  # mean squared difference, in variances, of what is alike


def are_sounds(sequences: Sequences, rate: float | None) -> bool:
    """Whether sequences are taken for sounds."""
    low, high = AUDIBLE
    return rate is not None and low <= rate <= high and sequences.n_inputs <= MAX_CHANNELS


def player(name: str, values: np.ndarray, rate: float, n_players: int) -> str:
    """Return a player of a sequence (T, D), as long as its share of the budget allows."""
    x = values.mean(axis=1)
    repeated = len(x) < SHORTEST * rate
    seconds = min(LONGEST, BUDGET / n_players / (2 * min(rate, HIGHEST_RATE)))
    steps = int(seconds * rate)
    x = np.resize(x[: loop_length(x)], steps) if repeated else x[:steps]
    x, rate = _resampled(x - x.mean(), rate)
    data = base64.b64encode(wav_bytes(x, rate)).decode()
    words = f"{name}, {len(x) / rate:.1f} s" + ", repeated to be heard" * repeated
    return (
        f'<audio controls preload="none" src="data:audio/wav;base64,{data}"></audio>'
        f"{markup.element('p', words, 'soft')}"
    )


def loop_length(x: np.ndarray) -> int:
    """Return after how many steps a short sequence is best repeated: after whole periods."""
    variance = x.var()
    best, length = LIKE * variance, len(x)
    for lag in range(len(x) // 2, int((1 - OVERLAP) * len(x)) + 1):
        difference = float(((x[lag:] - x[: len(x) - lag]) ** 2).mean())
        if difference < best:
            best, length = difference, lag
    return max(1, length)


def _resampled(x: np.ndarray, rate: float) -> tuple[np.ndarray, float]:
    """Return a sound at no more than the highest rate, without what it cannot carry."""
    if rate <= HIGHEST_RATE:
        return x, rate
    count = max(1, int(len(x) * HIGHEST_RATE / rate))
    spectrum = np.fft.rfft(x)[: count // 2 + 1]
    return np.fft.irfft(spectrum, count) * (count / len(x)), rate * count / len(x)
