"""Kinds of large, long and uneven sets on which the confidence was scored, and nothing was chosen.

Each draws n sequences of 20 to 2000 steps, their logarithm drawn evenly, but of at most
`MOST_STEPS` steps in all, and their groups, if any: two to eight, of equal size or 95:5. In some
kinds lengths differ, or there are several inputs. Without groups, what would tell sequences apart
varies continuously, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lstmtool.experiments.shape_kinds import Draw, Rng

SHORTEST, LONGEST, MOST_STEPS = 20, 2000, 200_000
MOST_GROUPS = 8
Sequence = Callable[[Rng, int, float], np.ndarray]


def _lengths(rng: Rng, n: int, unequal: bool) -> np.ndarray:
    """Draw the lengths of n sequences; if they are unequal, the longest is twice the shortest."""
    shortest, longest = SHORTEST * (1 + unequal), min(LONGEST, MOST_STEPS // n)
    n_steps = int(np.exp(rng.uniform(np.log(shortest), np.log(longest + 1))))
    return rng.integers(n_steps // 2 if unequal else n_steps, n_steps + 1, n)


def _one(sequence: Callable[[Rng, int], np.ndarray], unequal: bool = False) -> Draw:
    """Draw sequences of T steps from ``sequence(rng, T)``."""

    def draw(rng: Rng, n: int) -> tuple[list[np.ndarray], None]:
        return [sequence(rng, int(t)) for t in _lengths(rng, n, unequal)], None

    return draw


def _groups(sequence: Sequence, values: tuple[float, ...], unequal: bool = False) -> Draw:
    """Draw a group for each value, all of equal size, from ``sequence(rng, T, value)``."""

    def draw(rng: Rng, n: int) -> tuple[list[np.ndarray], np.ndarray]:
        groups, lengths = rng.permutation(np.arange(n) % len(values)), _lengths(rng, n, unequal)
        return [
            sequence(rng, int(t), values[g]) for t, g in zip(lengths, groups, strict=True)
        ], groups

    return draw


def _rare(sequence: Sequence, values: tuple[float, float], unequal: bool = False) -> Draw:
    """Draw two groups, of which the second has a twentieth of the sequences, two at least."""

    def draw(rng: Rng, n: int) -> tuple[list[np.ndarray], np.ndarray]:
        groups = rng.permutation((np.arange(n) < max(2, n // 20)).astype(int))
        lengths = _lengths(rng, n, unequal)
        return [
            sequence(rng, int(t), values[g]) for t, g in zip(lengths, groups, strict=True)
        ], groups

    return draw


def _many(sequence: Callable[[Rng, int, int, int], np.ndarray]) -> Draw:
    """Draw five to eight groups from ``sequence(rng, T, group, number of groups)``."""

    def draw(rng: Rng, n: int) -> tuple[list[np.ndarray], np.ndarray]:
        count = int(rng.integers(5, MOST_GROUPS + 1))
        groups, lengths = rng.permutation(np.arange(n) % count), _lengths(rng, n, False)
        pairs = zip(lengths, groups, strict=True)
        return [sequence(rng, int(t), int(g), count) for t, g in pairs], groups

    return draw


def _noise(rng: Rng, n_steps: int, deviation: float) -> np.ndarray:
    return deviation * rng.normal(size=n_steps)


def _tone(rng: Rng, n_steps: int, frequency: float) -> np.ndarray:
    angle = frequency * np.arange(n_steps) + rng.uniform(0.0, 2.0 * np.pi)
    return np.sin(angle) + 0.3 * rng.normal(size=n_steps)


def _at(rng: Rng, n_steps: int, centre: float, width: float = 0.05) -> np.ndarray:
    """Draw a bump at a fraction of the length."""
    time = (np.arange(n_steps) + 0.5) / n_steps
    return 2.0 * np.exp(-0.5 * ((time - centre) / width) ** 2) + 0.3 * rng.normal(size=n_steps)


def _autoregressive(rng: Rng, n_steps: int, coefficient: float = 0.8) -> np.ndarray:
    noise, x = rng.normal(size=n_steps + 50), np.zeros(n_steps + 50)
    for t in range(1, len(x)):
        x[t] = coefficient * x[t - 1] + noise[t]
    return x[50:]


def _correlated(rng: Rng, n_steps: int, correlation: float) -> np.ndarray:
    """Draw three inputs, of which the first two are correlated."""
    x = rng.normal(size=(n_steps, 3))
    x[:, 1] = correlation * x[:, 0] + np.sqrt(1.0 - correlation**2) * x[:, 1]
    return x


def _active(rng: Rng, n_steps: int, which: float) -> np.ndarray:
    """Draw six inputs, of which one has a slow wave of any phase."""
    x = rng.normal(size=(n_steps, 6))
    x[:, int(which)] += 1.5 * np.sin(0.2 * np.arange(n_steps) + rng.uniform(0.0, 2.0 * np.pi))
    return x


KINDS: dict[str, Draw] = {
    "5 to 8 levels": _many(lambda rng, t, g, count: 2.0 * g + rng.normal(size=t)),
    "5 to 8 tones": _many(lambda rng, t, g, count: _tone(rng, t, 0.15 * 1.4**g)),
    "5 to 8 places": _many(lambda rng, t, g, count: _at(rng, t, (g + 0.5) / count, 0.3 / count)),
    "places 95:5": _rare(_at, (0.3, 0.7)),
    "deviations 95:5, unequal lengths": _rare(_noise, (1.0, 2.5), unequal=True),
    "two tones, unequal lengths": _groups(_tone, (0.3, 0.7), unequal=True),
    "correlated inputs, unequal lengths": _groups(_correlated, (-0.8, 0.8), unequal=True),
    "which of six inputs": _groups(_active, (0.0, 1.0, 2.0)),
    "autoregressive, unequal lengths": _one(_autoregressive, unequal=True),
    "four inputs of noise": _one(lambda rng, t: rng.normal(size=(t, 4))),
    "three walks": _one(lambda rng, t: np.cumsum(rng.normal(size=(t, 3)), axis=0)),
    "any frequency, unequal lengths": _one(
        lambda rng, t: _tone(rng, t, rng.uniform(0.2, 1.2)), unequal=True
    ),
    "any place": _one(lambda rng, t: _at(rng, t, rng.uniform(0.1, 0.9))),
    "any deviation": _one(lambda rng, t: _noise(rng, t, np.exp(rng.uniform(-0.7, 0.9)))),
}
"""The first eight have groups."""
