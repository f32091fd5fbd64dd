"""The table and the page of `lstmtool reproduce lags`."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from rich.console import Console

from lstmtool.report import marks, markup
from lstmtool.report.run.page import frame
from lstmtool.report.run.tables import Table
from lstmtool.report.run.terminal import rich_table

TITLE = "How long a lag each kind of network learns to bridge"
SET_UP = (
    "Every network has about 168 weights (within a tenth), but for the small guessed ones. Those "
    "that learn by gradients do so by one rule, which is ours: exact gradients of batches of 24 "
    "new sequences, Adam with rate 0.01, clipped at norm 1. A task is solved once at most 1 % of "
    "2400 sequences in a row are wrong, which takes 2400 sequences at least; echo state networks "
    "learn their read-out from one set, and have solved it if at most 1 % of 1000 new ones are "
    "wrong; guessing has to be right on 100 sequences, with weights uniform within 100 of 0. "
    "Cells: solved networks, and the median of what they needed."
)
TASKS = {"latch": "latch", "scaled-order-2": "order", "five-bits": "5 bits"}
ABOUT_TASKS = (
    "Latch: which of two signals in the first three steps, through noise. Order: which of X and Y "
    "came first and second, among distractors. 5 bits: five symbols of two to be repeated after a "
    "delay of 50. The number is the length, or the delay."
)
QUOTED = (
    "None of these figures is published. The publications' claims, of which only abstracts could "
    "be read: NARX networks keep information two to three times as long as others; delays and "
    "several time scales help; guessing solves the latch and others faster than the methods of "
    "the papers that proposed them, so that it stands beside."
)
ONE_UNIT = "latch-one-unit"


def _rows(document: dict[str, Any], one_unit: bool) -> list[dict[str, Any]]:
    return [row for row in document["systems"] if (row["task"] == ONE_UNIT) == one_unit]


def table(document: dict[str, Any]) -> Table:
    """Tabulate kinds of network by tasks."""
    rows = _rows(document, one_unit=False)
    columns = list(dict.fromkeys((row["task"], row["lag"]) for row in rows))
    headings = [f"{TASKS[task]} {lag}" for task, lag in columns]
    return Table(("Network", "Weights", *headings), _crossed(rows, columns))


def _crossed(rows: list[dict[str, Any]], columns: list[tuple[str, int]]) -> list[tuple[str, ...]]:
    """Return a row for every kind of network, with a cell for each task."""
    made: list[tuple[str, ...]] = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        own = {(row["task"], row["lag"]): row for row in rows if row["kind"] == kind}
        weights = [row["weights"] for row in own.values()]
        least, most = min(weights), max(weights)
        told = str(least) if least == most else f"{least} to {most}"
        made.append((kind, told, *(_cell(own.get(column)) for column in columns)))
    return made


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    share = f"{row['solved']}/{row['networks']}"
    return f"{share} ({row['needed'][1]:,.0f})" if row["needed"] else share


def latch_tables(document: dict[str, Any]) -> list[tuple[str, Table]]:
    """Tabulate the latch of one unit by length, for each variance of the noise."""
    made, rows = [], _rows(document, one_unit=True)
    for noise in dict.fromkeys(row["noise"] for row in rows):
        own = [row for row in rows if row["noise"] == noise]
        columns = list(dict.fromkeys((row["task"], row["lag"]) for row in own))
        headings = ("Network", "Weights", *(f"T = {lag}" for _, lag in columns))
        made.append((f"Noise of variance {noise:g}", Table(headings, _crossed(own, columns))))
    return made


def details_table(document: dict[str, Any]) -> Table:
    """Tabulate every system by itself, with intervals."""
    rows: list[tuple[str, ...]] = []
    for row in document["systems"]:
        low, high = row["interval"]
        needed = "{0:,} to {2:,}".format(*row["needed"]) if row["needed"] else ""
        rows.append(
            (
                row["name"],
                f"{row['weights']:,}",
                f"{row['solved']} of {row['networks']} [{low:.2f}, {high:.2f}]",
                needed,
                f"{row['limit']:,} {row['counted']}",
                "" if row["wrong"] is None else f"{row['wrong']:,.0f}",
            )
        )
    heads = ("System", "Weights", "Solved", "Needed", "At most", "Wrong of 1000, median")
    return Table(heads, rows)


def note_of(document: dict[str, Any]) -> str:
    """Return what is published of the latch of one unit, and what is ours; "" without it."""
    return next((row["note"] for row in document["systems"] if row["note"]), "")


def show(document: dict[str, Any], screen: Console) -> None:
    """Print the tables and what they mean."""
    if not screen.is_terminal:
        screen.width = 200
    if _rows(document, one_unit=False):
        screen.print(rich_table(table(document)))
        for text in (SET_UP, ABOUT_TASKS, QUOTED):
            screen.print(text, soft_wrap=True, markup=False, highlight=False)
    for title, made in latch_tables(document):
        screen.print(f"\nThe latch of one unit. {title}")
        screen.print(rich_table(made))
    if note := note_of(document):
        screen.print(note, soft_wrap=True, markup=False, highlight=False)


def page(document: dict[str, Any], file: str) -> str:
    """Return a self-contained page; equal documents give equal pages."""
    body = [markup.element("h1", TITLE), markup.element("p", SET_UP, "soft")]
    if _rows(document, one_unit=False):
        body.append(
            markup.section(
                "Solved",
                markup.table(table(document), "Solved networks by task"),
                markup.element("p", ABOUT_TASKS, "soft"),
                markup.element("p", QUOTED, "soft"),
                markup.picture(shares(document), "Share of networks solved by length"),
            )
        )
    latches = [
        markup.element("h3", title) + markup.table(made, title)
        for title, made in latch_tables(document)
    ]
    body.append(
        markup.section("The latch of one unit", *latches, markup.element("p", note_of(document)))
        if latches
        else ""
    )
    details = markup.table(details_table(document), "Every system")
    body.append(markup.details("Every system, with 95 % intervals", details))
    return frame(TITLE, body, file)


def shares(document: dict[str, Any]) -> Figure:
    """Draw the share of solved networks over the length of latches and orders."""
    rows = _rows(document, one_unit=False)
    figure = Figure(figsize=(8.0, 3.2), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    for ax, task in zip(axes, ("latch", "scaled-order-2"), strict=True):
        marks.thin_axes(ax)
        for n, kind in enumerate(kinds):
            own = [row for row in rows if (row["task"], row["kind"]) == (task, kind)]
            ax.plot(
                [row["lag"] for row in own],
                [row["solved"] / row["networks"] + 0.006 * (n - len(kinds) / 2) for row in own],
                color=marks.COLOURS[n % len(marks.COLOURS)],
                linestyle="-" if n < len(marks.COLOURS) else "--",
                marker="o",
                markersize=3,
                linewidth=1.2,
                label=kind,
            )
        ax.set_xscale("log")
        ticks = sorted({row["lag"] for row in rows if row["task"] == task})
        ax.set_xticks(ticks, [str(tick) for tick in ticks])
        ax.minorticks_off()
        ax.set_title(TASKS[task].capitalize(), fontsize=9)
        ax.set_xlabel("Steps")
    axes[0].set_ylabel("Share solved (shifted a little)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=7)
    return figure
