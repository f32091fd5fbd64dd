"""CSV with one step per row."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from lstmtool.errors import DataError
from lstmtool.io.formats import cells, times
from lstmtool.io.formats.cells import label_of, unguarded
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.raw import Raw, Say
from lstmtool.io.formats.roles import Roles
from lstmtool.io.formats.table import Table


@dataclass
class _Growing:
    """A sequence of a long table that is being read."""

    line: int
    values: array = field(default_factory=lambda: array("d"))
    times: list[times.Time] = field(default_factory=list)
    lines: array = field(default_factory=lambda: array("q"))
    given: dict[str, str] = field(default_factory=dict)


def read_long(table: Table, roles: Roles, options: ReadOptions, say: Say) -> Raw:
    """Read a table whose rows are steps."""
    found: dict[tuple[str, ...], _Growing] = {}
    current = None
    for line, row in table.rows:
        if len(row) != table.width:
            raise table.ragged(line, row, "Repair the row: every step needs all columns.")
        key = tuple([unguarded(row[k]).strip() for k in roles.ids])
        if "" in key:
            where = table.where(line, roles.ids[key.index("")])
            raise DataError("The id is missing.", where, "Repair the row.")
        if key not in found:
            found[key] = _Growing(line)
        elif key != current and roles.time is None:
            raise DataError(
                f"The rows of id {cells.shown_cell(_name(key))} are not consecutive.",
                f"{table.path}, lines {found[key].line} and {line}",
                "Give every sequence its own id, or name the time column with --time.",
            )
        current = key
        _add_step(table, roles, found[key], line, row)
    if roles.time is not None:
        _sort_by_time(table, roles.time, found, options, say)
    return _as_raw(table, roles, found)


def _name(key: tuple[str, ...]) -> str:
    return "/".join(key)


def _add_step(table: Table, roles: Roles, growing: _Growing, line: int, row: list[str]) -> None:
    growing.values.extend(table.numbers(line, row, roles.values))
    growing.lines.append(line)
    if roles.time is not None:
        growing.times.append(_time(table, line, row, roles.time))
    for empty in roles.empty:
        if not cells.is_missing(row[empty]):
            raise DataError(
                f"{cells.shown_cell(row[empty])} is in a column that is empty above it.",
                table.where(line, empty),
                "Name the inputs with --value.",
            )
    for what, column in (("label", roles.label), ("name", roles.name)):
        if column is not None and not cells.is_missing(row[column]):
            _tell(table, growing, line, what, column, row[column])


def _time(table: Table, line: int, row: list[str], column: int) -> times.Time:
    try:
        return times.parse(row[column], *table.numerals_of(column))
    except ValueError:
        if cells.is_missing(row[column]):
            where = table.where(line, column)
            raise DataError("The time is missing.", where, "Repair the row.") from None
        raise DataError(
            f"{cells.shown_cell(row[column])} is not a time: neither a number nor a date such as "
            "2024-01-31 or 2024-01-31T12:00:00.",
            table.where(line, column),
            "Repair it, or choose another --time.",
        ) from None


def _tell(table: Table, growing: _Growing, line: int, what: str, column: int, cell: str) -> None:
    """Record a sequence's label or name, which must be the same in all its rows."""
    known = growing.given.setdefault(what, cell)
    if known != cell:
        raise DataError(
            f"The {what} changes within a sequence, from {cells.shown_cell(known)} to "
            f"{cells.shown_cell(cell)}.",
            table.where(line, column),
            f"Use another --{what} or --id.",
        )


def _sort_by_time(
    table: Table,
    column: int,
    found: dict[tuple[str, ...], _Growing],
    options: ReadOptions,
    say: Say,
) -> None:
    moments = iter(_moments(table, column, found, options, say))
    uneven = False
    for key, growing in found.items():
        own = [next(moments) for _ in growing.times]
        order = sorted(range(len(own)), key=own.__getitem__)
        for j, k in pairwise(order):
            if own[j] == own[k]:
                of = f" of sequence {cells.shown_cell(_name(key))}" if key else ""
                raise DataError(
                    f"A time{of} is repeated.",
                    f"{table.path}, lines {growing.lines[j]} and {growing.lines[k]}",
                    f"Remove one of them, or name {'another' if key else 'the'} id column with "
                    "--id.",
                )
        if order != list(range(len(order))):
            _refuse_midnight(table, column, growing)
            steps = np.array(growing.values).reshape(len(order), -1)[order]
            growing.values = array("d", steps.tobytes())
        gaps = [own[k] - own[j] for j, k in pairwise(order)]
        uneven |= bool(gaps) and 100 * max(gaps) > 101 * min(gaps)
    if uneven:
        say("Steps are not equally spaced in time; only their order is used.")


def _moments(
    table: Table,
    column: int,
    found: dict[tuple[str, ...], _Growing],
    options: ReadOptions,
    say: Say,
) -> list[times.Moment]:
    """Return the times of all steps, sequence by sequence, as comparable numbers."""
    everything = [time for growing in found.values() for time in growing.times]
    lines = [line for growing in found.values() for line in growing.lines]
    kinds = [time.kind.replace("clock", "elapsed") for time in everything]
    if other := next((k for k, kind in enumerate(kinds) if kind != kinds[0]), None):
        raise DataError(
            "Some times are numbers or times of day, others are dates.",
            f"{table.path}, lines {lines[0]} and {lines[other]}, {table.say(column)}",
            "Repair them, or choose another --time.",
        )
    open_one = next((n for n, time in enumerate(everything) if time.fields), 0)
    try:
        moments, order = times.settle(everything, options.day_first)
    except times.AmbiguousDates:
        shown = "/".join(everything[open_one].fields)
        raise DataError(
            f"It is unclear whether the day or the month of the dates comes first: {shown}.",
            f"{table.where(lines[open_one], column)}, and all others",
            "Use --day-first or --month-first, or write them as 2024-01-31.",
        ) from None
    except ValueError:
        raise DataError(
            "The dates differ in the order of day, month and year.",
            table.where(lines[open_one], column),
            "Write all of them as 2024-01-31."
            if options.day_first is None
            else "Leave out --day-first and --month-first, or write all of them as 2024-01-31.",
        ) from None
    if order:
        say(f"Dates in {table.say(column)} are read as {order}.")
    return moments


def _refuse_midnight(table: Table, column: int, growing: _Growing) -> None:
    """Refuse decreasing times of day: rows may be out of order, or cross midnight."""
    clocks = [k for k, time in enumerate(growing.times) if time.kind == "clock"]
    if len(clocks) == len(growing.times):
        j, k = next((j, k) for j, k in pairwise(clocks) if growing.times[k] < growing.times[j])
        raise DataError(
            "Times of day decrease: they cross midnight, or rows are out of order.",
            f"{table.path}, lines {growing.lines[j]} and {growing.lines[k]}, {table.say(column)}",
            "Add the date, or leave the column out by naming the others with --value.",
        )


def _as_raw(table: Table, roles: Roles, found: dict[tuple[str, ...], _Growing]) -> Raw:
    width = len(roles.values)
    of = table.header or []
    names = [growing.given.get("name", _name(key)) for key, growing in found.items()]
    labels = [label_of(growing.given.get("label", "")) for growing in found.values()]
    return Raw(
        arrays=[np.array(growing.values).reshape(-1, width) for growing in found.values()],
        places=[table.where(growing.line) for growing in found.values()],
        names=[unguarded(name).strip() for name in names] if roles.ids else [],
        labels=None if roles.label is None else labels,
        inputs=tuple(unguarded(of[k]) for k in roles.values) if of else (),
    )
