"""Writing sequences as CSV, JSON and HDF5."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from lstmtool.data.sequences import Sequences
from lstmtool.errors import UsageError
from lstmtool.io.atomic import replace_file
from lstmtool.io.formats.detect import split_path
from lstmtool.io.formats.incoming import STDIN
from lstmtool.names import RESERVED
from lstmtool.text import clean_text, guarded

Layout = Literal["long", "wide"]
ENDINGS = {".h5": "hdf5", ".hdf5": "hdf5", ".csv": "csv", ".json": "json"}


def format_of(path: Path) -> str:
    """Return the format to write, by the path's suffix.

    Raises
    ------
    UsageError
        If the suffix is not known.
    """
    kind = ENDINGS.get(path.suffix.lower())
    if kind is None:
        raise UsageError(
            f"{path}: it is unclear which format to write.",
            fix=f"Use one of the suffixes {', '.join(ENDINGS)}.",
        )
    return kind


def write(path: Path, sequences: Sequences, layout: Layout | None = None) -> None:
    """Write sequences in the format given by the path's suffix.

    Parameters
    ----------
    layout : {"long", "wide"}, optional
        Of CSV; by default wide if all sequences have the same length and one input.

    Raises
    ------
    UsageError
        If the suffix is not known.
    FileError
        If the file cannot be written; an old file is unchanged.
    """
    kind = format_of(path)
    if kind == "hdf5":
        from lstmtool.io.sequences import write_sequences

        write_sequences(path, sequences)
    elif kind == "json":
        from lstmtool.io.formats.json_file import to_document

        replace_file(path, to_document(sequences).encode())
    else:
        rows = (
            _wide(sequences)
            if (layout or natural_layout(sequences)) == "wide"
            else _long(sequences)
        )
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        replace_file(path, text.getvalue().encode())


def natural_layout(sequences: Sequences) -> Layout:
    """Return `wide` for one-input sequences of equal length, else `long`."""
    equal = len(np.unique(sequences.lengths)) == 1
    return "wide" if equal and sequences.n_inputs == 1 else "long"


def _names(sequences: Sequences) -> list[str]:
    """Return unique names of the sequences: their own, or numbers from 1."""
    names = [_cell(name) for name in sequences.names]
    if len(set(names)) == len(sequences) and "" not in names:
        return names
    return [str(n + 1) for n in range(len(sequences))]


def _labels(sequences: Sequences) -> list[list[str]]:
    """Return a cell with the group of each sequence, or none without groups."""
    if sequences.labels is None:
        return [[] for _ in range(len(sequences))]
    return [[_cell(sequences.label_names[k])] for k in sequences.labels]


def _inputs(sequences: Sequences) -> list[str]:
    """Return the inputs' names if known and not mistakable for other columns."""
    known = sequences.attributes.get("inputs")
    if isinstance(known, list) and len(known) == sequences.n_inputs:
        names = [clean_text(str(name)).strip() for name in known]
        other = {name.lower() for name in names} & (RESERVED | {""})
        if len(set(names)) == len(names) and not other and not any(map(str.isdecimal, names)):
            return names
    return (
        ["value"] if sequences.n_inputs == 1 else [f"x{k + 1}" for k in range(sequences.n_inputs)]
    )


def _cell(text: str) -> str:
    return guarded(clean_text(text).strip())


def _wide(sequences: Sequences) -> Iterator[list[str]]:
    """Yield a row per sequence: name, label, values step by step; shorter ones are padded."""
    longest = int(sequences.lengths.max())
    steps = [f"t{t}" for t in range(longest)]
    if sequences.n_inputs > 1:
        steps = [f"{step}.{_cell(name)}" for step in steps for name in _inputs(sequences)]
    labelled = sequences.labels is not None
    yield ["name", *(["label"] if labelled else []), *steps]
    for name, label, values in zip(_names(sequences), _labels(sequences), sequences, strict=True):
        numbers = [repr(v) for v in values.ravel().tolist()]
        yield [name, *label, *numbers, *[""] * (len(steps) - len(numbers))]


def _long(sequences: Sequences) -> Iterator[list[str]]:
    """Yield a row per step: id, label, step, then the inputs."""
    labelled = sequences.labels is not None
    yield ["id", *(["label"] if labelled else []), "step", *map(_cell, _inputs(sequences))]
    for name, label, values in zip(_names(sequences), _labels(sequences), sequences, strict=True):
        for step, row in enumerate(values.tolist()):
            yield [name, *label, str(step), *map(repr, row)]


def refuse_same(source: Path, target: Path) -> None:
    """Refuse to overwrite the file being read.

    Raises
    ------
    FileError
        If there is no such source.
    UsageError
        If they are the same file.
    """
    file, _ = split_path(source)
    if file != STDIN and target.exists() and file.samefile(target):
        raise UsageError("IN and OUT are the same file.", fix="Choose another name.")
