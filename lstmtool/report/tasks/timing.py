"""The table and the page of `lstmtool reproduce peepholes`."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from lstmtool.report import markup
from lstmtool.report.run.page import frame
from lstmtool.report.run.tables import Table
from lstmtool.report.run.terminal import rich_table
from lstmtool.report.tasks.task_study import effort

TITLE = "Peepholes and the timing of spikes"
SET_UP = (
    "One memory cell learns to give a spike at every 10th, 20th or 50th step, without any input: "
    "the published network, rule and rates (Gers, Schraudolph and Schmidhuber 2002), with and "
    "without peepholes, for three choices of the gates' initial biases. A training stream ends at "
    "the first error; solved is a network that gives 10,000 right steps in a row in a test."
)
BIASES = {
    "published": "as published",
    "exchanged": "forget and output gates exchanged",
    "counting": "as published for the counting languages",
}
QUOTED = (
    "Published: learned by all of ten networks with peepholes, and not without them. Biases as "
    "published close the forget gate, so that a cell forgets within a few steps."
)
CAPTION = (
    "What every network needed; open circles: those that did not succeed. Grey lines end at the "
    "most that was allowed."
)


def table(document: dict[str, Any]) -> Table:
    """Tabulate biases and peepholes by intervals: networks solved, and the median they needed."""
    rows = {(r["biases"], r["peepholes"], r["steps"]): r for r in document["systems"]}
    columns = sorted({steps for _, _, steps in rows})
    made: list[tuple[str, ...]] = []
    for biases, peepholes in dict.fromkeys(key[:2] for key in rows):
        cells = [_cell(rows.get((biases, peepholes, steps))) for steps in columns]
        gates = next(row["gates"] for key, row in rows.items() if key[0] == biases)
        told = f"{BIASES[biases]}: {', '.join(f'{value:g}' for value in gates)}"
        made.append((told, "with" if peepholes else "without", *cells))
    heads = (f"Every {steps} steps" for steps in columns)
    return Table(("Biases of input, forget and output gate", "Peepholes", *heads), made)


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    low, high = row["interval"]
    share = f"{row['solved']} of {row['networks']} [{low:.2f}, {high:.2f}]"
    return f"{share}, {row['needed'][1]:,.0f}" if row["needed"] else share


def _texts(document: dict[str, Any]) -> tuple[str, ...]:
    most = max(row["limit"] for row in document["systems"])
    cells = (
        f"Cells: networks solved within {most:,} streams, with 95 % interval, and the median of "
        "the streams that they needed."
    )
    return SET_UP, cells, QUOTED


def show(document: dict[str, Any], screen: Console) -> None:
    """Print the table and what it means."""
    if not screen.is_terminal:
        screen.width = 200
    screen.print(rich_table(table(document)))
    for text in _texts(document):
        screen.print(text, soft_wrap=True, markup=False, highlight=False)


def page(document: dict[str, Any], file: str) -> str:
    """Return a self-contained page; equal documents give equal pages."""
    body = [
        markup.element("h1", TITLE),
        *(markup.element("p", text, "soft") for text in _texts(document)),
        markup.section("Solved", markup.table(table(document), "Networks solved")),
    ]
    for steps in sorted({row["steps"] for row in document["systems"]}):
        rows = [row for row in document["systems"] if row["steps"] == steps]
        title = f"Every {steps} steps"
        drawn = markup.picture(effort(rows, document["records"]), f"{TITLE}: {title}", CAPTION)
        body.append(markup.section(title, drawn))
    return frame(TITLE, body, file)
