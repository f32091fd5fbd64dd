"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lstmtool.jobs.settings import PLACES
from lstmtool.option_texts import TEXTS


class NumberOrAuto(click.ParamType):
    """A whole number, or `auto`."""

    name = "number"

    def __init__(self, kind: click.ParamType = click.INT) -> None:
        self.kind = kind

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        return value if value == "auto" else self.kind.convert(value, param, ctx)


output_option = click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File to write.", metavar="FILE"
)
force_option = click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
resume_option = click.option(
    "--resume", is_flag=True, help="Resume the unfinished run of FILE, or the newest here."
)
seed_option = click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Random seed."
)
cluster_option = click.option(
    "--cluster",
    metavar="tcp://HOST:PORT",
    envvar="DASK_SCHEDULER_ADDRESS",
    show_envvar=True,
    help="Compute on the workers of this Dask scheduler, with the same result.",
)


def shards_option(text: str) -> Callable:
    """Return the option of shards, with what they are for a command."""
    kind = NumberOrAuto(click.IntRange(1))
    return click.option("--shards", type=kind, metavar="N|auto", help=text)


alternative_option = click.option(
    "--alternative",
    type=click.IntRange(0),
    metavar="K",
    help="Which answer of a run with a consensus: 1 is that of most restarts, 0 the chosen restart "
    "alone.  [default: 1]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
count_option = click.option(
    "--count",
    type=click.IntRange(1, 1_000_000),
    help="Tasks: sequences, or streams.  [default: 20 sequences, 1 stream]",
)
set_option = click.option(
    "--set",
    "task_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="Tasks: an option of the task, e.g. length=1000; may be repeated.",
)


def text_of(name: str) -> str:
    """Return what the setting means that an option of a network or a training is."""
    place, _, field = PLACES[name].rpartition(".")
    group = "stages" if place in ("stage", "own", "copies") else place
    text = TEXTS[f"{group}.{field}".lstrip(".")]
    return text if place != "stage" else f"{text.removesuffix('.')}, in the last stage."


def setting(flag: str, more: str = "", **options: Any) -> Callable:
    """Return an option for a field of the settings, with that field's text and perhaps more."""
    name = flag.lstrip("-").partition("/")[0].replace("-", "_")
    said = f"{text_of(name)} {more}".strip()
    return click.option(flag, **{"default": None, "help": said} | options)
