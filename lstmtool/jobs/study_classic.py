"""What `lstmtool reproduce classic` does: trials of the published systems, one table."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.networks import executor_on, train_all
from lstmtool.jobs.screen import console
from lstmtool.jobs.unfinished import keeping_records

COMMAND = "reproduce classic"


def reproduce_classic(
    *,
    quick: bool,
    systems: tuple[str, ...],
    trials: int | None,
    seed: int,
    threads: int | None,
    cluster: str | None,
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
    from lstmtool.supervised.results_table import plan, rows_of
    from lstmtool.supervised.systems import find_system
    from lstmtool.supervised.trials import record_of_trial

    for name in systems:
        find_system(name)
    work = plan(quick, systems, trials)
    told = {s.name: {"trials": count, "stop": asdict(s.stop)} for s, count in work}
    items = [(system, number) for system, count in work for number in range(count)]
    with (
        executor_on(cluster, threads) as executor,
        keeping_records(
            *(target, COMMAND, len(items), "trials"),
            {"version": __version__, "seed": seed, "systems": told},
            lambda item: (item[0].name, item[1]),
            resume=resume,
            force=force,
        ) as kept,
    ):
        records = train_all(kept, record_of_trial, seed, items, executor)
        rows = rows_of(work, records)
        document = {"quick": quick, "seed": seed, "systems": rows}
        with kept.finishing():
            replace_file(target, json.dumps(document, indent=1, allow_nan=False).encode(), b"")
    if as_json:
        click.echo(json.dumps(document | {"file": str(target)}, indent=1, allow_nan=False))
        return
    from lstmtool.report.tasks.table import show

    show(rows, console())
    say_path(target)
