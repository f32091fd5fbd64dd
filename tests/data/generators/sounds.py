"""Sounds that tests make themselves, and a way to measure pitch unlike the package's own."""

from functools import lru_cache

import numpy as np

RATE = 44100


def note(pitch, *, seconds=0.5, rate=RATE, weights=(1.0, 0.1, 0.5, 0.05, 0.2), seed=0):
    """A held note of a few harmonics with a short attack and release, peak below one."""
    t = np.arange(int(seconds * rate)) / rate
    phases = np.random.default_rng(seed).uniform(0, 6, len(weights))
    parts = [
        w * np.sin(2 * np.pi * k * pitch * t + p)
        for k, (w, p) in enumerate(zip(weights, phases, strict=True), 1)
        if k * pitch < rate / 2
    ]
    ramp = np.minimum(1, np.minimum(t, t[-1] - t) / 0.03)
    return 0.5 * ramp * np.sum(parts, axis=0)


def spectral_pitch(samples, near, rate=RATE):
    """Fundamental by least squares: the frequency whose five harmonics leave the least behind."""
    candidates = near * np.linspace(0.98, 1.02, 41)
    explained = np.einsum("fth,t->fh", _harmonics(near, len(samples), rate), samples)
    left = samples @ samples - (explained**2).sum(axis=1)
    best = int(np.clip(np.argmin(left), 1, 39))
    below, lowest, above = left[best - 1 : best + 2]
    between = 0.5 * (below - above) / (below - 2 * lowest + above)
    return candidates[best] + between * 0.001 * near


@lru_cache(maxsize=32)
def _harmonics(near, n_samples, rate):
    """Orthonormal bases (candidates, samples, 2 H + 1) of harmonics and a constant."""
    bases = []
    for pitch in near * np.linspace(0.98, 1.02, 41):
        angle = 2 * np.pi * pitch / rate * np.arange(n_samples)
        harmonics = np.arange(1, min(6, int(rate / 2 / pitch) + 1))[:, None]
        waves = [np.cos(harmonics * angle), np.sin(harmonics * angle), np.ones((1, n_samples))]
        bases.append(np.linalg.qr(np.vstack(waves).T)[0])
    return np.array(bases)
