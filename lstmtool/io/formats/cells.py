"""Numbers, times and missing values as text files write them."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})
"""What stands for a missing value, in small letters."""


class CellError(ValueError):
    """A cell that is no number; `column` counts from 0 within the cells given."""

    def __init__(self, column: int, cell: str) -> None:
        super().__init__(shown_cell(cell))
        self.column, self.cell = column, cell


def is_missing(cell: str) -> bool:
    """Return whether a cell stands for a missing value."""
    return cell.strip().lower() in MISSING


def number(cell: str, comma: bool = False) -> float:
    """Return the number in a cell, NaN where it is missing.

    Parameters
    ----------
    cell : str
    comma : bool
        Decimals are written with a comma.

    Raises
    ------
    ValueError
        If there is something else in it, or an infinite number.
    """
    text = cell.strip()
    if is_missing(text):
        return math.nan
    if comma:
        if "." in text:
            raise ValueError(text)
        text = text.replace(",", ".")
    value = float(text)
    if not math.isfinite(value) or "_" in text:
        raise ValueError(text)
    return value


def numbers(cells: Sequence[str], comma: bool = False) -> array:
    """Return the numbers of a row, float64, NaN where one is missing.

    Raises
    ------
    CellError
        For the first cell that is neither a number nor missing.
    """
    if not comma:
        try:
            quick = array("d", map(float, cells))
            # float() takes 1_000 and inf, too; sums of finite numbers may overflow, but seldom.
            if math.isfinite(math.fsum(quick)) and not any("_" in cell for cell in cells):
                return quick
        except (ValueError, OverflowError):
            pass
    found = array("d")
    for column, cell in enumerate(cells):
        try:
            found.append(number(cell, comma))
        except ValueError:
            raise CellError(column, cell) from None
    return found


def is_number(cell: str, comma: bool = False) -> bool:
    """Return whether a cell holds a number; a missing one is none."""
    try:
        return not math.isnan(number(cell, comma))
    except ValueError:
        return False


def time(cell: str, comma: bool = False) -> float:
    """Return a time as a number: itself, or of a date and time (ISO 8601) the seconds since 1970.

    Raises
    ------
    ValueError
        If it is neither, or missing.
    """
    try:
        value = number(cell, comma)
    except ValueError:
        moment = datetime.fromisoformat(cell.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.timestamp()
    if math.isnan(value):
        raise ValueError(cell)
    return value


def is_time(cell: str, comma: bool = False) -> bool:
    """Return whether a cell can be read as a time."""
    try:
        return not math.isnan(time(cell, comma))
    except ValueError:
        return False


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
