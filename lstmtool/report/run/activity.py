"""What the memory blocks did: mean states by cluster, and every unit on the exemplars."""

from __future__ import annotations

import numpy as np

from lstmtool.clustering.at_work import AtWork, Cell
from lstmtool.clustering.certainty import Members
from lstmtool.clustering.matching import rate_of
from lstmtool.records.activations import GATES, Activity, Panel
from lstmtool.records.run import Run
from lstmtool.report import markup, svg
from lstmtool.report.run.contents import sequence_name
from lstmtool.report.run.members import time_axis
from lstmtool.report.text import number, shown

TITLE = "What the memory blocks did"
MAX_CELLS = 4  # shown; all of them if there are no more than MAX_ALL
MAX_ALL = 6
MAX_CLUSTERS = 8  # whose exemplars are shown
MAX_NAMED = 3  # of these, with names in the plot
MAX_LINES = 6  # of inputs or outputs in a plot
SIZE = {"width": 640, "height": 310, "top": 30}
MEANING = (
    "A memory block adds the input to its state as far as the input gate is open (1), keeps the "
    "state as far as the forget gate is, and shows it as far as the output gate is."
)


def section(run: Run, work: AtWork, found: tuple[Members, ...], places: tuple[int, ...]) -> str:
    """Return the section.

    Parameters
    ----------
    places : tuple of int
        The colour of every cluster.
    """
    cells = work.cells if len(work.cells) <= MAX_ALL else work.cells[:MAX_CELLS]
    largest = sorted(range(len(found)), key=lambda k: -len(found[k].order))[:MAX_CLUSTERS]
    drawn = sorted(largest)
    times = _times(run, work, max(len(a.targets) for a in work.exemplars))
    names = [(f"cluster {found[k].name}", places[k]) for k in drawn]
    means = [_mean_states(cell, drawn, names, times) for cell in cells]
    parts = [
        markup.details(
            f"Cluster {found[k].name}: {sequence_name(run, found[k].exemplar)}",
            _exemplar(work.exemplars[k], cells, times),
            is_open=k == drawn[0],
        )
        for k in drawn
    ]
    return markup.section(
        TITLE,
        markup.element("p", MEANING, "soft"),
        markup.element("h3", "Mean state of memory cells by cluster"),
        f'<div class="plots">{"".join(means)}</div>',
        svg.key([(svg.stroke(place), name) for name, place in names]),
        markup.element("p", " ".join(_notes(run, work, found, cells, drawn)), "soft"),
        markup.element("h3", "The sequence nearest to the centre of every cluster"),
        *parts,
        svg.key([(svg.stroke(k), _name(cell)) for k, cell in enumerate(cells)]),
    )


def _notes(
    run: Run, work: AtWork, found: tuple[Members, ...], cells: tuple[Cell, ...], drawn: list[int]
) -> list[str]:
    said = []
    if run.ensemble is not None:
        said.append(f"The network is that of restart {run.chosen + 1}.")
    if work.step > 1:
        said.append(f"It reads means over {work.step} steps.")
    if len(cells) < len(work.cells):
        said.append(
            f"Shown are the {len(cells)} of {len(work.cells)} cells whose mean state differs most "
            "between the clusters, relative to its deviation."
        )
    counts = [work.averaged[k] for k in drawn]
    sizes = [len(found[k].order) for k in drawn]
    if counts != sizes:
        least, most = min(counts), max(counts)
        number = str(most) if least == most else f"{least} to {most}"
        said.append(f"Means are over {number} sequences of every cluster.")
    if len({len(activity.targets) for activity in work.exemplars}) > 1:
        said.append("A mean ends where fewer than half of a cluster's sequences go on.")
    if len(drawn) < len(found):
        said.append(f"Shown are the {len(drawn)} largest of {len(found)} clusters.")
    return said


def _times(run: Run, work: AtWork, steps: int) -> tuple[float, str, int]:
    """Return the time of a step, its unit, and the number of steps."""
    time, unit = time_axis(rate_of(run.source), steps * work.step)
    return time * work.step, unit, steps


def _mean_states(
    cell: Cell, drawn: list[int], names: list[tuple[str, int]], times: tuple[float, str, int]
) -> str:
    curves = [cell.means[k] for k in drawn]
    axes = _axes(curves, times)
    parts = [_frame(axes, times)]
    for curve, (name, place) in zip(curves, names, strict=True):
        steps = np.arange(len(curve)) * times[0]
        parts.append(svg.line(axes, steps, curve, f"curve {svg.colour(place)}", name))
    ends = ", ".join(
        f"{name} ends at {number(float(curve[-1]), 2)}"
        for curve, (name, _) in zip(curves, names, strict=True)
    )
    caption = markup.element("figcaption", _name(cell))
    label = f"Mean state of {_name(cell)} over time: {ends}"
    return f"<figure>{caption}{svg.picture(axes, parts, label)}</figure>"


def _name(cell: Cell) -> str:
    return f"{cell.layer}, {cell.name}" if cell.layer else cell.name


def _exemplar(activity: Activity, cells: tuple[Cell, ...], times: tuple[float, str, int]) -> str:
    plots = [_panel(panel, cells, times) for panel in activity.panels]
    return f'<div class="plots">{"".join(plots)}</div>'


def _panel(panel: Panel, cells: tuple[Cell, ...], times: tuple[float, str, int]) -> str:
    """Return a plot of the inputs, the outputs, or what belongs to the chosen cells."""
    if panel.kind in ("input", "output"):
        lines = [(k, k) for k in range(min(MAX_LINES, len(panel.names)))]
    else:
        lines = [
            (k, c)
            for k, name in enumerate(panel.names)
            if (c := _cell_of(name, panel, cells)) is not None
        ]
    if not lines:
        return ""
    units, colours = [k for k, _ in lines], [c for _, c in lines]
    curves = [panel.values[:, k] for k in units]
    unit_range = panel.kind in GATES
    axes = _axes([np.array([0.0, 1.0])] if unit_range else curves, times)
    parts = [_frame(axes, times)]
    if panel.kind in ("input", "output"):
        parts.append(_names(panel, colours, axes))
    for k, colour, curve in zip(units, colours, curves, strict=True):
        steps = np.arange(len(curve)) * times[0]
        css = f"curve thin {svg.colour(colour)}"
        parts.append(svg.line(axes, steps, curve, css, panel.names[k]))
    more = f", {len(lines)} of {len(panel.names)}" if len(lines) < len(panel.names) else ""
    ends = ", ".join(
        f"{panel.names[k]} ends at {number(float(c[-1]), 2)}"
        for k, c in zip(units, curves, strict=True)
    )
    caption = markup.element("figcaption", f"{panel.title}{more}")
    return (
        f"<figure>{caption}{svg.picture(axes, parts, f'{panel.title} over time: {ends}')}</figure>"
    )


def _names(panel: Panel, colours: list[int], axes: svg.Axes) -> str:
    """Write the names of a few lines above them, in their colours."""
    if len(colours) > MAX_NAMED:
        return ""
    width = (axes.width - axes.left - axes.right) / len(colours)
    return "".join(
        svg.text(
            shown(name, int(width / 13)),
            axes.left + 12 + k * width,
            20,
            css=f"count {svg.colour(colours[k])}",
        )
        for k, name in enumerate(panel.names[: len(colours)])
    )


def _cell_of(name: str, panel: Panel, cells: tuple[Cell, ...]) -> int | None:
    """Return which of the chosen cells a unit belongs to: itself, or the first of its block."""
    for k, cell in enumerate(cells):
        own = cell.name == name or cell.name.partition(",")[0] == name
        if own and cell.layer == panel.layer:
            return k
    return None


def _axes(curves: list[np.ndarray], times: tuple[float, str, int]) -> svg.Axes:
    values = np.concatenate(curves)
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    return svg.Axes((0.0, times[0] * max(1, times[2] - 1)), svg.padded(low, high), **SIZE)


def _frame(axes: svg.Axes, times: tuple[float, str, int]) -> str:
    return svg.frame(axes, "Step" if times[1] == "step" else f"Time ({times[1]})")
