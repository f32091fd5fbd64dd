"""Figures of a run with Matplotlib: its outputs, its clusters, its network at work, its training.

Each function returns a Matplotlib figure, which notebooks show and ``savefig`` writes. With `ax` it
draws into those axes, and returns their figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.records.activation_arrays import Activations
from lstmtool.records.activations import GATES, TITLES, Activity, Panel
from lstmtool.records.run import Run
from lstmtool.trained_run import TrainedRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

__all__ = ["activations", "clusters", "learning_curves", "outputs"]

# Okabe and Ito's palette without yellow, which is illegible on white.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#444444", "#e69f00", "#56b4e9")
SYMBOLS = ("o", "+", "*", "^", "s", "x", "D", "v")  # the first four are the paper's
STYLES = ("-", "--", ":", "-.")
MOST_NAMES = 12  # in a legend
LOGARITHMIC = ("sigma", "gradient_norm")


def outputs(run: Run, ax: Axes | None = None, *, pair: tuple[int, int] = (1, 2)) -> Figure:
    """Draw the outputs of the training sequences, by group or, without labels, by cluster.

    The legend counts them, since many may lie on the same point. One output is drawn with a line
    for every group, several in a plane.

    Parameters
    ----------
    pair : tuple of int
        Which two of several outputs, counted from 1.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    UsageError
        If there is no such output, or Matplotlib is not installed.
    """
    own, y = _trained(run), run.after.activations
    groups = list(_groups(own))
    figure, ax = _figure(ax, 5.5, 0.9 + 0.35 * len(groups) if y.shape[1] == 1 else 4.8)
    if y.shape[1] == 1:
        x, vertical = y[:, 0], np.zeros(len(y))
        for place, group in enumerate(groups):
            vertical[group.members] = -place
        ax.set_yticks([-place for place in range(len(groups))], labels=[g.name for g in groups])
        ax.set_ylim(0.6 - len(groups), 0.6)
        ax.set_xlabel("Output")
    else:
        if not all(1 <= number <= y.shape[1] for number in pair):
            raise UsageError(
                f"pair={pair} names an output that is not there.",
                fix=f"The outputs of this run are 1 to {y.shape[1]}.",
            )
        x, vertical = (y[:, number - 1] for number in pair)
        ax.set_xlabel(f"Output {pair[0]}")
        ax.set_ylabel(f"Output {pair[1]}")
    if run.settings.network.output_unit == "logistic":
        ax.set_xlim(-0.02, 1.02)
        if y.shape[1] > 1:
            ax.set_ylim(-0.02, 1.02)
            ax.set_aspect("equal")
    for place, group in enumerate(groups):
        label = f"{group.name} ({group.members.sum()})"
        ax.plot(x[group.members], vertical[group.members], **_mark(place), label=label)
    if y.shape[1] > 1:
        _legend(ax)
    _literal(ax)
    return figure


def clusters(run: Run, ax: Axes | None = None) -> Figure:
    """Draw the size of every cluster, split by group where the run has labels.

    The number at the end of a bar is the mean confidence of its sequences.

    Returns
    -------
    matplotlib.figure.Figure
    """
    own = _trained(run)
    numbers, counts = np.unique(own.clusters, return_counts=True)
    names = [own.cluster_names[int(number)] for number in numbers]
    figure, ax = _figure(ax, 5.5, 1.2 + 0.35 * len(numbers))
    places, left = -np.arange(len(numbers)), np.zeros(len(numbers))
    groups = list(_groups(own)) if run.labels is not None else []
    every = _Group("", np.ones(len(own.clusters), dtype=bool))
    for place, group in enumerate(groups or [every]):
        inside = np.array([(group.members & (own.clusters == k)).sum() for k in numbers])
        colour = COLOURS[place % len(COLOURS)]
        ax.barh(places, inside, left=left, color=colour, edgecolor="white", label=group.name)
        left += inside
    for height, number, count in zip(places, numbers, counts, strict=True):
        mean = own.confidence[own.clusters == number].mean()
        ax.text(int(count), int(height), f" {mean:.2f}" if np.isfinite(mean) else "", va="center")
    ax.set_yticks(places, labels=names)
    ax.set_xlim(0, 1.12 * counts.max())
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel("Sequences (and mean confidence)")
    ax.set_ylabel("Cluster")
    if groups:
        _legend(ax)
    _literal(ax)
    return figure


def activations(
    seen: Activations | Activity,
    sequence: int | str = 0,
    ax: Axes | None = None,
    *,
    kind: str | None = None,
) -> Figure:
    """Draw what the units of a network do over one sequence, kind by kind.

    Parameters
    ----------
    seen : Activations
        As `TrainedRun.activations` returns them.
    sequence : int or str
        Number or name of the sequence.
    kind : str, optional
        One kind of unit: ``input``, ``input_gate``, ``forget_gate``, ``output_gate``,
        ``cell_input``, ``cell_state``, ``cell_output``, ``plain_unit`` or ``output``. By default
        all are drawn below each other or, with `ax`, the cell states.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    UsageError
        If the network has no such units, or Matplotlib is not installed.
    """
    activity = seen if isinstance(seen, Activity) else seen.of(sequence)
    average = seen.average if isinstance(seen, Activations) else 1
    if ax is not None and kind is None:
        kind = "cell_state"
    panels = [panel for panel in activity.panels if kind in (None, panel.kind)]
    if not panels:
        kinds = list(dict.fromkeys(panel.kind for panel in activity.panels))
        raise UsageError(
            f"This network has no units of the kind {kind!r}.", fix=f"It has {', '.join(kinds)}."
        )
    if ax is not None:
        figure, axes = _figure(ax, 0, 0)[0], [ax] * len(panels)
    else:
        figure = _new_figure(7.0, 0.7 + 1.35 * len(panels))
        grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)
        axes = list(grid[:, 0])
    for one, panel in zip(axes, panels, strict=True):
        _draw_panel(one, panel, average, titled=ax is None)
    axes[-1].set_xlabel("Step")
    return figure


def learning_curves(run: Run, ax: Axes | None = None, *, quantity: str = "objective") -> Figure:
    """Draw a quantity against the epochs of the chosen restart, every stage on axes of its own.

    Parameters
    ----------
    quantity : {"objective", "joint_bits", "entropy", "sigma", "gradient_norm"}
        A column of the run's history.
    ax : Axes, optional
        For the last stage in which it was recorded.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    UsageError
        If it was not recorded, or Matplotlib is not installed.
    """
    values = np.asarray(run.history.get(quantity, []), dtype=float)
    of_stage = np.asarray(run.history.get("stage", np.zeros(len(values))))
    stages = [int(k) for k in np.unique(of_stage[np.isfinite(values)])] if len(values) else []
    if not stages:
        known = [name for name in run.history if name not in ("epoch", "stage")]
        raise UsageError(
            f"Nothing was recorded of {quantity!r}.",
            fix=f"Choose one of {', '.join(known)}." if known else "The run has no history.",
        )
    if ax is not None:
        figure, axes, stages = _figure(ax, 0, 0)[0], [ax], stages[-1:]
    else:
        figure = _new_figure(1.2 + 3.2 * len(stages), 3.0)
        axes = list(figure.subplots(1, len(stages), squeeze=False)[0])
    for one, stage in zip(axes, stages, strict=True):
        own = (of_stage == stage) & np.isfinite(values)
        one.plot(np.asarray(run.history["epoch"])[own], values[own], color=COLOURS[0])
        if quantity in LOGARITHMIC and (values[own] > 0).all():
            one.set_yscale("log")
        name = run.settings.stages[stage].objective
        one.set_title(f"Stage {stage + 1}: {name}", loc="left", fontsize="medium")
        one.set_xlabel("Epoch")
        _thin(one)
    axes[0].set_ylabel(quantity.replace("_", " ").capitalize())
    return figure


class _Group(NamedTuple):
    """Sequences drawn alike."""

    name: str
    members: np.ndarray  # (N,) bool


def _trained(run: Run) -> TrainedRun:
    return run if isinstance(run, TrainedRun) else TrainedRun.of(run)


def _groups(run: TrainedRun) -> Iterator[_Group]:
    """Yield the groups that the labels name or, without labels, the clusters."""
    if run.labels is not None:
        for label in np.unique(run.labels):
            yield _Group(run.label_names[label], run.labels == label)
        return
    for number in np.unique(run.clusters):
        yield _Group(f"cluster {run.cluster_names[int(number)]}", run.clusters == number)


def _draw_panel(ax: Axes, panel: Panel, average: int, titled: bool) -> None:
    """Draw the units of one kind: a colour for each block, a line style for each of its cells."""
    steps = average * np.arange(len(panel.values))
    blocks = list(dict.fromkeys(name.partition(",")[0] for name in panel.names))
    styles = {block: cycle(STYLES) for block in blocks}
    for name, values in zip(panel.names, panel.values.T, strict=True):
        block = name.partition(",")[0]
        colour = COLOURS[blocks.index(block) % len(COLOURS)]
        label = name if titled or not panel.layer else f"{panel.layer}, {name}"
        ax.plot(steps, values, color=colour, linestyle=next(styles[block]), label=label)
    if panel.kind in GATES:
        ax.set_ylim(-0.04, 1.04)
    if titled:
        ax.set_title(panel.title, loc="left", fontsize="medium")
    else:
        ax.set_ylabel(TITLES.get(panel.kind, panel.title))
    _legend(ax)
    _literal(ax)


def _mark(place: int) -> dict[str, Any]:
    symbol, colour = SYMBOLS[place % len(SYMBOLS)], COLOURS[place % len(COLOURS)]
    return {
        "marker": symbol,
        "linestyle": "none",
        "markeredgecolor": colour,
        "markerfacecolor": "none",
        "clip_on": False,
    }


def _legend(ax: Axes) -> None:
    """Name what is drawn beside the axes, where it covers nothing."""
    handles, names = ax.get_legend_handles_labels()
    if len(names) > MOST_NAMES:
        names[MOST_NAMES - 1] = f"… {len(names) - MOST_NAMES + 1} more"
    made = ax.legend(
        handles[:MOST_NAMES],
        names[:MOST_NAMES],
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        frameon=False,
        fontsize="small",
    )
    for text in made.get_texts():
        text.set_parse_math(False)


def _literal(ax: Axes) -> None:
    """Show names as they are, though they may have dollar signs; and thin axes."""
    for text in ax.get_yticklabels():
        text.set_parse_math(False)
    _thin(ax)


def _thin(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)


def _figure(ax: Axes | None, width: float, height: float) -> tuple[Figure, Axes]:
    """Return the axes given and the figure that they are in, or new ones."""
    if ax is None:
        figure = _new_figure(width, height)
        return figure, figure.add_subplot()
    found: Figure | SubFigure | None = ax.get_figure()
    while found is not None and found.get_figure() is not found:
        found = found.get_figure()
    assert found is not None
    return found, ax  # type: ignore[return-value]


def _new_figure(width: float, height: float) -> Figure:
    try:
        from lstmtool.plot.figure import Figure
    except ImportError as error:
        raise UsageError(
            "Figures need the package matplotlib.", fix="pip install 'lstmtool[plot]'"
        ) from error
    return Figure(figsize=(width, height), layout="constrained")
