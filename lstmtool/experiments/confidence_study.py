"""How often the stated confidence is right, on kinds of data with and without groups.

The unit of work is one data set of one kind, clustered in one way. The rule of
`lstmtool.clustering.confidence` was chosen on other seeds, and only on kinds not held out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lstmtool.clustering.assess import assess
from lstmtool.clustering.consensus_null_test import with_suitable_null_test
from lstmtool.config import TrainSettings
from lstmtool.data.alignment import find_alignment
from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.errors import DivergedError
from lstmtool.experiments import shape_kinds
from lstmtool.experiments.shape_kinds import Draw
from lstmtool.objectives import registry
from lstmtool.recipes import (
    checked,
    default_stages,
    merge,
    preparing_outputs,
    recipe,
    with_every_restart,
    without_lone_consensus,
)
from lstmtool.records.results import Confidence
from lstmtool.training.null_test import SURROGATES
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.train import train

N_STEPS = 100
SMALLEST, LARGEST = 20, 60  # sequences of a set, unless the kind says otherwise
RIGHT = 0.9  # adjusted Rand index from which an answer counts as right
WAYS = {"bingo-1": ("bingo", 1), "bingo-2": ("bingo", 2), "neo": ("neo", None)}
"""Objective and number of outputs, by the names of the ways of clustering."""
SHAPES = "shapes"  # one more: the recipe of this name, with its own number of outputs
WORDS = ("high", "moderate", "low", "unknown")


@dataclass(frozen=True)
class Kind:
    """A kind of data; `draw` returns the sequences of a set of N, and their groups, if any."""

    name: str
    draw: Draw
    held_back: bool = False
    ways: tuple[str, ...] = tuple(WAYS)
    sizes: tuple[int, int] = (SMALLEST, LARGEST)

    def sequences(self, seed: int) -> Sequences:
        """Draw a set."""
        rng = np.random.default_rng([seed, sum(self.name.encode())])
        arrays, groups = self.draw(rng, int(rng.integers(self.sizes[0], self.sizes[1] + 1)))
        if groups is None:
            return from_arrays(arrays)
        names = tuple(map(str, range(groups.max() + 1)))
        return from_arrays(arrays, labels=groups, label_names=names)


T = np.arange(N_STEPS)


def _one(sequence: Callable[[np.random.Generator], np.ndarray]) -> Draw:
    return lambda rng, n: ([sequence(rng) for _ in range(n)], None)


def _groups(
    sequence: Callable[[np.random.Generator, int], np.ndarray], sizes: tuple[int, ...] = ()
) -> Draw:
    """Draw groups of these sizes, by default two halves."""

    def draw(rng: np.random.Generator, n: int) -> tuple[list[np.ndarray], np.ndarray]:
        counts = sizes or (n // 2, n - n // 2)
        groups = np.repeat(np.arange(len(counts)), counts)
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


HALVES = ("bingo-1", "neo")


def _of_shapes(kinds: dict[str, Draw], held_back: bool) -> tuple[Kind, ...]:
    return tuple(Kind(name, d, held_back, (SHAPES,), (40, 300)) for name, d in kinds.items())


KINDS = (
    Kind("white", _one(_noise)),
    Kind("sinus", _one(lambda rng: _sinusoid(rng, 0.3))),
    Kind("walk", _one(lambda rng: np.cumsum(_noise(rng)))),
    Kind("vary", _one(lambda rng: _noise(rng, rng.uniform(0.5, 2)))),
    Kind("var2", _groups(lambda rng, g: _noise(rng, (1.0, 2.0)[g])), ways=HALVES),
    Kind("shapes2", _groups(_shape), ways=HALVES),
    Kind("tones2", _groups(lambda rng, g: _sinusoid(rng, (0.3, 0.6)[g])), ways=HALVES),
    Kind("uneven", _groups(lambda rng, g: _noise(rng, (1.0, 2.5)[g]), (54, 6)), ways=HALVES),
    Kind("ar1", _one(lambda rng: _autoregressive(rng, 0.8)), True),
    Kind("phase", _one(_harmonics), True),
    Kind("drift", _one(lambda rng: rng.normal() * T / N_STEPS * 2 + _noise(rng)), True),
    Kind("pink", _one(_pink), True),
    Kind("pulse", _one(lambda rng: _pulse(rng, rng.uniform(20, 80), 4, 3)), True),
    Kind("ar2", _groups(lambda rng, g: _autoregressive(rng, (0.9, -0.2)[g])), True, HALVES),
    Kind("timing2", _groups(lambda rng, g: _pulse(rng, (35, 65)[g], 6, 2)), True, HALVES),
    Kind("levels2", _groups(lambda rng, g: g + _noise(rng)), True, HALVES),
    Kind("rare", _groups(lambda rng, g: 1.5 * g + _noise(rng), (45, 5)), True, HALVES),
    *_of_shapes(shape_kinds.CHOSEN_ON, held_back=False),
    *_of_shapes(shape_kinds.HELD_BACK, held_back=True),
)
"""Without groups: noise of several colours, a sinusoid or sum of harmonics with random phase,
walks, deviations and drifts that vary continuously, a pulse at a random time. With groups: by
variance, shape, frequency, autoregressive coefficient, time and level; two with unequal sizes. And
those of `shape_kinds`."""


def settings_of(data: Sequences, way: str, seed: int, restarts: int) -> TrainSettings:
    """Return the settings that `lstmtool train` uses by default for a way of clustering."""
    if way == SHAPES:
        nested = recipe(default_stages("bingo", SHAPES), SHAPES)
        return checked(nested | {"restarts": min(restarts, nested["restarts"]), "seed": seed})
    objective, outputs = WAYS[way]
    name = find_alignment(data).recipe
    nested = recipe(default_stages(objective, name), name)
    if outputs is not None:
        nested = merge(nested, {"network": {"outputs": outputs}})
    elif not registry.find(objective).makes_codes:
        nested["stages"] = preparing_outputs(nested)
    nested = without_lone_consensus(nested | {"restarts": restarts, "seed": seed})
    return checked(with_every_restart(nested, {"restarts"}))


def run_one(
    kind: Kind,
    way: str,
    seed: int,
    restarts: int = 20,
    threads: int = 1,
    stop: Stop | None = None,
) -> dict[str, Any]:
    """Cluster one data set; return the confidence with and without the null test, and its basis.

    Raises
    ------
    Stopped
        If `stop` was set.
    """
    stop = stop or Stop()
    data = kind.sequences(seed)
    settings = settings_of(data, way, seed, restarts)
    record = {"kind": kind.name, "way": way, "seed": seed, "n_sequences": len(data)}
    try:
        run = train(data, settings, threads=threads, stop=stop)
    except DivergedError:
        return record | {"word": "unknown", "untested": "unknown", "p_value": None, "ari": None}
    if stop:
        raise Stopped
    tested = with_suitable_null_test(run, data, SURROGATES, threads=threads, stop=stop)
    found = assess(tested)
    return record | {
        "word": found.confidence.word,
        "untested": assess(replace(tested, null_test=None)).confidence.word,
        "p_value": found.confidence.p_value,
        "ari": found.after.ari,
        "kept": _kept(found.confidence),
        "gap": found.confidence.gap,
    }


def _kept(confidence: Confidence) -> float | None:
    if confidence.shared is None or not confidence.carried:
        return None
    return confidence.shared / confidence.carried


def summarise(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Count confidence by kind and way; ``right`` counts answers with an ARI of 0.9 or more."""
    rows = []
    every = list(records)
    for kind in KINDS:
        for way in kind.ways:
            own = [r for r in every if (r["kind"], r["way"]) == (kind.name, way)]
            if not own:
                continue
            with_groups = kind.sequences(0).labels is not None
            right = [r for r in own if r["ari"] is not None and r["ari"] >= RIGHT]
            row = {"kind": kind.name, "way": way, "groups": with_groups}
            row |= {"held_back": kind.held_back, "runs": len(own)}
            row |= {"right": len(right) if with_groups else None}
            row |= {"right_high": sum(r["word"] == "high" for r in right) if with_groups else None}
            for field in ("untested", "word"):
                row[field] = {word: sum(r[field] == word for r in own) for word in WORDS}
            rows.append(row)
    return rows
