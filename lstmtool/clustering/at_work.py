"""What the memory blocks of a run do on its clusters: exemplars, and mean states over time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.clustering.activations import activities
from lstmtool.clustering.assign import Assigner
from lstmtool.clustering.certainty import Members
from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.errors import DataError
from lstmtool.network.stack import numbers_of_step
from lstmtool.records.activations import Activity
from lstmtool.records.run import Run

MOST = 24  # sequences of a cluster whose states are averaged
LARGEST = 100_000_000  # numbers of one sequence that are kept
NUMBERS = 20_000_000  # activations computed for all clusters together


class Cell(NamedTuple):
    """A memory cell, and its mean state on the clusters."""

    layer: str  # "" if there is one
    name: str
    difference: float  # between clusters, in deviations of the state: what cells are ranked by
    means: tuple[np.ndarray, ...]  # of every cluster: (T,) by step, while half of it goes on


class AtWork(NamedTuple):
    """A network at work on its clusters.

    Parameters
    ----------
    exemplars : tuple of Activity
        Of every cluster's exemplar.
    averaged : tuple of int
        Sequences of every cluster behind its mean states.
    cells : tuple of Cell
        All of them, those that differ most between clusters first.
    step : int
        Steps of a sequence that the network reads as one.
    """

    exemplars: tuple[Activity, ...]
    averaged: tuple[int, ...]
    cells: tuple[Cell, ...]
    step: int


def at_work(run: Run, sequences: Sequences, found: tuple[Members, ...]) -> AtWork | None:
    """Run the network over some sequences of every cluster; None without clusters.

    Parameters
    ----------
    sequences : Sequences
        All that the run was trained on.
    found : tuple of Members
        The clusters.

    Raises
    ------
    DataError
        If the run's weights do not fit its network, or the sequences are too long.
    """
    if not found:
        return None
    assigner = Assigner(run, alternative=0)
    steps = min(int(sequences.lengths.max()), run.settings.inputs.window or 2**62)
    size = numbers_of_step(assigner.network.levels) * steps
    if size > LARGEST:
        raise DataError(
            "The sequences are too long to keep what every unit does at every step.",
            f"{size:,} numbers for the longest one; at most {LARGEST:,} are kept",
        )
    most = int(np.clip(NUMBERS // max(1, size * len(found)), 1, MOST))
    exemplars, averaged, states = [], [], []
    for one in found:
        chosen = _spread(one, most)
        part = from_arrays(
            [sequences[int(n)] for n in chosen],
            sampling_rate=sequences.sampling_rate,
            attributes=sequences.attributes,
        )
        seen = list(activities(assigner, part))
        exemplars.append(seen[0])
        averaged.append(len(seen))
        states.append([_states(activity) for activity in seen])
    cells = _ranked(_cells(exemplars[0]), states)
    average = run.preprocessing.settings.average
    return AtWork(tuple(exemplars), tuple(averaged), cells, average if average != "auto" else 1)


def _spread(one: Members, most: int) -> np.ndarray:
    """Return the exemplar, then members evenly from the surest to the least sure."""
    others = one.order[one.order != one.exemplar]
    if len(others) > most - 1:
        others = others[np.linspace(0, len(others) - 1, most + 1).round().astype(int)[1:-1]]
    return np.concatenate([[one.exemplar], others]).astype(int)


def _cells(activity: Activity) -> list[tuple[str, str]]:
    """Return layer and name of every cell."""
    return [
        (panel.layer, name)
        for panel in activity.panels
        if panel.kind == "cell_state"
        for name in panel.names
    ]


def _states(activity: Activity) -> np.ndarray:
    """Return the states of all cells (T, C)."""
    return np.hstack([p.values for p in activity.panels if p.kind == "cell_state"])


def _ranked(names: list[tuple[str, str]], states: list[list[np.ndarray]]) -> tuple[Cell, ...]:
    means = [_mean(of_cluster) for of_cluster in states]
    together = np.concatenate([s for of_cluster in states for s in of_cluster])
    spread = together.std(axis=0)
    shared = min(map(len, means))
    between = np.stack([m[:shared] for m in means]).std(axis=0)
    difference = np.sqrt((between**2).mean(axis=0))
    difference = np.divide(difference, spread, out=np.zeros_like(spread), where=spread > 0)
    difference = np.nan_to_num(difference)
    return tuple(
        Cell(names[c][0], names[c][1], float(difference[c]), tuple(m[:, c] for m in means))
        for c in np.argsort(-difference, kind="stable")
    )


def _mean(states: list[np.ndarray]) -> np.ndarray:
    """Return the mean state (T, C) at every step that at least half of the sequences reach."""
    lengths = np.sort([len(s) for s in states])
    end = int(lengths[len(lengths) // 2])
    total, count = np.zeros((end, states[0].shape[1])), np.zeros((end, 1))
    for s in states:
        total[: len(s)] += s[:end]
        count[: len(s)] += 1
    return total / count
