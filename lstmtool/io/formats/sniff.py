"""Delimiter, decimal comma and header of CSV, told from its first lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TextIO

from lstmtool.errors import UsageError
from lstmtool.io.formats.cells import is_missing, is_number

DELIMITERS = ("\t", ";", ",", "|", " ")
_WORDS = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";"}

Row = tuple[int, list[str]]
"""The number of a line, from 1, and its cells."""


def find_delimiter(file: TextIO, given: str | None) -> str:
    """Return the delimiter: the one given, or the first that is in every one of the first lines.

    Raises
    ------
    UsageError
        If the one given is not one character.
    """
    if given is not None:
        found = _WORDS.get(given.lower(), given)
        if len(found) != 1 or found in '\r\n"':
            raise UsageError(f"--delimiter: {given!r} is not one character, e.g. ';' or tab.")
        return found
    lines = [line for line in islice(file, 20) if line.strip() and not line.startswith("#")]
    file.seek(0)
    # The first that is in every line: a decimal comma is in most lines of numbers, too.
    return next((d for d in DELIMITERS if lines and all(d in line.strip() for line in lines)), ",")


def drop_comments(sample: list[Row]) -> bool:
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


def has_decimal_comma(rows: Iterable[Sequence[str]]) -> bool:
    """Whether some cells are numbers only if a comma is the decimal point, and none has a point."""
    cells = [cell for row in rows for cell in row]
    points = any("." in cell and is_number(cell) for cell in cells)
    commas = any("," in cell and is_number(cell, comma=True) for cell in cells)
    return commas and not points


def has_header(sample: Sequence[Row], comma: bool) -> bool:
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
