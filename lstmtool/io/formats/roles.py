"""Roles of CSV columns, given by options or inferred from the header and the first rows."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from lstmtool.errors import DataError
from lstmtool.io.formats.cells import is_missing, is_number, listed, shown_cell, written_otherwise
from lstmtool.io.formats.layout import ask_for_rows, find_counter, find_steps
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.table import Table
from lstmtool.io.formats.times import is_time
from lstmtool.names import (
    ID_NAMES,
    INDEX_NAMES,
    LABEL_NAMES,
    STEP_NAMES,
    TIME_NAMES,
)

STEP = re.compile(r"t(\d+)\.(.+)")
"""Header of a value in a row with several inputs per step, ``t0.x``."""
_SEVERAL = re.compile(r"[+-]?\d[\d.,]*(?:\s+[+-]?\d[\d.,]*)+")
_COUNTED = re.compile(r"(\D*)\d+")
_OF_TIME = frozenset((
    *("", "t", "time", "step", "timestep", "lag", "frame", "sec", "min", "h", "hour"),
    *("d", "day", "w", "week", "m", "month", "q", "quarter", "y", "year"),
))  # fmt: skip
"""Prefixes, before a number, of the names of columns that are steps."""


@dataclass
class Roles:
    """The columns of each role, counted from 0, and which of them were inferred."""

    long: bool
    ids: list[int] = field(default_factory=list)
    time: int | None = None
    label: int | None = None
    name: int | None = None
    values: list[int] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)

    @property
    def taken(self) -> set[int | None]:
        """Columns with a role, and None."""
        return {*self.ids, self.time, self.label, self.name, *self.values}


def find_roles(table: Table, options: ReadOptions) -> Roles:
    """Determine the columns' roles: from the options, or else by inference.

    Raises
    ------
    DataError
        If an option names no column, a column has two roles, or text columns are ambiguous.
    """
    roles = Roles(long=options.is_long, guesses=list(table.notes))
    roles.ids = [table.find("id", wanted) for wanted in options.ids]
    for option in ("time", "label", "name"):
        wanted = getattr(options, option)
        if wanted is not None:
            setattr(roles, option, table.find(option, wanted))
    roles.values = [table.find("value", wanted) for wanted in options.value]
    _refuse_twice(table, roles)
    given = options.is_long or options.inputs is not None or options.rows is not None
    if not given:
        _guess_long(table, roles)
    if roles.long:
        _guess_time(table, roles)
    _guess_labels(table, roles, given)
    if not roles.values:
        _guess_values(table, roles)
    if not roles.values:
        raise DataError("No column is left for values.", str(table.path), "Name it with --value.")
    if roles.long:
        _refuse_stacked(table, roles)
        if not options.value and roles.time is None:
            _refuse_counter(table, roles)
    elif not given and not _rows_have_names(table, roles) and not _are_steps(table, roles.values):
        named = table.header is not None and any(table.header[k] for k in roles.values)
        note = ask_for_rows(table, roles.values, named)
        roles.guesses += [note] if note else []
    return roles


def _guess_values(table: Table, roles: Roles) -> None:
    """Take the remaining columns as values, except indices, empty ones and those beside steps."""
    left = [k for k in range(table.width) if k not in roles.taken]
    if roles.long:
        others = [k for k in left if _is_index(table, k) or _is_date(table, k)]
        roles.empty = [k for k in left if table.header and table.is_empty(k)]
        values = [k for k in left if k not in (*others, *roles.empty)]
        if not values:
            return
    else:
        values = [k for k in _step_columns(table) if k in left] or left
        others = [k for k in left if k not in values]
        roles.guesses += _inputs_of_steps(table, values)
    roles.values = values
    for what, columns in (("not used", others), ("empty", roles.empty)):
        if columns:
            roles.guesses.append(f"{what}: {_some(table, columns)}")
    if roles.long and table.header:
        roles.guesses.append(f"inputs: {_some(table, values)}")


def _inputs_of_steps(table: Table, values: list[int]) -> list[str]:
    """Describe the inputs of columns called ``t0.1, t0.2, t1.1, ...``, which may be times."""
    names = [table.header[k] for k in values] if table.header else []
    steps = [STEP.fullmatch(name) for name in names]
    inputs = list(dict.fromkeys(m[2] for m in steps if m))
    if not all(steps) or len(inputs) < 2 or not all(map(is_number, inputs)):
        return []
    return [f"inputs {listed(inputs, 3)}, by columns called {listed(names, 3)}"]


def _some(table: Table, columns: list[int]) -> str:
    return ", ".join(map(table.say, columns[:5])) + (", …" if len(columns) > 5 else "")


def _is_index(table: Table, column: int) -> bool:
    """Whether an unnamed column counts the rows, or has a distinct integer in each."""
    heading, cells = (table.header or ["x"] * table.width)[column].lower(), table.cells(column)
    whole = all(cell.strip().isdecimal() for cell in cells)
    if heading not in INDEX_NAMES or not whole or table.repeats(column):
        return False
    counts = (list(map(str, range(first, first + len(cells)))) for first in (0, 1))
    return heading != "index" or cells in counts


def _is_date(table: Table, column: int) -> bool:
    """Whether a column has times that are not numbers."""
    return (
        not table.is_empty(column)
        and not table.has_numbers(column)
        and all(is_time(cell, *table.numerals_of(column)) for cell in table.cells(column))
    )


def _rows_have_names(table: Table, roles: Roles) -> bool:
    """Whether rows have names other than their number or time."""
    name = roles.name
    return name is not None and not _is_index(table, name) and not _is_date(table, name)


def _are_steps(table: Table, values: list[int]) -> bool:
    """Whether columns are named like steps, or by numbers or times."""
    if table.header is None:
        return False
    names = [table.header[k] for k in values]
    steps = [bool(STEP.fullmatch(name)) or _is_of_time(name) for name in names]
    return len(names) > 1 and all(steps)


def _is_of_time(name: str) -> bool:
    counted = _COUNTED.fullmatch(name)
    if counted and counted[1].strip(" _-.").lower() in _OF_TIME:
        return True
    return is_number(name) or is_time(name)


def _refuse_stacked(table: Table, roles: Roles) -> None:
    """Refuse a table with a single value per row and a column for the input's name."""
    kinds = [k for k in roles.values if _is_text(table, k)]
    if len(kinds) != 1 or not table.header:
        return
    kind, by = kinds[0], [*roles.ids, *([] if roles.time is None else [roles.time])]
    rows = [row for _, row in table.sample if len(row) == table.width]
    steps = [tuple(row[k] for k in by) for row in rows]
    values_of = {(*step, row[kind]) for step, row in zip(steps, rows, strict=True)}
    if roles.time is None or len(set(steps)) == len(steps) or len(values_of) < len(rows):
        return
    values = [k for k in roles.values if k != kind]
    words = [("id", k) for k in (*roles.ids, kind)] + [("time", roles.time)]
    words += [("value", k) for k in values]
    command = " ".join(f"--{option} {table.word(k)}" for option, k in words)
    raise DataError(
        f"The table is stacked: times are repeated for each word in {table.say(kind)}.",
        f"{table.path}: {listed(list(dict.fromkeys(table.cells(kind))), 4)}",
        f"Read each as a sequence with {command}, or, if they are inputs, give each a column.",
    )


def _refuse_counter(table: Table, roles: Roles) -> None:
    """Refuse a column, among others, that counts up in every sequence: it may be a time."""
    time = find_counter(table, roles.ids, roles.values)
    if time is None or len(roles.values) < 2:
        return
    ids = "".join(f"--id {table.word(k)} " for k in roles.ids)
    inputs = " ".join(f"--value {table.word(k)}" for k in roles.values)
    raise DataError(
        "It is unclear whether a column is an input or the time.",
        f"{table.path}: {table.say(time)} counts up in every sequence",
        f"For times use {ids}--time {table.word(time)}, for an input {ids}{inputs}.",
    )


def _named(table: Table, names: frozenset[str], roles: Roles) -> int | None:
    """Return the first column with one of these names and no role."""
    found = (k for k, name in enumerate(table.header or []) if name.lower() in names)
    return next((k for k in found if k not in roles.taken), None)


def _guess_long(table: Table, roles: Roles) -> None:
    """Decide whether rows are steps, by a repeating id column or a time column."""
    time = _time_column(table, roles)
    column = _named(table, ID_NAMES, roles)
    repeats = column is not None and table.repeats(column)
    if _step_columns(table):  # then a date may refer to the whole row
        steps = time is not None and (table.header or [""])[time].lower() in STEP_NAMES
        roles.long = column is not None and time is not None and (repeats or steps)
    else:
        roles.long = repeats or time is not None
    if roles.long and column is not None:
        roles.ids = [column, *_further_ids(table, column)]
        said = " and ".join(map(table.say, roles.ids))
        roles.guesses.append(f"a row is a step of the sequence in {said}")
    elif roles.long:
        found = find_steps(table)
        id_ = f" {table.word(found[0])}" if found and found[0] is not None else ""
        roles.guesses.append(f"the whole file is one sequence (if not, name --id{id_})")


def _further_ids(table: Table, column: int) -> list[int]:
    """Return further id columns that divide sequences, but not into single steps."""
    further: list[int] = []
    for k, name in enumerate(table.header or []):
        if k != column and name.lower() in ID_NAMES and not table.is_empty(k):
            keys = list(zip(*(table.cells(j) for j in (column, *further, k)), strict=False))
            if len(set(keys)) < len(keys):
                further.append(k)
    return further


def _step_columns(table: Table) -> list[int]:
    """Return the columns named like steps, t0, t1, t2, ..., if they are the majority."""
    names = table.header or []
    found = ["" if is_number(name, *table.numerals) else _prefix(name) for name in names]
    prefix = Counter(p for p in found if p is not None).most_common(1)
    counted = [k for k, p in enumerate(found) if prefix and p == prefix[0][0]]
    counted = counted or [k for k, name in enumerate(names) if STEP.fullmatch(name)]
    return counted if len(counted) > 2 and 2 * len(counted) > len(names) else []


def _prefix(name: str) -> str | None:
    """Return the prefix before the number in a name: ``t`` for ``T1`` and ``t-1``."""
    counted = _COUNTED.fullmatch(name)
    return counted[1].rstrip("+-").lower() if counted else None


def _time_column(table: Table, roles: Roles) -> int | None:
    """Find a column named like a time, or a leading one of dates, some perhaps damaged."""
    cells = table.cells(0)
    times = sum(is_time(cell, *table.numerals_of(0)) for cell in cells)
    dates = 2 * times > len(cells) and not table.has_numbers(0)
    return 0 if dates and 0 not in roles.ids else _named(table, TIME_NAMES, roles)


def _guess_time(table: Table, roles: Roles) -> None:
    if roles.time is not None:
        return
    column = _time_column(table, roles)
    if column is None:
        return
    if any(is_time(cell, *table.numerals_of(column)) for cell in table.cells(column)):
        roles.time = column
        roles.guesses.append(f"steps in the order of {table.say(column)}")
        return
    # Not an input, since it is not numeric. The order of lines replaces it.
    roles.guesses.append(
        f"{table.say(column)} has no readable times and is not used: steps in the order of "
        "the lines"
    )
    roles.values = roles.values or [
        k
        for k in range(table.width)
        if k not in roles.taken | {column}
        and (table.header or [""] * table.width)[k].lower() not in LABEL_NAMES
    ]


def _guess_labels(table: Table, roles: Roles, given: bool) -> None:
    """Find label and name columns by their headers or, if rows are sequences, by being text."""
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
            _guess_text(table, roles, column, given)


def _guess_text(table: Table, roles: Roles, column: int, given: bool) -> None:
    """Take a text column as labels if its cells repeat, as names otherwise."""
    role = "label" if table.repeats(column) else "name"
    other = getattr(roles, role)
    if other is not None:
        if not given and any(_is_date(table, k) for k in (other, column)):
            ask_for_rows(table, [], named=False)
        raise DataError(
            f"Two columns could hold {role}s.",
            f"{table.path}: {table.say(other)} and {table.say(column)}",
            "Name them with --label and --name, and remove other text from the file.",
        )
    setattr(roles, role, column)
    roles.guesses.append(f"{role}s in {table.say(column)}")


def _name_column(table: Table, roles: Roles) -> int | None:
    """Find a column of distinct ids, or the running index that pandas writes."""
    column = _named(table, ID_NAMES, roles)
    if column is not None and not table.repeats(column):
        return column
    column = _named(table, INDEX_NAMES, roles)
    return column if column is not None and _is_index(table, column) else None


def _is_text(table: Table, column: int) -> bool:
    """Whether no cell of a column is a number and some are not missing."""
    cells = [cell for cell in table.cells(column) if not is_missing(cell)]
    if table.has_numbers(column) or not cells:
        return False
    if all(map(written_otherwise, cells)):
        raise DataError(
            "Numbers have an unexpected format.",
            f"{table.path}, {table.say(column)}: {shown_cell(cells[0])}",
            f"Use {written_otherwise(cells[0])} if it is a number.",
        )
    if all(map(_SEVERAL.fullmatch, cells)):
        raise DataError(
            "Cells hold more than one number.",
            f"{table.path}, {table.say(column)}: {shown_cell(cells[0])}",
            "Use --delimiter, and --decimal if it is a comma, or --name if they are names.",
        )
    return True


def _refuse_twice(table: Table, roles: Roles) -> None:
    used = [
        (option, column)
        for option in ("time", "label", "name")
        if (column := getattr(roles, option)) is not None
    ]
    used = [("id", column) for column in roles.ids] + used
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
