"""The studies of `lstmtool reproduce blues` and `reproduce meta-learning`, and their rivals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmtool.supervised.composing import Choice, figures_of
from lstmtool.supervised.frozen import SHOWN, final_error
from lstmtool.supervised.learning_curves import curves
from lstmtool.supervised.results_table import network_of
from lstmtool.supervised.systems import SYSTEMS
from lstmtool.supervised.tasks import make
from lstmtool.supervised.tasks.blues import Blues, BluesChords
from lstmtool.supervised.trials import outcome_of, records_by_system
from lstmtool.supervised.window_tables import WINDOWS, WindowTable, counter, judged, songs_for

if TYPE_CHECKING:
    from lstmtool.supervised.system import System

CYCLES = 10
"""Cycles that the tables play."""
FUNCTIONS, QUICK_FUNCTIONS = 1000, 200


@dataclass(frozen=True)
class Study:
    """Systems and rivals of one command.

    Attributes
    ----------
    quick : dict of str to dict of str to int
        Systems of ``--quick``, and changes to their stop rules.
    networks, quick_networks : int
        Networks of every system.
    rivals : callable
        From a seed and ``quick`` to rows of what learns without a trial.
    """

    quick: dict[str, dict[str, int]]
    networks: int
    quick_networks: int
    rivals: Callable[[int, bool], list[dict[str, Any]]]


def plan(
    name: str, quick: bool, networks: int | None = None, names: tuple[str, ...] = ()
) -> list[tuple[System, int]]:
    """Return each network to train: its system and its number; by default of all systems."""
    study = STUDIES[name]
    found = [system for system in SYSTEMS.values() if system.study == name]
    if quick:
        found = [_changed(system, study.quick) for system in found if system.name in study.quick]
    count = networks or (study.quick_networks if quick else study.networks)
    wanted = [system for system in found if not names or system.name in names]
    return [(system, number) for system in wanted for number in range(count)]


def _changed(system: System, changes: dict[str, dict[str, int]]) -> System:
    stop: Any = system.stop
    return replace(system, stop=replace(stop, **changes[system.name]))


def summarise(
    work: Iterable[tuple[System, int]], records: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return a row for every system: medians over its networks, and their extremes."""
    return [_row(system, own) for system, own in records_by_system(work, records)]


def _row(system: System, records: list[dict[str, Any]]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for record in records for name in record["figures"]))
    figures = {}
    for name in names:
        values = [record["figures"][name] for record in records if name in record["figures"]]
        figures[name] = [min(values), float(median(values)), max(values)]
    return {
        "name": system.name,
        "task": system.task,
        "network": f"{network_of(system)}, {system.rule}",
        "weights": system.n_weights,
        **outcome_of(records),
        "limit": system.stop.limit,
        "counted": system.stop.kind,
        "figures": figures,
        "published": system.figure,
        "published weights": system.weights,
        "source": system.source,
        "note": system.note,
        "ours": system.ours,
    }


def _rival(task: str, name: str, figures: dict[str, float]) -> dict[str, Any]:
    told = {key: [value] * 3 for key, value in figures.items()}
    return {"name": name, "task": task, "network": "", "weights": None, "figures": told}


def rivals_of_blues(seed: int, quick: bool) -> list[dict[str, Any]]:
    """Return rows of the tables, the Markov model and the counter, for chords and melodies."""
    rows = []
    for name, task in (("blues-chords", BluesChords()), ("blues", Blues())):
        rng = np.random.default_rng(seed)
        songs, choose = songs_for(task, rng), Choice().notes(rng)
        for title, n in WINDOWS.items():
            predict = WindowTable(songs, n).predictor()
            figures = figures_of(judged(task, predict, choose, rng, CYCLES))
            rows.append(_rival(name, title, figures))
        if name == "blues-chords":
            figures = figures_of(judged(task, counter(task), choose, rng, CYCLES))
            rows.append(_rival(name, "hand-written counter", figures))
    return rows


def rivals_of_learners(seed: int, quick: bool) -> list[dict[str, Any]]:
    """Return rows of least squares, LMS, a network online and the mean, for every family."""
    rows = []
    for name in ("boolean-functions", "linear-functions", "quadratic-functions"):
        task = make(name)
        count = QUICK_FUNCTIONS if quick else FUNCTIONS
        found = curves(task, task.sample(np.random.default_rng(seed), count))
        rows += [_rival(name, title, figures_of_curve(curve)) for title, curve in found.items()]
    return rows


def figures_of_curve(curve: np.ndarray) -> dict[str, float]:
    """Return the errors of a curve that a stop rule reports of a network."""
    shown = {f"relative error after {n} examples": curve[n] for n in SHOWN if n < len(curve)}
    shown["relative error, later examples"] = final_error(curve)
    return {name: float(value) for name, value in shown.items() if np.isfinite(value)}


STUDIES = {
    "blues": Study(
        quick={
            "blues-chords": {"limit": 10_000},
            "blues-chords-batch": {"limit": 10_000},
            "blues-chords-elman": {"limit": 5_000},
            "blues-batch": {"limit": 16_000},
        },
        networks=5,
        quick_networks=1,
        rivals=rivals_of_blues,
    ),
    "meta-learning": Study(
        quick={
            "boolean-functions-batch": {"limit": 180_000},
            "linear-functions-batch": {"limit": 150_000},
            "quadratic-functions-batch": {"limit": 120_000, "beyond": 120_000},
            "quadratic-functions-elman": {"limit": 20_000},
        },
        networks=3,
        quick_networks=1,
        rivals=rivals_of_learners,
    ),
}
"""By name."""
