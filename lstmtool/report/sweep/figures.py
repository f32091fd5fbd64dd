"""A figure of the scores of a sweep's settings."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstmtool.report import marks
from lstmtool.report.text import shown
from lstmtool.text import option_text

MOST = 40
"""Maximum number of settings drawn: the best."""
PANELS = {
    "score": "Selection score (bits), without labels",
    "ari": "Adjusted Rand index",
    "nmi": "Normalised mutual information",
}


def scores(sweep: dict[str, Any]) -> Figure:
    """Draw every run as a point, with medians and quartiles; the best setting on top.

    Parameters
    ----------
    sweep : dict
        As `lstmtool.report.sweep.terminal.show` takes it.

    Returns
    -------
    Figure
        A panel for the label-free score and, with labels, panels for ARI and NMI.
    """
    settings = [sweep["settings"][place] for place in sweep["ranked"][:MOST]]
    drawn = [name for name in PANELS if any(s["summary"][name] for s in settings)] or ["score"]
    height = 0.9 + 0.28 * len(settings)
    figure = Figure(figsize=(8.0, height), layout="constrained")
    first: Axes | None = None
    for panel, name in enumerate(drawn):
        first = _panel(figure.add_subplot(1, len(drawn), panel + 1, sharey=first), name, settings)
        if panel == 0:
            labels = [marks.drawable(_label(sweep["tried"], s["options"])) for s in settings]
            first.set_yticks(range(len(settings)), labels=labels)
            for text in first.get_yticklabels():
                text.set_parse_math(False)
        else:
            first.tick_params(labelleft=False)
    assert first is not None
    first.set_ylim(len(settings) - 0.5, -0.5)
    return figure


def _panel(ax: Axes, name: str, settings: list[dict[str, Any]]) -> Axes:
    marks.thin_axes(ax)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", color=marks.GRID)
    ax.set_axisbelow(True)
    ax.set_xlabel(PANELS[name], fontsize=9)
    for row, setting in enumerate(settings):
        values = [r[name] for r in setting["records"] if r[name] is not None]
        if not values:
            continue
        quartiles, colour = setting["summary"][name], marks.COLOURS[0 if row else 1]
        ax.plot(values, [row] * len(values), "o", color=colour, markersize=4, alpha=0.4, mew=0)
        ax.plot([quartiles["q1"], quartiles["q3"]], [row, row], color=colour, linewidth=2.0)
        ax.plot([quartiles["median"]], [row], "|", color=colour, markersize=11, mew=2.0)
    return ax


def _label(tried: list[str], options: dict[str, Any]) -> str:
    """Label a setting by its values; the table names the options."""
    return shown(", ".join(option_text(options[name]) for name in tried), 24)
