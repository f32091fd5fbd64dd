"""The tables and the pages of `lstmtool reproduce blues` and `reproduce meta-learning`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from lstmtool.report import marks, markup
from lstmtool.report.run.page import frame
from lstmtool.report.run.tables import Table
from lstmtool.report.run.terminal import rich_table

LOG_WIDTH = 200
AFTER = "relative error after {n} examples"
EXAMPLES = (5, 10, 30, 100)
LEAST = 1e-6
"""Smallest error that is drawn."""
EXACT = 1e-9
"""Smaller ones are rounding errors."""


class Told(NamedTuple):
    """What the page of a study says, and which figures its tables have."""

    title: str
    set_up: str
    columns: Mapping[str, str]  # headings by name of figure
    picture: Callable[[list[dict[str, Any]], list[dict[str, Any]]], Figure]  # of a task
    caption: str


def show(document: dict[str, Any], screen: Console) -> None:
    """Print one table for every task, a line for each system and rival."""
    told = STUDIES[document["study"]]
    if not screen.is_terminal:  # a log has no width limit
        screen.width = LOG_WIDTH
    for task in _tasks(document):
        screen.print(task, style="bold")
        screen.print(rich_table(table(_rows(document, task), told.columns)))
        screen.print()
    for text in (told.set_up, *notes(document)):
        screen.print(text, soft_wrap=True, markup=False, highlight=False)


def page(document: dict[str, Any], file: str) -> str:
    """Return a self-contained page; equal documents give equal pages."""
    told = STUDIES[document["study"]]
    body = [markup.element("h1", told.title), markup.element("p", told.set_up, "soft")]
    for task in _tasks(document):
        rows = _rows(document, task)
        found = told.picture(rows, document["records"])
        body.append(
            markup.section(
                task,
                markup.table(table(rows, told.columns), task),
                markup.picture(found, f"{told.title}: {task}", told.caption),
            )
        )
    told_of = markup.items(notes(document))
    body.append(markup.section("Published, and as it is here", told_of))
    return frame(told.title, body, file)


def table(rows: list[dict[str, Any]], columns: Mapping[str, str]) -> Table:
    """Tabulate the systems of a task: medians over the networks, and the range of the effort."""
    shown = [name for name in columns if any(name in row["figures"] for row in rows)]
    counted = next((row["counted"] for row in rows if "counted" in row), "")
    heads = ("System", "Weights", "Solved", f"Needed {counted}".strip())
    return Table(
        (*heads, *(columns[name] for name in shown)),
        [(row["name"], *_network(row), *(_figure(row, name) for name in shown)) for row in rows],
    )


def notes(document: dict[str, Any]) -> list[str]:
    """Say of every system what is published, what is open, and what is ours."""
    made = []
    for row in _rows(document):
        parts = [row["network"]]
        if row["published"]:
            weights = row["published weights"]
            told = f" ({weights:,} weights)" if weights else ""
            parts.append(f"Published{told}: {row['published']}; {row['source']}")
        if row["note"]:
            parts.append(row["note"].rstrip("."))
        if row["ours"]:
            parts.append(f"Ours: {row['ours']}")
        made.append(f"{row['name']}: {'. '.join(parts)}.")
    return made


def _tasks(document: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(row["task"] for row in document["systems"]))


def _rows(document: dict[str, Any], task: str = "") -> list[dict[str, Any]]:
    """Return the systems of a task, and its rivals, which learn without a trial; or all systems."""
    if not task:
        return list(document["systems"])
    rows = (*document["systems"], *document["rivals"])
    return [row for row in rows if row["task"] == task]


def _network(row: dict[str, Any]) -> tuple[str, str, str]:
    if "networks" not in row:
        return "", "", ""
    needed = f"> {row['limit']:,}"
    if row["needed"]:
        least, middle, most = row["needed"]
        needed = f"{middle:,.0f}" + (f" ({least:,} to {most:,})" if least < most else "")
    return f"{row['weights']:,}", f"{row['solved']} of {row['networks']}", needed


def _figure(row: dict[str, Any], name: str) -> str:
    return _number(row["figures"][name][1]) if name in row["figures"] else ""


def _number(value: float) -> str:
    if abs(value) < EXACT:
        return "0"
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"


def effort(rows: list[dict[str, Any]], records: list[dict[str, Any]]) -> Figure:
    """Draw what every network of a task needed, and which did not succeed."""
    trained = [row for row in rows if "networks" in row][::-1]
    figure = Figure(figsize=(8.0, 0.8 + 0.45 * len(trained)), layout="constrained")
    ax = figure.subplots()
    marks.thin_axes(ax)
    for y, row in enumerate(trained):
        own = [record for record in records if record["experiment"] == row["name"]]
        ax.plot([1, row["limit"]], [y, y], color="#dddddd", linewidth=1.0, zorder=0)
        for n, record in enumerate(own):
            ax.plot(
                record["sequences"],
                y + 0.3 * ((n + 0.5) / len(own) - 0.5),
                marker="o",
                markersize=5,
                color=marks.COLOURS[0] if record["solved"] else "#888888",
                fillstyle="full" if record["solved"] else "none",
            )
    ax.set_yticks(range(len(trained)), [row["name"] for row in trained])
    ax.set_ylim(-0.6, len(trained) - 0.4)
    ax.set_xscale("log")
    ax.set_xlim(left=10)
    ax.set_xlabel(f"Training {trained[0]['counted']}")
    return figure


def errors(rows: list[dict[str, Any]], records: list[dict[str, Any]]) -> Figure:
    """Draw the errors of networks and rivals by the number of examples that they have seen."""
    figure = Figure(figsize=(8.0, 3.4), layout="constrained")
    ax = figure.subplots()
    marks.thin_axes(ax)
    for n, row in enumerate(rows):
        at = [k for k in EXAMPLES if AFTER.format(n=k) in row["figures"]]
        found = np.array([row["figures"][AFTER.format(n=k)] for k in at])
        if not at:
            continue
        low, middle, high = np.maximum(found, LEAST).T
        ax.errorbar(
            np.array(at) * 1.02 ** (n - len(rows) / 2),
            middle,
            yerr=[middle - low, high - middle],
            color=marks.COLOURS[n % len(marks.COLOURS)],
            linestyle="-" if "networks" in row else ":",
            marker="o",
            markersize=3,
            linewidth=1.2,
            label=row["name"],
        )
    ax.set_xscale("log")
    ax.set_yscale("log")
    shown = [k for k in EXAMPLES if any(AFTER.format(n=k) in row["figures"] for row in rows)]
    ax.set_xticks(shown, [str(k) for k in shown])
    ax.minorticks_off()
    ax.set_xlabel("Examples seen (shifted a little)")
    ax.set_ylabel("Error / variance")
    figure.legend(loc="outside right upper", frameon=False, fontsize=7)
    return figure


STUDIES = {
    "blues": Told(
        title="Networks that compose a blues",
        set_up="Each network learns to predict the next notes of songs, and then plays ten cycles "
        "of the form without help, after the opening of a song: 960 steps. Chords right: steps "
        "with exactly the notes of the form's chord; cycles: until the first wrong one. In the "
        "plain form, C lasts for 48 steps, so that no shorter window knows when it ends. Of the "
        "melody: the share of notes in the scale, the share of bars that no training song has, how "
        "many differ from each other, and the share of new ones in the last cycle, which tells "
        "drift. Figures are medians over the networks.",
        columns={
            "chord steps right of 960": "Chords right",
            "cycles until the first wrong chord": "Cycles",
            "melody notes in the scale": "In scale",
            "bars not in the training songs": "New bars",
            "different bars of melody": "Bars",
            "bars not in the training songs, last cycle": "New, last",
        },
        picture=effort,
        caption="What every network needed; open circles: those that did not succeed. Grey lines "
        "end at the most that was allowed.",
    ),
    "meta-learning": Told(
        title="Networks that learn to learn",
        set_up="Each network reads examples of a function that is new in every sequence, with its "
        "weights frozen. Mean squared error of predicting the next value, divided by the variance "
        "of the values, so that predicting the mean has 1; medians over the networks.",
        columns={AFTER.format(n=n): f"After {n}" for n in EXAMPLES}
        | {"relative error, later examples": "31 and later"},
        picture=errors,
        caption=f"Error by examples seen; networks: median and range; dotted: what learns every "
        f"function from the start. Errors below {LEAST:g} are drawn there.",
    ),
}
"""By name."""
