"""A small additive synthesiser: every note is a sum of a few harmonics that fade away."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

RATE = 22_050
VOICES = (  # relative amplitudes of the harmonics, and how loud the voice is
    ((1.0, 0.35, 0.12), 0.5),
    ((1.0, 0.5, 0.3, 0.15, 0.08), 1.0),
)
ATTACK, RELEASE, FADING = 0.008, 0.06, 0.9  # seconds; the last is the time constant of a note


def frequency(pitch: int) -> float:
    """Return the frequency in Hz of a MIDI pitch; 69 is the A of 440 Hz."""
    return 440.0 * 2.0 ** ((pitch - 69) / 12.0)


def tone(pitch: int, seconds: float, voice: int, rate: float) -> np.ndarray:
    """Return the samples of a note, with harmonics below half of the sampling rate alone."""
    amplitudes, loudness = VOICES[voice]
    time = np.arange(max(1, round(seconds * rate))) / rate
    wave = np.zeros_like(time)
    for n, amplitude in enumerate(amplitudes, start=1):
        if n * frequency(pitch) < rate / 2:
            wave += amplitude * np.sin(2.0 * np.pi * n * frequency(pitch) * time)
    ends = np.minimum(time / ATTACK, (time[-1] - time) / RELEASE)
    return loudness * wave * np.exp(-time / FADING) * np.clip(ends, 0.0, 1.0)


def synthesise(
    notes: Iterable[tuple[int, int, int, int]],
    n_steps: int,
    step: float,
    rate: float = RATE,
) -> np.ndarray:
    """Return the samples of notes, between -1 and 1.

    Parameters
    ----------
    notes : iterable of (pitch, start, length, voice)
        Times in steps, as those of `lstmtool.records.score.Note`.
    step : float
        Seconds of a step.
    """
    samples = np.zeros(round(n_steps * step * rate) + 1)
    for pitch, start, length, voice in notes:
        wave = tone(pitch, length * step, voice, rate)
        first = round(start * step * rate)
        wave = wave[: len(samples) - first]
        samples[first : first + len(wave)] += wave
    return samples / max(np.abs(samples).max(), 1e-12)
