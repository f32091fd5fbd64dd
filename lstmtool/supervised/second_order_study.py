"""The study of `lstmtool reproduce second-order`: ways to learn across long lags, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from statistics import mean, median
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.rules.hessian_free import HessianFree
from lstmtool.supervised.scoring import right_steps
from lstmtool.supervised.second_order_systems import PUBLISHED, SECOND_ORDER
from lstmtool.supervised.stopping import Record
from lstmtool.supervised.target_sequences import MOST_ACTIVE
from lstmtool.supervised.tasks import make
from lstmtool.supervised.trials import generators, outcome_of

if TYPE_CHECKING:
    from lstmtool.supervised.system import System

FULL, QUICK = 4, 2
"""Networks of every system; 4 as published for momentum."""
QUICK_TASK, QUICK_METHODS = "five-bits", ("hf", "lstm", "gradient", "nag-0.98", "cm-0.98")
QUICK_SHARE = 3
"""What divides the training sequences with `--quick`."""
GUESSED = 20_000
"""Sequences for the level of guessing."""


def method_of(system: System) -> str:
    """Return the method's part of a system's name."""
    return system.name.removeprefix(f"{system.task}-")


def plan(
    quick: bool, networks: int | None = None, names: tuple[str, ...] = ()
) -> list[tuple[System, int]]:
    """Return each network to train: its system and its number; by default of all systems."""
    systems = SECOND_ORDER
    if names:
        systems = [system for system in systems if system.name in names]
    elif quick:
        systems = [
            system
            for system in systems
            if system.task == QUICK_TASK and method_of(system) in QUICK_METHODS
        ]
    if quick:
        systems = [_cheaper(system) for system in systems]
    count = networks or (QUICK if quick else FULL)
    return [(system, number) for number in range(count) for system in systems]


def _cheaper(system: System) -> System:
    stop = replace(system.stop, limit=system.stop.limit // QUICK_SHARE)
    return replace(system, stop=stop)


def run_one(
    system: System, seed: int, number: int, tell: Callable[[int, float], None] | None = None
) -> dict[str, Any]:
    """Train and test a network; return its record as JSON values."""
    weights, sequences = generators(seed, number)
    rule = make_rule(system.rule, system.topology, system.settings, weights)
    record, task = Record(tell=tell), make(system.task, **system.options)
    stop: Any = system.stop
    with np.errstate(all="ignore"):  # too large a rate ends in NaN
        looks = stop.trained(rule, task, system.update, sequences, record)
    wrong = record.figures["wrong a sequence"]
    found = {
        "experiment": system.name,
        "seed": number,
        "solved": record.solved,
        "sequences": record.sequences,
        "wrong": float(wrong),
        "error": _rounded(record.figures["test error"]),
        "looks": [[int(at), _rounded(error), float(wrong)] for at, error, wrong in looks],
    }
    if isinstance(rule, HessianFree):
        found["steps"] = rule.steps
    return found


def _rounded(value: float) -> float | None:
    """Return a value with six digits; None if the weights overflowed."""
    return float(f"{value:.6g}") if np.isfinite(value) else None


def guessed(name: str, options: dict[str, Any], seed: int) -> float:
    """Return how many scored steps of a sequence are wrong if nothing of it is known.

    Real targets are guessed to be their mean, symbols and classes at random.
    """
    rng = np.random.default_rng([seed, GUESSED])
    task = make(name, **options)
    strings = task.sample(rng, GUESSED // (10 if task.n_inputs > 50 else 1))
    outputs = np.zeros_like(strings.targets)
    if task.criterion.kind == MOST_ACTIVE:
        outputs[:] = rng.random(outputs.shape)
    else:
        outputs[:] = strings.targets[strings.scored].mean(axis=0)
    return float((~right_steps(strings, outputs, task.criterion)).sum() / strings.count)


def summarise(
    work: Iterable[tuple[System, int]], records: list[dict[str, Any]], seed: int
) -> list[dict[str, Any]]:
    """Return a row for every system: means of the wrong steps a sequence, as published."""
    systems = {system.name: system for system, _ in work}
    levels = {s.task: guessed(s.task, s.options, seed) for s in systems.values()}
    rows = []
    for name, system in systems.items():
        own = [record for record in records if record["experiment"] == name]
        wrong = [record["wrong"] for record in own]
        published = PUBLISHED.get(system.task)
        rows.append(
            {
                "name": name,
                "task": system.task,
                "options": system.options,
                "method": method_of(system),
                "rule": system.rule,
                "weights": system.n_weights,
                "limit": system.stop.limit,
                **outcome_of(own),
                "wrong": [min(wrong), mean(wrong), max(wrong)],
                "steps": median([r.get("steps", 0) for r in own]),
                "guessed": levels[system.task],
                "published": system.figure,
                "published guess": published[1] if published else "",
                "source": system.source,
                "note": system.note,
            }
        )
    return rows
