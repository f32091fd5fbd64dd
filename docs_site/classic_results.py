"""Put results into the table: `python -m docs_site.classic_results FILE...`.

The files are those of `lstmtool reproduce classic`, of all systems or some; their rows replace what
`measured.toml` says of the systems. Then `python -m docs_site.measured` writes the pages.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean, median
from typing import Any

from lstmtool.records.measured import FILE
from lstmtool.supervised.systems import SYSTEMS

REACHED = {"right to n": "at once", "right to n, best": "in the best state of longer training"}
"""Figures of the counting languages, and when they were reached."""


def solved(row: Mapping[str, Any]) -> str:
    """Return how many trials were solved, and what their tests showed."""
    text = f"{row['solved']} of {row['trials']}"
    if row["solved"] < row["trials"]:
        text += f" within {SYSTEMS[row['name']].stop.limit:,}"
    for name, (_, low, high, mean) in row["figures"].items():
        if name.startswith("wrong of"):
            tests = name.removeprefix("wrong of ")
            said = f"{_range(low, high)} of {tests} wrong, {mean:.1f} on average"
            text += "; " + (f"none of {tests} wrong" if high == 0 else said)
        elif name in REACHED:
            text += f"; right to n = {_range(low, high)} {REACHED[name]}"
    return text


def _range(low: float, high: float) -> str:
    return f"{low:,.0f} to {high:,.0f}" if low < high else f"{low:,.0f}"


def needed(row: Mapping[str, Any]) -> str:
    """Return the median of what the solved trials needed, of guesses also the mean."""
    if not row["needed"]:
        return ""
    text = f"{median(row['needed']):,.0f}"
    return text + (
        f" ({fmean(row['needed']):,.0f} on average)" if row["counted"] == "guesses" else ""
    )


def with_results(table: str, rows: list[Mapping[str, Any]]) -> str:
    """Return the text of the table with these results in place of earlier ones.

    Raises
    ------
    ValueError
        If the table has no system of this name.
    """
    for row in rows:
        own = re.search(rf'^name = "{re.escape(row["name"])}"\n(?:.+\n)*', table, re.MULTILINE)
        if own is None:
            raise ValueError(f"{FILE.name} has no system {row['name']}.")
        lines = [
            line
            for line in own.group().splitlines()
            if not line.startswith(("solved = ", "needed = ", "here = "))
        ]
        lines.append(f'solved = "{solved(row)}"')
        if row["needed"]:
            lines.append(f'needed = "{needed(row)}"')
        table = table.replace(own.group(), "\n".join(lines) + "\n")
    return table


if __name__ == "__main__":
    found = [row for path in sys.argv[1:] for row in json.loads(Path(path).read_text())["systems"]]
    FILE.write_text(with_results(FILE.read_text(), found))
    print(*(f"{row['name']}: {solved(row)}" for row in found), sep="\n")
