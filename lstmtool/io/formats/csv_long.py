"""CSV where a row is a step of a sequence."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import numpy as np

from lstmtool.errors import DataError
from lstmtool.io.formats import cells
from lstmtool.io.formats.guard import label_of, unguarded
from lstmtool.io.formats.raw import Raw, Say
from lstmtool.io.formats.roles import Roles
from lstmtool.io.formats.table import Table


@dataclass
class _Growing:
    """A sequence of a long table while it is read."""

    line: int
    values: array = field(default_factory=lambda: array("d"))
    times: array = field(default_factory=lambda: array("d"))
    lines: array = field(default_factory=lambda: array("q"))
    told: dict[str, str] = field(default_factory=dict)


def read_long(table: Table, roles: Roles, say: Say) -> Raw:
    """Read a table whose rows are steps.

    Raises
    ------
    DataError
        If rows are ragged, a cell is no number or no time, an id or a time occurs twice, or a
        label changes within a sequence.
    """
    found: dict[str, _Growing] = {}
    current = None
    for line, row in table.rows:
        if len(row) != table.width:
            raise table.ragged(line, row, "Repair the row: every step needs all columns.")
        key = "" if roles.id is None else unguarded(row[roles.id]).strip()
        if roles.id is not None and not key:
            raise DataError("The id is missing.", table.where(line, roles.id), "Repair the row.")
        if key not in found:
            found[key] = _Growing(line)
        elif key != current and roles.time is None:
            raise DataError(
                f"The id {cells.shown_cell(key)} occurs twice: its rows do not follow each other.",
                f"{table.path}, lines {found[key].line} and {line}",
                "Give every sequence its own id, or name the column of times with --time.",
            )
        current = key
        _add_step(table, roles, found[key], line, row)
    if roles.time is not None:
        _sort_by_time(table, found, len(roles.values), say)
    return _as_raw(table, roles, found)


def _add_step(table: Table, roles: Roles, growing: _Growing, line: int, row: list[str]) -> None:
    growing.values.extend(table.numbers(line, row, roles.values))
    if roles.time is not None:
        growing.times.append(_time(table, line, row, roles.time))
        growing.lines.append(line)
    for what, column in (("label", roles.label), ("name", roles.name)):
        if column is not None and not cells.is_missing(row[column]):
            _tell(table, growing, line, what, column, row[column])


def _time(table: Table, line: int, row: list[str], column: int) -> float:
    try:
        return cells.time(row[column], table.comma)
    except ValueError:
        raise DataError(
            f"{cells.shown_cell(row[column])} is not a time: neither a number nor a date like "
            "2024-01-31 or 2024-01-31T12:00:00.",
            table.where(line, column),
            "Repair it, or choose another --time.",
        ) from None


def _tell(table: Table, growing: _Growing, line: int, what: str, column: int, cell: str) -> None:
    """Note a sequence's label or name, which must not change on its way."""
    known = growing.told.setdefault(what, cell)
    if known != cell:
        raise DataError(
            f"The {what} changes within a sequence, from {cells.shown_cell(known)} to "
            f"{cells.shown_cell(cell)}.",
            table.where(line, column),
            f"Use another --{what} or --id.",
        )


def _sort_by_time(table: Table, found: dict[str, _Growing], width: int, say: Say) -> None:
    uneven = False
    for key, growing in found.items():
        times = np.array(growing.times)
        order = np.argsort(times, kind="stable")
        gaps = np.diff(times[order])
        if (gaps == 0).any():
            k = int(np.argmax(gaps == 0))
            first, second = sorted(growing.lines[order[j]] for j in (k, k + 1))
            of = f" of sequence {cells.shown_cell(key)}" if key else ""
            raise DataError(
                f"A time{of} occurs twice.",
                f"{table.path}, lines {first} and {second}",
                "Remove one of them, or name the column of ids with --id.",
            )
        uneven |= bool(len(gaps)) and gaps.max() > 1.01 * gaps.min()
        values = np.array(growing.values).reshape(-1, width)[order]
        growing.values = array("d", values.tobytes())
    if uneven:
        say("Steps do not follow each other in equal time; only their order is used.")


def _as_raw(table: Table, roles: Roles, found: dict[str, _Growing]) -> Raw:
    width = len(roles.values)
    of = table.header or []
    names = [growing.told.get("name", key) for key, growing in found.items()]
    labels = [label_of(growing.told.get("label", "")) for growing in found.values()]
    return Raw(
        arrays=[np.array(growing.values).reshape(-1, width) for growing in found.values()],
        places=[table.where(growing.line) for growing in found.values()],
        names=[unguarded(name).strip() for name in names] if roles.id is not None else [],
        labels=None if roles.label is None else labels,
        inputs=tuple(unguarded(of[k]) for k in roles.values) if of else (),
    )
