"""What `lstmtool reproduce classic` does: trials of the published systems, one table."""

from __future__ import annotations

import json
from dataclasses import asdict
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import say, say_path
from lstmtool.jobs.interruption import say_compiling
from lstmtool.jobs.screen import console
from lstmtool.jobs.task_progress import progress

if TYPE_CHECKING:
    from lstmtool.io.partial import Partial
    from lstmtool.supervised.system import System
    from lstmtool.supervised.trials import Outcome


def reproduce_classic(
    *,
    quick: bool,
    systems: tuple[str, ...],
    trials: int | None,
    seed: int,
    threads: int | None,
    target: Path,
    as_json: bool,
) -> None:
    """Run the trials of every system, write the table as JSON, and print it.

    Every trial that has ended is kept beside the table until that is written; the same command goes
    on from there.
    """
    from lstmtool import __version__
    from lstmtool.io.atomic import replace_file
    from lstmtool.io.naming import beside
    from lstmtool.io.partial import open_partial
    from lstmtool.supervised.results_table import plan, summarise
    from lstmtool.supervised.systems import find_system

    for name in systems:
        find_system(name)
    at_once = threads or cpu_count() or 1
    work = plan(quick, systems, trials)
    told = {s.name: {"trials": count, "stop": asdict(s.stop)} for s, count in work}
    partial_path = beside(target, ".partial.jsonl")
    with open_partial(
        partial_path, {"version": __version__, "seed": seed, "systems": told}
    ) as partial:
        say_compiling()
        try:
            rows = [
                asdict(summarise(s, _outcomes(s, count, seed, at_once, partial)))
                for s, count in work
            ]
        except BaseException as error:
            begin = "Trials" if isinstance(error, Exception) else "Interrupted: trials"
            say(f"{begin} that have ended, {len(partial.records)}, are kept in {partial_path}")
            say("The same command goes on from there.")
            raise
        document = {"quick": quick, "seed": seed, "systems": rows}
        replace_file(target, json.dumps(document, indent=1, allow_nan=False).encode(), b"")
        partial_path.unlink(missing_ok=True)
    if as_json:
        click.echo(json.dumps(document | {"file": str(target)}, indent=1, allow_nan=False))
        return
    from lstmtool.report.tasks.table import show

    show(rows, console())
    say_path(target)


def _outcomes(
    system: System, count: int, seed: int, threads: int, partial: Partial
) -> list[Outcome]:
    """Run the trials of a system that are not kept yet; return all of them, in order."""
    from lstmtool.supervised.trials import Outcome, Trial, run_trials

    def keep(trial: Trial) -> None:
        told = {name: getattr(trial, name) for name in ("solved", "sequences", "figures")}
        partial.append({"experiment": system.name, "seed": trial.number, **told})

    def kept() -> dict[int, dict[str, Any]]:
        return {r["seed"]: r for r in partial.records if r["experiment"] == system.name}

    left, stop = [n for n in range(count) if n not in kept()], system.stop
    with progress(len(left), stop.limit, stop.kind, system.name) as tell:
        run_trials(system, seed, left, threads, tell, keep)
    found = [
        Outcome(n, r["solved"], r["sequences"], r["figures"]) for n, r in sorted(kept().items())
    ]
    solved = sum(outcome.solved for outcome in found)
    click.echo(f"{system.name}: {solved} of {count} solved", err=True)
    return found
