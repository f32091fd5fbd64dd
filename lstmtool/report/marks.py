"""Markers and colour-blind-safe colours for groups: the paper's symbols first."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lstmtool.records.results import Assessment
from lstmtool.records.run import Run
from lstmtool.report.text import shown

INK, GRID = "#333333", "#d8d8d8"
# Okabe and Ito's palette without yellow, which is illegible on white.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#444444", "#e69f00", "#56b4e9")
# Circle, plus, star, triangle as in the paper, then others; coprime in number to the colours.
SYMBOLS = ("o", "+", "*", "^", "s", "x", "D", "v")
SIZES = {"*": 8.5, "+": 8.0, "x": 7.0}
MAX_NAMES = 12  # in a legend
VECTORS = 3000  # more points than this are rasterised


class Group(NamedTuple):
    """Sequences drawn with the same marker."""

    place: int
    name: str
    members: np.ndarray  # (N,) bool


def groups(run: Run, assessment: Assessment) -> list[Group]:
    """Return the groups given by labels or, without labels, the clusters found."""
    key, kind = run.labels, ""
    if key is None:
        key, kind = np.unique(assessment.clusters, return_inverse=True)[1].reshape(-1), "cluster "
    return [Group(r.index, kind + drawable(r.name), key == r.index) for r in assessment.ranges]


def drawable(name: str) -> str:
    """Replace characters missing from the figures' font by boxes."""
    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    known = font.get_charmap()
    return "".join(c if ord(c) in known else "□" for c in shown(name, 24))


def mark(index: int, crowd: int) -> dict[str, Any]:
    """Return the marker style of group `index`, smaller and fainter when `crowd` is large."""
    symbol, colour = SYMBOLS[index % len(SYMBOLS)], COLOURS[index % len(COLOURS)]
    shrink = 1.0 if crowd <= 200 else 0.75 if crowd <= 1000 else 0.5
    return {
        "marker": symbol,
        "markersize": shrink * SIZES.get(symbol, 6.5),
        "markeredgecolor": colour,
        "markerfacecolor": colour if symbol == "*" else "none",
        "markeredgewidth": 1.4 if crowd <= 200 else 0.8,
        "alpha": 0.9 if crowd <= 1000 else 0.5,
        "linestyle": "none",
    }


def points(ax: Axes, x: np.ndarray, y: np.ndarray, drawn: list[Group], panels: int) -> None:
    """Draw every finite point, group by group."""
    finite = np.isfinite(x) & np.isfinite(y)
    for group in drawn:
        chosen = group.members & finite
        if not chosen.any():  # constrained layout fails on lines without extent
            continue
        ax.plot(
            x[chosen],
            y[chosen],
            **mark(group.place, len(x)),
            rasterized=len(x) * panels > VECTORS,
            clip_on=False,
            zorder=3,
        )


def legend(figure: Figure, drawn: list[Group]) -> None:
    """Put the legend below the panels, where it covers no points."""
    handles = [
        Line2D([], [], **mark(g.place, 0), label=g.name or "(no name)") for g in drawn[:MAX_NAMES]
    ]
    if len(drawn) > MAX_NAMES:
        rest = len(drawn) - MAX_NAMES
        handles.append(Line2D([], [], linestyle="none", label=f"… {rest} more"))
    widest = max(len(str(handle.get_label())) for handle in handles)
    fitting = int(90 / (widest + 6))  # characters that fit beside each other
    rows = -(-len(handles) // max(1, fitting))
    columns = -(-len(handles) // rows)
    made = figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False)
    for text in made.get_texts():
        text.set_parse_math(False)


def thin_axes(ax: Axes) -> None:
    """Draw thin axes without a box, so that the points stand out."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#888888")
    ax.tick_params(colors=INK, labelsize=9)
