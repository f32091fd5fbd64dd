"""Whether a row of a table without usual headings is a sequence or a step."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from lstmtool.errors import DataError
from lstmtool.io.formats import times
from lstmtool.io.formats.cells import is_missing, is_number
from lstmtool.io.formats.raw import counted
from lstmtool.io.formats.table import Table
from lstmtool.names import INDEX_NAMES

SHORT = 8
"""A row with at most this many values is short for a sequence."""
_FEW = 5
"""So few rows are not enough to decide."""
_FIRST = 12
"""Number of columns searched for ids and times."""
_EVEN = 1e-6


def ask_for_rows(table: Table, values: list[int], named: bool) -> str:
    """Refuse a table whose rows may be steps or sequences; return a remark otherwise.

    Parameters
    ----------
    values : list of int
        Columns that would be the values of a sequence.
    named : bool
        Whether the columns have names that are not numbers or steps.

    Raises
    ------
    DataError
        If it is unclear; the message has the options that decide.
    """
    found = find_steps(table)
    if found:
        column, time = found
        what = f"{table.say(time)} counts up"
        if column is not None:
            what += f" while {table.say(column)} stays the same"
        words = "" if column is None else f"--id {table.word(column)} "
        raise DataError(
            "It is unclear whether a row is a sequence or a step.",
            f"{table.path}: {what}",
            f"For steps use {words}--time {table.word(time)}, for sequences --rows sequences.",
        )
    short = len(values) <= SHORT and len(table.sample) > len(values)
    if len(table.sample) < _FEW or not (named or short):
        return ""
    if not (named and short):
        return f"{counted(len(values), 'value')} each (if rows are steps use --rows steps)"
    shown = ", ".join(table.say(k) for k in values[:4]) + (", …" if len(values) > 4 else "")
    raise DataError(
        "It is unclear whether a row is a sequence or a step.",
        f"{table.path}: {shown}",
        "For steps use --id COLUMN and --time COLUMN, or --rows steps if all are one "
        "sequence; for sequences --rows sequences.",
    )


def find_steps(table: Table) -> tuple[int | None, int] | None:
    """Return a column that is constant while another counts up, and that other one.

    The first is None if a named column counts up through all rows.
    """
    if len(table.sample) < _FEW:
        return None
    columns = range(min(table.width, _FIRST))
    for time in columns:
        heading = (table.header or [""] * table.width)[time].lower()
        starts = _starts(_counter(table, time))
        if not starts or (table.header and heading in INDEX_NAMES):
            continue
        for column in columns:
            cells = table.cells(column)
            if column != time and _changes_at(cells, starts) and not _has_fractions(cells):
                return column, time
        if len(starts) == 1 and heading and not heading[-1].isdigit():
            return None, time
    return None


def find_counter(table: Table, ids: list[int], columns: list[int]) -> int | None:
    """Return the first of some columns that counts up within every sequence."""
    if len(table.sample) < _FEW:
        return None
    keys = list(zip(*(table.cells(k) for k in ids), strict=False)) or [()] * len(table.sample)
    changes = [k + 1 for k, (a, b) in enumerate(pairwise(keys)) if a != b]
    for column in columns:
        starts = _starts(_counter(table, column))
        if starts and starts[1:] == changes:
            return column
    return None


def _counter(table: Table, column: int) -> list[float]:
    """Return a column's numbers or times; [] if a cell is neither."""
    cells = table.cells(column)
    if not cells or len(cells) < len(table.sample) or any(map(is_missing, cells)):
        return []
    try:
        parsed = [times.parse(cell, *table.numerals_of(column)) for cell in cells]
        if any(time.kind != parsed[0].kind for time in parsed):
            return []
        moments = times.settle(parsed)[0]
    except ValueError:
        return []
    return [float(moment - moments[0]) for moment in moments]


def _starts(values: list[float]) -> list[int]:
    """Return the indices where a counter starts over; [] if values are not a counter."""
    steps = [b - a for a, b in pairwise(values)]
    rising = [step for step in steps if step > 0]
    if not rising:
        return []
    usual = Counter(rising).most_common(1)[0][0]
    even = [abs(step - usual) <= _EVEN * usual for step in steps]
    if any(step > 0 and not fine for step, fine in zip(steps, even, strict=True)):
        return []
    starts = [0, *(k + 1 for k, fine in enumerate(even) if not fine)]
    return starts if 2 * len(starts) <= len(values) else []


def _has_fractions(cells: list[str]) -> bool:
    return any(is_number(cell) and not cell.strip().isdecimal() for cell in cells)


def _changes_at(cells: list[str], starts: list[int]) -> bool:
    """Whether a column changes exactly where a counter starts over."""
    changes = [k + 1 for k, (a, b) in enumerate(pairwise(cells)) if a != b]
    return changes == starts[1:] and not all(map(is_missing, cells))
