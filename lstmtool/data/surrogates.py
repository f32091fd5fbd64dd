"""Surrogates: data made from a user's own that have no groups, to compare a clustering with.

Every sequence becomes a point, and the points are replaced by others of the same mean and
covariance. Differences between sequences are thus kept as they are, but for their falling into
groups: a family that varies continuously takes the place of the groups.

Of phase-locked sequences the point is the waveform itself, and the others are drawn from a normal
distribution (Liu, Hayes, Nobel and Marron 2008). Of the rest it is the mean and the logarithm of
the amplitude at every frequency, and the others fill a box along the principal axes evenly, as in
the gap statistic (Tibshirani, Walther and Hastie 2001); phases are random (Theiler et al. 1992),
alike for all inputs, so that these keep their relations to each other.
"""

from __future__ import annotations

import numpy as np

from lstmtool.data.sequences import Sequences, from_arrays

SMALLEST_AMPLITUDE = 0.01
"""Amplitudes below this, relative to the frequency's root mean square, count as this."""


def surrogate(sequences: Sequences, locked: bool, rng: np.random.Generator) -> Sequences:
    """Return as many sequences of the same lengths that have no groups.

    Parameters
    ----------
    locked : bool
        Whether the steps of different sequences correspond.
    """
    make = _waveforms if locked else _spectra
    return from_arrays(make(sequences, rng))


def evenly(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw as many points (N, P) evenly from the box of the same mean and principal variances."""
    n = len(points)
    mean = points.mean(axis=0)
    _, sizes, axes = np.linalg.svd(points - mean, full_matrices=False)
    half = np.sqrt(3.0 / max(n - 1, 1)) * sizes
    return mean + rng.uniform(-1.0, 1.0, (n, len(sizes))) * half @ axes


def normally(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw as many points (N, P) from the normal distribution of the same mean and covariance."""
    n = len(points)
    mean = points.mean(axis=0)
    return mean + rng.normal(size=(n, n)) @ (points - mean) / np.sqrt(max(n - 1, 1))


def _waveforms(sequences: Sequences, rng: np.random.Generator) -> list[np.ndarray]:
    """Sequences of different length are stretched to the longest, and back."""
    longest, n_inputs = int(sequences.lengths.max()), sequences.n_inputs
    drawn = normally(np.array([_stretched(s, longest).ravel() for s in sequences]), rng)
    shaped = drawn.reshape(len(drawn), longest, n_inputs)
    pairs = zip(shaped, sequences.lengths.tolist(), strict=True)
    return [_stretched(values, length) for values, length in pairs]


def _spectra(sequences: Sequences, rng: np.random.Generator) -> list[np.ndarray]:
    longest, n_inputs = int(sequences.lengths.max()), sequences.n_inputs
    n_waves = longest // 2
    means = np.array([s.mean(axis=0) for s in sequences])
    waves = [np.fft.rfft(s - m, axis=0)[1:] for s, m in zip(sequences, means, strict=True)]
    if not n_waves:
        return list(evenly(means, rng)[:, None, :])
    sizes = np.array(
        [_amplitudes(w, len(s), n_waves) for w, s in zip(waves, sequences, strict=True)]
    )
    floor = SMALLEST_AMPLITUDE * np.sqrt((sizes**2).mean(axis=0))
    least = max(SMALLEST_AMPLITUDE * floor.max(), np.finfo(float).tiny)
    logs = np.log(np.maximum(sizes, np.maximum(floor, least)))
    # Means in units that give them a weight like that of the logarithms.
    scale = max(float(means.std(axis=0).max()), np.finfo(float).tiny)
    weight = np.sqrt(n_waves) / scale
    drawn = evenly(np.hstack([means * weight, logs.reshape(len(logs), -1)]), rng)
    new_means = drawn[:, :n_inputs] / weight
    new_sizes = np.exp(drawn[:, n_inputs:].reshape(logs.shape))
    made = []
    for n, length in enumerate(sequences.lengths.tolist()):
        own = waves[int(rng.integers(len(waves)))]
        made.append(new_means[n] + _wave(new_sizes[n], own, length, rng))
    return made


def _amplitudes(waves: np.ndarray, length: int, n_waves: int) -> np.ndarray:
    """Amplitudes (F, D) of noise of a given density at `n_waves` frequencies up to a half."""
    if not len(waves):
        return np.zeros((n_waves, waves.shape[1]))
    return _stretched(np.abs(waves) / np.sqrt(length), n_waves)


def _wave(sizes: np.ndarray, like: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
    """Return a sequence (T, D) with these amplitudes, and phases between inputs like another's."""
    n_waves = length // 2
    if not n_waves or not len(like):
        return np.zeros((length, sizes.shape[1]))
    place = np.minimum(np.arange(n_waves) * len(like) // n_waves, len(like) - 1)
    phases = np.angle(like[place]) + rng.uniform(-np.pi, np.pi, (n_waves, 1))
    spectrum = np.zeros((n_waves + 1, sizes.shape[1]), dtype=complex)
    spectrum[1:] = _stretched(sizes, n_waves) * np.sqrt(length) * np.exp(1j * phases)
    return np.fft.irfft(spectrum, n=length, axis=0)


def _stretched(values: np.ndarray, length: int) -> np.ndarray:
    """Interpolate rows (T, D) linearly to another number."""
    if len(values) == length:
        return values
    place = np.linspace(0.0, len(values) - 1.0, length)
    own = np.arange(len(values))
    return np.column_stack([np.interp(place, own, column) for column in values.T])
