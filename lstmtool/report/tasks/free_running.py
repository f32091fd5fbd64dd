"""Figures of networks that go on predicting a series by themselves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from lstmtool.records.free_running import FreeRunning
from lstmtool.report import marks, markup

WILD = 3.0  # standard deviations beyond which a prediction is not drawn
BELOW, ABOVE = 1e-7, 1e2  # of the errors drawn


def section(found: FreeRunning) -> str:
    """Return the part of a trained network's page on how it goes on by itself."""
    last = float(found.errors[-1])
    told = (
        "After 1000 steps that it reads, the network is given its own predictions. On 50 new "
        f"series the error after {len(found.errors)} steps is {last:.3g} standard deviations."
    )
    caption = "One new series, from the step on at which the network goes on by itself."
    return markup.section(
        "Going on by itself",
        markup.element("p", told),
        markup.picture(prediction({"network": (found.truth, found.predicted)}), told, caption),
        markup.picture(by_horizon({"network": found.errors[None]}), "Error by horizon"),
        *limits(found.eigenvalues, found.words),
    )


def limits(eigenvalues: np.ndarray, words: str) -> list[str]:
    """Return what is known of a reservoir's stability; nothing for other networks."""
    if not len(eigenvalues):
        return []
    caption = f"{words} Dots are the eigenvalues of the matrix that the second limit is about."
    return [markup.picture(spectrum(eigenvalues), words, caption)]


def prediction(pairs: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Draw series and what networks make of them, each pair in a panel of its own."""
    figure = Figure(figsize=(8.0, 0.6 + 1.25 * len(pairs)), layout="constrained")
    axes = figure.subplots(len(pairs), 1, sharex=True, squeeze=False)[:, 0]
    for k, (ax, (name, (truth, values))) in enumerate(zip(axes, pairs.items(), strict=True)):
        middle, spread = float(truth.mean()), float(truth.std())
        marks.thin_axes(ax)
        drawn = np.where(np.abs(values - middle) < WILD * spread, values, np.nan)
        ax.plot(truth, color=marks.INK, linewidth=1.0, label="series")
        colour = marks.COLOURS[k % len(marks.COLOURS)]
        ax.plot(drawn, color=colour, linewidth=1.2, linestyle="--", label="predicted")
        ax.axvline(84, color=marks.GRID, linewidth=0.8, zorder=0)
        ax.set_title(name, loc="left", fontsize=9, pad=3, parse_math=False)
        ax.set_ylim(middle - WILD * spread, middle + WILD * spread)
    axes[-1].set_xlabel("Steps since the last value that was read")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2,
                  frameon=False, fontsize=8)  # fmt: skip
    return figure


def by_horizon(errors: Mapping[str, np.ndarray]) -> Figure:
    """Draw medians and quartiles over networks of the errors (networks, H) at each step."""
    figure = Figure(figsize=(8.0, 3.4), layout="constrained")
    ax = figure.add_subplot()
    marks.thin_axes(ax)
    for k, (name, values) in enumerate(errors.items()):
        steps = np.arange(1, values.shape[1] + 1)
        low, middle, high = (_drawn(np.quantile(values, q, axis=0)) for q in (0.25, 0.5, 0.75))
        colour, style = marks.COLOURS[k % len(marks.COLOURS)], "-" if k < 7 else "--"
        ax.plot(steps, middle, color=colour, linewidth=1.5, linestyle=style, label=name)
        if len(values) > 1:
            ax.fill_between(steps, low, high, color=colour, alpha=0.15, linewidth=0)
    ax.set_yscale("log")
    ax.set_xlabel("Steps since the last value that was read")
    ax.set_ylabel("Error in standard deviations")
    ax.grid(color=marks.GRID, linewidth=0.6)
    if len(errors) > 1:
        figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure


def _drawn(values: np.ndarray) -> np.ndarray:
    return np.clip(np.where(np.isfinite(values), values, ABOVE), BELOW, ABOVE)


def spectrum(eigenvalues: np.ndarray) -> Figure:
    """Draw eigenvalues in the complex plane, with the unit circle."""
    figure = Figure(figsize=(4.2, 3.8), layout="constrained")
    ax = figure.add_subplot()
    marks.thin_axes(ax)
    around = np.linspace(0.0, 2.0 * np.pi, 200)
    ax.plot(np.cos(around), np.sin(around), color="#888888", linewidth=0.8)
    ax.plot(eigenvalues.real, eigenvalues.imag, ".", color=marks.COLOURS[0], markersize=3)
    ax.set_aspect("equal")
    ax.set_xlabel("Real part")
    ax.set_ylabel("Imaginary part")
    return figure
