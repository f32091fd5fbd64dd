"""The study of `lstmtool reproduce compressor`: many networks that remember across fillers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from lstmtool.supervised.chunking_systems import COMPRESSORS, RIVALS
from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.rules.compressor import Compressor
from lstmtool.supervised.stopping import Record
from lstmtool.supervised.tasks import make
from lstmtool.supervised.trials import generators, outcome_of, records_by_system

if TYPE_CHECKING:
    from lstmtool.supervised.system import System

FULL, QUICK = 17, 3
"""Networks of every system; 17 as published."""
QUICK_LIMIT = 2000
"""Sequences of networks without levels with `--quick`."""
ROWS = 60
"""Largest number of looks that are kept of a network."""
SHOWN = 24
"""Events of the second level that are shown of a stream."""


def plan(
    quick: bool, networks: int | None = None, names: tuple[str, ...] = ()
) -> list[tuple[System, int]]:
    """Return each network to train: its system and its number; by default of all systems."""
    rivals = [_cheaper(system) for system in RIVALS] if quick else RIVALS
    count = networks or (QUICK if quick else FULL)
    systems = [s for s in (*COMPRESSORS, *rivals) if not names or s.name in names]
    return [(system, number) for number in range(count) for system in systems]


def _cheaper(system: System) -> System:
    return replace(system, stop=replace(system.stop, limit=QUICK_LIMIT))


def run_one(
    system: System, seed: int, number: int, tell: Callable[[int, float], None] | None = None
) -> dict[str, Any]:
    """Train and test a network; return its record as JSON values."""
    weights, sequences = generators(seed, number)
    rule = make_rule(system.rule, system.topology, system.settings, weights)
    record, task = Record(tell=tell), make(system.task, **system.options)
    stop: Any = system.stop
    looks: list[dict[str, Any]] = stop.trained(rule, task, system.update, sequences, record)
    every = -(-len(looks) // ROWS) if looks else 1
    found: dict[str, Any] = {
        "experiment": system.name,
        "seed": number,
        "solved": record.solved,
        "sequences": record.sequences,
        "figures": dict(record.figures),
        "looks": [_rounded(look) for look in looks[every - 1 :: every]],
    }
    if number == 0 and isinstance(rule, Compressor):
        found["seen"] = _seen(system, seed)
    return found


def _rounded(look: dict[str, Any]) -> dict[str, Any]:
    events = [round(n, 4) for n in look["events"]]
    return {name: round(value, 4) for name, value in look.items() if name != "events"} | {
        "events": events
    }


def _seen(system: System, seed: int) -> list[dict[str, Any]]:
    """Return what the second level of the first network sees of its first streams, and later."""
    weights, sequences = generators(seed, 0)
    rule = make_rule(system.rule, system.topology, system.settings, weights)
    assert isinstance(rule, Compressor)
    task, found = make(system.task, **system.options), []
    names = task.symbols[0]
    for stream in range(1, 17):
        strings = task.sample(sequences, 1)
        rule.learn(strings, strings.targets.copy())
        if stream not in (1, 2, 4, 16):
            continue
        events, times = rule.seen(1)
        last = slice(max(0, len(times) - SHOWN), None)
        symbols = [names[k] for k in events[last, : len(names)].argmax(axis=1)]
        parts = {"symbols": symbols, "times": times[last].tolist()}
        parts["targets"] = events[last, len(names)].astype(int).tolist()
        found.append({"stream": stream, "events": len(times)} | parts)
    return found


def summarise(
    work: Iterable[tuple[System, int]], records: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return a row for every system."""
    rows = []
    for system, own in records_by_system(work, records):
        figures = {
            figure: median(r["figures"][figure] for r in own) for figure in own[0]["figures"]
        }
        rows.append(
            {
                "name": system.name,
                "rule": system.rule,
                "weights": system.n_weights,
                "lag": system.options["lag"],
                "noise": system.options.get("noise", 0.0),
                "limit": system.stop.limit,
                **outcome_of(own),
                "figures": figures,
                "published": system.figure if system.figure[0].isdigit() else "",
                "source": system.source,
                "note": system.note,
            }
        )
    return rows
