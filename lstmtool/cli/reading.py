"""Options that say how to read a file of sequences, shared by all commands that read one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.cli.topology import Choice

if TYPE_CHECKING:
    from lstmtool.data.sequences import Sequences, Source
    from lstmtool.io.formats.options import ReadOptions
    from lstmtool.io.sequences import SequenceFile


class SpanType(click.ParamType):
    """A stretch of a sequence: steps, or seconds with an s."""

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
            help="CSV, a row per step: which sequence it is; repeat it where several columns say "
            "it together.",
        ),
        "time": option("--time", metavar="COLUMN", help="CSV, a row per step: time or step."),
        "value": option(
            "--value",
            multiple=True,
            metavar="COLUMN",
            help="CSV, a row per step: an input; repeat it for several.  [default: all others]",
        ),
        "label": option(
            "--label", metavar="COLUMN", help="CSV: group, kept to score, never used to train."
        ),
        "name": option("--name", metavar="COLUMN", help="CSV: name of the sequence."),
        "rows": option(
            "--rows",
            type=Choice(("sequences", "steps")),
            help="CSV: what a row is.  [default: steps with --id, --time or --value, else told "
            "from the columns]",
        ),
        "delimiter": option("--delimiter", metavar="CHAR", help="CSV: between cells, e.g. ';'."),
        "header": option("--header/--no-header", default=None, help="CSV: is line 1 a header?"),
        "skip_rows": option(
            "--skip-rows",
            type=click.IntRange(0),
            metavar="N",
            help="CSV: lines above the table.  [default: those that begin with #]",
        ),
        "decimal": option(
            "--decimal", type=Choice((".", ",")), help="CSV: the decimal point of its numbers."
        ),
        "thousands": option(
            "--thousands", metavar="CHAR", help="CSV: what groups thousands, as , in 1,234.5."
        ),
        "day_first": option(
            "--day-first/--month-first", default=None, help="CSV: which 01/02/2024 begins with."
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
            help="Short rows and missing values at the end are shorter sequences.",
        ),
        "channels_first": option(
            "--channels-first", is_flag=True, help="Arrays are sequences x inputs x steps."
        ),
        "channels": option(
            "--channels",
            type=Choice(("mono", "inputs", "split")),
            help="Sound: the mean of its channels, each an input, or each a sequence.  "
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
            help="From window to window.  [default: as --cut]",
        ),
        "missing": option(
            "--missing",
            type=Choice(("error", "drop", "interpolate")),
            default="error",
            show_default=True,
            help="Missing values: refuse, leave the sequence out, or fill in.",
        ),
        "skip_unreadable": option(
            "--skip-unreadable",
            is_flag=True,
            help="Folder of sounds: leave out and name the files that cannot be read.",
        ),
    }


READING = tuple(_options(""))
"""Names of the options."""


def reading_options(rate: str = "") -> Callable:
    """Add the options; the command gets them together as `reading`.

    Parameters
    ----------
    rate : str
        Another name of ``--sampling-rate``, where the command leaves it free.
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


def load(path: Path, reading: dict[str, Any]) -> Sequences:
    """Read sequences as the options say; what is guessed is said on stderr."""
    from lstmtool.io.formats.load import load_sequences
    from lstmtool.text import clean_text

    name = "standard input" if str(path) == "-" else clean_text(path.name)
    return load_sequences(
        path,
        read_options(reading),
        lambda text: click.echo(f"{name}: {clean_text(text)}", err=True),
    )


@contextmanager
def open_streamed(path: Path, reading: dict[str, Any]) -> Iterator[SequenceFile]:
    """Give a file of our own, whose sequences come block by block; others are refused."""
    if not _as_it_is(path, reading):
        from lstmtool.errors import UsageError

        raise UsageError(
            "--stream reads sequences from HDF5, as they are there.",
            str(path),
            "Make such a file with `lstmtool convert` and these options, and train on that.",
        )
    from lstmtool.io.sequences import open_sequences

    with open_sequences(path) as file:
        yield replace(
            file, attributes=file.attributes | {"file": os.path.basename(os.path.realpath(path))}
        )


@contextmanager
def open_source(path: Path, reading: dict[str, Any]) -> Iterator[Source]:
    """Give sequences that stay on the disk where they can: files of our own; others are read."""
    if _as_it_is(path, reading):
        with open_streamed(path, reading) as file:
            yield file
    else:
        yield load(path, reading)


def _as_it_is(path: Path, reading: dict[str, Any]) -> bool:
    """Whether a file is one of our own, and no option asks for anything else than what it holds."""
    from lstmtool.io.formats.load import is_own_file

    return not read_options(reading).given() and is_own_file(path)


def read_options(reading: Mapping[str, Any]) -> ReadOptions:
    """Return the values of the options, by name, as the readers want them."""
    from lstmtool.io.formats.options import ReadOptions, Span

    spans = {k: Span(*reading[k]) if reading.get(k) else None for k in ("cut", "hop")}
    return ReadOptions(**{**reading, **spans})
