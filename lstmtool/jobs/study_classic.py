"""What `lstmtool reproduce classic` does: trials of the published systems, one table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.progress import Show
from lstmtool.jobs.screen import console
from lstmtool.jobs.unfinished import Unfinished, keeping_records

if TYPE_CHECKING:
    from lstmtool.supervised.system import System
    from lstmtool.training.stage import Stop

COMMAND = "reproduce classic"


def reproduce_classic(
    *,
    quick: bool,
    systems: tuple[str, ...],
    trials: int | None,
    seed: int,
    threads: int | None,
    target: Path,
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Run the trials of each system, write the table as JSON, and print it.

    Finished trials are stored next to the table until it is written.
    """
    from lstmtool import __version__
    from lstmtool.io.atomic import replace_file
    from lstmtool.supervised.results_table import plan
    from lstmtool.supervised.systems import find_system

    for name in systems:
        find_system(name)
    work = plan(quick, systems, trials)
    told = {s.name: {"trials": count, "stop": asdict(s.stop)} for s, count in work}
    total = sum(count for _, count in work)
    with keeping_records(
        *(target, COMMAND, total, "trials"),
        {"version": __version__, "seed": seed, "systems": told},
        lambda item: (item[0].name, item[1]),
        resume=resume,
        force=force,
    ) as kept:
        with kept.records() as (run, _, tell):
            rows = _rows(work, seed, threads or cpu_count() or 1, kept, run, tell)
        document = {"quick": quick, "seed": seed, "systems": rows}
        with kept.finishing():
            replace_file(target, json.dumps(document, indent=1, allow_nan=False).encode(), b"")
    if as_json:
        click.echo(json.dumps(document | {"file": str(target)}, indent=1, allow_nan=False))
        return
    from lstmtool.report.tasks.table import show

    show(rows, console())
    say_path(target)


def _rows(
    work: list[tuple[System, int]],
    seed: int,
    threads: int,
    kept: Unfinished,
    run: Callable[..., list[dict[str, Any]]],
    tell_reader: Show,
) -> list[dict[str, Any]]:
    """Run the trials not stored yet; return one row per system."""
    from lstmtool.supervised import trials
    from lstmtool.supervised.results_table import summarise
    from lstmtool.training.stage import Stopped
    from lstmtool.training.threads import Threads

    def one(seed: int, item: tuple[System, int], stop: Stop, tell: Any) -> dict[str, Any]:
        system, number = item

        def listen(sequences: int, error: float) -> None:
            if stop:
                raise Stopped
            tell_reader(system.name, kept.store.counts()[0], f"{sequences:,} {system.stop.kind}")

        if stop:
            raise Stopped
        trial = trials.run_trial(system, seed, number, tell=listen)
        told = {name: getattr(trial, name) for name in ("solved", "sequences", "figures")}
        return {"experiment": system.name, "seed": number} | told

    items = [(system, number) for system, count in work for number in range(count)]
    found = iter(run(one, seed, items, Threads(threads), lambda item: item[0].name))
    names = ("seed", "solved", "sequences", "figures")
    rows = []
    for system, count in work:
        own = [next(found) for _ in range(count)]
        outcomes = [trials.Outcome(*(record[name] for name in names)) for record in own]
        rows.append(asdict(summarise(system, outcomes)))
    return rows
