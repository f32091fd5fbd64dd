"""Mel-frequency cepstral coefficients of speech, and their differences over time.

The usual front end: pre-emphasis, frames of 25 ms every 10 ms under a Hamming window, logarithmic
energies in triangular bands on the mel scale, and a discrete cosine transform of these. The first
coefficient is the mean energy.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import dct

WINDOW, STEP = 0.025, 0.010
"""Length of a frame, and the distance between two, in seconds."""
COEFFICIENTS, BANDS = 13, 26
HIGHEST = 8000.0
"""Upper edge of the bands in Hz, or half the sampling rate if that is less."""
EMPHASIS = 0.97
FLOOR = 1e-10
"""Least energy of a band, so that silence has a logarithm."""
REACH = 2
"""Frames on either side from which differences are taken."""
PER_UNIT = 256
"""Coefficients are rounded to so many levels per unit, which 16 bits hold."""


def frame_count(n_samples: int, rate: float) -> int:
    """Return the number of whole frames."""
    return max(0, 1 + (n_samples - round(WINDOW * rate)) // round(STEP * rate))


def middles(n_frames: int) -> np.ndarray:
    """Return the time in the middle of every frame, in seconds."""
    return np.arange(n_frames) * STEP + WINDOW / 2.0


def cepstra(samples: np.ndarray, rate: float) -> np.ndarray:
    """Return the coefficients of every whole frame, as whole multiples of 1 / `PER_UNIT`.

    Parameters
    ----------
    samples : ndarray of shape (T,)
        Sound in (-1, 1).
    rate : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray of shape (frames, 13), int16
    """
    length, step = round(WINDOW * rate), round(STEP * rate)
    emphasised = np.append(samples[:1], samples[1:] - EMPHASIS * samples[:-1])
    frames = np.lib.stride_tricks.sliding_window_view(emphasised, length)[::step]
    size = 1 << (length - 1).bit_length()
    power = np.abs(np.fft.rfft(frames * np.hamming(length), size)) ** 2 / size
    energies = np.log(np.maximum(power @ mel_bands(size, rate).T, FLOOR))
    found = dct(energies, type=2, axis=1, norm="ortho")[:, :COEFFICIENTS]
    limits = np.iinfo(np.int16)
    return np.clip(np.round(found * PER_UNIT), limits.min, limits.max).astype(np.int16)


def mel_bands(size: int, rate: float) -> np.ndarray:
    """Return the weights (bands, size / 2 + 1) of triangles, evenly spaced on the mel scale."""
    highest = min(HIGHEST, rate / 2.0)
    corners = np.linspace(0.0, 2595.0 * np.log10(1.0 + highest / 700.0), BANDS + 2)
    hertz = 700.0 * (10.0 ** (corners / 2595.0) - 1.0)
    at = np.arange(size // 2 + 1) * rate / size
    low, middle, high = (hertz[n : n + BANDS, None] for n in range(3))
    rising, falling = (at - low) / (middle - low), (high - at) / (high - middle)
    return np.maximum(0.0, np.minimum(rising, falling))


def with_differences(coefficients: np.ndarray) -> np.ndarray:
    """Return the coefficients (frames, C) and their slopes over time, (frames, 2 C).

    A slope is that of the straight line through five frames; the first and the last frame count
    as if they went on.
    """
    values = coefficients / PER_UNIT
    padded = np.pad(values, ((REACH, REACH), (0, 0)), mode="edge")
    n, slopes = len(values), np.zeros_like(values)
    for lag in range(1, REACH + 1):
        slopes += lag * (padded[REACH + lag : REACH + lag + n] - padded[REACH - lag :][:n])
    return np.concatenate([values, slopes / (2.0 * sum(k * k for k in range(1, REACH + 1)))], 1)


def feature_names() -> tuple[str, ...]:
    """Return the names of the columns of `with_differences`."""
    names = [f"c{n}" for n in range(COEFFICIENTS)]
    return (*names, *(f"slope of {name}" for name in names))
