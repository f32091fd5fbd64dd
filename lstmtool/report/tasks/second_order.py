"""The table and the page of `lstmtool reproduce second-order`."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from lstmtool.report import marks, markup
from lstmtool.report.run.page import frame
from lstmtool.report.run.tables import Table
from lstmtool.report.run.terminal import rich_table

TITLE = "Hessian-free optimisation, momentum and LSTM across long lags"
SET_UP = (
    "100 units with tanh learn by Hessian-free optimisation (hf), by plain gradient descent "
    "(gradient), with Nesterov's accelerated gradient (nag) and with classical momentum (cm); the "
    "momentum is part of the name. 24 memory blocks learn by Adam (lstm), with Nesterov's gradient"
    " and by Hessian-free optimisation, which is ours. All networks of a task see the same "
    "sequences in the same order. Sequences needed: median and range. Wrong: steps a sequence at "
    "which the output is wrong, mean and range over the networks; five-bits has five such steps, "
    "twenty-bits ten, the others one. A network has solved a task, and learns no longer, when less"
    " than 0.001 of the steps of 1000 held-out sequences (of all 32 of five-bits) are wrong."
)
PUBLISHED = (
    "Published for momentum (Sutskever, Martens, Dahl and Hinton 2013, table 5): means of 4 "
    "networks after 50,000 updates of 100 sequences, with lags of 80 (five-bits: 200) and the best"
    " of four rates for every cell (in brackets: what output biases alone reach). Here lags are "
    "shorter, updates 3,000 at most, and all momenta of a task have one rate (.995 with real "
    "targets a smaller one), so that figures cannot be compared in size, and a momentum may be "
    "worse for its rate alone. The rows of memory are read as wrong symbols a sequence, since "
    "guessing gives 2.5 and 8. For Hessian-free optimisation, success by lag was published as a "
    "figure only; that most tasks are solved to a lag of 200 is from memory, not read again."
)
UNEQUAL = (
    "A step of Hessian-free optimisation takes the gradient of five batches (of one for five-bits) "
    "and up to 100 steps of conjugate gradients (CG), and as long as some 250 updates along the "
    "gradient. These networks see fewer sequences, and may take five times as long."
)
COLUMNS = (
    *("System", "Weights", "Solved (95 %)", "Sequences needed"),
    *("CG steps", "Wrong", "Guessing", "Published"),
)


def table(document: dict[str, Any]) -> Table:
    """Tabulate all systems."""
    rows: list[tuple[str, ...]] = []
    for row in document["systems"]:
        low, high = row["interval"]
        rows.append(
            (
                row["name"],
                f"{row['weights']:,}",
                f"{row['solved']} of {row['networks']} ({low:.2f} to {high:.2f})",
                _needed(row),
                f"{row['steps']:,.0f}" if row["steps"] else "",
                "{1} ({0} to {2})".format(*map(_number, row["wrong"])),
                _number(row["guessed"]),
                _published(row),
            )
        )
    return Table(COLUMNS, rows)


def _needed(row: dict[str, Any]) -> str:
    found = row["needed"]
    return "{1:,.0f} ({0:,} to {2:,})".format(*found) if found else f"> {row['limit']:,}"


def _published(row: dict[str, Any]) -> str:
    at_lag = row["published"].split(" at T = ")
    guess = f" ({row['published guess']})" if row["rule"] == "momentum" else ""
    return at_lag[0] + guess if row["published"] else ""


def _number(value: float) -> str:
    return f"{value:.3g}"


def sentences(document: dict[str, Any]) -> list[str]:
    """Say for every task which methods solved it, which were better than guessing, which not."""
    told = []
    for task in _tasks(document):
        rows = [row for row in document["systems"] if row["task"] == task]
        always = [row["method"] for row in rows if row["solved"] == row["networks"]]
        some = [row["method"] for row in rows if 0 < row["solved"] < row["networks"]]
        never = [row for row in rows if not row["solved"]]
        better = [row["method"] for row in never if row["wrong"][1] < 0.9 * row["guessed"]]
        none = [row["method"] for row in never if row["method"] not in better]
        parts = [
            f"{words}: {', '.join(names)}"
            for words, names in (
                ("solved by all networks", always),
                ("by some", some),
                ("not solved, but nearer than guessing", better),
                ("no nearer than guessing, or hardly", none),
            )
            if names
        ]
        told.append(f"{_titled(rows[0])} {'; '.join(parts)}.")
    return told


def _titled(row: dict[str, Any]) -> str:
    options = ", ".join(f"{name} {value}" for name, value in row["options"].items())
    return f"{row['task']}, {options}:"


def _tasks(document: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(row["task"] for row in document["systems"]))


def notes(document: dict[str, Any]) -> list[str]:
    """Return what publications leave open."""
    return list(dict.fromkeys(row["note"] for row in document["systems"] if row["note"]))


def show(document: dict[str, Any], screen: Console) -> None:
    """Print the table and the sentences."""
    if not screen.is_terminal:
        screen.width = 200
    screen.print(rich_table(table(document)))
    for text in (*sentences(document), UNEQUAL, PUBLISHED, *notes(document)):
        screen.print(text, soft_wrap=True, markup=False, highlight=False)


def page(document: dict[str, Any], file: str) -> str:
    """Return a self-contained page; equal documents give equal pages."""
    body = [
        markup.element("h1", TITLE),
        markup.element("p", SET_UP, "soft"),
        markup.section(
            "Wrong and solved",
            markup.table(table(document), "Wrong and solved"),
            markup.items(sentences(document)),
            *(markup.element("p", text, "soft") for text in (UNEQUAL, PUBLISHED)),
            *(markup.element("p", text, "soft") for text in notes(document)),
        ),
        markup.section(
            "Over training",
            *(_picture(document, task) for task in _tasks(document)),
        ),
    ]
    return frame(TITLE, body, file)


def _picture(document: dict[str, Any], task: str) -> str:
    rows = [row for row in document["systems"] if row["task"] == task]
    caption = (
        "Wrong steps a sequence, of held-out sequences, by training sequences; every network is a "
        "line, which ends where the task is solved. Dashed grey: guessing."
    )
    name = _titled(rows[0]).removesuffix(":")
    return markup.element("h3", name) + markup.picture(
        curves(rows, document["records"]), f"Wrong over training, {name}", caption
    )


GROUPS = (
    ("Hessian-free and LSTM", ("hf", "lstm", "lstm-nag", "lstm-hf")),
    ("Momentum", ("gradient", "nag-0.9", "nag-0.98", "nag-0.995", "cm-0.9", "cm-0.98", "cm-0.995")),
)


def curves(rows: list[dict[str, Any]], records: list[dict[str, Any]]) -> Figure:
    """Draw the wrong steps of all networks of a task over training."""
    figure = Figure(figsize=(8.0, 2.9), layout="constrained")
    least = 1.0 / 2000.0
    for ax, (title, methods) in zip(figure.subplots(1, 2, sharey=True), GROUPS, strict=True):
        marks.thin_axes(ax)
        ax.set_title(title, fontsize=9)
        ax.set_xlabel("Training sequences", fontsize=8)
        ax.axhline(rows[0]["guessed"], color="#888888", linewidth=0.8, linestyle="--")
        for row in rows:
            if row["method"] not in methods:
                continue
            color = marks.COLOURS[methods.index(row["method"]) % len(marks.COLOURS)]
            own = [record for record in records if record["experiment"] == row["name"]]
            for n, record in enumerate(own):
                looks = np.array([[at, wrong] for at, _, wrong in record["looks"]], dtype=float)
                looks = looks.reshape(-1, 2)
                label = row["method"] if n == 0 else None
                ax.plot(looks[:, 0], np.maximum(looks[:, 1], least), color=color, label=label,
                        linewidth=1.0)  # fmt: skip
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.legend(frameon=False, fontsize=7)
    figure.axes[0].set_ylabel("Wrong a sequence", fontsize=8)
    return figure
