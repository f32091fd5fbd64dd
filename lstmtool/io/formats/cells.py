"""Numbers and missing values as text files write them."""

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
"""What stands for a missing value, in small letters."""
_SPACES = "[ \u00a0\u2009\u202f]"


class Numerals(NamedTuple):
    """How numbers are written.

    Parameters
    ----------
    comma : bool
        Decimals are written with a comma.
    thousands : str
        What groups thousands, or nothing.
    """

    comma: bool = False
    thousands: str = ""


class CellError(ValueError):
    """A cell that is no number; `column` counts from 0 within the cells given."""

    def __init__(self, column: int, cell: str) -> None:
        super().__init__(shown_cell(cell))
        self.column, self.cell = column, cell


def is_missing(cell: str) -> bool:
    """Return whether a cell stands for a missing value."""
    return cell.strip().lower() in MISSING


def plain(cell: str, comma: bool = False, thousands: str = "") -> str:
    """Return the number in a cell as Python writes one.

    Parameters
    ----------
    cell : str
        Not missing.
    comma, thousands
        As in `Numerals`.

    Raises
    ------
    ValueError
        If it is no number, or an infinite one.
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
    """Take out what groups thousands, where it stands between three digits and three."""
    mark = {" ": _SPACES, "'": "['’]"}.get(thousands, re.escape(thousands))
    groups = _groups(mark, "," if comma else r"\.")
    if re.search(mark, text) and not groups.fullmatch(text):
        raise ValueError(text)
    return re.sub(mark, "", text)


@lru_cache
def _groups(mark: str, point: str) -> re.Pattern[str]:
    return re.compile(rf"[+-]?\d{{1,3}}(?:{mark}\d{{3}})+(?:{point}\d*)?(?:[eE][+-]?\d+)?")


def number(cell: str, comma: bool = False, thousands: str = "") -> float:
    """Return the number in a cell, NaN where it is missing.

    Parameters
    ----------
    cell : str
    comma, thousands
        As in `Numerals`.

    Raises
    ------
    ValueError
        If there is something else in it, or an infinite number.
    """
    return math.nan if is_missing(cell) else float(plain(cell, comma, thousands))


def numbers(cells: Sequence[str], comma: bool = False, thousands: str = "") -> array:
    """Return the numbers of a row, float64, NaN where one is missing.

    Raises
    ------
    CellError
        For the first cell that is neither a number nor missing.
    """
    if not comma and not thousands:
        try:
            quick = array("d", map(float, cells))
            # float() takes 1_000 and inf, too; sums of finite numbers may overflow, but seldom.
            if math.isfinite(math.fsum(quick)) and not any("_" in cell for cell in cells):
                return quick
        except (ValueError, OverflowError):
            pass
    return array("d", (number_at(k, cell, comma, thousands) for k, cell in enumerate(cells)))


def number_at(column: int, cell: str, comma: bool = False, thousands: str = "") -> float:
    """Return the number in a cell, NaN where it is missing.

    Raises
    ------
    CellError
        If it is neither, with the column.
    """
    try:
        return number(cell, comma, thousands)
    except ValueError:
        raise CellError(column, cell) from None


def is_number(cell: str, comma: bool = False, thousands: str = "") -> bool:
    """Return whether a cell holds a number; a missing one is none."""
    try:
        return not math.isnan(number(cell, comma, thousands))
    except ValueError:
        return False


def written_otherwise(cell: str) -> str:
    """Return the options under which a cell would be a number; nothing where none are known."""
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
    """Return whether cells could be thousands in groups as well as decimals.

    So 1,234 could, and 0,123 and 1,5 could not.
    """
    group = re.compile(rf"[+−-]?[1-9]\d{{0,2}}{re.escape(mark)}\d{{3}}")
    return all(group.fullmatch(cell.strip()) for cell in cells)


def whole(value: float) -> str:
    """Return a number as text, whole numbers without decimals: labels are often 1.0, 2.0."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def label(cell: str) -> str | None:
    """Return the group that a cell names, None where it is missing; 1.0 is the group 1."""
    if is_missing(cell):
        return None
    text = cell.strip()
    if "." in text and is_number(text) and float(text).is_integer():
        return whole(float(text))
    return text


def shown_cell(cell: str) -> str:
    """Return a cell for a message: quoted and not too long."""
    return repr(cell if len(cell) <= 40 else cell[:39] + "…")


def listed(cells: Sequence[str], most: int) -> str:
    """Return the first cells for a message, in one line."""
    more = ", …" if len(cells) > most else ""
    return ", ".join(" ".join(cell.split())[:20] for cell in cells[:most]) + more
