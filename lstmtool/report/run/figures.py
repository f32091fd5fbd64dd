"""Outputs before and after training, drawn as in figures 2 to 5 of the paper."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lstmtool.records.results import Assessment, Curve
from lstmtool.records.run import Outputs, Run
from lstmtool.report import marks
from lstmtool.report.run.tables import epochs

MAX_PAIRED = 5  # outputs in a pair plot
MAX_STRIPS = 12  # groups with their own line


def outputs(run: Run, assessment: Assessment) -> list[Figure]:
    """Draw the network's outputs before and after training.

    Returns
    -------
    list of Figure
        One figure for one output (strips with the Parzen density), two (scatter plots; in the
        unit square for logistic outputs) or three (a scatter plot per pair), else two pair plots.
    """
    drawn = marks.groups(run, assessment)
    sides = [("Before training", run.before), (after_title(run), run.after)]
    widths = {side.activations.shape[1] for _, side in sides}
    if widths == {1}:
        curves = [assessment.curves.get(side) for side in ("before", "after")]
        return [_strips(sides, curves, run, drawn)]
    if widths == {2}:
        made = [_planes(sides, run, drawn)]
    elif widths == {3}:
        made = [_triples(sides, run, drawn)]
    else:
        made = [_pairs(title, side, run, drawn) for title, side in sides]
    for figure in made:
        marks.legend(figure, drawn)
    return made


def after_title(run: Run) -> str:
    """Return the caption of the outputs after training."""
    return f"After training ({epochs(run)} epochs)"


def _planes(sides: list[tuple[str, Outputs]], run: Run, drawn: list[marks.Group]) -> Figure:
    figure = Figure(figsize=(8.0, 4.9), layout="compressed")
    for panel, (title, side) in enumerate(sides):
        ax = figure.add_subplot(1, 2, panel + 1)
        ax.set_title(title, pad=10)
        _plane(ax, side.activations[:, 0], side.activations[:, 1], run, drawn, 2)
        ax.set_xlabel("Output 1")
        ax.set_ylabel("Output 2")
    return figure


def _triples(sides: list[tuple[str, Outputs]], run: Run, drawn: list[marks.Group]) -> Figure:
    """Draw the three pairs side by side, before training above, after training below."""
    figure = Figure(figsize=(8.0, 6.4), layout="constrained")
    grid = figure.add_gridspec(2, 1, hspace=0.04)
    for row, (title, side) in enumerate(sides):
        half = figure.add_subfigure(grid[row])
        half.suptitle(title)
        for panel, (a, b) in enumerate(((0, 1), (0, 2), (1, 2))):
            ax = half.add_subplot(1, 3, panel + 1)
            _plane(ax, side.activations[:, a], side.activations[:, b], run, drawn, 6)
            ax.set_xlabel(f"Output {a + 1}")
            ax.set_ylabel(f"Output {b + 1}")
    return figure


def _pairs(title: str, side: Outputs, run: Run, drawn: list[marks.Group]) -> Figure:
    """Draw the lower triangle of all pairs of outputs; a single output against its rank."""
    y = side.activations
    count = min(max(y.shape[1], 2), MAX_PAIRED)
    of = f", outputs 1 to {MAX_PAIRED} of {y.shape[1]}" if y.shape[1] > MAX_PAIRED else ""
    figure = Figure(
        figsize=(8.0, 1.2 + 7.0 * (count - 1) / max(3, count - 1)), layout="constrained"
    )
    figure.suptitle(title + of)
    size = count - 1
    for row in range(1, count):
        for column in range(row):
            ax = figure.add_subplot(size, size, (row - 1) * size + column + 1)
            vertical = y[:, row] if y.shape[1] > row else np.argsort(np.argsort(y[:, 0]))
            _plane(ax, y[:, column], vertical, run, drawn, count * (count - 1) // 2)
            if row == size:
                ax.set_xlabel(f"Output {column + 1}")
            if column == 0:
                ax.set_ylabel(f"Output {row + 1}" if y.shape[1] > row else "Rank")
    return figure


def _plane(
    ax: Axes, x: np.ndarray, y: np.ndarray, run: Run, drawn: list[marks.Group], panels: int
) -> None:
    marks.thin_axes(ax)
    if run.settings.network.output_unit == "logistic":
        ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        ax.set(xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        ax.axhline(0.5, color=marks.GRID, zorder=0)
        ax.axvline(0.5, color=marks.GRID, zorder=0)
    else:
        ax.margins(0.08)
    marks.points(ax, x, y.astype(float), drawn, panels)


def _strips(
    sides: list[tuple[str, Outputs]],
    curves: list[Curve | None],
    run: Run,
    drawn: list[marks.Group],
) -> Figure:
    """Draw the Parzen density above the outputs, these with a line per group."""
    lines = min(len(drawn), MAX_STRIPS)
    height, coded = 0.3 * lines + 0.2, run.settings.makes_codes
    figure = Figure(figsize=(8.0, 0.9 + height if coded else 3.2 + height), layout="constrained")
    grid = figure.add_gridspec(1 if coded else 2, 2, height_ratios=None if coded else (2.2, height))
    for column, ((title, side), curve) in enumerate(zip(sides, curves, strict=True)):
        below = figure.add_subplot(grid[-1, column])
        if coded:
            below.set_title(title)
        else:
            above = figure.add_subplot(grid[0, column], sharex=below)
            above.set_title(title)
            _density(above, curve)
        _lines(below, side.activations[:, 0], drawn, lines, named=column == 0)
        if run.settings.network.output_unit == "logistic":
            below.set_xlim(-0.02, 1.02)
        below.set_xlabel("Output")
        below.xaxis.set_major_locator(MaxNLocator(5))
    if any(curves):
        figure.get_axes()[1].set_ylabel("Parzen density")
    return figure


def _density(ax: Axes, curve: Curve | None) -> None:
    marks.thin_axes(ax)
    ax.tick_params(labelbottom=False)
    if curve is None:
        ax.set_yticks([])
        message = "no density: the outputs have no spread"
        ax.text(0.5, 0.5, message, ha="center", wrap=True, transform=ax.transAxes, fontsize=8)
        return
    ax.fill_between(curve.points, curve.density, color=marks.COLOURS[0], alpha=0.25, linewidth=0)
    ax.plot(curve.points, curve.density, color=marks.COLOURS[0], linewidth=1.2)
    ax.set_ylim(bottom=0)


def _lines(ax: Axes, y: np.ndarray, drawn: list[marks.Group], lines: int, named: bool) -> None:
    """Draw one line per group from the top; surplus groups share the last."""
    heights = np.zeros(len(y))
    for group in drawn:
        heights[group.members] = -min(group.place, lines - 1)
    marks.points(ax, y, heights, drawn, 2)
    names = {-min(g.place, lines - 1): g.name for g in drawn[::-1]}
    if len(drawn) > lines:
        names[1 - lines] = "others"
    ax.set_ylim(-lines + 0.4, 0.6)
    ax.set_yticks(list(names), labels=list(names.values()) if named else [""] * len(names))
    for text in ax.get_yticklabels():
        text.set_parse_math(False)
    ax.tick_params(axis="y", length=0)
    marks.thin_axes(ax)
    ax.grid(axis="y", color=marks.GRID)
