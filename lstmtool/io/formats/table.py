"""CSV as a table, read row by row, whose places can be named."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from lstmtool.errors import DataError
from lstmtool.io.formats import cells
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.sniff import (
    Row,
    drop_comments,
    find_delimiter,
    has_decimal_comma,
    has_header,
)
from lstmtool.io.formats.text import open_text

SAMPLE = 100
"""Rows that are looked at before anything is decided."""
NAMES = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars", " ": "spaces"}
_LARGEST_CELL = 1 << 24


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

    def has_numbers(self, column: int) -> bool:
        """Return whether a column has a number in the sample."""
        return any(cells.is_number(cell, self.comma) for cell in self.cells(column))

    def repeats(self, column: int) -> bool:
        """Return whether two cells of a column are equal in the sample."""
        found = self.cells(column)
        return len(set(found)) < len(found)

    def numbers(self, line: int, row: list[str], columns: list[int]) -> array:
        """Return the values in some columns of a row, float64, NaN where one is missing.

        Raises
        ------
        DataError
            If a cell is no number.
        """
        try:
            return cells.numbers([row[k] for k in columns], self.comma)
        except cells.CellError as error:
            raise DataError(
                f"{error} is not a number.",
                self.where(line, columns[error.column]),
                "Repair it, or say what the columns are (--id, --time, --value, --label, --name).",
            ) from None

    def ragged(self, line: int, row: list[str], fix: str) -> DataError:
        """Return the complaint that a row has another number of cells than the table."""
        return DataError(
            f"A row has {len(row)} cells, the others have {self.width}.", self.where(line), fix
        )


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
        delimiter = find_delimiter(file, options.delimiter)
        rows = _rows(path, file, delimiter)
        sample = list(islice(rows, SAMPLE + 1))
        commented = drop_comments(sample)
        if not sample:
            raise DataError(f"{path} has no rows.")
        comma = delimiter != "," and has_decimal_comma(row for _, row in sample)
        guessed = commented or has_header(sample, comma)
        header = None
        if guessed if options.header is None else options.header:
            header = [name.strip() for name in sample.pop(0)[1]]
            if not sample:
                raise DataError(f"{path} has a header and no rows.")
        yield Table(path, chain(sample, rows), sample, header, comma, delimiter)


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
