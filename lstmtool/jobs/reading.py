"""Sequences as the options of a command say how to read them; what is guessed is said."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lstmtool.data.sequences import Sequences, SequenceSource
    from lstmtool.io.formats.options import ReadOptions
    from lstmtool.io.sequences import SequenceFile

READING = (
    *("id", "time", "value", "label", "name", "rows", "delimiter", "header", "skip_rows"),
    *("decimal", "thousands", "day_first", "inputs", "unequal", "channels_first", "channels"),
    *("sampling_rate", "cut", "hop", "missing", "skip_unreadable"),
)
"""Names of the options that say how to read a file: the fields of `ReadOptions`."""


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
def open_source(path: Path, reading: dict[str, Any]) -> Iterator[SequenceSource]:
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
