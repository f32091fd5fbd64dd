"""CSV with one sequence per row."""

from __future__ import annotations

import numpy as np

from lstmtool.errors import DataError
from lstmtool.io.formats import cells
from lstmtool.io.formats.cells import label_of, unguarded
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.raw import Raw
from lstmtool.io.formats.roles import STEP, Roles
from lstmtool.io.formats.table import Table


def read_wide(table: Table, roles: Roles, options: ReadOptions) -> Raw:
    """Read a table whose rows are sequences."""
    raw = Raw([], [], labels=None if roles.label is None else [])
    raw.inputs = _step_inputs(table, roles)
    n_inputs = options.inputs or len(raw.inputs) or 1
    seen: dict[str, int] = {}
    for line, row in table.rows:
        columns = _columns_of(table, roles, line, row, options.unequal)
        values = np.array(table.numbers(line, row, columns))
        if len(values) % n_inputs:
            raise DataError(
                f"{len(values)} values are not a whole number of steps of {n_inputs} inputs.",
                table.where(line),
                "Check --inputs, --label and --name.",
            )
        raw.arrays.append(values.reshape(-1, n_inputs))
        raw.places.append(table.where(line))
        if raw.labels is not None and roles.label is not None:
            raw.labels.append(label_of(row[roles.label]))
        if roles.name is not None:
            raw.names.append(_new_name(table, line, row[roles.name], seen))
    return raw


def _columns_of(table: Table, roles: Roles, line: int, row: list[str], unequal: bool) -> list[int]:
    """Return the value columns of a row: all those of the table, or fewer."""
    if len(row) == table.width:
        return roles.values
    if not unequal:
        fix = "If sequences differ in length, use --unequal; otherwise repair the row."
        raise table.ragged(line, row, fix)
    last = max((k for k in (roles.label, roles.name) if k is not None), default=0)
    if last >= len(row) or (table.header and len(row) > table.width):
        raise table.ragged(line, row, "Repair the row; labels and names must precede values.")
    return [*(k for k in roles.values if k < len(row)), *range(table.width, len(row))]


def _step_inputs(table: Table, roles: Roles) -> tuple[str, ...]:
    """Return the inputs' names if the header is ``t0.x, t0.y, t1.x, ...``, else ()."""
    found = [STEP.fullmatch((table.header or [])[k]) for k in roles.values] if table.header else []
    if not found or not all(found):
        return ()
    steps = [(int(m[1]), unguarded(m[2])) for m in found if m]
    inputs = tuple(name for step, name in steps if step == steps[0][0])
    count = len(steps) // len(inputs)
    wanted = [(steps[0][0] + k, name) for k in range(count) for name in inputs]
    return inputs if steps == wanted else ()


def _new_name(table: Table, line: int, cell: str, seen: dict[str, int]) -> str:
    name = f"line {line}" if cells.is_missing(cell) else unguarded(cell).strip()
    if name in seen:
        raise DataError(
            f"The name {cells.shown_cell(name)} is repeated.",
            f"{table.path}, lines {seen[name]} and {line}",
            "Names must be unique; if rows are steps, use --id instead of --name.",
        )
    seen[name] = line
    return name
