"""The tables of `lstmtool reproduce blues` and `reproduce meta-learning` in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

LOG_WIDTH = 200


def show(
    rows: list[dict[str, Any]], columns: Mapping[str, str], note: str, screen: Console
) -> None:
    """Print one table for every task, a line for each system and rival."""
    if not screen.is_terminal:  # a log has no width limit
        screen.width = LOG_WIDTH
    for task in dict.fromkeys(row["task"] for row in rows):
        own = [row for row in rows if row["task"] == task]
        shown = [name for name in columns if any(name in row["figures"] for row in own)]
        table = Table(box=None, pad_edge=False, header_style="bold", title=task)
        table.title_justify = "left"
        for heading in ("", "network", "weights", "solved", "needed"):
            table.add_column(heading, overflow="fold")
        for name in shown:
            table.add_column(columns[name], justify="right")
        for row in own:
            table.add_row(row["name"], *_network(row), *(_figure(row, name) for name in shown))
        screen.print(table)
        screen.print()
    screen.print(note, soft_wrap=True)
    for row in rows:
        for about in ("note", "ours"):
            if row.get(about):
                start = "is not as published: " if about == "ours" else ""
                screen.print(f"{row['name']}: {start}{row[about]}", soft_wrap=True)


def _network(row: dict[str, Any]) -> tuple[str, str, str, str]:
    if row["weights"] is None:
        return "", "", "", ""
    solved = f"{row['solved']}/{row['trials']}"
    needed = f"{median(row['needed']):,.0f}" if row["needed"] else f"> {row['limit']:,}"
    return row["network"], f"{row['weights']:,}", solved, f"{needed} {row['counted']}"


def _figure(row: dict[str, Any], name: str) -> str:
    if name not in row["figures"]:
        return "–"
    middle, least, most = row["figures"][name]
    return _number(middle) + (f" ({_number(least)}-{_number(most)})" if least < most else "")


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
