"""How well the label-free score ranks restarts, and curves thinned to what can be seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lstmtool.records.results import Assessment, Curve
from lstmtool.report import marks

SEEN = 0.002  # of the height of a curve: less than the width of a line
VECTORS = 200  # more points than this are rasterised


def scatter(part: dict[str, Any]) -> Figure | None:
    """Draw the selection score of every restart against its agreement with the groups.

    Parameters
    ----------
    part : dict
        One experiment of a study.

    Returns
    -------
    Figure or None
        None if no selection score is finite.
    """
    records = part["records"]
    score = np.array([r["scores"] for r in records], dtype=float)
    ari = np.array([r["aris"] for r in records], dtype=float)
    if not np.isfinite(score).any():
        return None
    rows = np.arange(len(records))
    chosen = np.array([r["chosen"] for r in records])
    figure = Figure(figsize=(8.0, 2.9), layout="constrained")
    ax = figure.add_subplot()
    pixels = score.size > VECTORS
    look: dict[str, Any] = {"linestyle": "none", "rasterized": pixels, "clip_on": False}
    ax.plot(
        score.ravel(),
        ari.ravel(),
        marker="o",
        markersize=4,
        markerfacecolor=marks.COLOURS[0],
        markeredgewidth=0,
        alpha=0.35 if pixels else 0.6,
        label="a restart",
        **look,
    )
    ax.plot(
        score[rows, chosen],
        ari[rows, chosen],
        marker="o",
        markersize=9,
        markerfacecolor="none",
        markeredgecolor=marks.COLOURS[1],
        markeredgewidth=1.3,
        label="the one chosen on its data set",
        **look,
    )
    ax.set_xlabel("Selection score (bits), which reads no labels")
    ax.set_ylabel("Adjusted Rand index")
    ax.set_ylim(min(-0.05, float(np.nanmin(ari))), 1.05)
    marks.thin_axes(ax)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def thinned(assessment: Assessment) -> Assessment:
    """Return the assessment with thinned curves, since a study's page has many."""
    return replace(assessment, curves={k: _thinned(c) for k, c in assessment.curves.items()})


def _thinned(curve: Curve) -> Curve:
    """Drop points that lie on the line between others (Ramer 1972)."""
    x, y = curve.points, curve.density / curve.density.max()
    keep, spans = {0, len(x) - 1}, [(0, len(x) - 1)]
    while spans:
        first, last = spans.pop()
        line = np.interp(x[first : last + 1], x[[first, last]], y[[first, last]])
        off = np.abs(y[first : last + 1] - line)
        if off.max() > SEEN:
            middle = first + int(off.argmax())
            keep.add(middle)
            spans += [(first, middle), (middle, last)]
    kept = sorted(keep)
    return Curve(curve.points[kept], curve.density[kept])
