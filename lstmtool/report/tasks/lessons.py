"""How the error falls within a sequence, and what the cells keep, on the page of a network."""

from __future__ import annotations

import numpy as np

from lstmtool.records.activations import LearningCurves
from lstmtool.report import markup, svg
from lstmtool.report.run.tables import Table
from lstmtool.report.text import number

AFTER = (0, 1, 2, 3, 5, 7, 10, 20, 30, 60, 100)
LOWEST = -5.0  # log10 of the errors that are drawn
EXPLAINED = (
    "The mean squared error of predicting the next value, by the number of examples seen, over "
    "{count} new functions, divided by the variance of the values: predicting the mean has 1. The "
    "network's weights do not change; the others learn every function from the start, from the "
    "features that determine it, except for the network online, which reads x and y. Rates are the "
    "best of several after 30 examples."
)
KEPT = (
    "How much of the function's coefficients can be read from the cells' states by linear "
    "regression, fitted on half of the functions and tested on the others."
)


def section(found: LearningCurves) -> str:
    """Return the section of a page on learning within a sequence."""
    return markup.section(
        "Learning within a sequence",
        _curves(found),
        svg.key([(svg.stroke(k % svg.COLOURS), name) for k, name in enumerate(found.names)]),
        markup.element("p", EXPLAINED.format(count=found.n_functions), "soft"),
        markup.table(table(found), "Error by examples seen"),
        markup.element("h3", "What the cells keep"),
        _kept(found),
        markup.element("p", KEPT, "soft"),
    )


def _curves(found: LearningCurves) -> str:
    n_steps = found.errors.shape[1]
    axes = svg.Axes((0.0, float(n_steps - 1)), (LOWEST, 0.7), width=900, height=460)
    steps, parts = np.arange(n_steps), [svg.frame(axes, "Examples seen", "Error", powers=True)]
    for k, (name, errors) in enumerate(zip(found.names, found.errors, strict=True)):
        logs = np.log10(np.clip(errors, 10.0**LOWEST, 10.0**0.7))
        parts.append(svg.line(axes, steps, logs, f"curve {svg.colour(k % svg.COLOURS)}", name))
    return svg.picture(axes, parts, "Error by examples seen, logarithmic")


def table(found: LearningCurves) -> Table:
    """Tabulate the errors after some numbers of examples."""
    shown = [k for k in AFTER if k < found.errors.shape[1]]
    rows: list[tuple[str, ...]] = [
        (name, *(_error(errors[k]) for k in shown))
        for name, errors in zip(found.names, found.errors, strict=True)
    ]
    return Table(("Examples seen", *map(str, shown)), rows)


def _error(value: float) -> str:
    if not np.isfinite(value):
        return "–"
    return number(value, 4) if value >= 5e-5 else f"{value:.0e}"


def _kept(found: LearningCurves) -> str:
    examples, shares = found.kept
    axes = svg.Axes((0.0, float(examples.max(initial=1.0))), (0.0, 1.0), width=900)
    parts = [
        svg.frame(axes, "Examples seen", "Share known"),
        svg.line(axes, examples, np.clip(shares, 0.0, 1.0), "curve c0", "share of the variance"),
    ]
    return svg.picture(axes, parts, "Share of the coefficients that the cells tell")
