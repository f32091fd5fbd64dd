"""Whether the first line of a table is a header, even if its names are numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from lstmtool.io.formats.cells import (
    Numerals,
    is_missing,
    is_number,
    listed,
    number,
    written_otherwise,
)
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.times import is_time
from lstmtool.names import RESERVED

_EVEN = 1e-6
"""Tolerance of the spacing of evenly spaced numbers, relative to its mean."""
_MANY = 5
"""This many random numbers are monotonic in one line out of sixty."""


class Header(NamedTuple):
    """Whether the first line is a header, and a remark about it.

    Parameters
    ----------
    there : bool or None
        None if unclear.
    note : str
        What to tell the user, or "".
    """

    there: bool | None
    note: str = ""


def find_header(
    first: Sequence[str],
    others: Sequence[Sequence[str]],
    numerals: Numerals,
    options: ReadOptions,
) -> Header:
    """Decide whether the first row names the columns.

    Words above numbers do. A first row containing numbers does if it has a usual heading, a running
    index, or evenly spaced numbers above others; otherwise it is unclear.
    """
    numeric = [k for k, cell in enumerate(first) if is_number(cell, *numerals)]
    if not numeric:
        below = any(
            is_number(cell, *numerals) or written_otherwise(cell) for row in others for cell in row
        )
        return Header(below and not all(map(is_missing, first)))
    words = [k for k in range(len(first)) if k not in numeric and not is_missing(first[k])]
    named = {*options.ids, options.time, options.label, options.name, *options.value}
    if any(first[k].strip() in named for k in words) or _is_heading(first, words, others):
        return Header(True, _called(first, numeric))
    if any(is_time(first[k]) or _repeats(first, others, k) for k in words):
        return Header(False)
    if not words and _counts_columns(first, others, numerals):
        return Header(True, _called(first, numeric))
    return _by_numbers(first, others, numerals, options, words, numeric)


def _by_numbers(
    first: Sequence[str],
    others: Sequence[Sequence[str]],
    numerals: Numerals,
    options: ReadOptions,
    words: list[int],
    numeric: list[int],
) -> Header:
    """Decide by the numbers in the first row, which are evenly spaced in headers."""
    together = numeric[-1] - numeric[0] == len(numeric) - 1
    over_numbers = together and any(_above_numbers(others, k, numerals) for k in words)
    values = _numbers(first, numeric, numerals)
    even, rising = _even(values), _monotonic(values)
    rows = [found for row in others if len(found := _numbers(row, numeric, numerals)) > 2]
    alike = 2 * sum(map(_even if even else _monotonic, rows)) >= len(rows)
    if over_numbers and rising and len(numeric) > 2:
        return Header(True, _called(first, numeric))
    if over_numbers and (rising or len(numeric) == 1):
        return Header(None)
    if not others or not rising or len(numeric) < 3 or (options.is_long and not words):
        return Header(False)
    if not alike and even and words and len(numeric) > 3:
        return Header(True, _called(first, numeric))
    if not alike and (even or len(numeric) >= _MANY):
        return Header(None)
    doubt = f"line 1 ({listed(first, 3)}) is read as values; if it is a header, use --header"
    return Header(False, doubt if even else "")


def counts_columns(first: Sequence[str]) -> bool:
    """Return whether a row is 0, 1, 2, ... or 1, 2, 3, ..."""
    values = [cell.strip() for cell in first]
    return values[0] in ("0", "1") and values == [
        str(int(values[0]) + k) for k in range(len(values))
    ]


def _counts_columns(
    first: Sequence[str], others: Sequence[Sequence[str]], numerals: Numerals
) -> bool:
    """Whether a line is a running index of the columns, as pandas writes it.

    That is, above rows of fractions, or after an empty cell above an index.
    """
    if not others:
        return False
    if first[0] == "":
        return first[1:2] == ["0"] and counts_columns(first[1:]) and all(row[0] for row in others)
    fractions = [
        any(is_number(cell, *numerals) and not cell.strip("+- ").isdecimal() for cell in row)
        for row in others
    ]
    return len(first) > 2 and counts_columns(first) and all(fractions)


def _is_heading(first: Sequence[str], words: list[int], others: Sequence[Sequence[str]]) -> bool:
    """Whether a word is a usual heading that does not recur in its column."""
    return any(
        first[k].strip().lower() in RESERVED and not _repeats(first, others, k) for k in words
    )


def _repeats(first: Sequence[str], others: Sequence[Sequence[str]], column: int) -> bool:
    return any(row[column] == first[column] for row in others if column < len(row))


def _above_numbers(others: Sequence[Sequence[str]], column: int, numerals: Numerals) -> bool:
    """Whether a column has only numbers below its first cell."""
    cells = [row[column] for row in others if column < len(row) and not is_missing(row[column])]
    return bool(cells) and all(is_number(cell, *numerals) for cell in cells)


def _numbers(row: Sequence[str], columns: list[int], numerals: Numerals) -> list[float]:
    """Return the non-missing numbers of some columns; [] if one is not a number."""
    try:
        found = [number(row[k], *numerals) for k in columns]
    except (ValueError, IndexError):
        return []
    return [value for value in found if not math.isnan(value)]


def _monotonic(values: list[float]) -> bool:
    pairs = list(pairwise(values))
    return bool(pairs) and (all(a < b for a, b in pairs) or all(a > b for a, b in pairs))


def _even(values: list[float]) -> bool:
    if len(values) < 3 or not _monotonic(values):
        return False
    mean = (values[-1] - values[0]) / (len(values) - 1)
    return all(abs(b - a - mean) <= _EVEN * abs(mean) for a, b in pairwise(values))


def _called(first: Sequence[str], numeric: list[int]) -> str:
    return f"columns called {listed([first[k] for k in numeric], 3)}"
