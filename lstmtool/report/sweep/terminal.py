"""A sweep in the terminal: one line per setting, the best first."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lstmtool.report.text import NOTHING, number, shown
from lstmtool.text import option_text

LOG_WIDTH = 200
SCALES = ("objective", "stages", "outputs", "selection", "data", "config")
"""Options that change the scale of the scores."""


def show(sweep: dict[str, Any], console: Console) -> None:
    """Print the table of a sweep with remarks.

    Parameters
    ----------
    sweep : dict
        As for `lstmtool.io.sweeps.write_sweep`, plus ``ranked``: indices of the settings, best
        first.
    console : rich.console.Console
        Determines colour and width.
    """
    if not console.is_terminal:  # a log has no width limit
        console.width = LOG_WIDTH
    labelled = any(setting["summary"]["ari"] for setting in sweep["settings"])
    scores = ("score", *(("ari", "nmi") if labelled else ()))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    headings = {"score": "Score (bits)", "ari": "ARI", "nmi": "NMI"}
    for name in sweep["tried"]:
        table.add_column(Text(shown(name, 30)), overflow="fold")
    for name in ("Runs", *(headings[score] for score in scores)):
        table.add_column(Text(name), justify="right", no_wrap=True)
    for place, row in enumerate(sweep["ranked"]):
        options, summary = sweep["settings"][row]["options"], sweep["settings"][row]["summary"]
        cells = [shown(option_text(options[name]), 30) for name in sweep["tried"]]
        cells += [runs_text(summary), *(spread(summary[score]) for score in scores)]
        table.add_row(*map(Text, cells), style="bold" if place == 0 else "")
    console.print(table)
    for sentence in sentences(sweep, labelled):
        console.print(Text(sentence))


def sentences(sweep: dict[str, Any], labelled: bool) -> list[str]:
    """Return remarks on the numbers."""
    n = len(sweep["plan"]["seeds"])
    remarks = [
        f"Medians over {n} seed{'s' * (n > 1)} (first to third quartile); the best median score, "
        "which reads no labels, comes first."
    ]
    if labelled:
        remarks.append("ARI and NMI compare with the labels, which are used only for scoring.")
    if set(sweep["tried"]) & set(SCALES):
        remarks.append(
            "Scores are comparable only within the same objective, outputs, copies and data."
        )
    return remarks


def spread(quartiles: dict[str, float] | None) -> str:
    """Return a median with its quartiles as text."""
    if quartiles is None:
        return NOTHING
    low, median, high = (number(quartiles[q]) for q in ("q1", "median", "q3"))
    return f"{median} ({low} – {high})"


def runs_text(summary: dict[str, Any]) -> str:
    """Return how many runs a setting has, and how many of them came to nothing."""
    lost = [f"{summary[name]} {name}" for name in ("diverged", "collapsed") if summary[name]]
    return ", ".join([str(summary["runs"]), *lost])
