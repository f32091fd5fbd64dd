"""The study of `lstmtool reproduce peepholes`: which networks of one cell learn to keep time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

from lstmtool.supervised.system import System
from lstmtool.supervised.systems import SYSTEMS
from lstmtool.supervised.trials import outcome_of, records_by_system

STUDY = "peepholes"
FULL, QUICK = 30, 3
"""Networks of every system."""
LIMIT, QUICK_LIMIT = 1_000_000, 100_000
INTERVALS = (10, 20, 50)


class Biases(NamedTuple):
    """Initial biases of the gates."""

    input: float
    forget: float
    output: float


BIASES = {
    "published": Biases(0.0, -2.0, 2.0),
    "exchanged": Biases(0.0, 2.0, -2.0),
    "counting": Biases(-1.0, 2.0, -2.0),
}
"""As published; with forget and output gates exchanged; those of the counting languages."""


def timer(interval: int, biases: str, peepholes: bool) -> System:
    """Return the published network for equal intervals, with other biases or without peepholes."""
    like, own = SYSTEMS["gts"], BIASES[biases]
    return replace(
        like,
        name=f"gts-{interval}-{biases}" + ("" if peepholes else "-no-peepholes"),
        topology=replace(like.topology, peepholes=peepholes),
        settings=replace(
            like.settings,
            input_bias=(own.input,),
            forget_bias=(own.forget,),
            output_bias=(own.output,),
        ),
        options={"shortest": interval, "extra": 0},
        stop=replace(like.stop, limit=LIMIT),
        figure="" if peepholes else "not solved without peepholes",
        study=STUDY,
    )


TIMERS = [timer(*chosen) for chosen in product(INTERVALS, BIASES, (True, False))]
"""Intervals, biases, and with and without peepholes."""


def plan(
    quick: bool, networks: int | None = None, names: tuple[str, ...] = ()
) -> list[tuple[System, int]]:
    """Return each network to train: its system and its number; by default of all systems."""
    systems = [system for system in TIMERS if not names or system.name in names]
    if quick:
        systems = [replace(s, stop=replace(s.stop, limit=QUICK_LIMIT)) for s in systems]
    count = networks or (QUICK if quick else FULL)
    return [(system, number) for number in range(count) for system in systems]


def summarise(
    work: Iterable[tuple[System, int]], records: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return a row for every system."""
    rows = []
    for system, own in records_by_system(work, records):
        interval, biases, *without = system.name.removeprefix("gts-").split("-", 2)
        rows.append(
            {
                "name": system.name,
                "steps": int(interval),
                "biases": biases,
                "gates": list(BIASES[biases]),
                "peepholes": not without,
                "weights": system.n_weights,
                **outcome_of(own),
                "limit": system.stop.limit,
                "counted": system.stop.kind,
                "published": system.figure,
            }
        )
    return rows
