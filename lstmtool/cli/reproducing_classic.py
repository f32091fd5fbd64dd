"""What `lstmtool reproduce classic` does: trials of the published systems, one table."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from os import cpu_count
from pathlib import Path
from typing import Any

import click

from lstmtool.cli.options import say_path
from lstmtool.cli.running import say_compiling
from lstmtool.cli.screen import console
from lstmtool.cli.task_progress import progress


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
    """Run the trials of every system, print the table, and write it as JSON.

    The table is written anew after every system, so that an interruption loses one.
    """
    from lstmtool.classic.comparison import plan, summarise
    from lstmtool.classic.published import system as known
    from lstmtool.classic.trials import run_trials
    from lstmtool.io.atomic import replace_file
    from lstmtool.report.classic_table import show

    for name in systems:
        known(name)
    say_compiling()
    rows: list[dict[str, Any]] = []
    document = {"quick": quick, "seed": seed, "systems": rows}
    for system, count in plan(quick, systems, trials):
        began = time.monotonic()
        stop = system.stop
        with progress(count, stop.limit, stop.kind, system.name) as tell:
            found = run_trials(system, seed, count, threads or cpu_count() or 1, tell)
        rows.append(asdict(summarise(system, found)))
        spent = time.monotonic() - began
        line = f"{system.name}: {rows[-1]['solved']} of {count} solved, {spent:.0f} s"
        click.echo(line, err=True)
        replace_file(target, json.dumps(document, indent=1, allow_nan=False).encode(), b"")
    if as_json:
        click.echo(json.dumps(document | {"file": str(target)}, indent=1, allow_nan=False))
        return
    show(rows, console())
    say_path(target)
