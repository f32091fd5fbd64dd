"""Tables other than CSV, read by the same rules: a row is a sequence or a step."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

from lstmtool.errors import DataError
from lstmtool.io.formats.cells import Numerals
from lstmtool.io.formats.csv_long import read_long
from lstmtool.io.formats.csv_wide import read_wide
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.raw import Raw, Say
from lstmtool.io.formats.roles import find_roles
from lstmtool.io.formats.sniff import Row
from lstmtool.io.formats.table import SAMPLE, Table


class _Numbered(Table):
    """A table whose rows are not lines of text."""

    def where(self, line: int, column: int | None = None) -> str:
        """Describe where a row or a cell is."""
        place = f"{self.path}, row {line}"
        return place if column is None else f"{place}, {self.say(column)}"


def read_rows(
    path: Path,
    header: list[str],
    rows: Iterable[Row],
    kind: str,
    options: ReadOptions,
    say: Say,
    are_lines: bool = True,
) -> Raw:
    """Read sequences from rows of cells, as `read_csv` does from lines.

    Parameters
    ----------
    header : list of str
        Names of the columns.
    rows : iterable of (int, list of str)
        The number of every row or line, and its cells.
    kind : str
        Name of the format, for messages.
    are_lines : bool
        Whether the numbers are line numbers of a text file.
    """
    rest = iter(rows)
    sample = list(islice(rest, SAMPLE))
    if not sample:
        raise DataError(f"{path} has no rows.")
    table = (Table if are_lines else _Numbered)(
        path, chain(sample, rest), sample, header, Numerals(), {}, delimiter=",", notes=[]
    )
    roles = find_roles(table, options)
    guesses = f": {'; '.join(roles.guesses)}" if roles.guesses else ""
    say(f"{kind}, a row per {'step' if roles.long else 'sequence'}{guesses}.")
    return read_long(table, roles, options, say) if roles.long else read_wide(table, roles, options)
