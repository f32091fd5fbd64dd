"""How far errors flow back in time, as a figure, a table and a page."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import StrMethodFormatter

from lstmtool.records.activations import GradientDecay
from lstmtool.report import marks, markup
from lstmtool.report.run.page import frame
from lstmtool.report.run.tables import Table

LOWEST = -16  # log10 of the smallest norm drawn: double precision relative to 1
LAGS = (10, 100, 1000)  # lags in the table
SMALL = -3  # log10 of the norm below which an error counts as gone
TITLE = "How far back the error reaches"
EXPLAINED = (
    "An error at time t, passed back q steps to time t - q by the exact Jacobians of the network: "
    "the norm of d z(t) / d z(t - q), where z are the hidden activations of the simple recurrent "
    "network, or the states of the memory cells. Lines are medians over {trials} draws of initial "
    "weights, shaded from the smallest to the largest; dashed: the flow within the cells, which is "
    "all that the truncated gradient passes back. All networks read the continual embedded Reber "
    "grammar; none is trained."
)


def figure(reaches: list[GradientDecay]) -> Figure:
    """Draw the error left against the lag, both logarithmic."""
    made = Figure(figsize=(8.0, 4.6), layout="constrained")
    ax = made.add_subplot()
    marks.thin_axes(ax)
    for k, reach in enumerate(reaches):
        _curve(ax, reach, marks.COLOURS[k % len(marks.COLOURS)])
    longest = max(reach.exact.shape[1] for reach in reaches) - 1
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(1, longest)
    ax.set_ylim(10.0**LOWEST, 100.0)
    ax.set_yticks([10.0**k for k in range(LOWEST, 1, 4)])
    ax.set_yticks([10.0**k for k in range(LOWEST, 3)], labels=[], minor=True)
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.set_xlabel("Lag q in steps")
    ax.set_ylabel("Error left after q steps")
    ax.grid(color=marks.GRID, linewidth=0.6)
    handles = ax.get_legend_handles_labels()[0]
    handles.append(Line2D([], [], color="#777777", linestyle="--", label="within the cells alone"))
    made.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return made


def _curve(ax: Axes, reach: GradientDecay, colour: str) -> None:
    lags = np.arange(1, reach.exact.shape[1])
    exact = reach.exact[:, 1:]
    low, median, high = (10.0 ** _drawn(f(exact, axis=0)) for f in (np.min, np.median, np.max))
    ax.fill_between(lags, low, high, color=colour, alpha=0.18, linewidth=0)
    ax.plot(lags, median, color=colour, linewidth=1.8, label=reach.name)
    if reach.truncated is not None:
        cells = 10.0 ** _drawn(np.median(reach.truncated[:, 1:], axis=0))
        ax.plot(lags, cells, color=colour, linewidth=1.2, linestyle="--")


def _drawn(logs: np.ndarray) -> np.ndarray:
    """Clip logarithms far below the axis, which Matplotlib cannot draw."""
    return np.maximum(logs, LOWEST - 20.0)


def table(reaches: list[GradientDecay]) -> Table:
    """Tabulate median norms at some lags, and when they fall below a thousandth."""
    longest = max(reach.exact.shape[1] for reach in reaches) - 1
    lags = [lag for lag in LAGS if lag <= longest]
    headings = ("Network", *(f"Lag {lag}" for lag in lags), "Below 0.001 after")
    return Table(headings, [(r.name, *(_left(r, lag) for lag in lags), _gone(r)) for r in reaches])


def _left(reach: GradientDecay, lag: int) -> str:
    """Format a median norm, even one too small for a floating-point number."""
    log = float(np.median(reach.exact[:, lag]))
    exponent = int(np.floor(log))
    if -3 <= exponent < 3:
        return f"{10.0**log:.2g}"
    return f"{10.0 ** (log - exponent):.1f}e{exponent:+03d}"


def _gone(reach: GradientDecay) -> str:
    below = np.flatnonzero(np.median(reach.exact, axis=0) < SMALL)
    return f"{below[0]} steps" if len(below) else f"more than {reach.exact.shape[1] - 1} steps"


def document(reaches: list[GradientDecay]) -> dict[str, Any]:
    """Return medians over the trials at every lag as JSON-compatible types."""
    return {
        "encoding-type": "lstmtool-error-flow",
        "trials": reaches[0].exact.shape[0],
        "networks": [
            {
                "name": reach.name,
                "about": reach.about,
                "log10_exact": np.median(reach.exact, axis=0).tolist(),
                "log10_within_cells": None
                if reach.truncated is None
                else np.median(reach.truncated, axis=0).tolist(),
            }
            for reach in reaches
        ],
    }


def page(reaches: list[GradientDecay]) -> str:
    """Return a self-contained page; equal input gives equal pages."""
    trials = reaches[0].exact.shape[0]
    alt = "; ".join(f"{reach.name}: below a thousandth after {_gone(reach)}" for reach in reaches)
    body = [
        markup.element("h1", TITLE),
        markup.picture(figure(reaches), alt, EXPLAINED.format(trials=trials)),
        markup.section("Error left", markup.table(table(reaches), "Error left")),
        markup.section(
            "Networks", markup.items([f"{reach.name}: {reach.about}." for reach in reaches])
        ),
    ]
    return frame(TITLE, body, "error-flow")
