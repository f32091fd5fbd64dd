"""Numbers and missing values in text files."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

MISSING = frozenset((
    *("", "?", "na", "n/a", "n.a.", "nan", "-nan", "null", "none", "nat", "<na>"),
    *("#n/a", "#na", "#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!"),  # spreadsheets
    *("1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),  # C on Windows
))  # fmt: skip
"""Markers of missing values, in lower case."""
_SPACES = "[ \u00a0\u2009\u202f]"
_GUARDED = re.compile(r"'+[=+\-@\t\r\n]")


class Numerals(NamedTuple):
    """The number format.

    Parameters
    ----------
    comma : bool
        Whether the decimal separator is a comma.
    thousands : str
        Thousands separator, or "".
    """

    comma: bool = False
    thousands: str = ""


class CellError(ValueError):
    """A cell that is not a number; `column` is its index among the cells given."""

    def __init__(self, column: int, cell: str) -> None:
        super().__init__(shown_cell(cell))
        self.column, self.cell = column, cell


def is_missing(cell: str) -> bool:
    """Return whether a cell marks a missing value."""
    return cell.strip().lower() in MISSING


def plain(cell: str, comma: bool = False, thousands: str = "") -> str:
    """Return the number in a cell in Python's notation.

    Parameters
    ----------
    cell : str
        Not a missing value.
    comma, thousands
        As in `Numerals`.

    Raises
    ------
    ValueError
        If it is not a number, or infinite.
    """
    text = cell.strip().replace("\N{MINUS SIGN}", "-")
    if thousands:
        text = _ungrouped(text, comma, thousands)
    if comma:
        if "." in text:
            raise ValueError(text)
        text = text.replace(",", ".")
    if "_" in text or not math.isfinite(float(text)):
        raise ValueError(text)
    return text


def _ungrouped(text: str, comma: bool, thousands: str) -> str:
    """Remove thousands separators at the right positions."""
    mark = {" ": _SPACES, "'": "['’]"}.get(thousands, re.escape(thousands))
    groups = _groups(mark, "," if comma else r"\.")
    if re.search(mark, text) and not groups.fullmatch(text):
        raise ValueError(text)
    return re.sub(mark, "", text)


@lru_cache
def _groups(mark: str, point: str) -> re.Pattern[str]:
    return re.compile(rf"[+-]?\d{{1,3}}(?:{mark}\d{{3}})+(?:{point}\d*)?(?:[eE][+-]?\d+)?")


def number(cell: str, comma: bool = False, thousands: str = "") -> float:
    """Return the number in a cell, NaN if missing.

    Parameters
    ----------
    comma, thousands
        As in `Numerals`.

    Raises
    ------
    ValueError
        If it is neither missing nor a finite number.
    """
    return math.nan if is_missing(cell) else float(plain(cell, comma, thousands))


def numbers(cells: Sequence[str], comma: bool = False, thousands: str = "") -> array:
    """Return the numbers of a row, float64, NaN where missing.

    Raises
    ------
    CellError
        For the first cell that is neither a number nor missing.
    """
    if not comma and not thousands:
        try:
            quick = array("d", map(float, cells))
            # float() also accepts 1_000 and inf; a sum of finite numbers rarely overflows.
            if math.isfinite(math.fsum(quick)) and not any("_" in cell for cell in cells):
                return quick
        except (ValueError, OverflowError):
            pass
    return array("d", (number_at(k, cell, comma, thousands) for k, cell in enumerate(cells)))


def number_at(column: int, cell: str, comma: bool = False, thousands: str = "") -> float:
    """Return the number in a cell, NaN if missing.

    Raises
    ------
    CellError
        If it is neither; it has the column.
    """
    try:
        return number(cell, comma, thousands)
    except ValueError:
        raise CellError(column, cell) from None


def is_number(cell: str, comma: bool = False, thousands: str = "") -> bool:
    """Return whether a cell holds a number, not a missing value."""
    try:
        return not math.isnan(number(cell, comma, thousands))
    except ValueError:
        return False


def written_otherwise(cell: str) -> str:
    """Return the options with which a cell would be a number; "" if there are none."""
    found = [
        " ".join(
            (["--decimal ,"] if comma else []) + ([f"--thousands {_quoted(mark)}"] if mark else [])
        )
        for comma in (False, True)
        for mark in ("", ",", ".", " ", "'")
        if mark != ("," if comma else ".") and (comma or mark)
        if is_number(cell, comma, mark)
    ]
    least = min(map(len, (options.split("--") for options in found)), default=0)
    return " or ".join(options for options in found if len(options.split("--")) == least)


def _quoted(mark: str) -> str:
    return {" ": "' '", "'": '"\'"'}.get(mark, mark)


def is_grouped(cells: Iterable[str], mark: str) -> bool:
    """Return whether the separator in cells may be for thousands as well as for decimals.

    For example, in 1,234, but not in 0,123 or 1,5.
    """
    group = re.compile(rf"[+−-]?[1-9]\d{{0,2}}{re.escape(mark)}\d{{3}}")
    return all(group.fullmatch(cell.strip()) for cell in cells)


def whole(value: float) -> str:
    """Return a number as text, integers without decimals: labels are often 1.0, 2.0."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def label(cell: str) -> str | None:
    """Return the group named in a cell, None if missing; 1.0 is group 1."""
    if is_missing(cell):
        return None
    text = cell.strip()
    if "." in text and is_number(text) and float(text).is_integer():
        return whole(float(text))
    return text


def shown_cell(cell: str) -> str:
    """Return a cell for a message: quoted and shortened."""
    return repr(cell if len(cell) <= 40 else cell[:39] + "…")


def listed(cells: Sequence[str], most: int) -> str:
    """Return the first cells for a message, on one line."""
    more = ", …" if len(cells) > most else ""
    return ", ".join(" ".join(cell.split())[:20] for cell in cells[:most]) + more


def unguarded(text: str) -> str:
    """Remove the apostrophe that guards a cell against being read as a formula."""
    return text[1:] if _GUARDED.match(text) and not is_number(text) else text


def label_of(cell: str) -> str | None:
    """Return the group named in a possibly guarded cell, None if missing."""
    return label(unguarded(cell))
