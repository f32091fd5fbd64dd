"""The table of `lstmtool reproduce phonemes`: networks of equal size on the same sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from statistics import fmean
from typing import TYPE_CHECKING, Any

from lstmtool.supervised.early_stopping import EarlyStopping
from lstmtool.supervised.phoneme_review import review
from lstmtool.supervised.phoneme_systems import MEMORY, PHONEME_SYSTEMS, SOURCE
from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.system import System
from lstmtool.supervised.tasks import make
from lstmtool.supervised.trials import generators, run_trial

if TYPE_CHECKING:
    from lstmtool.data.phonemes import LabelledFrames

SYSTEMS = tuple(name for name in PHONEME_SYSTEMS if not name.endswith("-published"))
"""The systems of the table, the best of the publication first."""
QUICK_UNITS = {
    "phonemes-blstm": 40,
    "phonemes-brnn": 80,
    "phonemes-lstm-delay-5": 60,
    "phonemes-rnn-delay-3": 120,
    "phonemes-lstm": 60,
    "phonemes-rnn": 120,
    "phonemes-mlp-window-10": 40,
    "phonemes-mlp-window-5": 70,
    "phonemes-tdnn": 48,
    "phonemes-mlp": 400,
}
"""Blocks or plain units of each net with `--quick`, for about 20,000 weights."""
QUICK_STOP = EarlyStopping(12, patience=3, piece=100, at_once=32)
SEEDS, QUICK_SEEDS = 3, 1

TIMIT = (
    ("BLSTM, retrained", 78.6, 70.2, None),
    ("BLSTM", 77.4, 69.8, "phonemes-blstm"),
    ("BRNN", 76.0, 69.0, "phonemes-brnn"),
    ("BLSTM, weighted error", 75.7, 68.9, None),
    ("LSTM, delay 5", 77.6, 66.0, "phonemes-lstm-delay-5"),
    ("RNN, delay 3", 71.0, 65.2, "phonemes-rnn-delay-3"),
    ("LSTM, backwards", 71.1, 64.7, None),
    ("LSTM", 70.9, 64.6, "phonemes-lstm"),
    ("RNN", 69.9, 64.5, "phonemes-rnn"),
    ("MLP, 21 frames", 67.6, 63.1, "phonemes-mlp-window-10"),
    ("MLP, 11 frames", None, None, "phonemes-mlp-window-5"),
    ("Time-delay network, 3 + 5 + 5 frames", None, None, "phonemes-tdnn"),
    ("MLP, 1 frame", 53.6, 51.4, "phonemes-mlp"),
)
"""Network, published per cent of the training and the test frames of TIMIT, and the system here.

Retrained: went on with the validation sentences. Weighted: errors by the length of their phone.
Delays are of the target, in frames.
"""
ABOUT_TIMIT = f"{SOURCE}: TIMIT, 61 classes, {MEMORY}."
RIGHT, SPEECH = "frames right", "frames right, without pauses"


def plan(quick: bool, names: tuple[str, ...], seeds: int | None) -> list[tuple[System, int]]:
    """Return the systems to train with the number of seeds of each.

    Parameters
    ----------
    names : tuple of str
        Only these systems; all of the table by default.
    """
    count = seeds or (QUICK_SEEDS if quick else SEEDS)
    chosen = [PHONEME_SYSTEMS[name] for name in dict.fromkeys(names or SYSTEMS)]
    return [(smaller(system) if quick else system, count) for system in chosen]


def smaller(system: System) -> System:
    """Return a system of `--quick`: fewer units, fewer epochs, batches of 32 pieces."""
    units = QUICK_UNITS.get(system.name, 40)
    size: dict[str, Any] = {"blocks": (1,) * units} if system.topology.blocks else {"plain": units}
    settings = system.settings
    if settings.batch > QUICK_STOP.at_once:
        settings = replace(settings, batch=QUICK_STOP.at_once)
    return replace(
        system, topology=replace(system.topology, **size), settings=settings, stop=QUICK_STOP
    )


def run_one(
    frames: LabelledFrames,
    system: System,
    seed: int,
    number: int,
    tell: Callable[[int, float], None] | None = None,
) -> dict[str, Any]:
    """Train and test a network; return its record as JSON values.

    That of the first of each system says what it does on the test sentences, too.
    """
    task: Any = make(system.task, **system.options)
    task = task.of(frames)
    topology = replace(system.topology, n_inputs=task.n_inputs, n_outputs=task.n_outputs)
    system = replace(system, topology=topology, settings=replace(system.settings, threads=1))
    trial = run_trial(system, seed, number, tell=tell, task=task)
    told: dict[str, Any] = {
        name: getattr(trial, name) for name in ("solved", "sequences", "figures")
    }
    told["history"] = [
        [float(value) if isfinite(value) else None for value in row] for row in trial.history
    ]
    if number == 0:
        rule: Any = make_rule(system.rule, topology, system.settings, generators(seed, number)[0])
        rule.parameters[:] = trial.parameters
        told["review"] = review(rule, task, trial.initial).as_dict()
    return {"experiment": system.name, "seed": number} | told


def summarise(system: System, trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the row of a system as JSON values.

    Parameters
    ----------
    trials : list of dict
        For each seed whether it has converged, its ``epochs``, and ``figures`` in fractions.
    """
    names = dict.fromkeys(name for trial in trials for name in trial["figures"])
    figures = {}
    for name in names:
        values = [trial["figures"][name] for trial in trials if name in trial["figures"]]
        figures[name] = {"mean": fmean(values), "least": min(values), "most": max(values)}
    return {
        "name": system.name,
        "weights": system.n_weights,
        "seeds": len(trials),
        "converged": sum(bool(trial["solved"]) for trial in trials),
        "epochs": [trial["sequences"] for trial in trials],
        "figures": figures,
    }
