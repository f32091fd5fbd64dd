"""Kinds of slow sequences, with and without groups, for the study of confidence.

Each draws n sequences of 30 to 200 steps, all of the same length, and their groups, if any. Without
groups, what would tell them apart varies continuously.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Rng = np.random.Generator
Draw = Callable[[Rng, int], tuple[list[np.ndarray], np.ndarray | None]]
Sequence = Callable[[Rng, int, int, int], np.ndarray]

SHORTEST, LONGEST = 30, 200  # steps


def _steps(rng: Rng) -> int:
    return int(rng.integers(SHORTEST, LONGEST + 1))


def _one(sequence: Callable[[Rng, int], np.ndarray]) -> Draw:
    """Draw sequences of T steps from ``sequence(rng, T)``."""

    def draw(rng: Rng, n: int) -> tuple[list[np.ndarray], None]:
        n_steps = _steps(rng)
        return [sequence(rng, n_steps) for _ in range(n)], None

    return draw


def _around(sequence: Callable[[Rng, np.ndarray], np.ndarray], knots: int = 5) -> Draw:
    """Draw sequences from ``sequence(rng, shape)``, with one smooth curve as their shape."""

    def draw(rng: Rng, n: int) -> tuple[list[np.ndarray], None]:
        shape = _smooth(rng, _steps(rng), knots)
        return [sequence(rng, shape) for _ in range(n)], None

    return draw


def _groups(sequence: Sequence, most: int = 2, rare: bool = False) -> Draw:
    """Draw two to `most` groups from ``sequence(rng, T, group, number of groups)``.

    They are equally large or, if rare, there are two, of which one has a fifth of the sequences.
    """

    def draw(rng: Rng, n: int) -> tuple[list[np.ndarray], np.ndarray]:
        n_steps, count = _steps(rng), int(rng.integers(2, most + 1))
        groups = np.arange(n) % count if not rare else (np.arange(n) >= 0.8 * n).astype(int)
        groups = rng.permutation(groups)
        return [sequence(rng, n_steps, int(g), count) for g in groups], groups

    return draw


def _shapes(
    sequence: Callable[[Rng, np.ndarray], np.ndarray], most: int, knots: int, inputs: int = 1
) -> Draw:
    """Draw two to `most` groups from ``sequence(rng, shape)``, each with a smooth shape (T, D)."""

    def draw(rng: Rng, n: int) -> tuple[list[np.ndarray], np.ndarray]:
        n_steps, count = _steps(rng), int(rng.integers(2, most + 1))
        n_inputs = int(rng.integers(min(inputs, 2), inputs + 1))
        groups = rng.permutation(np.arange(n) % count)
        shapes = [_smooths(rng, n_steps, n_inputs, knots) for _ in range(count)]
        return [sequence(rng, shapes[g]) for g in groups], groups

    return draw


def _time(n_steps: int) -> np.ndarray:
    return np.linspace(0.0, 1.0, n_steps)


def _noise(rng: Rng, n_steps: int, deviation: float) -> np.ndarray:
    return deviation * rng.normal(size=n_steps)


def _smooth(rng: Rng, n_steps: int, knots: int = 5) -> np.ndarray:
    """Draw a cubic spline through random heights."""
    from scipy.interpolate import CubicSpline

    heights = CubicSpline(np.linspace(0.0, 1.0, knots), rng.normal(size=knots))
    return np.asarray(heights(_time(n_steps)))


def _smooths(rng: Rng, n_steps: int, n_inputs: int, knots: int = 5) -> np.ndarray:
    return np.stack([_smooth(rng, n_steps, knots) for _ in range(n_inputs)], axis=1)


def _filtered(rng: Rng, n_steps: int, width: float) -> np.ndarray:
    """Draw a stationary Gaussian process: white noise, filtered by a bell of this share of T."""
    bell = np.exp(-0.5 * (np.arange(-n_steps, n_steps + 1) / (width * n_steps)) ** 2)
    filtered = np.convolve(rng.normal(size=3 * n_steps), bell, "same")[n_steps : 2 * n_steps]
    return np.asarray(filtered / np.sqrt((bell**2).sum()))


def _bump(n_steps: int, at: float, width: float) -> np.ndarray:
    return np.asarray(2.0 * np.exp(-0.5 * ((_time(n_steps) - at) / width) ** 2))


def _step(n_steps: int, at: float) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-(_time(n_steps) - at) / 0.03)))


def _wave(n_steps: int, phase: float, cycles: float = 1.0) -> np.ndarray:
    return np.asarray(np.sin(2.0 * np.pi * (cycles * _time(n_steps) + phase)))


def _warped(rng: Rng, shape: np.ndarray, strength: float) -> np.ndarray:
    """Run through a shape (T, D) or (T,) at a smoothly varying speed."""
    n_steps = len(shape)
    place = np.cumsum(np.exp(strength * _smooth(rng, n_steps)))
    place = (place - place[0]) / (place[-1] - place[0]) * (n_steps - 1)
    columns = np.atleast_2d(shape.T)
    return np.stack([np.interp(place, np.arange(n_steps), c) for c in columns], axis=1)


def _bumps(rng: Rng, n_steps: int, group: int, count: int) -> np.ndarray:
    at = np.linspace(0.2, 0.8, count)[group] + 0.03 * rng.normal()
    return _bump(n_steps, at, 0.06) + _noise(rng, n_steps, 0.2)


def _rare_bumps(rng: Rng, n_steps: int, group: int, count: int) -> np.ndarray:
    at = (0.35, 0.65)[group] + 0.03 * rng.normal()
    return _bump(n_steps, at, 0.08) + _noise(rng, n_steps, 0.2)


def _phases(rng: Rng, n_steps: int, group: int, count: int) -> np.ndarray:
    return _wave(n_steps, group / count + 0.03 * rng.normal()) + _noise(rng, n_steps, 0.2)


def _slopes(rng: Rng, n_steps: int, group: int, count: int) -> np.ndarray:
    slope = np.linspace(-2.0, 2.0, count)[group] + 0.3 * rng.normal()
    return slope * _time(n_steps) + 0.2 * _smooth(rng, n_steps) + _noise(rng, n_steps, 0.2)


def _several_inputs(rng: Rng, shape: np.ndarray) -> np.ndarray:
    apart = 0.2 * _smooths(rng, *shape.shape) + 0.2 * rng.normal(size=shape.shape)
    return np.asarray(shape + apart)


def _step_at(rng: Rng, n_steps: int, group: int, count: int) -> np.ndarray:
    at = np.linspace(0.25, 0.75, count)[group] + 0.03 * rng.normal()
    return _step(n_steps, at) * (1.0 + 0.1 * rng.normal()) + _noise(rng, n_steps, 0.15)


def _warped_shapes(rng: Rng, shape: np.ndarray) -> np.ndarray:
    apart = 0.1 * _smooth(rng, len(shape)) + _noise(rng, len(shape), 0.1)
    return _warped(rng, shape, 0.3) * (1.0 + 0.1 * rng.normal()) + apart[:, None]


def _rare_form(rng: Rng, n_steps: int, group: int, count: int) -> np.ndarray:
    phase = 0.02 * rng.normal()
    wave = np.sign(_wave(n_steps, 0.25 + phase)) if group else _wave(n_steps, phase)
    return wave + 0.1 * _smooth(rng, n_steps) + _noise(rng, n_steps, 0.2)


def _forms(rng: Rng, n_steps: int, group: int, count: int) -> np.ndarray:
    time = _time(n_steps)
    forms = (_wave(n_steps, 0.0), 2.0 * time - 1.0, _wave(n_steps, 0.0, 2.0), np.sign(time - 0.5))
    form = _warped(rng, forms[group], 0.15)[:, 0]
    return form * (1.0 + 0.1 * rng.normal()) + _noise(rng, n_steps, 0.2)


def _one_bump_or_two(rng: Rng, n_steps: int, group: int, count: int) -> np.ndarray:
    places = (np.arange(group + 1) + 1.0) / (group + 2) + 0.03 * rng.normal(size=group + 1)
    bumps = np.sum([_bump(n_steps, at, 0.06) for at in places], axis=0)
    other = 0.3 * _smooth(rng, n_steps) + _noise(rng, n_steps, 0.2)
    return np.stack([bumps + _noise(rng, n_steps, 0.2), other], axis=1)


def _integrated(rng: Rng, n_steps: int) -> np.ndarray:
    noise, x = rng.normal(size=n_steps + 50), np.zeros(n_steps + 50)
    for t in range(1, len(x)):
        x[t] = 0.7 * x[t - 1] + noise[t]
    return np.asarray(np.cumsum(x[50:]))


def _with_width(rng: Rng, n_steps: int) -> np.ndarray:
    bump = _bump(n_steps, 0.5, rng.uniform(0.03, 0.25))
    return bump + 0.1 * _smooth(rng, n_steps) + _noise(rng, n_steps, 0.1)


KINDS: dict[str, Draw] = {
    "bumps": _groups(_bumps, 4),
    "rare bumps": _groups(_rare_bumps, rare=True),
    "phases": _groups(_phases, 4),
    "slopes": _groups(_slopes, 3),
    "inputs": _shapes(_several_inputs, 5, 5, inputs=3),
    "walks": _one(lambda rng, t: np.asarray(np.cumsum(rng.normal(size=t)))),
    "one shape": _around(
        lambda rng, x: x + 0.5 * _smooth(rng, len(x)) + _noise(rng, len(x), 0.1),
    ),
    "any bump": _one(lambda rng, t: _bump(t, rng.uniform(0.2, 0.8), 0.06) + _noise(rng, t, 0.2)),
    "any slope": _one(
        lambda rng, t: rng.uniform(-2, 2) * _time(t) + 0.2 * _smooth(rng, t) + _noise(rng, t, 0.2)
    ),
    "rough": _one(lambda rng, t: _filtered(rng, t, 0.1) + _noise(rng, t, 0.05)),
    "any phase": _one(lambda rng, t: _wave(t, rng.uniform()) + _noise(rng, t, 0.2)),
    "steps": _groups(_step_at, 3),
    "warped": _shapes(_warped_shapes, 5, 6),
    "rare form": _groups(_rare_form, rare=True),
    "forms": _groups(_forms, 4),
    "counts": _groups(_one_bump_or_two),
    "integrated": _one(_integrated),
    "amplitude": _around(
        lambda rng, x: (
            rng.uniform(0.3, 2) * x + 0.2 * _smooth(rng, len(x)) + _noise(rng, len(x), 0.1)
        )
    ),
    "smooth": _one(lambda rng, t: _filtered(rng, t, 0.25) + _noise(rng, t, 0.1)),
    "warps": _around(
        lambda rng, x: (
            _warped(rng, x, 0.4)[:, 0] * (1 + 0.1 * rng.normal()) + _noise(rng, len(x), 0.1)
        ),
        6,
    ),
    "width": _one(_with_width),
    "two walks": _one(lambda rng, t: np.asarray(np.cumsum(rng.normal(size=(t, 2)), axis=0))),
    "any step": _one(lambda rng, t: _step(t, rng.uniform(0.2, 0.8)) + _noise(rng, t, 0.15)),
}
"""The first and the last five of the first sixteen have groups."""
