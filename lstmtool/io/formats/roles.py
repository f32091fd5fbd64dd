"""What the columns of a CSV file are: told by options, or guessed from header and first rows."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from lstmtool.errors import DataError
from lstmtool.io.formats.cells import is_missing, is_time
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.table import Table
from lstmtool.names import ID_NAMES, LABEL_NAMES, STEP_NAMES, TIME_NAMES

STEP = re.compile(r"t(\d+)\.(.+)")
"""Header of one value of a row with several inputs per step, ``t0.x``."""
_COUNTED = re.compile(r"(\D*)\d+")
INDEX_NAMES = frozenset(("", "unnamed: 0", "index"))


@dataclass
class Roles:
    """Columns by what they are for, counted from 0, and what of it was guessed."""

    long: bool
    id: int | None = None
    time: int | None = None
    label: int | None = None
    name: int | None = None
    values: list[int] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)


def find_roles(table: Table, options: ReadOptions) -> Roles:
    """Tell what the columns are: what options say counts, the rest is guessed.

    Raises
    ------
    DataError
        If an option names no column, a column has two roles, or columns of text cannot be told
        from each other.
    """
    roles = Roles(long=options.is_long)
    for option in ("id", "time", "label", "name"):
        wanted = getattr(options, option)
        if wanted is not None:
            setattr(roles, option, table.find(option, wanted))
    roles.values = [table.find("value", wanted) for wanted in options.value]
    _refuse_twice(table, roles)
    if not options.is_long and options.inputs is None:
        _guess_long(table, roles)
    if roles.long:
        _guess_time(table, roles)
    _guess_labels(table, roles)
    if not roles.values:
        taken = {roles.id, roles.time, roles.label, roles.name}
        left = [k for k in range(table.width) if k not in taken]
        steps = [] if roles.long else [k for k in _step_columns(table) if k in left]
        roles.values = steps or left
        others = [table.say(k) for k in left if k not in roles.values]
        if others:
            more = ", …" if len(others) > 5 else ""
            roles.guesses.append(f"not used: {', '.join(others[:5])}{more}")
    if not roles.values:
        raise DataError("No column is left for values.", str(table.path), "Name it with --value.")
    return roles


def _named(table: Table, names: frozenset[str], roles: Roles) -> int | None:
    """First column with one of these names that has no role yet."""
    taken = {roles.id, roles.time, roles.label, roles.name, *roles.values}
    found = (k for k, name in enumerate(table.header or []) if name.lower() in names)
    return next((k for k in found if k not in taken), None)


def _guess_long(table: Table, roles: Roles) -> None:
    """Tell whether rows are steps: by a column like `id` that repeats, or one like `time`."""
    time = _time_column(table, roles)
    column = _named(table, ID_NAMES, roles)
    repeats = column is not None and table.repeats(column)
    if _step_columns(table):  # then a date may be of the whole row, a step may not
        steps = time is not None and (table.header or [""])[time].lower() in STEP_NAMES
        roles.long = column is not None and time is not None and (repeats or steps)
    else:
        roles.long = repeats or time is not None
    if roles.long and column is not None:
        roles.id = column
        roles.guesses.append(f"a row is a step of the sequence in {table.say(column)}")
    elif roles.long:
        roles.guesses.append("the whole file is one sequence (if not, name --id)")


def _step_columns(table: Table) -> list[int]:
    """Return the columns that are called like steps, t0, t1, t2, ..., if most of them are."""
    names = table.header or []
    found = [m[1] if (m := _COUNTED.fullmatch(name)) else None for name in names]
    prefix = Counter(p for p in found if p is not None).most_common(1)
    counted = [k for k, p in enumerate(found) if prefix and p == prefix[0][0]]
    counted = counted or [k for k, name in enumerate(names) if STEP.fullmatch(name)]
    return counted if len(counted) > 2 and 2 * len(counted) > len(names) else []


def _time_column(table: Table, roles: Roles) -> int | None:
    """Find a column called like times, or a first one of dates."""
    dates = _holds_times(table, 0) and not table.has_numbers(0)
    return 0 if dates and roles.id != 0 else _named(table, TIME_NAMES, roles)


def _holds_times(table: Table, column: int) -> bool:
    return all(is_time(cell, table.comma) for cell in table.cells(column))


def _guess_time(table: Table, roles: Roles) -> None:
    if roles.time is not None:
        return
    column = _time_column(table, roles)
    if column is None:
        return
    if _holds_times(table, column):
        roles.time = column
        roles.guesses.append(f"steps in the order of {table.say(column)}")
    elif not table.has_numbers(column):
        # Left out as an input: it is no number. The order of lines stands for it.
        roles.guesses.append(f"{table.say(column)} holds no times that can be read, not used")
        roles.values = roles.values or [
            k
            for k in range(table.width)
            if k not in {column, roles.id, roles.label, roles.name}
            and (table.header or [])[k].lower() not in LABEL_NAMES
        ]


def _guess_labels(table: Table, roles: Roles) -> None:
    """Find label and name by their headers; where a row is a sequence, also by being text."""
    if roles.label is None:
        roles.label = _named(table, LABEL_NAMES, roles)
        if roles.label is not None:
            roles.guesses.append(f"labels in {table.say(roles.label)}")
    if roles.long:
        return
    if roles.name is None:
        roles.name = _name_column(table, roles)
        if roles.name is not None:
            roles.guesses.append(f"names in {table.say(roles.name)}")
    for column in range(table.width):
        if column not in (roles.label, roles.name) and _is_text(table, column):
            _guess_text(table, roles, column)


def _guess_text(table: Table, roles: Roles, column: int) -> None:
    """Take a column of text for labels if its cells repeat, for names if they do not."""
    role = "label" if table.repeats(column) else "name"
    other = getattr(roles, role)
    if other is not None:
        raise DataError(
            f"Two columns could hold {role}s.",
            f"{table.path}: {table.say(other)} and {table.say(column)}",
            "Say which are --label and --name, and leave other text out of the file.",
        )
    setattr(roles, role, column)
    roles.guesses.append(f"{role}s in {table.say(column)}")


def _name_column(table: Table, roles: Roles) -> int | None:
    """Find a column called like an id, all different, or the running index that pandas writes."""
    column = _named(table, ID_NAMES, roles)
    if column is not None and not table.repeats(column):
        return column
    column = _named(table, INDEX_NAMES, roles)
    if column is None:
        return None
    counted = [str(k) for k in range(len(table.cells(column)))]
    return column if table.cells(column) == counted else None


def _is_text(table: Table, column: int) -> bool:
    """Whether no cell of a column is a number and some say something."""
    return not table.has_numbers(column) and not all(map(is_missing, table.cells(column)))


def _refuse_twice(table: Table, roles: Roles) -> None:
    used = [
        (option, column)
        for option in ("id", "time", "label", "name")
        if (column := getattr(roles, option)) is not None
    ]
    used += [("value", column) for column in roles.values]
    seen: dict[int, str] = {}
    for option, column in used:
        if column in seen:
            raise DataError(
                f"--{option} and --{seen[column]} name the same column.",
                f"{table.path}, {table.say(column)}",
                "A column has one role.",
            )
        seen[column] = option
