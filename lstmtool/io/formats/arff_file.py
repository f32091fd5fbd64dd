"""Sequences from ARFF (Weka, and the UEA and UCR archives): attributes, then a row per line.

If an attribute is relational, each of its lines is an input of the sequence, as in the UEA archive;
otherwise rows are read like those of CSV.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lstmtool.errors import DataError
from lstmtool.io.formats import cells
from lstmtool.io.formats.cells import label
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.raw import Raw, Say
from lstmtool.io.formats.row_table import read_rows
from lstmtool.io.formats.sniff import Row
from lstmtool.io.formats.text import open_text
from lstmtool.names import LABEL_NAMES

_CELL = re.compile(
    r"""\s*(?:'([^'\\]*(?:\\.[^'\\]*)*)'|"([^"\\]*(?:\\.[^"\\]*)*)"|([^,'"\s][^,]*|))\s*(,|\Z)"""
)
_ATTRIBUTE = re.compile(r"""@attribute\s+('[^']*'|"[^"]*"|\S+)\s*(.*)""", re.IGNORECASE)
_NUMBERS = ("numeric", "real", "integer")
_ESCAPED = re.compile(r"\\(.)")
_LETTERS = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass
class Attribute:
    """A column: its name, its type and, if nominal, its groups."""

    name: str
    kind: str
    groups: tuple[str, ...] = ()


@dataclass
class _File:
    """An open file, positioned after its header."""

    path: Path
    attributes: list[Attribute]
    lines: Iterator[tuple[int, str]]

    def rows(self) -> Iterator[Row]:
        """Yield the cells of every line."""
        width = len(self.attributes)
        for number, line in self.lines:
            row = _split(self.path, number, line)
            if len(row) != width:
                raise DataError(
                    f"A row has {len(row)} cells for {width} attributes.",
                    f"{self.path}, line {number}",
                    "Repair the row, or the header.",
                )
            yield number, row


def read_arff(path: Path, options: ReadOptions, say: Say) -> Raw:
    """Read sequences from an ARFF file; a nominal attribute at the end is the label."""
    with open_text(path) as text:
        lines = (
            (number, line.strip())
            for number, line in enumerate(text, start=1)
            if line.strip() and not line.lstrip().startswith("%")
        )
        file = _File(path, _read_header(path, lines), lines)
        relations = [k for k, a in enumerate(file.attributes) if a.kind == "relational"]
        labels = _label_column(path, file.attributes, options.label)
        if relations:
            return _read_relations(file, relations, labels, say)
        header = [attribute.name for attribute in file.attributes]
        if labels is not None and options.label is None:
            say(f"Labels in the nominal attribute {header[labels]!r}.")
            options = replace(options, label=str(labels + 1))
        raw = read_rows(path, header, file.rows(), "ARFF", options, say)
    if labels is not None:
        _keep_order(raw, file.attributes[labels].groups)
    return raw


def _read_header(path: Path, lines: Iterator[tuple[int, str]]) -> list[Attribute]:
    """Return the attributes, without those inside a relational one."""
    found: list[Attribute] = []
    inside: str | None = None
    for number, line in lines:
        word = line.split()[0].lower()
        if word == "@data":
            if not found:
                raise DataError("There are no attributes before @data.", str(path))
            return found
        if word == "@end":
            inside = None
        elif word == "@attribute" and inside is None:
            found.append(_attribute(path, number, line))
            inside = found[-1].name if found[-1].kind == "relational" else None
        elif word not in ("@relation", "@attribute"):
            raise DataError(
                "A line before @data is not @relation, @attribute or @end.",
                f"{path}, line {number}",
                "Is it ARFF?",
            )
    raise DataError("There is no @data line.", str(path), "The file may be truncated.")


def _attribute(path: Path, number: int, line: str) -> Attribute:
    match = _ATTRIBUTE.fullmatch(line)
    if match is None:
        raise DataError("An attribute has no name.", f"{path}, line {number}")
    name, kind = match[1].strip("'\""), match[2].strip()
    if kind.startswith("{") and kind.endswith("}"):
        groups = _split(path, number, kind[1:-1])
        return Attribute(name, "nominal", tuple(group.strip() for group in groups))
    kind = (kind.split() or [""])[0].lower()
    if kind not in (*_NUMBERS, "string", "date", "relational"):
        raise DataError(
            f"The attribute {name!r} has the type {cells.shown_cell(kind)}.",
            f"{path}, line {number}",
            "Types are numeric, real, integer, string, date, relational and {nominal, ...}.",
        )
    return Attribute(name, kind)


def _split(path: Path, number: int, line: str) -> list[str]:
    """Return the cells of a line, unquoted."""
    if line.startswith("{"):
        raise DataError(
            "Rows in braces (sparse ARFF) are not supported.",
            f"{path}, line {number}",
            "In Weka, the filter SparseToNonSparse writes all values.",
        )
    if "'" not in line and '"' not in line:
        return [cell.strip() for cell in line.split(",")]
    row: list[str] = []
    place = 0
    while True:
        match = _CELL.match(line, place)
        if match is None:
            raise DataError(
                "A quotation is not closed, or followed by other text.",
                f"{path}, line {number}, cell {len(row) + 1}",
                "Escape quotes in a text with a backslash.",
            )
        quoted = match[1] if match[1] is not None else match[2]
        row.append(
            match[3].strip()
            if quoted is None
            else _ESCAPED.sub(lambda found: _LETTERS.get(found[1], found[1]), quoted)
        )
        place = match.end()
        if not match[4]:
            return row


def _label_column(path: Path, attributes: list[Attribute], given: str | None) -> int | None:
    """Return the label attribute: the one given, one with a usual name, or a final nominal one."""
    names = [attribute.name for attribute in attributes]
    if given is not None:
        if given in names:
            return names.index(given)
        if given.isdecimal() and 1 <= int(given) <= len(names):
            return int(given) - 1
        raise DataError(
            f"--label: there is no attribute {given!r}.",
            f"{path}: {', '.join(names[:4])}{', …' if len(names) > 4 else ''}",
            f"Give a name, or a number from 1 to {len(names)}.",
        )
    for k, attribute in enumerate(attributes):
        if attribute.kind == "nominal" and attribute.name.lower() in LABEL_NAMES:
            return k
    return len(names) - 1 if attributes[-1].kind == "nominal" else None


def _read_relations(file: _File, relations: list[int], labels: int | None, say: Say) -> Raw:
    if len(relations) > 1:
        names = ", ".join(repr(file.attributes[k].name) for k in relations)
        raise DataError(
            "There is more than one relational attribute.",
            f"{file.path}: {names}",
            "Leave one in the file.",
        )
    (relation,) = relations
    name = file.attributes[relation].name
    raw = Raw([], [], labels=None if labels is None else [])
    for number, row in file.rows():
        place = f"{file.path}, line {number}"
        raw.arrays.append(_relation(row[relation], place))
        raw.places.append(place)
        if raw.labels is not None and labels is not None:
            raw.labels.append(label(row[labels]))
    labelled = "" if labels is None else f"; labels in {file.attributes[labels].name!r}"
    say(f"ARFF, a row per sequence, every line of {name!r} an input{labelled}.")
    if labels is not None:
        _keep_order(raw, file.attributes[labels].groups)
    return raw


def _relation(text: str, place: str) -> np.ndarray:
    """Parse D lines of T numbers into an array (T, D)."""
    rows = []
    for k, line in enumerate(text.strip("\n").split("\n")):
        try:
            rows.append(cells.numbers(line.split(",")))
        except cells.CellError as error:
            raise DataError(
                f"{error} is not a number.", f"{place}, input {k + 1}, step {error.column + 1}"
            ) from None
        if len(rows[-1]) != len(rows[0]):
            raise DataError(
                f"Input {k + 1} has {len(rows[-1])} values, the first has {len(rows[0])}.",
                place,
                "All inputs of a sequence must have the same length.",
            )
    return np.array(rows).T


def _keep_order(raw: Raw, groups: tuple[str, ...]) -> None:
    """Keep the header's order of groups if it lists all that occur."""
    known = tuple(filter(None, map(label, groups)))
    if raw.labels is not None and set(raw.labels) - {None} <= set(known):
        raw.label_names = known
