"""Groups to be drawn, colour-blind-safe colours, and thin axes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes

from lstmtool.records.results import Assessment
from lstmtool.records.run import Run
from lstmtool.report.text import shown

INK, GRID = "#333333", "#d8d8d8"
# Okabe and Ito's palette without yellow, which is illegible on white.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#444444", "#e69f00", "#56b4e9")
MAX_NAMES = 12  # in a legend


class Group(NamedTuple):
    """Sequences drawn with the same mark."""

    place: int
    name: str
    members: np.ndarray  # (N,) bool


def groups(run: Run, assessment: Assessment) -> list[Group]:
    """Return the groups given by labels or, without labels, the clusters found."""
    key, kind = run.labels, ""
    if key is None:
        key, kind = np.unique(assessment.clusters, return_inverse=True)[1].reshape(-1), "cluster "
    return [Group(r.index, kind + shown(r.name, 24), key == r.index) for r in assessment.ranges]


def drawable(name: str) -> str:
    """Replace characters missing from the figures' font by boxes."""
    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    known = font.get_charmap()
    return "".join(c if ord(c) in known else "□" for c in shown(name, 24))


def thin_axes(ax: Axes) -> None:
    """Draw thin axes without a box, so that the points stand out."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#888888")
    ax.tick_params(colors=INK, labelsize=9)
