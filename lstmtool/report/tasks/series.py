"""The table and the page of `lstmtool reproduce echo-state`."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.console import Console

from lstmtool.report import markup
from lstmtool.report.run.page import frame
from lstmtool.report.run.tables import Table
from lstmtool.report.run.terminal import rich_table
from lstmtool.report.tasks import free_running

TITLE = "Echo state networks on the Mackey-Glass series"
SET_UP = (
    "A network reads 1000 steps of a new series, then goes on by itself for 84; the error is the "
    "root mean squared one over 50 series, in standard deviations. Medians and quartiles are over "
    "networks, each with connections and a training series of its own."
)
QUOTED = (
    "Published, not run here: the best of other methods before, .0088 (tau 17; as Jaeger 2001 "
    "quotes it). The figures for 1000 units are quoted from others' texts, since the original was "
    "not read: 10^-4.2 from 3000 steps, 700 times better than before; the abstract says 2400 times "
    "better, which is from memory 10^-5.1, after 21,000 steps and a refinement, not read again."
)
WARNING = (
    "The tutorial's own warning is that a feed-forward network with six delays predicts such a "
    "series better than LSTM. Medians here, with tau {tau}: {feed} and {lstm}."
)
COLUMNS = (
    *("System", "tau", "Rule", "Units", "Learned"),
    *("Networks", "Error, median (quartiles)", "Best", "Above 1", "Published"),
)


def table(document: dict[str, Any]) -> Table:
    """Tabulate all systems, and the predictors without a network."""
    rows: list[tuple[str, ...]] = [
        (
            row["name"],
            str(row["tau"]),
            row["rule"],
            str(row["units"]),
            str(row["learned"]),
            str(row["networks"]),
            "{1} ({0} to {2})".format(*map(_error, row["error"])),
            _error(row["best"]),
            f"{row['away']} of {row['networks']}",
            row["published"],
        )
        for row in document["systems"]
    ]
    for tau, naive in document["naive"].items():
        for name, errors in naive.items():
            rows.append((name, tau, "", "", "", "", _error(errors[-1]), "", "", ""))
    return Table(COLUMNS, rows)


def _error(value: float | None) -> str:
    return "ran away" if value is None else f"{value:.2g}"


def sentences(document: dict[str, Any]) -> list[str]:
    """Say how each echo state network stands to its published figure, and what differs."""
    told = []
    for row in document["systems"]:
        if not row["published"]:
            continue
        reached = "reached" if 2 * row["within"] >= row["networks"] else "not reached"
        told.append(
            f"{row['name']}: {reached}; {row['within']} of {row['networks']} networks have at most "
            f"the published error, {row['published']} ({row['source']})."
        )
        for more in (row["ours"] and f"Not as published: {row['ours']}.", row["note"]):
            if more:
                told[-1] += f" {more}"
    return told


def warnings(document: dict[str, Any]) -> list[str]:
    """Set the feed-forward network's error beside that of LSTM, for each delay."""
    middle = {row["name"]: _error(row["error"][1]) for row in document["systems"]}
    return [
        WARNING.format(
            tau=tau, feed=middle[f"feed-forward-{tau}"], lstm=middle[f"series-lstm-{tau}"]
        )
        for tau in (17, 30)
        if {f"feed-forward-{tau}", f"series-lstm-{tau}"} <= set(middle)
    ]


def limits_table(document: dict[str, Any]) -> Table:
    """Tabulate the stability limits over the reservoirs of leaky units."""
    rows = []
    for row in document["systems"]:
        found = row["limits"]
        if found:
            cells = (
                "{:.3f} to {:.3f}".format(*found[name])
                for name in ("contraction", "effective radius")
            )
            rows.append((row["name"], *cells))
    return Table(("System", "Contraction", "Effective radius"), rows)


LIMITS = (
    "Without feedback, a contraction below 1 makes echo states certain; an effective spectral "
    "radius above 1 rules them out for the input zero. Between, nothing is certain. With feedback "
    "from the output, a network that goes on by itself is another system, for which neither limit "
    "holds."
)


def show(document: dict[str, Any], screen: Console) -> None:
    """Print the table and the sentences."""
    if not screen.is_terminal:
        screen.width = 200
    screen.print(rich_table(table(document)))
    for text in (*sentences(document), QUOTED, *warnings(document)):
        screen.print(text, soft_wrap=True, markup=False, highlight=False)


def page(document: dict[str, Any], file: str) -> str:
    """Return a self-contained page; equal documents give equal pages."""
    body = [
        markup.element("h1", TITLE),
        markup.element("p", SET_UP, "soft"),
        markup.section(
            "Errors after 84 steps",
            markup.table(table(document), "Errors after 84 steps"),
            markup.items(sentences(document)),
            markup.element("p", QUOTED, "soft"),
            *(markup.element("p", text) for text in warnings(document)),
        ),
        *(_of_tau(document, tau) for tau in (17, 30)),
        markup.section(
            "Stability of the reservoirs",
            markup.element("p", LIMITS),
            markup.table(limits_table(document), "Stability limits"),
            *_spectrum(document),
        ),
    ]
    return frame(TITLE, body, file)


def _of_tau(document: dict[str, Any], tau: int) -> str:
    """Return the pictures of the systems of one delay."""
    names = [row["name"] for row in document["systems"] if row["tau"] == tau]
    if not names:
        return ""
    errors = {
        name: np.array(
            [r["errors"] for r in document["records"] if r["experiment"] == name], dtype=float
        )
        for name in names
    }
    errors |= {
        name: np.array([values], dtype=float)
        for name, values in document["naive"][str(tau)].items()
    }
    first = {
        r["experiment"]: r
        for r in document["records"]
        if r["seed"] == 0 and r["experiment"] in names
    }
    pairs = {
        name: (np.array(made["truth"], dtype=float), np.array(made["predicted"], dtype=float))
        for name, made in first.items()
    }
    caption = (
        "Median over the networks, shaded between the quartiles. Dashed: the eighth and further "
        "lines, in the order of the legend."
    )
    about = (
        "The first network of every system, not the best, each on a new series of its own. The "
        "light line is at step 84; predictions more than three standard deviations from the mean "
        "are not drawn."
    )
    return markup.section(
        f"tau = {tau}",
        markup.picture(free_running.by_horizon(errors), f"Error by horizon, tau {tau}", caption),
        markup.picture(free_running.prediction(pairs), f"Prediction and truth, tau {tau}", about),
    )


def _spectrum(document: dict[str, Any]) -> list[str]:
    for record in document["records"]:
        if record.get("stability"):
            real, imaginary = (np.array(part) for part in record["eigenvalues"])
            told = f"{record['experiment']}, network {record['seed']}. {record['stability']}"
            return free_running.limits(real + 1j * imaginary, told)
    return []
