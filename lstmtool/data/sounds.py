"""Recordings, and steady stretches of them at an exact pitch."""

from __future__ import annotations

import io
import wave
from typing import NamedTuple

import numpy as np

SAMPLING_RATE = 44100
"""Sampling rate in Hz of every stretch, and of the paper's second data set."""
FADE = 0.005
"""Seconds at both ends of a WAV file in which it swells and fades."""
PITCHES = (440.0, 880.0, 1320.0, 1480.0)
"""The pitches of the paper's Table 2, in Hz."""


class Recording(NamedTuple):
    """One channel of a recorded sound."""

    name: str
    samples: np.ndarray  # (T,) float64
    rate: float  # in Hz


class Stretch(NamedTuple):
    """A steady stretch of a recording, resampled to an exact pitch at `SAMPLING_RATE`."""

    recording: str
    target: float  # pitch of `samples`, in Hz
    pitch: float  # pitch of the recording, in Hz
    start: int  # first sample in the recording
    step: float  # samples of the recording per sample of the stretch
    samples: np.ndarray  # (T,) float64

    @property
    def semitones(self) -> float:
        """Transposition of the recording in semitones, upwards positive."""
        return 12.0 * float(np.log2(self.target / self.pitch))


class SoundSource(NamedTuple):
    """Stretches at every pitch, from which fragments are cut, and their description."""

    kind: str  # "shipped", "recordings" or "synthetic"
    stretches: list[Stretch]
    credit: str = ""


def wav_bytes(x: np.ndarray, rate: float) -> bytes:
    """Return a WAV file of 16-bit samples with faded ends, as loud as they may be."""
    ramp = np.arange(len(x)) / max(1.0, FADE * rate)
    faded = x * np.clip(np.minimum(ramp, ramp[::-1]), 0, 1)
    loudest = np.abs(faded).max() or 1.0
    samples = np.round(0.9 * 32767 * (faded / loudest)).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(round(rate))
        file.writeframes(samples.tobytes())
    return buffer.getvalue()
