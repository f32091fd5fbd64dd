"""Kinds of fast and slow sequences on which the confidence was scored, and nothing was chosen.

Each draws n sequences of 20 to 200 steps, all of the same length, and their groups, if any. Without
groups, what would tell them apart varies continuously, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lstmtool.experiments.shape_kinds import Draw, Rng

SHORTEST, LONGEST = 20, 200  # steps, their logarithm drawn evenly


def _steps(rng: Rng) -> int:
    return int(np.exp(rng.uniform(np.log(SHORTEST), np.log(LONGEST + 1))))


def _one(sequence: Callable[[Rng, int], np.ndarray]) -> Draw:
    """Draw sequences of T steps from ``sequence(rng, T)``."""

    def draw(rng: Rng, n: int) -> tuple[list[np.ndarray], None]:
        n_steps = _steps(rng)
        return [sequence(rng, n_steps) for _ in range(n)], None

    return draw


def _groups(
    sequence: Callable[[Rng, int, int], np.ndarray], shares: tuple[float, ...] = (0.5, 0.5)
) -> Draw:
    """Draw groups with these shares of the sequences from ``sequence(rng, T, group)``."""

    def draw(rng: Rng, n: int) -> tuple[list[np.ndarray], np.ndarray]:
        n_steps = _steps(rng)
        groups = np.searchsorted(np.cumsum(shares)[:-1], (np.arange(n) + 0.5) / n)
        groups = rng.permutation(groups)
        return [sequence(rng, n_steps, int(g)) for g in groups], groups

    return draw


def _any_phase(rng: Rng) -> float:
    return float(rng.uniform(0.0, 2.0 * np.pi))


def _modulated(rng: Rng, n_steps: int, cycles: float) -> np.ndarray:
    """Draw noise whose deviation varies this often."""
    angle = 2.0 * np.pi * cycles * np.arange(n_steps) / n_steps + _any_phase(rng)
    return np.asarray((1.0 + 0.8 * np.sin(angle)) * rng.normal(size=n_steps))


def _clicks(rng: Rng, n_steps: int, rate: float) -> np.ndarray:
    """Draw clicks at random times, this many per step on average, in noise."""
    return 3.0 * (rng.uniform(size=n_steps) < rate) + 0.3 * rng.normal(size=n_steps)


def _tone(rng: Rng, n_steps: int, frequency: float) -> np.ndarray:
    angle = frequency * np.arange(n_steps) + _any_phase(rng)
    return np.sin(angle) + 0.3 * rng.normal(size=n_steps)


def _burst(rng: Rng, n_steps: int, centre: float) -> np.ndarray:
    time = np.arange(n_steps) / n_steps
    window = np.exp(-0.5 * ((time - centre) / 0.1) ** 2)
    return 2.0 * window * np.sin(0.8 * np.arange(n_steps)) + 0.3 * rng.normal(size=n_steps)


def _ramps(rng: Rng, n_steps: int, falling: bool) -> np.ndarray:
    """Draw a sawtooth of period 12 and any phase that rises slowly, or falls slowly."""
    phase = (np.arange(n_steps) / 12.0 + rng.uniform()) % 1.0
    return (1.0 - 2.0 * phase if falling else 2.0 * phase - 1.0) + 0.15 * rng.normal(size=n_steps)


def _chirp(rng: Rng, n_steps: int, falling: bool) -> np.ndarray:
    time = np.arange(n_steps) / n_steps
    frequency = 0.9 - 0.7 * time if falling else 0.2 + 0.7 * time
    return np.sin(np.cumsum(frequency) + _any_phase(rng)) + 0.2 * rng.normal(size=n_steps)


def _bump(rng: Rng, n_steps: int, at: float, height: float = 2.0) -> np.ndarray:
    time = np.arange(n_steps) / n_steps
    bump = np.exp(-0.5 * ((time - at) / 0.08) ** 2)
    return height * bump + 0.3 * rng.normal(size=n_steps)


def _blend(rng: Rng, n_steps: int, share: float) -> np.ndarray:
    """Draw two waves whose steps correspond, with shares that add up to 1."""
    step = np.arange(n_steps)
    waves = share * np.sin(0.5 * step) + (1.0 - share) * np.sin(0.8 * step + 1.0)
    return np.asarray(1.5 * waves + 0.3 * rng.normal(size=n_steps))


def _volatile(rng: Rng, n_steps: int) -> np.ndarray:
    """Draw noise whose deviation wanders, as that of prices does."""
    deviation, x = 1.0, np.empty(n_steps)
    for t in range(n_steps):
        x[t] = np.sqrt(deviation) * rng.normal()
        deviation = 0.1 + 0.1 * x[t] ** 2 + 0.8 * deviation
    return x


def _telegraph(rng: Rng, n_steps: int) -> np.ndarray:
    """Draw a level that changes its sign at random times, in noise."""
    flips = np.cumsum(rng.uniform(size=n_steps) < 0.1)
    return np.where((flips + rng.integers(2)) % 2, 1.0, -1.0) + 0.3 * rng.normal(size=n_steps)


def _season(rng: Rng, n_steps: int) -> np.ndarray:
    step = np.arange(n_steps)
    season = rng.lognormal(0.0, 0.3) * np.sin(2.0 * np.pi * step / 20.0)
    trend = rng.normal() * step / n_steps
    return np.asarray(season + trend + 0.3 * rng.normal(size=n_steps))


KINDS: dict[str, Draw] = {
    "modulation": _groups(lambda rng, t, g: _modulated(rng, t, (1.0, 4.0)[g])),
    "clicks": _groups(lambda rng, t, g: _clicks(rng, t, (0.05, 0.2)[g])),
    "three tones": _groups(lambda rng, t, g: _tone(rng, t, (0.3, 0.7, 1.5)[g]), (1 / 3,) * 3),
    "bursts": _groups(lambda rng, t, g: _burst(rng, t, (0.3, 0.7)[g])),
    "levels 50:25:15:10": _groups(
        lambda rng, t, g: 1.5 * g + rng.normal(size=t), (0.5, 0.25, 0.15, 0.1)
    ),
    "ramps": _groups(lambda rng, t, g: _ramps(rng, t, bool(g))),
    "chirps": _groups(lambda rng, t, g: _chirp(rng, t, bool(g))),
    "bumps 90:10": _groups(lambda rng, t, g: _bump(rng, t, (0.35, 0.65)[g]), (0.9, 0.1)),
    "blends": _groups(lambda rng, t, g: _blend(rng, t, (0.2, 0.8)[g])),
    "blue noise": _one(lambda rng, t: np.diff(rng.normal(size=t + 1))),
    "heavy tails": _one(lambda rng, t: rng.standard_t(3, size=t)),
    "volatile": _one(_volatile),
    "telegraph": _one(_telegraph),
    "season": _one(_season),
    "any modulation": _one(lambda rng, t: _modulated(rng, t, rng.uniform(1.0, 4.0))),
    "any rate": _one(lambda rng, t: _clicks(rng, t, rng.uniform(0.05, 0.2))),
    "any tone": _one(lambda rng, t: _tone(rng, t, rng.uniform(0.3, 1.5))),
    "any burst": _one(lambda rng, t: _burst(rng, t, rng.uniform(0.2, 0.8))),
    "any blend": _one(lambda rng, t: _blend(rng, t, rng.uniform(0.0, 1.0))),
    "any height": _one(lambda rng, t: _bump(rng, t, 0.5, rng.uniform(0.5, 3.0))),
}
"""The first nine have groups."""
