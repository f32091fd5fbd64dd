"""What `lstmtool reproduce confidence` does: a table of the confidence on kinds of data."""

from __future__ import annotations

import json
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.unfinished import keeping_records

if TYPE_CHECKING:
    from lstmtool.experiments.confidence_study import Kind
    from lstmtool.training.stage import Stop

COMMAND = "reproduce confidence"


def reproduce_confidence(
    *,
    seeds: int,
    seed: int,
    restarts: int,
    threads: int | None,
    target: Path,
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Cluster data sets of each kind in each way, write the table as JSON, and print it.

    Finished data sets are stored next to the table until it is written.
    """
    from lstmtool import __version__
    from lstmtool.experiments.confidence_study import KINDS, run_one, summarise
    from lstmtool.io.atomic import replace_file
    from lstmtool.training.threads import Threads

    work = [(k, way, seed + n) for n in range(seeds) for k in KINDS for way in k.ways]
    at_once = threads or cpu_count() or 1

    def one(restarts: int, item: tuple[Kind, str, int], stop: Stop, tell: Any) -> dict[str, Any]:
        return run_one(*item, restarts, at_once, stop)

    with keeping_records(
        *(target, COMMAND, len(work), "data sets"),
        {"version": __version__, "seed": seed, "seeds": seeds, "restarts": restarts},
        lambda item: (item[0].name, item[1], item[2]),
        parts=("kind", "way", "seed"),
        resume=resume,
        force=force,
    ) as kept:
        with kept.records() as (run, _, _):
            records = run(one, restarts, work, Threads(1), lambda item: f"{item[0].name} {item[1]}")
        rows = summarise(records)
        document = {"seed": seed, "restarts": restarts, "rows": rows, "runs": records}
        with kept.finishing():
            replace_file(target, json.dumps(document, indent=1, allow_nan=False).encode(), b"")
    if as_json:
        click.echo(json.dumps(document | {"file": str(target)}, indent=1, allow_nan=False))
        return
    _show(rows)
    say_path(target)


def _show(rows: list[dict[str, Any]]) -> None:
    click.echo("kind        way      groups  runs  right  high/moderate/low, untested  and tested")
    for row in rows:
        words = [
            "/".join(str(row[field][word]) for word in ("high", "moderate", "low"))
            for field in ("untested", "word")
        ]
        right = "-" if row["right"] is None else str(row["right"])
        groups = "yes" if row["groups"] else "no"
        click.echo(
            f"{row['kind']:11} {row['way']:8} {groups:6} {row['runs']:5} {right:>6}  "
            f"{words[0]:28}  {words[1]}"
        )
