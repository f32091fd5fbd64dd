"""Sequences from CSV: a row is a sequence (wide), or one step of one (long)."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lstmtool.errors import DataError
from lstmtool.io.formats import cells
from lstmtool.io.formats.guard import unguarded
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.raw import Raw, Say
from lstmtool.io.formats.roles import STEP, Roles, find_roles
from lstmtool.io.formats.table import NAMES, Table, open_table


def read_csv(path: Path, options: ReadOptions, say: Say) -> Raw:
    """Read sequences from a CSV file.

    Raises
    ------
    FileError
        If the file may not be read.
    DataError
        If rows are ragged, a cell is no number, an id, name or time occurs twice, or it cannot be
        told what the columns are; with file, line and column.
    """
    with open_table(path, options) as table:
        roles = find_roles(table, options)
        _explain(table, roles, say)
        return _read_long(table, roles, say) if roles.long else _read_wide(table, roles, options)


def _explain(table: Table, roles: Roles, say: Say) -> None:
    header = "a header" if table.header else "no header"
    comma = ", decimal commas" if table.comma else ""
    row = "step" if roles.long else "sequence"
    guesses = f": {'; '.join(roles.guesses)}" if roles.guesses else ""
    say(
        f"CSV, {NAMES.get(table.delimiter, repr(table.delimiter))}{comma}, {header}, a row per "
        f"{row}{guesses}."
    )


def _numbers(table: Table, line: int, row: list[str], columns: list[int]) -> array:
    """Return the values of a row, float64."""
    try:
        return cells.numbers([row[k] for k in columns], table.comma)
    except cells.CellError as error:
        raise DataError(
            f"{error} is not a number.",
            table.where(line, columns[error.column]),
            "Repair it, or say what the columns are (--id, --time, --value, --label, --name).",
        ) from None


def _ragged(table: Table, line: int, row: list[str], fix: str) -> DataError:
    return DataError(
        f"A row has {len(row)} cells, the others have {table.width}.", table.where(line), fix
    )


def _read_wide(table: Table, roles: Roles, options: ReadOptions) -> Raw:
    raw = Raw([], [], labels=None if roles.label is None else [])
    raw.inputs = _step_inputs(table, roles)
    n_inputs = options.inputs or len(raw.inputs) or 1
    seen: dict[str, int] = {}
    for line, row in table.rows:
        columns = _columns_of(table, roles, line, row, options.unequal)
        values = np.array(_numbers(table, line, row, columns))
        if len(values) % n_inputs:
            raise DataError(
                f"{len(values)} values make no whole steps of {n_inputs} inputs.",
                table.where(line),
                "Check --inputs, and which columns are --label and --name.",
            )
        raw.arrays.append(values.reshape(-1, n_inputs))
        raw.places.append(table.where(line))
        if raw.labels is not None and roles.label is not None:
            raw.labels.append(_label(row[roles.label]))
        if roles.name is not None:
            raw.names.append(_new_name(table, line, row[roles.name], seen))
    return raw


def _columns_of(table: Table, roles: Roles, line: int, row: list[str], unequal: bool) -> list[int]:
    """Return the columns of a row that are values: all those of the table, or fewer."""
    if len(row) == table.width:
        return roles.values
    if not unequal:
        fix = "If the sequences differ in length use --unequal, else repair the row."
        raise _ragged(table, line, row, fix)
    last = max((k for k in (roles.label, roles.name) if k is not None), default=0)
    if last >= len(row) or (table.header and len(row) > table.width):
        raise _ragged(table, line, row, "Repair the row; labels and names belong before values.")
    return [*(k for k in roles.values if k < len(row)), *range(table.width, len(row))]


def _step_inputs(table: Table, roles: Roles) -> tuple[str, ...]:
    """Return the inputs' names where the header says ``t0.x, t0.y, t1.x, ...``, else none."""
    found = [STEP.fullmatch((table.header or [])[k]) for k in roles.values] if table.header else []
    if not found or not all(found):
        return ()
    steps = [(int(m[1]), unguarded(m[2])) for m in found if m]
    inputs = tuple(name for step, name in steps if step == steps[0][0])
    count = len(steps) // len(inputs)
    wanted = [(steps[0][0] + k, name) for k in range(count) for name in inputs]
    return inputs if steps == wanted else ()


def _label(cell: str) -> str | None:
    return cells.label(unguarded(cell))


def _new_name(table: Table, line: int, cell: str, seen: dict[str, int]) -> str:
    name = unguarded(cell).strip()
    if name in seen:
        raise DataError(
            f"The name {cells.shown_cell(name)} occurs twice.",
            f"{table.path}, lines {seen[name]} and {line}",
            "Every sequence needs its own; where rows are steps use --id instead of --name.",
        )
    seen[name] = line
    return name


@dataclass
class _Growing:
    """A sequence of a long table while it is read."""

    line: int
    values: array = field(default_factory=lambda: array("d"))
    times: array = field(default_factory=lambda: array("d"))
    lines: array = field(default_factory=lambda: array("q"))
    told: dict[str, str] = field(default_factory=dict)


def _read_long(table: Table, roles: Roles, say: Say) -> Raw:
    found: dict[str, _Growing] = {}
    current = None
    for line, row in table.rows:
        if len(row) != table.width:
            raise _ragged(table, line, row, "Repair the row: every step needs all columns.")
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
    growing.values.extend(_numbers(table, line, row, roles.values))
    if roles.time is not None:
        growing.times.append(_time(table, line, row, roles.time))
        growing.lines.append(line)
    for what, column in (("label", roles.label), ("name", roles.name)):
        if column is not None and not cells.is_missing(row[column]):
            _tell(table, growing, line, what, column, row[column])


def _time(table: Table, line: int, row: list[str], column: int) -> float:
    try:
        return cells.time(row[column].replace(",", ".") if table.comma else row[column])
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
    return Raw(
        arrays=[np.array(growing.values).reshape(-1, width) for growing in found.values()],
        places=[table.where(growing.line) for growing in found.values()],
        names=[unguarded(name).strip() for name in names] if roles.id is not None else [],
        labels=None if roles.label is None else _told(found, _label),
        inputs=tuple(unguarded(of[k]) for k in roles.values) if of else (),
    )


def _told(found: dict[str, _Growing], read: Callable[[str], str | None]) -> list[str | None]:
    return [read(growing.told.get("label", "")) for growing in found.values()]
