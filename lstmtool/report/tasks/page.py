"""The report of a network trained on a classic task: tables, figures, a page, a document."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from rich.console import Console
from rich.text import Text

from lstmtool import __version__
from lstmtool.records.activations import Review
from lstmtool.records.task_run import TaskRun
from lstmtool.report import marks, markup
from lstmtool.report.run.document import plain
from lstmtool.report.run.page import frame
from lstmtool.report.run.tables import Table
from lstmtool.report.run.terminal import rich_table
from lstmtool.report.tasks import free_running, lessons, music
from lstmtool.report.tasks.activations import activations
from lstmtool.report.text import number, shown

SMALL = 1e-3  # figures below it are given by their leading digits
ROWS = 10  # of the training history table
SMOOTHED = 50  # maximum number of history rows averaged by a curve


def headline(trained: TaskRun, review: Review) -> str:
    """Return a one-line summary of training."""
    outcome = "solved after" if trained.solved else "not solved after"
    return f"{review.title}: {outcome} {trained.sequences:,} training {trained.counted}"


def result_table(trained: TaskRun, review: Review) -> Table:
    """Tabulate the network, the published result and the test results."""
    kind = trained.counted
    before, after = (f"{right} of {review.tested}" for right in review.right)
    rows: list[tuple[str, ...]] = [
        ("Network", _network(trained)),
        ("Learning rule", _rule(trained)),
        ("Right when", review.criterion),
        ("Trained to the published criterion", "yes" if trained.solved else "no"),
        *((name[:1].upper() + name[1:], figure(value)) for name, value in trained.figures.items()),
        (f"New {kind} right, before training", before),
        (f"New {kind} right, after training", after),
        ("Mean squared error, before training", number(review.error[0], 4)),
        ("Mean squared error, after training", number(review.error[1], 4)),
        ("Published", review.published or "nothing of such a network"),
    ]
    return Table(("", "Result"), [(name, shown(value, 200)) for name, value in rows])


def figure(value: float) -> str:
    """Format counts as integers, other numbers as decimals."""
    if 0.0 < abs(value) < SMALL:
        return f"{value:.3g}"
    return f"{int(value):,}" if float(value).is_integer() else number(value, 4)


def _network(trained: TaskRun) -> str:
    if "sizes" in trained.topology:
        n_inputs, *units, n_outputs = trained.topology["sizes"]
        told = " and ".join(map(str, units))
        return f"{n_inputs} in, {told} units, {n_outputs} out, {trained.n_weights} weights learned"
    blocks = trained.topology.get("blocks", [])
    same = len(set(blocks)) == 1
    cells = f"{len(blocks)}x{blocks[0]}" if same else ", ".join(map(str, blocks))
    gates = "forget gates" if trained.topology.get("forget_gate") else "no forget gates"
    peepholes = ", peepholes" if trained.topology.get("peepholes") else ""
    return f"blocks {cells}, {trained.n_weights} weights, {gates}{peepholes}"


def _rule(trained: TaskRun) -> str:
    parts = [trained.rule]
    for name in ("rate", "momentum"):
        if trained.settings.get(name):
            parts.append(f"{name} {trained.settings[name]}")
    return ", ".join([*parts, f"weights change after every {trained.update}"])


def history_table(trained: TaskRun) -> Table:
    """Tabulate error and fraction right over training, each row the mean since the last."""
    headings = (trained.counted.capitalize(), "Mean squared error", right_means(trained))
    parts = np.array_split(trained.history, min(ROWS, max(1, len(trained.history))))
    rows: list[tuple[str, ...]] = [
        (f"{int(part[-1, 0]):,}", number(part[:, 1].mean(), 5), number(part[:, 2].mean(), 3))
        for part in parts
        if len(part)
    ]
    return Table(headings, rows)


def right_means(trained: TaskRun) -> str:
    """Return the heading of the fraction right."""
    return "Share of the stream done" if trained.counted == "streams" else "Share right"


def history(trained: TaskRun) -> Figure | None:
    """Draw error and fraction right over training; None if no history was kept."""
    if len(trained.history) < 2:
        return None
    figure = Figure(figsize=(8.0, 2.9), layout="constrained")
    error, right = figure.subplots(1, 2)
    at, errors, shares = trained.history.T
    _course(error, at, errors, "Mean squared error")
    if (errors[np.isfinite(errors)] > 0).any():
        error.set_yscale("log")
    _course(right, at, shares, right_means(trained))
    right.set_ylim(-0.03, 1.03)
    for ax in (error, right):
        ax.set_xlabel(f"Training {trained.counted}")
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
    return figure


def _course(ax: Axes, x: np.ndarray, y: np.ndarray, title: str) -> None:
    """Draw every record faintly, and a moving average."""
    marks.thin_axes(ax)
    ax.set_title(title, fontsize=10)
    width = min(SMOOTHED, len(y) // 10)
    ax.plot(x, y, color=marks.COLOURS[0], linewidth=0.8, alpha=0.35 if width > 1 else 1.0)
    if width > 1:
        mean = np.convolve(y, np.full(width, 1.0 / width), "valid")
        middle = np.convolve(x, np.full(width, 1.0 / width), "valid")
        ax.plot(middle, mean, color=marks.COLOURS[0], linewidth=1.6)


def show(trained: TaskRun, review: Review, console: Console) -> None:
    """Print headline, tables and activations of a trained network."""
    console.print(Text(headline(trained, review)), style="bold")
    console.print()
    facts = rich_table(result_table(trained, review))
    facts.show_header = False
    facts.columns[1].justify = "left"
    console.print(facts)
    console.print()
    console.print(rich_table(history_table(trained)))


def page(trained: TaskRun, review: Review, file: str) -> str:
    """Return a self-contained page. Equal files give equal pages.

    Parameters
    ----------
    file : str
        Name of the trained network's file.
    """
    what = f"{review.title}: what the network does"
    caption = (
        "An unseen sequence, after training. Colours distinguish memory blocks, line styles the "
        "cells of a block; rows are darker where more active."
    )
    title = f"{review.title} – {trained.rule}"
    body = [
        markup.element("h1", review.title),
        markup.element("p", f"{headline(trained, review)}. File: {shown(file)}.", "soft"),
        markup.element("p", f"Task: {review.source}.", "soft"),
        markup.section("Result", markup.table(result_table(trained, review), "Result")),
        markup.section(
            "Learning",
            markup.picture(history(trained), "Error and share right over training"),
            markup.details("As a table", markup.table(history_table(trained), "Learning")),
        ),
        lessons.section(review.curves) if review.curves else "",
        music.section(review.score, review.played or {}) if review.score else "",
        markup.section(
            "Activations over time",
            markup.picture(activations(review.after), f"{what} after training", caption),
            markup.details(
                "The same sequence before training",
                markup.picture(activations(review.before), f"{what} before training"),
            ),
        ),
        "" if review.freely is None else free_running.section(review.freely),
        repeat(trained),
    ]
    return frame(title, body, file)


def repeat(trained: TaskRun) -> str:
    """Return the section on how the network was made, with all settings."""
    parts = {
        "Task options": trained.options,
        "Network": trained.topology,
        "Learning rule": trained.settings,
    }
    rows: list[tuple[str, ...]] = [
        (f"{part}: {shown(name)}", shown(value, 120))
        for part, values in parts.items()
        for name, value in values.items()
    ]
    rows.append(("Seed", str(trained.seed)))
    table = markup.table(Table(("", "Value"), rows), "Settings")
    return markup.section("How it was made", markup.details("All settings", table))


def document(trained: TaskRun, review: Review) -> dict[str, Any]:
    """Return the report as JSON-compatible types."""
    return plain(
        {
            "encoding-type": "lstmtool-trained-report",
            "created-by": f"lstmtool {__version__}",
            "task": trained.task,
            "rule": trained.rule,
            "weights": trained.n_weights,
            "solved": trained.solved,
            trained.counted: trained.sequences,
            "figures": trained.figures,
            "criterion": review.criterion,
            "tested": review.tested,
            "right": {"before": review.right[0], "after": review.right[1]},
            "error": {"before": review.error[0], "after": review.error[1]},
            "published": review.published or None,
            **_of_kind(review),
            "history": dict(zip(("at", "error", "right"), trained.history.T.tolist(), strict=True)),
            "activations": {
                panel.title: {"names": panel.names, "values": panel.values}
                for panel in review.after.panels
            },
            **({} if review.freely is None else {"free_errors": review.freely.errors}),
            "options": trained.options,
            "topology": trained.topology,
            "settings": trained.settings,
            "seed": trained.seed,
        }
    )


def _of_kind(review: Review) -> dict[str, Any]:
    """Return what there is of tasks of one kind alone: learning curves, or music."""
    if review.curves:
        errors = dict(zip(review.curves.names, review.curves.errors.tolist(), strict=True))
        kept = dict(zip(("examples", "share"), review.curves.kept.tolist(), strict=True))
        return {"relative_errors": errors, "kept_by_cells": kept}
    return {"composed": dict(review.played)} if review.played else {}
