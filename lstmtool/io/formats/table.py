"""CSV as a table, read row by row, with positions for messages."""

from __future__ import annotations

import csv
import shlex
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from lstmtool.errors import DataError
from lstmtool.io.formats import cells
from lstmtool.io.formats.cells import Numerals
from lstmtool.io.formats.headers import find_header
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.sniff import (
    LARGEST_CELL,
    Beginning,
    Row,
    find_beginning,
    find_numerals,
    spaced,
)
from lstmtool.io.formats.text import open_text
from lstmtool.text import did_you_mean

SAMPLE = 100
"""Rows inspected before anything is decided."""
NAMES = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars", " ": "spaces"}
_UNITS = 3
"""Maximum number of lines of words, such as units, after a header."""


@dataclass
class Table:
    """An open CSV file.

    Parameters
    ----------
    rows : iterator of (line, cells)
        All rows except the header, blank lines and comments.
    sample : list of (line, cells)
        The first of `rows`, which it also yields.
    header : list of str, or None
        Column names.
    numerals : Numerals
        Number format.
    exceptions : dict of int to Numerals
        Columns with another number format.
    notes : list of str
        Assumptions about where the table begins and ends.
    """

    path: Path
    rows: Iterator[Row]
    sample: list[Row]
    header: list[str] | None
    numerals: Numerals
    exceptions: dict[int, Numerals]
    delimiter: str
    notes: list[str]

    @property
    def width(self) -> int:
        """Number of cells in the header or the first row."""
        return len(self.header or self.sample[0][1])

    def where(self, line: int, column: int | None = None) -> str:
        """Describe where a line or a cell is."""
        place = f"{self.path}, line {line}"
        return place if column is None else f"{place}, {self.say(column)}"

    def say(self, column: int) -> str:
        """Describe a column by its name or, if it has none, its number."""
        if self.header and column < len(self.header) and self.header[column]:
            return f"column {self.header[column]!r}"
        return f"column {column + 1}"

    def word(self, column: int) -> str:
        """Return a column as the argument of an option."""
        names = self.header or []
        name = names[column] if column < len(names) else ""
        if name and name.isprintable() and names.count(name) == 1:
            return shlex.quote(name)
        return str(column + 1)

    def find(self, option: str, wanted: str) -> int:
        """Return the index of the column that an option names.

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
        known = ", ".join(repr(name) for name in names[:8]) + (", …" if len(names) > 8 else "")
        raise DataError(
            f"--{option}: there is no column {wanted!r}.{did_you_mean(wanted, names, 0.5)}",
            f"{self.path}: columns {known}" if names else f"{self.path} names no columns",
            f"Give a name, or a number from 1 to {self.width}.",
        )

    def cells(self, column: int) -> list[str]:
        """Return the cells of a column in the sample."""
        return [row[column] for _, row in self.sample if column < len(row)]

    def numerals_of(self, column: int) -> Numerals:
        """Return the number format of a column."""
        return self.exceptions.get(column, self.numerals)

    def has_numbers(self, column: int) -> bool:
        """Return whether a column has numbers in the sample."""
        return any(cells.is_number(cell, *self.numerals_of(column)) for cell in self.cells(column))

    def repeats(self, column: int) -> bool:
        """Return whether a column has repeated cells in the sample."""
        found = self.cells(column)
        return len(set(found)) < len(found)

    def numbers(self, line: int, row: list[str], columns: list[int]) -> array:
        """Return the values in some columns of a row, float64, NaN where missing.

        Raises
        ------
        DataError
            If a cell is not a number.
        """
        try:
            if not self.exceptions:
                return cells.numbers([row[k] for k in columns], *self.numerals)
            return array(
                "d",
                (cells.number_at(j, row[k], *self.numerals_of(k)) for j, k in enumerate(columns)),
            )
        except cells.CellError as error:
            otherwise = cells.written_otherwise(error.cell)
            raise DataError(
                f"{error} is not a number.",
                self.where(line, columns[error.column]),
                f"Use {otherwise} if it is one."
                if otherwise
                else "Repair it, or say what the columns are (--id, --time, --value, --label, "
                "--name).",
            ) from None

    def ragged(self, line: int, row: list[str], fix: str) -> DataError:
        """Return the error that a row has the wrong number of cells."""
        return DataError(
            f"A row has {len(row)} cells, the others have {self.width}.", self.where(line), fix
        )

    def is_empty(self, column: int) -> bool:
        """Return whether a column is empty in the sample."""
        return all(map(cells.is_missing, self.cells(column)))


@contextmanager
def open_table(path: Path, options: ReadOptions) -> Iterator[Table]:
    """Open a CSV file and read its first lines.

    Raises
    ------
    FileError
        If it is not readable.
    DataError
        If it is not text, has no rows, or an unclosed quotation.
    """
    with open_text(path) as file:
        begin = find_beginning(path, file, options)
        rows = _rows(path, begin)
        sample = list(islice(rows, SAMPLE + 1))
        if not sample:
            skipped = f"below the first {options.skip_rows} lines" if options.skip_rows else ""
            raise DataError(f"{path} has no rows.", skipped)
        numerals, exceptions = find_numerals(path, sample, begin.delimiter, options)
        header = begin.header or _header(path, sample, numerals, options, begin.notes)
        if header is None and options.header is None and _are_only_words(sample, numerals):
            raise DataError(f"{path} has a header and no rows.")
        if header is not None:
            header = [name.strip() for name in header]
            if not sample:
                raise DataError(f"{path} has a header and no rows.")
            _leave_out_units(sample, numerals, begin.notes)
        width = len(sample[0][1])
        if _ends_in_delimiters(header, sample):
            begin.notes.append("every line ends in a delimiter")
            header = header and header[: width - 1]
            sample = [(line, _shortened(row, width)) for line, row in sample]
            rows = ((line, _shortened(row, width)) for line, row in rows)
        elif header and all(len(row) == len(header) + 1 for _, row in sample):
            begin.notes.append("the header is one cell short, so column 1 has no name")
            header = ["", *header]
        everything = chain(sample, rows)
        yield Table(
            path, everything, sample, header, numerals, exceptions, begin.delimiter, begin.notes
        )


def _header(
    path: Path, sample: list[Row], numerals: Numerals, options: ReadOptions, notes: list[str]
) -> list[str] | None:
    """Remove the header from the sample, if there is one."""
    line, first = sample[0]
    there, note = options.header, ""
    if there is None:
        there, note = find_header(first, [row for _, row in sample[1:]], numerals, options)
    if there is None:
        raise DataError(
            "It is unclear whether a line of numbers is a header.",
            f"{path}, line {line}: {cells.listed(first, 4)}",
            "Use --header if it is, --no-header if they are values.",
        )
    if note:
        notes.append(note.replace("line 1 ", f"line {line} ", 1))
    return sample.pop(0)[1] if there else None


def _are_only_words(sample: list[Row], numerals: Numerals) -> bool:
    """Whether the sample is a single line of words."""
    return len(sample) == 1 and not any(
        cells.is_missing(cell) or cells.is_number(cell, *numerals) or cells.written_otherwise(cell)
        for cell in sample[0][1]
    )


def _leave_out_units(sample: list[Row], numerals: Numerals, notes: list[str]) -> None:
    """Remove lines of words between the header and the numbers from the sample."""
    for count in range(1, min(_UNITS, len(sample) - 1) + 1):
        below = sample[count][1]
        columns = [k for k, cell in enumerate(below) if cells.is_number(cell, *numerals)]
        if columns and all(_are_units(row, columns, numerals) for _, row in sample[:count]):
            for line, row in sample[:count]:
                shown = cells.listed([row[k] for k in columns if row[k].strip()], 5)
                notes.append(
                    f"line {line} has units or other words ({shown}), not values: left out"
                )
            del sample[:count]
            return


def _are_units(row: list[str], columns: list[int], numerals: Numerals) -> bool:
    """Whether a row has words, but no numbers, in numeric columns."""
    if len(row) <= columns[-1]:
        return False
    found = [row[k] for k in columns]
    return not any(cells.is_number(cell, *numerals) for cell in found) and not all(
        cells.is_missing(cell) or cells.written_otherwise(cell) for cell in found
    )


def _ends_in_delimiters(header: list[str] | None, sample: list[Row]) -> bool:
    """Whether the last column is empty and unnamed."""
    width = len(sample[0][1])
    if header and not (len(header) == width - 1 or (len(header) == width and not header[-1])):
        return False
    return width > 1 and all(len(row) == width and not row[-1].strip() for _, row in sample)


def _shortened(row: list[str], width: int) -> list[str]:
    return row[:-1] if len(row) == width and not row[-1].strip() else row


def _rows(path: Path, begin: Beginning) -> Iterator[Row]:
    numbered: Iterator[Row]
    if begin.delimiter == " ":
        numbered = enumerate(map(spaced, begin.lines), start=1 + begin.skipped)
    else:
        csv.field_size_limit(LARGEST_CELL)
        reader = csv.reader(begin.lines, delimiter=begin.delimiter, strict=True)
        numbered = ((begin.skipped + reader.line_num, row) for row in reader)
    try:
        yield from ((line, row) for line, row in numbered if len(row) > 1 or any(row))
    except csv.Error as error:
        raise DataError(
            f"A line is not CSV: {error}.",
            f"{path}, line {begin.skipped + reader.line_num}",
            "Are quotations closed?",
        ) from None
