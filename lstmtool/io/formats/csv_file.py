"""Sequences from CSV: a row is a sequence (wide) or a step (long)."""

from __future__ import annotations

from pathlib import Path

from lstmtool.errors import DataError
from lstmtool.io.formats.csv_long import read_long
from lstmtool.io.formats.csv_wide import read_wide
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.raw import Raw, Say
from lstmtool.io.formats.roles import Roles, find_roles
from lstmtool.io.formats.table import NAMES, Table, open_table


def read_csv(path: Path, options: ReadOptions, say: Say) -> Raw:
    """Read sequences from a CSV file."""
    with open_table(path, options) as table:
        roles = find_roles(table, options)
        _explain(table, roles, say)
        if roles.long:
            return read_long(table, roles, options, say)
        return read_wide(table, roles, options)


def _explain(table: Table, roles: Roles, say: Say) -> None:
    header = "a header" if table.header else "no header"
    comma = ", decimal commas" if table.numerals.comma else ""
    if table.exceptions:
        others = "points" if table.numerals.comma else "commas"
        comma += f", decimal {others} in {', '.join(map(table.say, sorted(table.exceptions)))}"
    row = "step" if roles.long else "sequence"
    guesses = f": {'; '.join(roles.guesses)}" if roles.guesses else ""
    say(
        f"CSV, {NAMES.get(table.delimiter, repr(table.delimiter))}{comma}, {header}, a row per "
        f"{row}{guesses}."
    )


def fitting(path: Path, options: ReadOptions) -> set[str]:
    """Return the names of those options whose columns the CSV file has.

    `inputs` fits if rows do not look like steps, `rows` always, `day_first` if there is a column of
    times.

    Raises
    ------
    FileError
        If the file is not readable.
    DataError
        If it is not a table.
    """
    wanted = {name: getattr(options, name) for name in ("time", "label", "name")}
    columns: dict[str, tuple[str, ...]] = {
        name: (column,) for name, column in wanted.items() if column is not None
    }
    columns |= {"id": options.ids, "value": options.value}
    of_the_text = ("delimiter", "header", "skip_rows", "decimal", "thousands")
    plain = ReadOptions(**{name: getattr(options, name) for name in of_the_text})
    with open_table(path, plain) as table:
        found = {"rows"} | {k for k, named in columns.items() if named and _has(table, k, named)}
        if options.time is None or "time" in found:
            found.add("day_first")
        if options.inputs is not None and not _looks_long(table, plain):
            found.add("inputs")
        return found


def _has(table: Table, option: str, columns: tuple[str, ...]) -> bool:
    try:
        return bool([table.find(option, column) for column in columns])
    except DataError:
        return False


def _looks_long(table: Table, options: ReadOptions) -> bool:
    try:
        return find_roles(table, options).long
    except DataError:
        return False
