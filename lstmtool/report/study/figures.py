"""How well the label-free score ranks restarts."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lstmtool.report import marks

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
