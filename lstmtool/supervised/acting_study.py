"""The study of `lstmtool reproduce acting`: many agents in mazes, and with the pole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from lstmtool.records.intervals import wilson_interval
from lstmtool.supervised.acting_review import actions_of, episodes
from lstmtool.supervised.acting_systems import LENGTHS, MAZE, POLES, maze_system
from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.stopping import Record
from lstmtool.supervised.tasks import make
from lstmtool.supervised.trials import generators

if TYPE_CHECKING:
    from lstmtool.supervised.system import System

FULL, QUICK = 10, 3
"""Agents of every system; 10 as published."""
QUICK_MAZES = ((10, False), (30, False))
QUICK_LIMITS = {"t-maze": 1_500_000, "pole": 500_000}
FILMED = ("t-maze-10", "t-maze-30", "t-maze-50", "t-maze-70", "t-maze-50-noisy", "two-mode-pole")
"""Systems of whose first agent the page shows an episode."""


def plan(
    quick: bool, agents: int | None = None, names: tuple[str, ...] = ()
) -> list[tuple[System, int]]:
    """Return each agent to train: its system and its number; by default of all systems.

    Short mazes come first, so that a study that is interrupted has something to show.
    """
    mazes = QUICK_MAZES if quick else tuple((n, noisy) for n in LENGTHS for noisy in (False, True))
    systems = [maze_system(n, noisy, kind) for n, noisy in mazes for kind in MAZE]
    systems += POLES
    if quick:
        systems = [replace(s, stop=replace(s.stop, limit=QUICK_LIMITS[s.task])) for s in systems]
    chosen = [s for s in systems if not names or s.name in names]
    return [(s, number) for s in chosen for number in range(agents or (QUICK if quick else FULL))]


def run_one(
    system: System, seed: int, number: int, tell: Callable[[int, float], None] | None = None
) -> dict[str, Any]:
    """Train and test an agent; return its record as JSON values."""
    weights, luck = generators(seed, number)
    agent: Any = make_rule(system.rule, system.topology, system.settings, weights)
    record, task = Record(tell=tell), make(system.task, **system.options)
    system.stop.train(agent, task, system.update, luck, record)
    found: dict[str, Any] = {
        "experiment": system.name,
        "seed": number,
        "solved": record.solved,
        "iterations": record.sequences,
        "figures": dict(record.figures),
    }
    if number == 0 and system.name in FILMED:
        lived = episodes(agent, task, seed)  # type: ignore[arg-type]
        found["episodes"] = [episode.as_json() for episode in lived]
        found["actions"] = actions_of(agent, task)  # type: ignore[arg-type]
    return found


def summarise(
    work: Iterable[tuple[System, int]], records: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return a row for every system."""
    rows = []
    for name, system in {system.name: system for system, _ in work}.items():
        own = [record for record in records if record["experiment"] == name]
        needed = [record["iterations"] for record in own if record["solved"]]
        figures = {
            figure: median(r["figures"][figure] for r in own) for figure in own[0]["figures"]
        }
        rows.append(
            {
                "name": name,
                "task": system.task,
                "rule": system.rule,
                "weights": system.n_weights,
                "length": system.options.get("length", 0),
                "noisy": bool(system.options.get("noisy")),
                "agents": len(own),
                "solved": len(needed),
                "interval": wilson_interval(len(needed), len(own)),
                "limit": system.stop.limit,
                "needed": [min(needed), median(needed), max(needed)] if needed else [],
                "figures": figures,
                "published": system.figure,
                "source": system.source,
                "note": system.note,
                "ours": system.ours,
            }
        )
    return rows
