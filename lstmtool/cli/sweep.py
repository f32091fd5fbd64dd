"""`lstmtool sweep`: train with many settings and many seeds, and say which do best."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lstmtool.cli.options import (
    cluster_option,
    force_option,
    json_option,
    output_option,
    resume_option,
)
from lstmtool.jobs.files import file_beside, say_path
from lstmtool.jobs.screen import console
from lstmtool.jobs.unfinished import RECORDS, taking

ENDINGS = (".h5", ".csv", ".json")


@click.command("sweep")
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG.toml")
@click.option(
    "--optuna",
    "searched",
    type=click.IntRange(1),
    metavar="N",
    help="Let Optuna search the ranges of [random] with N settings for a high score, which reads "
    "no labels.",
)
@click.option("--print-plan", is_flag=True, help="Print the commands of all runs and stop.")
@click.option("--threads", type=click.IntRange(1), help="Runs at a time. [default: all cores]")
@cluster_option
@output_option
@click.option(
    "--picture",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="SVG to draw the scores in.  [default: next to the table, with the suffix .svg]",
)
@resume_option
@force_option
@json_option
def command(
    config: Path,
    searched: int | None,
    print_plan: bool,
    threads: int | None,
    cluster: str | None,
    output: Path | None,
    picture: Path | None,
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Train with every setting that CONFIG.toml lists, from several seeds, and rank them.

    CONFIG.toml names the data (as DATA of train; without it the newest sequences here), the seeds
    (a list, or how many), and options of train by their names: fixed ones, and those to try, either
    a grid of all combinations or random draws.

    \b
      data = "artificial.h5"
      seeds = 3
      [fixed]
      restarts = 5
      [grid]
      blocks = ["1x1", "2x1"]
      rate = [0.001, 0.003, 0.01]

    \b
    Instead of [grid]:
      [random]
      count = 20
      seed = 0
      blocks = ["1x1", "2x1", "2x2"]
      rate = {low = 1e-4, high = 1e-2, log = true}

    Settings are ranked by the median label-free score over the seeds; with labels, ARI and NMI are
    shown too, but decide nothing. The suffix of FILE says what is written: .h5 or .json for every
    run, .csv for the table.

    Finished runs are stored next to FILE, as FILE.partial.jsonl, until it is written. After an
    interruption, the same command with --resume continues, to the same bytes.

    \b
    Examples:
      lstmtool sweep rates.toml --print-plan
      lstmtool sweep rates.toml
      lstmtool sweep rates.toml -o rates.csv --picture rates.svg
      lstmtool sweep ranges.toml --optuna 50
      lstmtool sweep rates.toml --cluster tcp://HOST:8786
    """  # noqa: D301 - click wants the character \b, which keeps the lines apart
    if output is not None and output.suffix.lower() not in ENDINGS:
        raise click.UsageError(
            f"{output}: the ending says what to write, and is none of {', '.join(ENDINGS)}."
        )
    if picture is not None and picture.suffix.lower() != ".svg":
        raise click.UsageError(f"{picture}: the picture is an SVG; name it so.")

    from lstmtool.cli.train import command as train
    from lstmtool.jobs import sweep as sweeping

    if print_plan:
        for line in sweeping.prepared(train, config, searched).commands():
            click.echo(line)
        return
    again: dict[str, Any] = {"resume": resume, "force": force}
    with taking(output, "sweep", "sweep", ending=RECORDS, **again) as target:
        drawn = file_beside(picture, target, ".svg", force)
        work = sweeping.prepared(train, config, searched)
        sweep = sweeping.sweep_to_files(work, target, drawn, threads, cluster, **again)
    _print(sweep, as_json, target, drawn)


def _print(sweep: dict[str, Any], as_json: bool, target: Path, picture: Path) -> None:
    if as_json:
        import json

        paths = {"file": str(target), "picture": str(picture)}
        click.echo(json.dumps(sweep | paths, indent=1, allow_nan=False))
        return
    from lstmtool.report.sweep.terminal import show

    show(sweep, console())
    click.echo("The best run of the best setting again:")
    click.echo(f"  {sweep['settings'][sweep['ranked'][0]]['command']}")
    say_path(target)
    say_path(picture)
