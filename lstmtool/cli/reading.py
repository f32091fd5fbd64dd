"""Options for reading sequences, shared by all commands that read them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from lstmtool.cli.topology import Choice

if TYPE_CHECKING:
    pass


class SpanType(click.ParamType):
    """A duration: steps, or seconds with an s."""

    name = "span"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the amount and its unit."""
        seconds = value.endswith("s")
        try:
            amount = float(value.removesuffix("s")) if seconds else int(value)
        except ValueError:
            amount = 0
        if not 0 < amount < 1e12:
            self.fail(f"{value!r} is neither steps nor seconds, e.g. 200 or 0.5s.", param, ctx)
        return amount, "seconds" if seconds else "steps"


def _options(rate: str) -> dict[str, Callable]:
    """Return the options by the names of the fields of `ReadOptions`."""
    option = click.option
    return {
        "id": option(
            "--id",
            multiple=True,
            metavar="COLUMN",
            help="CSV, a row per step: ids of the sequences; repeat it if several columns make up "
            "the id.",
        ),
        "time": option("--time", metavar="COLUMN", help="CSV, a row per step: time or step."),
        "value": option(
            "--value",
            multiple=True,
            metavar="COLUMN",
            help="CSV, a row per step: an input; repeat it for several.  [default: all others]",
        ),
        "label": option(
            "--label", metavar="COLUMN", help="CSV: group, used for scores, never for training."
        ),
        "name": option("--name", metavar="COLUMN", help="CSV: name of the sequence."),
        "rows": option(
            "--rows",
            type=Choice(("sequences", "steps")),
            help="CSV: what a row is.  [default: steps with --id, --time or --value, else "
            "inferred]",
        ),
        "delimiter": option("--delimiter", metavar="CHAR", help="CSV: between cells, e.g. ';'."),
        "header": option("--header/--no-header", default=None, help="CSV: is line 1 a header?"),
        "skip_rows": option(
            "--skip-rows",
            type=click.IntRange(0),
            metavar="N",
            help="CSV: lines above the table.  [default: those that begin with #]",
        ),
        "decimal": option("--decimal", type=Choice((".", ",")), help="CSV: decimal separator."),
        "thousands": option(
            "--thousands", metavar="CHAR", help="CSV: thousands separator, as , in 1,234.5."
        ),
        "day_first": option(
            "--day-first/--month-first",
            default=None,
            help="CSV: order of dates such as 01/02/2024.",
        ),
        "inputs": option(
            "--inputs",
            type=click.IntRange(1),
            metavar="D",
            help="CSV, a row per sequence: values of every step.  [default: 1]",
        ),
        "unequal": option(
            "--unequal",
            is_flag=True,
            help="Short rows and trailing missing values mean shorter sequences.",
        ),
        "channels_first": option(
            "--channels-first", is_flag=True, help="Arrays are sequences x inputs x steps."
        ),
        "channels": option(
            "--channels",
            type=Choice(("mono", "inputs", "split")),
            help="Sound: average the channels, or make each an input or a sequence.  "
            "[default: mono]",
        ),
        "sampling_rate": option(
            *filter(None, ("--sampling-rate", rate)),
            "sampling_rate",
            type=float,
            metavar="HZ",
            help="Resample to this rate.",
        ),
        "cut": option(
            "--cut",
            type=SpanType(),
            metavar="STEPS|SECONDSs",
            help="Cut sequences into windows, e.g. 200 or 0.5s.",
        ),
        "hop": option(
            "--hop",
            type=SpanType(),
            metavar="STEPS|SECONDSs",
            help="Distance between windows.  [default: as --cut]",
        ),
        "missing": option(
            "--missing",
            type=Choice(("error", "drop", "interpolate")),
            default="error",
            show_default=True,
            help="Missing values: refuse them, drop their sequences, or interpolate.",
        ),
        "skip_unreadable": option(
            "--skip-unreadable",
            is_flag=True,
            help="Folder of sounds: skip unreadable files, and list them.",
        ),
    }


def reading_options(rate: str = "") -> Callable:
    """Add the options; the command gets them together as `reading`.

    Parameters
    ----------
    rate : str
        A second name for ``--sampling-rate``, e.g. ``--rate``.
    """

    def add(function: Callable) -> Callable:
        options = _options(rate)

        @wraps(function)
        def command(*args: Any, **values: Any) -> Any:
            reading = {name: values.pop(name) for name in options}
            return function(*args, reading=reading, **values)

        for option in reversed(options.values()):
            command = option(command)
        return command

    return add
