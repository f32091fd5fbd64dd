"""Sequences from CSV: a row is a sequence (wide), or one step of one (long)."""

from __future__ import annotations

from pathlib import Path

from lstmtool.io.formats.csv_long import read_long
from lstmtool.io.formats.csv_wide import read_wide
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.raw import Raw, Say
from lstmtool.io.formats.roles import Roles, find_roles
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
        if roles.long:
            return read_long(table, roles, options, say)
        return read_wide(table, roles, options)


def _explain(table: Table, roles: Roles, say: Say) -> None:
    header = "a header" if table.header else "no header"
    comma = ", decimal commas" if table.numerals.comma else ""
    if table.exceptions:
        comma = f", decimal commas in {', '.join(map(table.say, sorted(table.exceptions)))}"
    row = "step" if roles.long else "sequence"
    guesses = f": {'; '.join(roles.guesses)}" if roles.guesses else ""
    say(
        f"CSV, {NAMES.get(table.delimiter, repr(table.delimiter))}{comma}, {header}, a row per "
        f"{row}{guesses}."
    )
