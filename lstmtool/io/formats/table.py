"""CSV as a table: delimiter, decimal comma and header are told from the first lines."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from lstmtool.errors import DataError, UsageError
from lstmtool.io.formats.cells import is_missing, is_number
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.text import open_text

SAMPLE = 100
"""Rows that are looked at before anything is decided."""
DELIMITERS = ("\t", ";", ",", "|", " ")
NAMES = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars", " ": "spaces"}
_WORDS = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";"}
_LARGEST_CELL = 1 << 24

Row = tuple[int, list[str]]
"""The number of a line, from 1, and its cells."""


@dataclass
class Table:
    """An open CSV file.

    Parameters
    ----------
    path : Path
    rows : iterator of (line, cells)
        All rows but the header; blank lines and comments are left out.
    sample : list of (line, cells)
        The first of `rows`, which still come from it.
    header : list of str, or None
    comma : bool
        Decimals are written with a comma.
    delimiter : str
    """

    path: Path
    rows: Iterator[Row]
    sample: list[Row]
    header: list[str] | None
    comma: bool
    delimiter: str

    @property
    def width(self) -> int:
        """Cells of the header or of the first row."""
        return len(self.header or self.sample[0][1])

    def where(self, line: int, column: int | None = None) -> str:
        """Say where a line or a cell is."""
        place = f"{self.path}, line {line}"
        return place if column is None else f"{place}, {self.say(column)}"

    def say(self, column: int) -> str:
        """Say which column: by its name where it has one, else by its number."""
        if self.header and column < len(self.header) and self.header[column]:
            return f"column {self.header[column]!r}"
        return f"column {column + 1}"

    def find(self, option: str, wanted: str) -> int:
        """Return the column that an option names, from 0.

        Raises
        ------
        DataError
            If there is none.
        """
        names = self.header or []
        if wanted in names:
            if names.count(wanted) > 1:
                raise DataError(
                    f"--{option}: there are {names.count(wanted)} columns {wanted!r}.",
                    str(self.path),
                    f"Give its number, 1 to {self.width}.",
                )
            return names.index(wanted)
        if wanted.isdecimal() and 1 <= int(wanted) <= self.width:
            return int(wanted) - 1
        close = get_close_matches(wanted, names, n=1, cutoff=0.5)
        known = ", ".join(repr(name) for name in names[:8]) + (", …" if len(names) > 8 else "")
        raise DataError(
            f"--{option}: there is no column {wanted!r}."
            + (f" Did you mean {close[0]!r}?" if close else ""),
            f"{self.path}: columns {known}" if names else f"{self.path} names no columns",
            f"Give a name, or a number from 1 to {self.width}.",
        )

    def cells(self, column: int) -> list[str]:
        """Return the cells of a column in the sample."""
        return [row[column] for _, row in self.sample if column < len(row)]


@contextmanager
def open_table(path: Path, options: ReadOptions) -> Iterator[Table]:
    """Open a CSV file and read its first lines.

    Raises
    ------
    FileError
        If it may not be read.
    DataError
        If it is not text, has no rows, or a quotation in it does not end.
    """
    with open_text(path) as file:
        delimiter = _delimiter(file, options.delimiter)
        rows = _rows(path, file, delimiter)
        sample = list(islice(rows, SAMPLE + 1))
        commented = _drop_comments(sample)
        if not sample:
            raise DataError(f"{path} has no rows.")
        comma = delimiter != "," and _decimal_comma(row for _, row in sample)
        guessed = commented or _has_header(sample, comma)
        header = None
        if guessed if options.header is None else options.header:
            header = [name.strip() for name in sample.pop(0)[1]]
            if not sample:
                raise DataError(f"{path} has a header and no rows.")
        yield Table(path, chain(sample, rows), sample, header, comma, delimiter)


def _delimiter(file: TextIO, given: str | None) -> str:
    if given is not None:
        found = _WORDS.get(given.lower(), given)
        if len(found) != 1 or found in '\r\n"':
            raise UsageError(f"--delimiter: {given!r} is not one character, e.g. ';' or tab.")
        return found
    lines = [line for line in islice(file, 20) if line.strip() and not line.startswith("#")]
    file.seek(0)
    # The first that is in every line: a decimal comma is in most lines of numbers, too.
    return next((d for d in DELIMITERS if lines and all(d in line.strip() for line in lines)), ",")


def _rows(path: Path, file: TextIO, delimiter: str) -> Iterator[Row]:
    numbered: Iterator[Row]
    if delimiter == " ":
        numbered = enumerate((line.split() for line in file), start=1)
    else:
        csv.field_size_limit(_LARGEST_CELL)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        numbered = ((reader.line_num, row) for row in reader)
    try:
        yield from ((line, row) for line, row in numbered if len(row) > 1 or any(row))
    except csv.Error as error:
        raise DataError(
            f"A line is not CSV: {error}.",
            f"{path}, line {reader.line_num}",
            "Are quotations closed?",
        ) from None


def _drop_comments(sample: list[Row]) -> bool:
    """Take the lines that begin with # off the head; return whether the last of them is a header.

    So NumPy writes one: ``# a,b`` above rows of two cells.
    """
    while sample and sample[0][1][0].startswith("#"):
        line, row = sample.pop(0)
        header = [row[0].lstrip("# "), *row[1:]]
        if sample and len(row) == len(sample[0][1]) and not sample[0][1][0].startswith("#"):
            sample.insert(0, (line, header))
            return not any(map(is_number, header))
    return False


def _decimal_comma(rows: Iterable[Sequence[str]]) -> bool:
    """Whether some cells are numbers only if a comma is the decimal point, and none has a point."""
    cells = [cell for row in rows for cell in row]
    points = any("." in cell and is_number(cell) for cell in cells)
    commas = any("," in cell and is_number(cell, comma=True) for cell in cells)
    return commas and not points


def _has_header(sample: Sequence[Row], comma: bool) -> bool:
    """Whether the first line names columns: it has no numbers, or they count the columns."""
    (_, first), others = sample[0], [row for _, row in sample[1:]]
    if any(is_number(cell, comma) for cell in first):
        return _counts_columns(first, others, comma)
    below = any(is_number(cell, comma) for row in others for cell in row)
    return below and not all(map(is_missing, first))


def _counts_columns(first: Sequence[str], others: Sequence[Sequence[str]], comma: bool) -> bool:
    """Whether a line says 0, 1, 2, ..., as pandas writes it.

    That is above rows of fractions, or after an empty cell above an index.
    """
    values = [cell.strip() for cell in first if is_number(cell, comma)]
    if values[0] not in ("0", "1") or not others:
        return False
    if values != [str(int(values[0]) + k) for k in range(len(values))]:
        return False
    if first[0] == "" and len(values) == len(first) - 1 and values[0] == "0":
        return all(row[0] != "" for row in others)
    fractions = [
        any(is_number(cell, comma) and not cell.strip("+- ").isdecimal() for cell in row)
        for row in others
    ]
    return len(values) > 2 and all(fractions)
