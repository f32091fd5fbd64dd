"""Learning curves of the chosen restart, and the scores of all restarts."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lstmtool.records.run import Run
from lstmtool.report import marks

CURVES = {
    "objective": "Objective",
    "joint_bits": "Joint information (bits)",
    "entropy": "Entropy (nats)",
    "sigma": "Kernel width σ",
    "gradient_norm": "Gradient norm",
}
LOGARITHMIC = {"sigma", "gradient_norm"}


def learning_curves(run: Run) -> Figure | None:
    """Draw every recorded quantity against the epoch; None if nothing was recorded."""
    names = recorded(run)
    if not names:
        return None
    columns = 2 if len(names) in (2, 4) else min(3, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(8.0, 0.4 + 2.2 * rows), layout="constrained")
    epoch, borders = epochs_through(run)
    for panel, name in enumerate(names):
        ax = figure.add_subplot(rows, columns, panel + 1)
        values = np.asarray(run.history[name], dtype=float)
        ax.plot(epoch, values, color=marks.COLOURS[0], linewidth=1.4)
        for border in borders:
            ax.axvline(border, color=marks.INK, linewidth=0.8, linestyle=":")
        low, high = np.nanmin(values), np.nanmax(values)
        if name in LOGARITHMIC and 0 < 10 * low < high:
            ax.set_yscale("log")
        ax.set_title(CURVES[name])
        ax.set_xlabel("Epoch")
        marks.thin_axes(ax)
    return figure


def restarts(run: Run) -> Figure | None:
    """Draw the selection score of every restart, the best first; None if there is one restart."""
    score = np.asarray(run.restarts.get("score", []), dtype=float)
    if len(score) < 2 or not np.isfinite(score).any():
        return None
    order = np.argsort(np.where(np.isfinite(score), -score, np.inf), kind="stable")
    rank = np.arange(1, len(score) + 1)
    figure = Figure(figsize=(8.0, 2.8), layout="constrained")
    ax = figure.add_subplot()
    control = run.restarts.get("untrained_score")
    if control is not None and np.isfinite(control).any():
        values = np.asarray(control, dtype=float)[order]
        ax.plot(rank, values, "x", color=marks.COLOURS[1], label="its untrained control")
    ax.plot(rank, score[order], "o", color=marks.COLOURS[0], label="trained")
    at = int(np.flatnonzero(order == run.chosen)[0])
    ax.plot(
        rank[at],
        score[run.chosen],
        "o",
        markersize=13,
        markerfacecolor="none",
        markeredgecolor=marks.INK,
        label="chosen",
    )
    ax.set_xlabel("Restarts, best first")
    ax.set_ylabel("Selection score (bits)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    low, high = ax.get_ylim()
    ax.set_ylim(min(0.0, low), high + 0.08 * (high - min(0.0, low)))
    marks.thin_axes(ax)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def recorded(run: Run) -> list[str]:
    """Return the names of the recorded quantities, without those that repeat another."""
    found: list[str] = []
    for name in CURVES:
        values = np.asarray(run.history.get(name, np.nan), dtype=float)
        known = any(np.array_equal(values, run.history[k], equal_nan=True) for k in found)
        if np.isfinite(values).sum() > 1 and not known:
            found.append(name)
    return found


def epochs_through(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Return epochs counted across all stages (E,), and the epochs at which stages begin."""
    epoch = np.asarray(run.history["epoch"], dtype=float)
    steps = np.diff(epoch, prepend=epoch[:1])
    through = epoch + np.cumsum(np.where(steps < 0, epoch - steps, 0.0) * (steps < 0))
    stage = np.asarray(run.history.get("stage", np.zeros(len(epoch))))
    return through, through[np.flatnonzero(np.diff(stage) != 0) + 1]
