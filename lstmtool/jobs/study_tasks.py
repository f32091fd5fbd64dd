"""What `lstmtool reproduce blues` and `reproduce meta-learning` do: trials, rivals, one table."""

from __future__ import annotations

import json
from dataclasses import asdict
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.screen import console
from lstmtool.jobs.unfinished import keeping_records

if TYPE_CHECKING:
    from lstmtool.supervised.system import System
    from lstmtool.training.stage import Stop


def reproduce_tasks(
    name: str,
    *,
    quick: bool,
    trials: int | None,
    seed: int,
    threads: int | None,
    target: Path,
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Run the trials of a study's systems and its rivals, write the table as JSON, print it.

    Finished trials are stored next to the table until it is written.
    """
    from lstmtool import __version__
    from lstmtool.io.atomic import replace_file
    from lstmtool.supervised import studies
    from lstmtool.supervised import trials as running
    from lstmtool.training.stage import Stopped
    from lstmtool.training.threads import Threads

    work = studies.plan(name, quick, trials)
    items = [(system, number) for system, count in work for number in range(count)]
    told = {s.name: {"trials": count, "stop": asdict(s.stop)} for s, count in work}
    with keeping_records(
        *(target, f"reproduce {name}", len(items), "trials"),
        {"version": __version__, "seed": seed, "systems": told},
        lambda item: (item[0].name, item[1]),
        resume=resume,
        force=force,
    ) as kept:
        with kept.records() as (run, _, show):

            def one(seed: int, item: tuple[System, int], stop: Stop, tell: Any) -> dict[str, Any]:
                system, number = item

                def listen(sequences: int, error: float) -> None:
                    if stop:
                        raise Stopped
                    done = kept.store.counts()[0]
                    show(system.name, done, f"{sequences:,} {system.stop.kind}")

                if stop:
                    raise Stopped
                trial = running.run_trial(system, seed, number, tell=listen)
                parts = ("solved", "sequences", "figures")
                return {"experiment": system.name, "seed": number} | {
                    part: getattr(trial, part) for part in parts
                }

            at_once = Threads(threads or cpu_count() or 1)
            found = iter(run(one, seed, items, at_once, lambda item: item[0].name))
        rows, parts = [], ("seed", "solved", "sequences", "figures")
        for system, count in work:
            own = [next(found) for _ in range(count)]
            outcomes = [running.Outcome(*(record[part] for part in parts)) for record in own]
            rows.append(studies.row(system, outcomes))
        rows += studies.STUDIES[name].rivals(seed, quick)
        document = {"study": name, "quick": quick, "seed": seed, "rows": rows}
        with kept.finishing():
            replace_file(target, json.dumps(document, indent=1, allow_nan=False).encode())
    if as_json:
        click.echo(json.dumps(document | {"file": str(target)}, indent=1, allow_nan=False))
        return
    from lstmtool.report.tasks.study_table import show as show_table

    study = studies.STUDIES[name]
    show_table(rows, study.columns, study.note, console())
    say_path(target)
