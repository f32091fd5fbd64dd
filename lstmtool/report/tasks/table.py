"""The table of `lstmtool reproduce classic` in the terminal."""

from __future__ import annotations

from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

LOG_WIDTH = 200
QUOTED = (
    "Quoted, not run: recurrent cascade-correlation (Fahlman 1991) on the embedded Reber grammar, "
    "7-9 hidden units, 119-198 weights: 50 % after 182,000 sequences."
)


def show(rows: list[dict[str, Any]], screen: Console) -> None:
    """Print one line per system, then the results only quoted."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, side in (
        *(("system", "left"), ("network", "left"), ("weights", "right"), ("solved", "right")),
        *(("needed: median (range)", "right"), ("tested", "left"), ("published", "left")),
        ("verdict", "left"),
    ):
        table.add_column(name, justify="right" if side == "right" else "left", overflow="fold")
    for row in rows:
        table.add_row(
            row["name"],
            row["network"],
            _weights(row),
            f"{row['solved']}/{row['trials']}",
            _needed(row),
            "; ".join(_figure(name, spread) for name, spread in row["figures"].items()),
            row["published"],
            row["verdict"],
        )
    if not screen.is_terminal:  # a log has no width limit
        screen.width = LOG_WIDTH
    screen.print(table)
    for row in rows:
        if row["ours"]:
            screen.print(f"{row['name']} is not as published: {row['ours']}.", soft_wrap=True)
    screen.print(QUOTED, soft_wrap=True)


def _weights(row: dict[str, Any]) -> str:
    same = row["weights"] == row["published_weights"]
    return str(row["weights"]) if same else f"{row['weights']}, not {row['published_weights']}"


def _needed(row: dict[str, Any]) -> str:
    needed = row["needed"]
    if not needed:
        return "-"
    unit = "" if row["counted"] == "sequences" else f" {row['counted']}"
    return f"{median(needed):,.0f}{unit} ({min(needed):,}-{max(needed):,})"


def _figure(name: str, spread: tuple[float, float, float, float]) -> str:
    middle, least, most, mean = spread
    around = f" ({least:.4g}-{most:.4g}, mean {mean:.4g})" if least < most else ""
    return f"{name} {middle:.4g}{around}"
