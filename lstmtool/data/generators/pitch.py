"""Pitch and steady parts of a recording, by the normalised square difference function.

P. McLeod and G. Wyvill, "A smarter way to find pitch", Proc. ICMC 2005: the first high peak of
the autocorrelation, normalised so that a perfectly repeating sound has peaks of one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

LOWEST, HIGHEST = 100.0, 4000.0  # Hz; around the clarinet's range, D3 to C7
FRAME, HOP = 0.04, 0.01  # seconds: four periods of the lowest pitch, a quarter of that
LAGS_PER_SECOND = 96000.0  # minimum lag resolution
KEY = 0.9  # the period is the first peak of at least this fraction of the highest
CLEAR = 0.9  # minimum peak height of a frame with a pitch
LOUD = 0.3  # minimum level of a steady frame, relative to the loudest
TOLERANCE = 0.006  # a steady part keeps its pitch within 0.6 %, a tenth of a semitone


class Track(NamedTuple):
    """Pitch and level of F overlapping frames."""

    starts: np.ndarray  # (F,) int64, first sample
    pitch: np.ndarray  # (F,) Hz, 0 where there is none
    level: np.ndarray  # (F,) root mean square
    frame: int  # samples per frame


class Part(NamedTuple):
    """Samples start to stop of a recording, which have a steady pitch."""

    start: int
    stop: int
    pitch: float  # Hz


def frame_pitch(samples: np.ndarray, rate: float) -> float:
    """Return the pitch in Hz of a short frame of sound (T,); 0 if it is not clearly periodic."""
    finer = int(np.ceil(LAGS_PER_SECOND / rate))
    similarity = _similarity(samples - samples.mean(), int(rate / LOWEST) + 2, finer)
    period = _period(similarity, int(rate * finer / HIGHEST))
    return rate * finer / _refined(similarity, period) if period else 0.0


def _similarity(x: np.ndarray, longest: int, finer: int) -> np.ndarray:
    """Normalised square difference, -1 to 1, at `finer` lags per sample up to half the frame.

    The autocorrelation is interpolated by zero-padding its spectrum: otherwise a narrow peak
    between two samples would appear lower than its repetition on a sample.
    """
    n_lags = finer * min(max(longest, len(x) // 2), len(x) - 1)
    padded = next_fast_len(2 * len(x), real=True)
    spectrum = rfft(x, padded)
    products = finer * irfft(spectrum.real**2 + spectrum.imag**2, finer * padded)[:n_lags]
    energy = np.concatenate([[0.0], np.cumsum(x * x)])
    lags, samples = np.arange(n_lags) / finer, np.arange(len(energy))
    energies = np.interp(len(x) - lags, samples, energy) + energy[-1]
    energies -= np.interp(lags, samples, energy)
    return 2.0 * products / np.maximum(energies, np.finfo(float).tiny)


def _period(similarity: np.ndarray, shortest: int) -> int:
    """Return the lag of the first high peak after lag 0, or 0 if no peak is clear."""
    below = np.flatnonzero(similarity < 0)
    if not below.size:
        return 0
    inner = similarity[1:-1]
    peak = (inner > similarity[:-2]) & (inner >= similarity[2:])
    peaks = np.flatnonzero(peak) + 1
    peaks = peaks[(peaks > below[0]) & (peaks >= shortest)]
    if not peaks.size or similarity[peaks].max() < CLEAR:
        return 0
    return int(peaks[similarity[peaks] >= KEY * similarity[peaks].max()][0])


def _refined(similarity: np.ndarray, period: float) -> float:
    """Refine the period by a peak many periods away, which divides the rounding error."""
    periods = 1
    while True:
        period = _summit(similarity, periods * period, period / 4) / periods
        if (2 * periods + 0.5) * period >= len(similarity):
            return period
        periods *= 2


def _summit(similarity: np.ndarray, lag: float, reach: float) -> float:
    """Return the lag of the maximum near a lag, by parabolic interpolation."""
    low = max(1, int(lag - reach))
    top = low + int(np.argmax(similarity[low : int(lag + reach) + 2]))
    if not 1 <= top < len(similarity) - 1:
        return float(top)
    left, middle, right = similarity[top - 1 : top + 2]
    curvature = left - 2 * middle + right
    return top + 0.5 * (left - right) / curvature if curvature < 0 else float(top)


def track(samples: np.ndarray, rate: float) -> Track:
    """Follow pitch and level through a recording of shape (T,)."""
    frame, hop = round(FRAME * rate), round(HOP * rate)
    starts = np.arange(0, len(samples) - frame + 1, hop)
    frames = [samples[s : s + frame] for s in starts]
    level = np.array([np.std(f) for f in frames])
    # Skip the Fourier transform of frames that are too quiet to count.
    heard = level > LOUD * (np.quantile(level, 0.95) if level.size else 0.0)
    pitch = [frame_pitch(f, rate) if h else 0.0 for f, h in zip(frames, heard, strict=True)]
    return Track(starts, np.array(pitch), level, frame)


def steady_parts(samples: np.ndarray, rate: float) -> list[Part]:
    """Find the parts of a recording with a constant pitch and a high level, in time order.

    Parameters
    ----------
    samples : ndarray of shape (T,)
        One channel.
    rate : float
        Sampling rate in Hz.

    Returns
    -------
    list of Part
        Each at least 50 ms long, without attack and release; empty for silence, noise or a
        recording that is too short.
    """
    followed = track(samples, rate)
    runs = _runs(followed.pitch)
    parts = [_part(followed, *_steadiest(followed.pitch, *run)) for run in runs]
    return [part for part in parts if part is not None]


def _runs(pitch: np.ndarray) -> list[tuple[int, int]]:
    """Return half-open ranges of frames with a pitch that does not jump."""
    safe = np.where(pitch > 0, pitch, 1.0)
    jumps = np.abs(np.diff(np.log(safe))) > 2 * TOLERANCE
    voiced = pitch > 0
    edges = np.flatnonzero(jumps | (voiced[1:] != voiced[:-1])) + 1
    cuts = [0, *edges.tolist(), len(pitch)]
    return [(a, b) for a, b in pairwise(cuts) if b > a and voiced[a]]


def _steadiest(pitch: np.ndarray, first: int, last: int) -> tuple[int, int]:
    """Return the longest run of frames with a pitch near the median of frames first to last."""
    near = np.abs(pitch[first:last] / np.median(pitch[first:last]) - 1) <= TOLERANCE
    edges = np.flatnonzero(np.diff(np.concatenate([[False], near, [False]]).astype(int)))
    if not edges.size:
        return first, first
    starts, stops = edges[::2], edges[1::2]
    longest = int(np.argmax(stops - starts))
    return first + int(starts[longest]), first + int(stops[longest])


def _part(followed: Track, first: int, last: int) -> Part | None:
    # The outer frames may overlap attack, release or the next note by up to their length.
    overlapping = round(FRAME / HOP)
    first, last = first + overlapping, last - overlapping
    if last - first < 2:
        return None
    stop = int(followed.starts[last - 1]) + followed.frame
    return Part(int(followed.starts[first]), stop, float(np.median(followed.pitch[first:last])))
