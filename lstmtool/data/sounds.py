"""Records of sound: recordings as read, and steady stretches of them at an exact pitch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SAMPLING_RATE = 44100
"""Samples per second of every stretch, and of the paper's second data set."""
PITCHES = (440.0, 880.0, 1320.0, 1480.0)
"""The pitches of the paper's Table 2, in Hz."""


class Recording(NamedTuple):
    """One channel of sound as it was recorded."""

    name: str
    samples: np.ndarray  # (T,) float64
    rate: float  # samples per second


class Stretch(NamedTuple):
    """A steady piece of a recording, resampled to an exact pitch at `SAMPLING_RATE`."""

    recording: str
    target: float  # pitch of `samples`, in Hz
    pitch: float  # pitch of the recording, in Hz
    start: int  # where it begins, in samples of the recording
    step: float  # samples of the recording per sample of the stretch
    samples: np.ndarray  # (T,) float64

    @property
    def semitones(self) -> float:
        """How far the recording was moved, in semitones, upwards positive."""
        return 12.0 * float(np.log2(self.target / self.pitch))


class SoundSource(NamedTuple):
    """Where fragments can be cut: stretches at every pitch, and what to say about them."""

    kind: str  # "shipped", "recordings" or "synthetic"
    stretches: list[Stretch]
    credit: str = ""
