"""What `lstmtool reproduce confidence` and `confidence-large` do: a table of the confidence."""

from __future__ import annotations

import json
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.settings import PLACES
from lstmtool.jobs.starting import Start
from lstmtool.jobs.unfinished import keeping_records

if TYPE_CHECKING:
    from lstmtool.config import TrainSettings
    from lstmtool.data.sequences import Sequences
    from lstmtool.experiments.confidence_kinds import Kind
    from lstmtool.training.stage import Stop

COMMAND = "reproduce confidence"


def as_train_does(
    sequences: Sequences, way: str, seed: int, restarts: int | None = None
) -> TrainSettings:
    """Return the settings of `lstmtool train` for sequences, a way of clustering and a seed.

    Parameters
    ----------
    way : str
        A key of `lstmtool.experiments.confidence_study.WAYS`.
    restarts : int or None
        As if ``--restarts`` was given; None for the recipe's.
    """
    from lstmtool.experiments.confidence_study import WAYS

    objective, outputs = WAYS[way]
    options = {"objective": objective, "stages": None, "recipe": "auto", "augment": "auto"}
    numbers = {"outputs": outputs, "seed": seed, "restarts": restarts, "rate_factor": 1.0}
    return Start(dict.fromkeys(PLACES) | options | numbers | {"effort": "normal"}, {})(sequences)[0]


def reproduce_confidence(
    *,
    large: bool,
    seeds: int,
    seed: int,
    restarts: int | None,
    threads: int | None,
    target: Path,
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Cluster held-back kinds of data in each way, write the table as JSON, and print it.

    If `large`, these are kinds of large, long and uneven sets, clustered in two ways.
    Finished data sets are stored next to the table until it is written.
    """
    from lstmtool import __version__
    from lstmtool.experiments.confidence_kinds import KINDS, LARGE_KINDS
    from lstmtool.experiments.confidence_study import (
        LARGE_WAYS,
        WAYS,
        reliability,
        run_one,
        summarise,
    )
    from lstmtool.io.atomic import replace_file
    from lstmtool.training.threads import Threads

    kinds = LARGE_KINDS if large else [kind for kind in KINDS if kind.held_back]
    ways = LARGE_WAYS if large else tuple(WAYS)
    work = [(k, way, seed + n) for n in range(seeds) for k in kinds for way in ways]
    at_once = threads or cpu_count() or 1

    def settings_of(sequences: Sequences, way: str, seed: int) -> TrainSettings:
        return as_train_does(sequences, way, seed, restarts)

    def one(at_once: int, item: tuple[Kind, str, int], stop: Stop, tell: Any) -> dict[str, Any]:
        return run_one(*item, settings_of, at_once, stop)

    with keeping_records(
        *(target, f"{COMMAND}-large" if large else COMMAND, len(work), "data sets"),
        {"version": __version__, "seed": seed, "seeds": seeds, "restarts": restarts},
        lambda item: (item[0].name, item[1], item[2]),
        parts=("kind", "way", "seed"),
        resume=resume,
        force=force,
    ) as kept:
        with kept.records() as (run, _, _):
            records = run(one, at_once, work, Threads(1), lambda item: f"{item[0].name} {item[1]}")
        rows = summarise(records)
        totals = reliability(rows)
        document: dict[str, Any] = {"seed": seed, "restarts": restarts, "reliability": totals}
        document |= {"rows": rows, "runs": records}
        with kept.finishing():
            replace_file(target, json.dumps(document, indent=1, allow_nan=False).encode(), b"")
    if as_json:
        click.echo(json.dumps(document | {"file": str(target)}, indent=1, allow_nan=False))
        return
    _show(rows, totals)
    say_path(target)


def _show(rows: list[dict[str, Any]], reliability: list[dict[str, Any]]) -> None:
    click.echo(
        f"{'kind':35}way         groups  runs  right  one cluster  "
        "high/moderate/low, untested  and tested"
    )
    for row in rows:
        words = [
            "/".join(str(row[field][word]) for word in ("high", "moderate", "low"))
            for field in ("untested", "word")
        ]
        right = "-" if row["right"] is None else str(row["right"])
        groups = "yes" if row["groups"] else "no"
        click.echo(
            f"{row['kind']:34} {row['way']:11} {groups:6} {row['runs']:5} {right:>6} "
            f"{row['one_cluster']:12}  {words[0]:27}  {words[1]}"
        )
    click.echo()
    for total in reliability:
        words = [f"{word} {n} of {of}" for word, (n, of) in total["right"].items() if of]
        click.echo(
            "{:11} {} of {} without groups high or moderate; {} of {} right answers high; "
            "right by word: {}".format(
                total["way"], *total["false"], *total["right_high"], ", ".join(words)
            )
        )
