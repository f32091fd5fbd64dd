"""A study in the terminal: a short table for every experiment."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from lstmtool.report.study import tables as study_tables


def show(study: dict[str, Any], console: Console) -> None:
    """Print every experiment of a study.

    Parameters
    ----------
    console : rich.console.Console
        Determines colour and width.
    """
    for part in study["experiments"]:
        console.print(Text(study_tables.title(part)), style="bold")
        console.print(_rich(study_tables.methods_table(part)))
        for sentence in study_tables.sentences(part):
            console.print(Text(sentence))
        console.print()
    console.print(
        Text(
            "Perfect: an adjusted Rand index (ARI) of 1, every sequence with its own group and no "
            "other. Labels are used only for scoring; best by labels is not available to a user. "
            "k-means is given the number of groups, four."
        )
    )


def _rich(table: study_tables.Table) -> RichTable:
    made = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column, heading in enumerate(table.headings):
        made.add_column(
            Text(heading), justify="left" if column == 0 else "right", no_wrap=column > 0
        )
    for number, row in enumerate(table.rows):
        made.add_row(*map(Text, row), style="bold" if number == table.marked else "")
    return made
