"""A figure of activations over time, in stacked panels from inputs to outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lstmtool.records.activations import Activity, Panel
from lstmtool.report import marks

MAX_LINES = 3  # inputs drawn as lines; more are drawn as a raster
MAX_LETTERS = 60  # letters, one per step, that fit under the figure
STYLES = ("-", "--", ":", "-.")
GREYS = (marks.INK, "#8a8a8a", "#b5b5b5")
WRONG = "#c62828"


def activations(activity: Activity) -> Figure:
    """Draw inputs, gates, states, cell outputs and outputs of a network over one sequence.

    Colours distinguish memory blocks, line styles the cells of a block. Symbols, and more than one
    output, are drawn as a raster, darker where more active. Targets are circles where the output
    is right by the task's criterion, else crosses.
    """
    inputs, *inner, outputs = activity.panels
    n_inputs, n_outputs = len(inputs.names), len(outputs.names)
    as_rows = [bool(activity.letters) or n_inputs > MAX_LINES, *(False for _ in inner)]
    as_rows.append(n_outputs > 1)
    heights = [
        0.35 + 0.16 * len(panel.names) if rows else 1.25
        for panel, rows in zip(activity.panels, as_rows, strict=True)
    ]
    figure = Figure(figsize=(8.0, 0.7 + sum(heights)), layout="constrained")
    grid = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)
    axes = list(grid[:, 0])
    for ax, panel, rows in zip(axes, activity.panels, as_rows, strict=True):
        ax.set_title(panel.title, loc="left", fontsize=10, pad=4)
        marks.thin_axes(ax)
        if rows:
            _raster(ax, panel)
        elif panel in (inputs, outputs):
            _lines(ax, panel)
        else:
            _units(ax, panel)
    _targets(axes[-1], activity, as_rows[-1])
    _time_axis(axes[-1], activity)
    _legend(figure, activity)
    return figure


def _lines(ax: Axes, panel: Panel) -> None:
    """Draw the inputs, or a single output, as lines."""
    for k, name in enumerate(panel.names):
        ax.plot(panel.values[:, k], color=GREYS[k], linestyle=STYLES[k], linewidth=1.2, label=name)
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    if len(panel.names) == 1:
        ax.set_title(f"{panel.title}: {panel.names[0]}", loc="left", fontsize=10, parse_math=False)
        return
    made = ax.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), borderaxespad=0.0, ncols=3)
    made.set_frame_on(False)
    made.set_in_layout(False)  # it fits beside the title
    for text in made.get_texts():
        text.set(fontsize=8, parse_math=False)


def _raster(ax: Axes, panel: Panel) -> None:
    """Draw units as an image, one per row."""
    low, high = min(0.0, float(panel.values.min())), max(1.0, float(panel.values.max()))
    shades = Normalize(low, high)
    ax.imshow(panel.values.T, aspect="auto", cmap="Blues", norm=shades, interpolation="nearest")
    ax.set_yticks(range(len(panel.names)), labels=panel.names, fontsize=8)
    for text in ax.get_yticklabels():
        text.set_parse_math(False)
    ax.set_yticks(np.arange(len(panel.names) + 1) - 0.5, minor=True)
    ax.grid(axis="y", which="minor", color="white", linewidth=1.0)
    ax.tick_params(axis="y", which="both", length=0)
    ax.spines[["left", "bottom"]].set_visible(False)


def _units(ax: Axes, panel: Panel) -> None:
    """Draw gates or cells, coloured by block."""
    marker = "." if len(panel.values) <= MAX_LETTERS else None
    for k, name in enumerate(panel.names):
        look = _look(name, panel.names)
        ax.plot(panel.values[:, k], **look, linewidth=1.2, marker=marker, markersize=4)
    if panel.title.endswith("gates"):
        ax.set_ylim(-0.04, 1.04)
        ax.set_yticks([0.0, 0.5, 1.0])
        return
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    low, high = ax.get_ylim()
    if low < 0.0 < high:
        ax.axhline(0.0, color=marks.GRID, linewidth=0.8, zorder=0)


def _look(name: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the block's colour and the cell's line style."""
    block = name.partition(",")[0]
    blocks = list(dict.fromkeys(other.partition(",")[0] for other in names))
    within = [other for other in names if other.partition(",")[0] == block]
    return {
        "color": marks.COLOURS[blocks.index(block) % len(marks.COLOURS)],
        "linestyle": STYLES[within.index(name) % len(STYLES)],
    }


def _targets(ax: Axes, activity: Activity, as_rows: bool) -> None:
    """Mark the targets; in a raster only the active ones."""
    highest, n_steps = activity.targets.max(initial=0.0), len(activity.targets)
    size = 5.0 if n_steps <= MAX_LETTERS else 3.5 if n_steps <= 250 else 2.5
    for right in (True, False):
        steps = np.flatnonzero(activity.scored & (activity.right == right))
        which, units = np.nonzero(activity.targets[steps] == highest)
        x, y = steps[which], units.astype(float)
        if not as_rows:
            x, y = steps, activity.targets[steps, 0]
        if len(x):
            ax.plot(x, y, **_target_mark(right), markersize=size, clip_on=False, zorder=4)


def _target_mark(right: bool) -> dict[str, Any]:
    colour = marks.COLOURS[1] if right else WRONG
    return {
        "linestyle": "none",
        "marker": "o" if right else "x",
        "markerfacecolor": colour,
        "markeredgecolor": colour,
        "markeredgewidth": 1.0 if right else 1.5,
    }


def _time_axis(ax: Axes, activity: Activity) -> None:
    n_steps = len(activity.targets)
    margin = 0.5 if n_steps <= MAX_LETTERS else 0.005 * n_steps
    ax.set_xlim(-margin, n_steps - 1 + margin)
    if activity.letters and n_steps <= MAX_LETTERS:
        ax.set_xticks(range(n_steps), labels=list(activity.letters), fontsize=9)
        ax.set_xlabel("Symbol read at every step")
    else:
        ax.xaxis.set_major_locator(MaxNLocator(10, integer=True))
        ax.set_xlabel("Step")


def _legend(figure: Figure, activity: Activity) -> None:
    """Add a legend of blocks, cells and target markers."""
    names = max((panel.names for panel in activity.panels[1:-1]), key=len, default=())
    handles = [Line2D([], [], label=n, **_look(n, names)) for n in names[: marks.MAX_NAMES]]
    for right, label in ((True, "target, output right"), (False, "target, output wrong")):
        if (activity.scored & (activity.right == right)).any():
            handles.append(Line2D([], [], label=label, **_target_mark(right)))
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
