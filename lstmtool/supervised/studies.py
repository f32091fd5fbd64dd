"""What `lstmtool reproduce blues` and `reproduce meta-learning` run, and the rivals beside it."""

from __future__ import annotations

from collections.abc import Callable
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
from lstmtool.supervised.window_tables import WINDOWS, WindowTable, counter, judged, songs_for

if TYPE_CHECKING:
    from lstmtool.supervised.system import System
    from lstmtool.supervised.trials import Outcome

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
    trials, quick_trials : int
        Trials of every system.
    rivals : callable
        From a seed and ``quick`` to rows of what learns without a trial.
    columns : dict of str to str
        Figures in the table, and their headings.
    note : str
        What the table is to show.
    """

    quick: dict[str, dict[str, int]]
    trials: int
    quick_trials: int
    rivals: Callable[[int, bool], list[dict[str, Any]]]
    columns: dict[str, str]
    note: str


def plan(name: str, quick: bool, trials: int | None = None) -> list[tuple[System, int]]:
    """Return the systems of a study with the number of trials of each."""
    study = STUDIES[name]
    if not quick:
        found = [system for system in SYSTEMS.values() if system.study == name]
        return [(system, trials or study.trials) for system in found]
    rows = []
    for system, changes in study.quick.items():
        stop: Any = SYSTEMS[system].stop
        changed = replace(SYSTEMS[system], stop=replace(stop, **changes))
        rows.append((changed, trials or study.quick_trials))
    return rows


def row(system: System, trials: list[Outcome]) -> dict[str, Any]:
    """Return the row of a system: medians over its trials, and their extremes."""
    names = list(dict.fromkeys(name for trial in trials for name in trial.figures))
    figures = {}
    for name in names:
        values = [trial.figures[name] for trial in trials if name in trial.figures]
        figures[name] = [float(median(values)), min(values), max(values)]
    return {
        "name": system.name,
        "task": system.task,
        "network": f"{network_of(system)}, {system.rule}",
        "weights": system.n_weights,
        "trials": len(trials),
        "solved": sum(trial.solved for trial in trials),
        "needed": [trial.sequences for trial in trials if trial.solved],
        "limit": system.stop.limit,
        "counted": system.stop.kind,
        "figures": figures,
        "published": system.figure,
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
            "blues-chords-batch": {"limit": 5_000},
            "blues-chords-elman": {"limit": 5_000},
            "blues-batch": {"limit": 16_000},
        },
        trials=5,
        quick_trials=1,
        rivals=rivals_of_blues,
        columns={
            "chord steps right of 960": "chords of 960",
            "cycles until the first wrong chord": "cycles",
            "melody notes in the scale": "in scale",
            "bars not in the training songs": "new bars",
            "different bars of melody": "bars",
            "bars not in the training songs, last cycle": "new, last",
        },
        note="Chords of 960: steps of ten cycles, played without help after the opening of a "
        "song, with exactly the notes of the form's chord. In the plain form, C lasts for 48 "
        "steps: no shorter window knows when it ends.",
    ),
    "meta-learning": Study(
        quick={
            "boolean-functions-batch": {"limit": 180_000},
            "linear-functions-batch": {"limit": 150_000},
            "quadratic-functions-batch": {"limit": 120_000, "beyond": 120_000},
            "quadratic-functions-elman": {"limit": 20_000},
        },
        trials=3,
        quick_trials=1,
        rivals=rivals_of_learners,
        columns={f"relative error after {n} examples": f"after {n}" for n in SHOWN}
        | {"relative error, later examples": "31 and later"},
        note="Mean squared error of predicting the next value on new functions, divided by the "
        "variance of the values: predicting the mean has 1. The networks' weights do not change.",
    ),
}
"""By name."""
