"""Sequences read as a command's options say; guesses are reported."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstmtool.jobs.files import say

if TYPE_CHECKING:
    from lstmtool.data.sequences import Sequences, SequenceSource
    from lstmtool.io.formats.options import ReadOptions
    from lstmtool.io.sequences import SequenceFile

READING = (
    *("id", "time", "value", "label", "name", "rows", "delimiter", "header", "skip_rows"),
    *("decimal", "thousands", "day_first", "inputs", "unequal", "channels_first", "channels"),
    *("sampling_rate", "cut", "hop", "missing", "skip_unreadable"),
)
"""Names of the reading options: the fields of `ReadOptions`."""


def load(path: Path, reading: dict[str, Any]) -> Sequences:
    """Read sequences as the options say; report guesses on stderr."""
    from lstmtool.io.formats.load import load_sequences
    from lstmtool.text import clean_text

    name = "standard input" if str(path) == "-" else clean_text(path.name)
    return load_sequences(
        path,
        read_options(reading),
        lambda text: say(f"{name}: {text}"),
    )


@contextmanager
def open_streamed(path: Path, reading: dict[str, Any]) -> Iterator[SequenceFile]:
    """Yield the sequences of an HDF5 file, to be read block by block; refuse other files."""
    if not _as_it_is(path, reading):
        from lstmtool.errors import UsageError

        raise UsageError(
            "--stream reads sequences from HDF5, without changes.",
            str(path),
            "Make such a file with `lstmtool convert` and these options, and train on it.",
        )
    from lstmtool.io.sequences import open_sequences

    with open_sequences(path) as file:
        yield replace(
            file, attributes=file.attributes | {"file": os.path.basename(os.path.realpath(path))}
        )


@contextmanager
def open_source(path: Path, reading: dict[str, Any]) -> Iterator[SequenceSource]:
    """Yield sequences, kept on disk if the file is our HDF5; other files are read whole."""
    if _as_it_is(path, reading):
        with open_streamed(path, reading) as file:
            yield file
    else:
        yield load(path, reading)


def _as_it_is(path: Path, reading: dict[str, Any]) -> bool:
    """Return whether a file is our HDF5 and no option asks for changes."""
    from lstmtool.io.formats.load import is_own_file

    return not read_options(reading).given() and is_own_file(path)


def read_options(reading: Mapping[str, Any]) -> ReadOptions:
    """Return the reading options in the form that the readers take."""
    from lstmtool.io.formats.options import ReadOptions, Span

    spans = {k: Span(*reading[k]) if reading.get(k) else None for k in ("cut", "hop")}
    return ReadOptions(**{**reading, **spans})
