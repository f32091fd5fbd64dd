"""Kinds of data, with and without groups, for the study of confidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.experiments import large_kinds, other_kinds, shape_kinds
from lstmtool.experiments.shape_kinds import Draw

FEWEST, MOST = 12, 200  # sequences of a set, their logarithm drawn evenly
N_STEPS = 100  # of the plain kinds


@dataclass(frozen=True)
class Kind:
    """A kind of data; `draw` returns the sequences of a set of N, and their groups, if any."""

    name: str
    draw: Draw
    held_back: bool = False
    sizes: tuple[int, int] = (FEWEST, MOST)

    def sequences(self, seed: int) -> Sequences:
        """Draw a set."""
        rng = np.random.default_rng([seed, sum(self.name.encode())])
        fewest, most = self.sizes
        n = int(np.exp(rng.uniform(np.log(fewest), np.log(most + 1))))
        arrays, groups = self.draw(rng, n)
        if groups is None:
            return from_arrays(arrays)
        names = tuple(map(str, range(groups.max() + 1)))
        return from_arrays(arrays, labels=groups, label_names=names)


T = np.arange(N_STEPS)


def _one(sequence: Callable[[np.random.Generator], np.ndarray]) -> Draw:
    return lambda rng, n: ([sequence(rng) for _ in range(n)], None)


def _groups(sequence: Callable[[np.random.Generator, int], np.ndarray], share: float = 0.5) -> Draw:
    """Draw two groups, of which the second has this share of the sequences."""

    def draw(rng: np.random.Generator, n: int) -> tuple[list[np.ndarray], np.ndarray]:
        groups = (np.arange(n) >= (1.0 - share) * n).astype(int)
        return [sequence(rng, int(g)) for g in groups], groups

    return draw


def _noise(rng: np.random.Generator, deviation: float = 1.0) -> np.ndarray:
    return deviation * rng.normal(size=N_STEPS)


def _sinusoid(rng: np.random.Generator, frequency: float, noise: float = 0.5) -> np.ndarray:
    return np.sin(frequency * T + rng.uniform(0, 6.3)) + _noise(rng, noise)


def _autoregressive(rng: np.random.Generator, coefficient: float) -> np.ndarray:
    """Draw an autoregressive sequence of unit variance, after a hundred steps to settle."""
    noise, x = rng.normal(size=N_STEPS + 100), np.zeros(N_STEPS + 100)
    for t in range(1, len(x)):
        x[t] = coefficient * x[t - 1] + noise[t]
    return x[100:] * np.sqrt(1 - coefficient**2)


def _pink(rng: np.random.Generator) -> np.ndarray:
    frequencies = np.fft.rfftfreq(2 * N_STEPS)
    frequencies[0] = frequencies[1]
    size = len(frequencies)
    waves = (rng.normal(size=size) + 1j * rng.normal(size=size)) / np.sqrt(frequencies)
    x = np.fft.irfft(waves)[:N_STEPS]
    return x / x.std()


def _pulse(rng: np.random.Generator, at: float, width: float, height: float) -> np.ndarray:
    return np.exp(-0.5 * ((at - T) / width) ** 2) * height + _noise(rng, 0.3)


def _harmonics(rng: np.random.Generator) -> np.ndarray:
    parts = ((1, 1.0), (2, 0.6), (3, 0.4))
    waves = sum(a * np.sin(k * 0.25 * T + rng.uniform(0, 6.3)) for k, a in parts)
    return np.asarray(waves) + _noise(rng, 0.1)


def _shape(rng: np.random.Generator, group: int) -> np.ndarray:
    sine = np.sin(0.1 * T)
    return (sine if group else np.sign(sine) * 0.9 * (T < 60)) + _noise(rng, 0.3)


KINDS = (
    Kind("white", _one(_noise)),
    Kind("sinus", _one(lambda rng: _sinusoid(rng, 0.3))),
    Kind("walk", _one(lambda rng: np.cumsum(_noise(rng)))),
    Kind("vary", _one(lambda rng: _noise(rng, rng.uniform(0.5, 2)))),
    Kind("var2", _groups(lambda rng, g: _noise(rng, (1.0, 2.0)[g]))),
    Kind("shapes2", _groups(_shape)),
    Kind("tones2", _groups(lambda rng, g: _sinusoid(rng, (0.3, 0.6)[g]))),
    Kind("uneven", _groups(lambda rng, g: _noise(rng, (1.0, 2.5)[g]), 0.1)),
    Kind("ar1", _one(lambda rng: _autoregressive(rng, 0.8))),
    Kind("phase", _one(_harmonics)),
    Kind("drift", _one(lambda rng: rng.normal() * T / N_STEPS * 2 + _noise(rng))),
    Kind("pink", _one(_pink)),
    Kind("pulse", _one(lambda rng: _pulse(rng, rng.uniform(20, 80), 4, 3))),
    Kind("ar2", _groups(lambda rng, g: _autoregressive(rng, (0.9, -0.2)[g]))),
    Kind("timing2", _groups(lambda rng, g: _pulse(rng, (35, 65)[g], 6, 2))),
    Kind("levels2", _groups(lambda rng, g: g + _noise(rng))),
    Kind("rare", _groups(lambda rng, g: 1.5 * g + _noise(rng), 0.1)),
    *(Kind(name, draw) for name, draw in shape_kinds.KINDS.items()),
    *(Kind(name, draw, held_back=True) for name, draw in other_kinds.KINDS.items()),
)
"""Plain kinds of 100 steps. Without groups: noise of several colours, a sinusoid or harmonics
of random phase, walks, deviations and drifts that vary continuously, a pulse at a random time.
With groups: by variance, shape, frequency, autoregressive coefficient, time and level; two with a
tenth of the sequences in one group. Then those of `shape_kinds`. The rule of
`lstmtool.clustering.confidence` was chosen on all these, and then scored on those held back, of
`other_kinds`."""
LARGE = (40, 2000)  # sequences of a large set
LARGE_KINDS = tuple(
    Kind(name, draw, held_back=True, sizes=LARGE) for name, draw in large_kinds.KINDS.items()
)
"""Held back as well, and studied by themselves."""
