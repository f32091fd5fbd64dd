"""Where a text table begins, its delimiter and its number format."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from lstmtool.errors import DataError, UsageError
from lstmtool.io.formats.cells import Numerals, is_grouped, is_number, shown_cell
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.times import is_time

HEAD = 200
"""Lines searched for the start of the table."""
LARGEST_CELL = 1 << 24
DELIMITERS = ("\t", ";", ",", "|", " ")
_WORDS = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";"}
_NAMED = re.compile(r'"?sep=(.)"?[;,\t ]*')
_COMMA = re.compile(r"[^\d\s],|,[^\d\s]")
_SPACED = re.compile(r'"([^"]*)"|(\S+)')

Row = tuple[int, list[str]]
"""The number of a line, from 1, and its cells."""


@dataclass
class Beginning:
    """The start of a table.

    Parameters
    ----------
    lines : iterable of str
        From the first line of the table on.
    skipped : int
        Number of lines above it.
    delimiter : str
        One character.
    header : list of str, or None
        Column names from a comment, as NumPy writes them: ``# a,b``.
    notes : list of str
        Assumptions made.
    """

    lines: Iterable[str]
    skipped: int
    delimiter: str
    header: list[str] | None = None
    notes: list[str] = field(default_factory=list)


def find_beginning(path: Path, file: TextIO, options: ReadOptions) -> Beginning:
    """Find the first line of a table and its delimiter.

    Raises
    ------
    UsageError
        If the given delimiter is not one character.
    DataError
        If there are lines other than comments above the table.
    """
    given = None if options.delimiter is None else _delimiter(options.delimiter)
    if options.skip_rows is not None:
        skipped = sum(1 for _ in islice(file, options.skip_rows))
        head = list(islice(file, HEAD))
        delimiter = given or find_delimiter(head, options.decimal)
        return Beginning(chain(head, file), skipped, delimiter)
    head = list(islice(file, HEAD))
    named = _NAMED.fullmatch(head[0].rstrip("\r\n")) if head else None
    notes = ["line 1 names the delimiter"] if named else []
    skipped = 1 if named else 0
    given = given or (named[1] if named else None)
    comments = _comments(head[skipped:])
    skipped += comments
    delimiter = given or find_delimiter(head[skipped:], options.decimal)
    begin = Beginning(chain(head[skipped:], file), skipped, delimiter, notes=notes)
    if comments:
        _read_comments(path, begin, head[skipped - comments : skipped + HEAD], comments, options)
    if not options.unequal:
        _refuse_preamble(path, head, skipped, given, options.decimal)
    return begin


def _delimiter(given: str) -> str:
    found = _WORDS.get(given.lower(), given)
    if len(found) != 1 or found in '\r\n"':
        raise UsageError(f"--delimiter: {given!r} is not one character, e.g. ';' or tab.")
    return found


def find_delimiter(lines: Iterable[str], decimal: str | None) -> str:
    """Return the first delimiter that occurs in all of the first lines, else a comma."""
    first = list(islice((line.strip("\r\n ") for line in lines if line.strip()), 20))
    # It must be in every line: a decimal comma is in most lines of numbers.
    known = [mark for mark in DELIMITERS if mark != decimal]
    found = (mark for mark in known if first and all(mark in line for line in first))
    if (
        decimal == ","
    ):  # between digits it is not a delimiter, but next to quotations and words it is
        return next(found, "," if any(map(_COMMA.search, first)) else ";")
    return next(found, ",")


def spaced(line: str) -> list[str]:
    """Split a line at runs of spaces."""
    if '"' not in line:
        return line.split()
    return [quoted or bare for quoted, bare in _SPACED.findall(line)]


def split(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line; if it is not CSV, the whole line."""
    if delimiter == " ":
        return spaced(line)
    csv.field_size_limit(LARGEST_CELL)
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]


def _comments(lines: Sequence[str]) -> int:
    """Count the leading lines that begin with #; if all do, they are rows, not comments."""
    for count, line in enumerate(lines):
        if line.strip() and not line.startswith("#"):
            return count if any(text.strip() for text in lines[:count]) else 0
    return 0


def _read_comments(
    path: Path, begin: Beginning, lines: list[str], comments: int, options: ReadOptions
) -> None:
    """Check whether the last comment names the columns, and refuse one that may be a row."""
    first = split(lines[comments], begin.delimiter)
    last = split(lines[comments - 1], begin.delimiter)
    count = sum(1 for line in lines[:comments] if line.strip())
    if len(last) == len(first) and last:
        header = [last[0].lstrip("# "), *last[1:]]
        numbers = [is_number(cell) for cell in header]
        if options.header is None and all(numbers[min(1, len(numbers) - 1) :]):
            raise DataError(
                "A line that begins with # looks like a row of numbers.",
                f"{path}, line {begin.skipped}: {shown_cell(lines[comments - 1].strip())}",
                "Use --header if it names the columns, --no-header if it is a comment, or "
                "--skip-rows 0 --no-header if it is a row.",
            )
        named = not any(numbers) and any(map(is_number, first))
        if named if options.header is None else options.header:
            begin.header = header
            count -= 1
    if count:
        lines_ = "a comment" if count == 1 else f"{count} comments"
        begin.notes.append(f"{lines_} at the top left out")


def _refuse_preamble(
    path: Path, head: list[str], skipped: int, given: str | None, decimal: str | None
) -> None:
    """Refuse lines above the table that are not rows, and suggest the option for them."""
    lines = head[skipped:]
    known = [mark for mark in DELIMITERS if mark != decimal]
    for delimiter in (given,) if given else (find_delimiter(lines, decimal), *known):
        above = _lines_above(lines, delimiter)
        if above == 0:
            return
        if above:
            count = skipped + above
            shown = shown_cell(head[skipped].strip())
            raise DataError(
                f"The table seems to begin at line {count + 1}.",
                f"{path}, line {skipped + 1}: {shown} differs from the rows below",
                f"Skip the lines above it with --skip-rows {count}, or repair the file.",
            )


def _lines_above(lines: list[str], delimiter: str) -> int | None:
    """Count the lines above a table; None if the last lines are no table with this delimiter."""
    rows = _cells(lines, delimiter)
    width = len(rows[-1][1]) if rows else 0
    others = [k for k, (_, row) in enumerate(rows) if len(row) != width]
    first = others[-1] + 1 if others else 0
    first += _rows_above([row for _, row in rows[first:]])
    table = [row for _, row in rows[first:]]
    if width < 2 or len(table) < 2 or not any(_is_row(row) or _has_times(row) for row in table):
        return None
    above = [row for _, row in rows[:first]]
    if not above:
        return 0
    if _is_row(table[0]) and any(len(row) > 1 and _is_row(row) for row in above):
        return None  # rows of other lengths
    names = len(above) == 1 and len(above[0]) == width - 1 and not _numbers(above[0])
    if names and (_is_row(table[0]) or width > 2):
        return 0  # a header without the first name, or rows with an empty last cell
    return rows[first][0]


def _rows_above(rows: list[list[str]]) -> int:
    """Count the rows above a header that are padded to the width of the table."""
    words = [
        not _numbers(row) and 2 * sum(map(bool, map(str.strip, row))) >= len(row) for row in rows
    ]
    titles = 0  # of one cell each, above the header
    while titles < len(rows) and sum(map(bool, map(str.strip, rows[titles]))) == 1:
        titles += 1
    if titles and len(rows[0]) > 2 and titles + 1 < len(rows) and words[titles]:
        return titles
    below = len(rows)
    while below and _is_row(rows[below - 1]):
        below -= 1
    first = below
    while first and words[first - 1]:
        first -= 1
    if first == below or 2 * sum(map(_is_row, rows[:first])) >= first:
        return 0
    return first


def _is_row(row: Sequence[str]) -> bool:
    """Whether at least half of the cells are numbers."""
    return 2 * _numbers(row) >= len(row)


def _has_times(row: Sequence[str]) -> bool:
    """Whether a row has a number, and a time that is not a number."""
    return _numbers(row) > 0 and any(is_time(cell) and not is_number(cell) for cell in row)


def _cells(lines: list[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the cells of non-empty rows, and the number of lines above each."""
    if delimiter == " ":
        found = [(k, spaced(line)) for k, line in enumerate(lines)]
    else:
        reader = csv.reader(lines, delimiter=delimiter)
        found, above = [], 0
        try:
            for row in reader:
                found.append((above, row))
                above = reader.line_num
        except csv.Error:
            return []
    return [(k, row) for k, row in found if any(cell.strip() for cell in row)]


def _numbers(row: Sequence[str]) -> int:
    return sum(is_number(cell) or is_number(cell, comma=True) for cell in row)


def find_numerals(
    path: Path, rows: Sequence[Row], delimiter: str, options: ReadOptions
) -> tuple[Numerals, dict[int, Numerals]]:
    """Infer the number format: with a decimal comma if some are numbers only then.

    Returns
    -------
    Numerals
        Format of the table.
    dict of int to Numerals
        Columns with decimal commas in a table where others have points, or vice versa.

    Raises
    ------
    DataError
        If it is unclear whether 1,234 is a decimal or a number in the thousands.
    """
    decimal, thousands = options.decimal, options.thousands or ""
    if decimal is not None or thousands in (",", "."):
        comma = decimal == "," or (decimal is None and thousands == ".")
        pointed = _with_points(rows) if comma and delimiter != "," and not thousands else ()
        return Numerals(comma, thousands), {k: Numerals(False, "") for k in pointed}
    if delimiter == ",":
        return Numerals(False, thousands), {}
    with_points, with_commas = set(), set()
    for column in range(max(len(row) for _, row in rows)):
        cells = [row[column] for _, row in rows if column < len(row)]
        points = [cell for cell in cells if "." in cell and is_number(cell, False, thousands)]
        commas = [cell for cell in cells if "," in cell and is_number(cell, True, thousands)]
        if commas and not points:
            with_commas.add(column)
            if not thousands and is_grouped(commas, ","):
                raise _doubt(path, rows, commas[0], ",")
        elif points:
            with_points.add(column)
            if not thousands and is_grouped(points, ".") and _are_short(cells, points):
                raise _doubt(path, rows, points[0], ".")
    if not with_points:
        return Numerals(bool(with_commas), thousands), {}
    return Numerals(False, thousands), {k: Numerals(True, thousands) for k in with_commas}


def _with_points(rows: Sequence[Row]) -> list[int]:
    """Return the columns with decimal points that are not thousands separators, and no commas."""
    found = []
    for column in range(max(len(row) for _, row in rows)):
        cells = [row[column] for _, row in rows if column < len(row)]
        points = [cell for cell in cells if "." in cell and is_number(cell)]
        commas = any("," in cell and is_number(cell, True) for cell in cells)
        if points and not commas and not is_grouped(points, "."):
            found.append(column)
    return found


def _are_short(cells: list[str], grouped: list[str]) -> bool:
    """Whether a column's other cells are integers, some of them below a thousand."""
    short = sum(cell.strip().isdecimal() and len(cell.strip()) < 4 for cell in cells)
    return short > 0 and short + len(grouped) == sum(map(is_number, cells))


def _doubt(path: Path, rows: Sequence[Row], cell: str, mark: str) -> DataError:
    line = next(line for line, row in rows if cell in row)
    whole = cell.strip().replace(mark, "")
    return DataError(
        f"{shown_cell(cell)} may be {cell.strip().replace(mark, '.')} or {whole}.",
        f"{path}, line {line}",
        f"Use --decimal {mark} if the {'comma' if mark == ',' else 'point'} separates decimals, "
        f"--thousands {mark} if it separates thousands.",
    )
