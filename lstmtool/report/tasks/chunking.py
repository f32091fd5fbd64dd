"""The table and the page of `lstmtool reproduce compressor`."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from lstmtool.report import marks, markup
from lstmtool.report.run.page import frame
from lstmtool.report.run.tables import Table
from lstmtool.report.run.terminal import rich_table

TITLE = "The history compressor"
SET_UP = (
    "Sequences of a or x and then fillers follow one another without boundaries; after the last "
    "filler the target says whether the sequence began with an a. A network has solved it when all "
    "targets of 100 sequences in a row are off by less than 0.2, which is ours: the published "
    "criterion is not known here. Guessing is right for every second target."
)
FLOOR = (
    "One input of every sequence cannot be predicted, a or x, so that the cross-entropy of the "
    "lowest level cannot fall below ln 2 = 0.693 per sequence, and the level above must see at "
    "least one event per sequence. A target that surprises comes at the same step as the next a or "
    "x, and with it in one event."
)
QUOTED = (
    "Published, as later texts quote it: two networks solved the task with 20 fillers in 13 of 17 "
    "runs within 5,000 sequences (the rest within 10,000: from memory, not read again), and "
    "conventional networks not within 1,000,000. Hochreiter and Schmidhuber 1997, experiment 2a, "
    "whose set-up is another one, with a lag of 100: the compressor in 1 of 3 runs after 32,400, "
    "LSTM always, after 5,040; RTRL with a lag of 4 in 78 % after 1,043,000, with 10 never; BPTT "
    "never."
)
COLUMNS = (
    *("System", "Lag", "Weights", "Solved", "Needed"),
    *("Wrong of 1000", "Cross-entropy", "Events above", "Lowest alone"),
)


def table(document: dict[str, Any]) -> Table:
    """Tabulate all systems: medians of the tests after training, without learning."""
    rows: list[tuple[str, ...]] = []
    for row in document["systems"]:
        figures, needed = row["figures"], row["needed"]
        wrong = next(value for name, value in figures.items() if name.startswith("targets wrong"))
        rows.append(
            (
                row["name"],
                str(row["lag"]),
                f"{row['weights']:,}",
                f"{row['solved']} of {row['networks']}",
                "{1:,.0f} ({0:,} to {2:,})".format(*needed) if needed else f"> {row['limit']:,}",
                f"{wrong:,.0f}",
                _figure(figures, "cross-entropy"),
                _figure(figures, "events of level 2"),
                _figure(figures, "alone"),
            )
        )
    return Table(COLUMNS, rows)


def _figure(figures: dict[str, float], name: str) -> str:
    return f"{figures[name]:.2f}" if name in figures else ""


MEANT = (
    "Needed: training sequences, median and range. With noise, one filler in ten is another one. "
    "Cross-entropy of the next symbols in nats and events of the second level, per sequence; "
    "lowest alone: the share of the targets that the lowest level has right by itself."
)


def sentences(document: dict[str, Any]) -> list[str]:
    """Say how the compressor stands to the published share, and what is left open."""
    told = []
    for row in document["systems"]:
        if row["published"] and row["rule"] == "compressor":
            share = row["solved"] / row["networks"]
            reached = "reached" if round(share, 2) >= round(13 / 17, 2) else "not reached"
            told.append(
                f"{row['name']}: {reached}; {row['solved']} of {row['networks']} networks within "
                f"{row['limit']:,} sequences, published {row['published']}. {row['note']}"
            )
    return told


def show(document: dict[str, Any], screen: Console) -> None:
    """Print the table and the sentences."""
    if not screen.is_terminal:
        screen.width = 200
    screen.print(rich_table(table(document)))
    for text in (MEANT, *sentences(document), FLOOR, QUOTED):
        screen.print(text, soft_wrap=True, markup=False, highlight=False)


def page(document: dict[str, Any], file: str) -> str:
    """Return a self-contained page; equal documents give equal pages."""
    with_looks = [r for r in document["records"] if r["looks"] and r["seed"] == 0]
    body = [
        markup.element("h1", TITLE),
        markup.element("p", SET_UP, "soft"),
        markup.section(
            "Solved",
            markup.table(table(document), "Solved"),
            markup.element("p", MEANT, "soft"),
            markup.items(sentences(document)),
            markup.element("p", QUOTED, "soft"),
        ),
        markup.section(
            "What the higher network sees",
            markup.element("p", FLOOR),
            *(_seen(record) for record in with_looks),
        ),
    ]
    return frame(TITLE, body, file)


def _seen(record: dict[str, Any]) -> str:
    """Return the course of one network, and what its second level saw."""
    name = record["experiment"]
    rows: list[tuple[str, ...]] = []
    for part in record.get("seen", []):
        events = zip(part["symbols"], part["times"], part["targets"], strict=True)
        told = " ".join(f"{s}@{t}" + ("!" if target else "") for s, t, target in events)
        rows.append((str(part["stream"]), f"{part['events']:,}", told))
    caption = (
        "The last events of the second level in some streams of 100 sequences: symbol@step, ! "
        "where the target was 1."
    )
    table = markup.table(Table(("Stream", "Events", "Seen"), rows), f"Seen by {name}")
    return markup.details(
        f"{name}, first network",
        markup.picture(course(record["looks"]), f"{name} over training")
        + table
        + markup.element("p", caption, "soft"),
        is_open=name in ("compressor-20", "compressor-20-collapse"),
    )


def course(looks: list[dict[str, Any]]) -> Figure:
    """Draw cross-entropy, events and right targets over training."""
    figure = Figure(figsize=(8.0, 2.7), layout="constrained")
    entropy, events, right = figure.subplots(1, 3)
    at = [look["at"] for look in looks]
    for ax, title in (
        (entropy, "Cross-entropy per sequence"),
        (events, "Events per sequence"),
        (right, "Share of targets right"),
    ):
        marks.thin_axes(ax)
        ax.set_title(title, fontsize=9)
        ax.set_xlabel("Training sequences", fontsize=8)
    entropy.plot(at, [look["cross-entropy"] for look in looks], color=marks.COLOURS[0])
    entropy.axhline(log(2.0), color="#888888", linewidth=0.8, linestyle="--", label="ln 2")
    seen = np.array([look["events"] for look in looks])
    for k in range(1, seen.shape[1]):
        events.plot(at, seen[:, k], color=marks.COLOURS[k], label=f"level {k + 1}")
    events.axhline(1.0, color="#888888", linewidth=0.8, linestyle="--")
    right.plot(at, [look["right"] for look in looks], color=marks.COLOURS[0], label="all levels")
    alone = [look["alone"] for look in looks]
    right.plot(at, alone, color=marks.COLOURS[1], label="lowest alone")
    for ax in (entropy, events):
        ax.set_yscale("log")
    for ax in (entropy, events, right):
        ax.legend(frameon=False, fontsize=7)
    return figure
