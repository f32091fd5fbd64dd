"""The study of `lstmtool reproduce lags`: how long a lag each kind of network learns to bridge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from lstmtool.supervised.fitting import Fitted
from lstmtool.supervised.lag_systems import KINDS, LAG_SYSTEMS, ONE_UNIT
from lstmtool.supervised.stopping import Guesses
from lstmtool.supervised.trials import outcome_of, records_by_system

if TYPE_CHECKING:
    from lstmtool.supervised.system import System

FULL, QUICK, LATCHES = 10, 3, 18
"""Networks of every system, with --quick, and of the latches of one unit, 18 as published."""
QUICK_LONGEST = 60
"""Steps of the longest sequences with `--quick`, but for five bits."""
QUICK_LIMIT, QUICK_GUESSES, QUICK_FITTED = 9_600, 100_000, 1200


def plan(
    quick: bool, networks: int | None = None, names: tuple[str, ...] = ()
) -> list[tuple[System, int]]:
    """Return each network to train: its system and its number; by default of all systems."""
    count = networks or (QUICK if quick else FULL)
    most = networks or (QUICK if quick else LATCHES)
    work = []
    for number in range(max(count, most)):
        for system in (*LAG_SYSTEMS, *ONE_UNIT):
            wanted = system.name in names if names else not (quick and is_long(system))
            if wanted and number < (most if system in ONE_UNIT else count):
                work.append((cheaper(system) if quick else system, number))
    return work


def is_long(system: System) -> bool:
    """Return whether `--quick` leaves a system out."""
    return system.options.get("length", 0) > QUICK_LONGEST


def cheaper(system: System) -> System:
    """Return a system as `--quick` has it."""
    stop: Any = system.stop
    kinds = {Guesses: QUICK_GUESSES, Fitted: QUICK_FITTED}
    return replace(system, stop=replace(stop, limit=kinds.get(type(stop), QUICK_LIMIT)))


def summarise(
    work: Iterable[tuple[System, int]], records: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return a row for every system."""
    rows = []
    for system, own in records_by_system(work, records):
        wrong = [v for r in own for name, v in r["figures"].items() if name.startswith("wrong of")]
        options = system.options
        rows.append(
            {
                "name": system.name,
                "task": system.task,
                "lag": options.get("length", options.get("delay")),
                "noise": options.get("noise"),
                "kind": kind_of(system),
                "weights": system.n_weights,
                **outcome_of(own),
                "limit": system.stop.limit,
                "counted": system.stop.kind,
                "wrong": median(wrong) if wrong else None,
                "source": system.source,
                "note": system.note,
            }
        )
    return rows


def kind_of(system: System) -> str:
    """Return what tables call a kind of network."""
    if system.task == "latch-one-unit":
        delays = system.settings.delays
        return f"One unit, {delays} delay{'s' if delays > 1 else ''}"
    return next(title for kind, title in KINDS.items() if system.name.endswith(f"-{kind}"))
