"""Sequences from .ts files of the UEA and UCR archives (sktime, aeon): a header, then cases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from lstmtool.errors import DataError
from lstmtool.io.formats import cells, times
from lstmtool.io.formats.raw import Raw, Say, counted
from lstmtool.io.formats.text import open_text

_TUPLE = re.compile(r"\(([^()]*)\)")
_NUMBERED = ("dimensions", "serieslength")
_YES_NO = ("timestamps", "missing", "univariate", "equallength", "targetlabel")


@dataclass
class Header:
    """The header of a .ts file; None for what it does not state."""

    timestamps: bool | None = None
    missing: bool | None = None
    univariate: bool | None = None
    equallength: bool | None = None
    targetlabel: bool | None = None
    dimensions: int | None = None
    serieslength: int | None = None
    classes: tuple[str, ...] | None = None


def read_ts(path: Path, say: Say) -> Raw:
    """Read sequences from a .ts file, which must agree with its header."""
    with open_text(path) as file:
        lines = (
            (number, line.strip())
            for number, line in enumerate(file, start=1)
            if line.strip() and not line.lstrip().startswith(("#", "%"))
        )
        header = _read_header(path, lines)
        cases = _Cases(path, header)
        for number, line in lines:
            cases.add(number, line)
    if not cases.raw.arrays:
        raise DataError("There are no sequences after @data.", str(path))
    if header.targetlabel:
        say("Targets are numbers, not groups: left out.")
    return cases.raw


def _read_header(path: Path, lines: Iterator[tuple[int, str]]) -> Header:
    header = Header()
    for number, line in lines:
        if not line.startswith("@"):
            raise DataError("A line before @data does not begin with @.", _line(path, number))
        key, *words = line[1:].split() or [""]
        key = key.lower()
        if key == "data":
            return header
        if key == "classlabel":
            wanted = _boolean(path, number, key, words)
            header.classes = tuple(words[1:]) if wanted else None
        elif key in _YES_NO:
            setattr(header, key, _boolean(path, number, key, words))
        elif key in _NUMBERED:
            if len(words) != 1 or not words[0].isdecimal() or not int(words[0]):
                raise DataError(f"@{key} is not a positive number.", _line(path, number))
            setattr(header, key, int(words[0]))
    raise DataError("There is no @data line.", str(path), "The file may be truncated.")


def _boolean(path: Path, number: int, key: str, words: list[str]) -> bool:
    value = words[0].lower() if words else ""
    if value not in ("true", "false"):
        raise DataError(f"@{key} is neither true nor false.", _line(path, number))
    return value == "true"


def _line(path: Path, number: int) -> str:
    return f"{path}, line {number}"


class _Cases:
    """The cases of a .ts file, checked against the header."""

    def __init__(self, path: Path, header: Header) -> None:
        self.path, self.header = path, header
        self.labelled = header.classes is not None or bool(header.targetlabel)
        self.raw = Raw([], [], labels=None if header.classes is None else [])
        self.raw.label_names = header.classes or None
        self.length = 0
        """Length of the first case with values."""

    def add(self, number: int, line: str) -> None:
        """Add one line: dimensions separated by colons, the label last."""
        parts = _split(line)
        label = parts.pop() if self.labelled else ""
        if not parts:
            raise DataError(
                "A case has no label, or no values.",
                _line(self.path, number),
                "The header declares labels (@classLabel true): end the line with a colon and the "
                "label.",
            )
        if self.raw.labels is not None:
            self.raw.labels.append(self._label(number, label))
        there = [k for k, part in enumerate(parts) if not cells.is_missing(part)]
        found = {k: self._dimension(number, k, parts[k]) for k in there}
        length = len(found[there[0]]) if there else 1
        nothing = np.full(length, np.nan)
        dimensions = [found.get(k, nothing) for k in range(len(parts))]
        for k, values in enumerate(dimensions):
            if len(values) != length:
                first = "the first" if there[0] == 0 else f"dimension {there[0] + 1}"
                raise DataError(
                    f"Dimension {k + 1} has {counted(len(values), 'value')}, {first} has {length}.",
                    _line(self.path, number),
                    "All dimensions of a case must have the same length.",
                )
        self._hold_to_header(number, np.column_stack(dimensions))

    def _label(self, number: int, label: str) -> str | None:
        label = label.strip()
        if cells.is_missing(label):
            return None
        if self.header.classes and label not in self.header.classes:
            known = ", ".join(self.header.classes[:8])
            raise self._lie(number, "@classLabel", known, f"label {cells.shown_cell(label)}")
        return label

    def _dimension(self, number: int, dimension: int, part: str) -> np.ndarray:
        found = _TUPLE.findall(part)
        if found and not self.header.timestamps:
            raise self._lie(number, "@timeStamps", "false", "(time, value) pairs")
        if self.header.timestamps:
            return self._timed(number, dimension, part)
        try:
            return np.array(cells.numbers(part.strip().split(",")))
        except cells.CellError as error:
            raise DataError(
                f"{error} is not a number.",
                f"{_line(self.path, number)}, dimension {dimension + 1}, value {error.column + 1}",
                "Does the header declare labels correctly (@classLabel)?",
            ) from None

    def _timed(self, number: int, dimension: int, part: str) -> np.ndarray:
        """Return the values of (time, value) pairs, which must be sorted by time."""
        pairs = [pair.rsplit(",", 1) for pair in _TUPLE.findall(part)]
        where = f"{_line(self.path, number)}, dimension {dimension + 1}"
        if not pairs or _TUPLE.sub("", part).strip(", "):
            raise self._lie(number, "@timeStamps", "true", "values without times")
        try:
            moments = [times.exact(pair[0]) for pair in pairs]
            values = [cells.number(pair[1]) for pair in pairs]
        except (ValueError, IndexError):
            raise DataError("A (time, value) pair cannot be read.", where) from None
        if any(b <= a for a, b in pairwise(moments)):
            raise DataError("Times do not increase.", where, "Sort the pairs.")
        return np.array(values)

    def _hold_to_header(self, number: int, values: np.ndarray) -> None:
        header, (n_steps, width) = self.header, values.shape
        if header.univariate and width > 1:
            raise self._lie(number, "@univariate", "true", counted(width, "dimension"))
        if header.dimensions not in (None, width):
            raise self._lie(number, "@dimensions", header.dimensions, counted(width, "dimension"))
        first = self.raw.arrays[0] if self.raw.arrays else values
        empty = bool(np.isnan(values).all())  # a case without values has no known length
        if first.shape[1] != width:
            raise DataError(
                f"A case has {counted(width, 'dimension')}, the first has {first.shape[1]}.",
                _line(self.path, number),
                "All cases need the same dimensions; is @classLabel right?",
            )
        self.length = self.length or (0 if empty else n_steps)
        if header.equallength and not empty and self.length != n_steps:
            raise self._lie(
                number, "@equalLength", "true", f"{counted(n_steps, 'step')}, not {self.length}"
            )
        equal = header.equallength is not False and not empty
        if equal and header.serieslength not in (None, n_steps):
            raise self._lie(number, "@seriesLength", header.serieslength, counted(n_steps, "step"))
        if header.missing is False and np.isnan(values).any():
            raise self._lie(number, "@missing", "false", "missing values")
        self.raw.arrays.append(values)
        self.raw.places.append(_line(self.path, number))

    def _lie(self, number: int, key: str, says: object, here: str) -> DataError:
        return DataError(
            f"The header says {key} {says}, but here: {here}.",
            _line(self.path, number),
            "Correct the header or the line.",
        )


def _split(line: str) -> list[str]:
    """Split at colons, except those in times of day in brackets."""
    if "(" not in line:
        return line.split(":")
    return re.split(r":(?![^()]*\))", line)
