"""Records of activations and error flow over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from lstmtool.records.free_running import FreeRunning
from lstmtool.records.score import Score

TITLES = {
    "input": "Inputs",
    "input_gate": "Input gates",
    "forget_gate": "Forget gates",
    "output_gate": "Output gates",
    "cell_input": "Cell inputs",
    "cell_state": "Cell states",
    "cell_output": "Cell outputs",
    "plain_unit": "Plain units",
    "output": "Outputs",
}
"""Titles of the kinds of units, from the inputs to the outputs."""
GATES = ("input_gate", "forget_gate", "output_gate")


class Panel(NamedTuple):
    """Activations of one kind of unit over one sequence."""

    title: str
    names: tuple[str, ...]  # of the units
    values: np.ndarray  # (T, units)
    kind: str = ""  # key of TITLES
    layer: str = ""  # such as "layer 1 backward"; empty for inputs and outputs, and if there is one


class Activity(NamedTuple):
    """Activations of a network over one sequence of T steps."""

    title: str
    panels: tuple[Panel, ...]  # from the inputs to the outputs
    targets: np.ndarray  # (T, K); zeros if there are none
    scored: np.ndarray  # (T,) bool
    right: np.ndarray  # (T,) bool: by the criterion of the task; False where not scored
    letters: str = ""  # one per step, if the inputs are symbols


class GradientDecay(NamedTuple):
    """The error left q steps back in time, in one kind of network."""

    name: str
    about: str  # the network and its weights
    exact: np.ndarray  # (trials, Q + 1) log10 of the norm at lags 0, 1, ..., Q
    truncated: np.ndarray | None = None  # the same within the memory cells alone


class LearningCurves(NamedTuple):
    """How the error falls within a sequence, by a network and by other ways to learn."""

    names: tuple[str, ...]  # the network first
    errors: np.ndarray  # (curves, T) after 0, 1, ... examples, relative to the prior variance
    kept: np.ndarray  # (2, points): examples seen, and the share of the function known to the cells
    n_functions: int


class Review(NamedTuple):
    """Evaluation of a network trained with targets on unseen sequences."""

    title: str  # of the task
    source: str  # its publication
    criterion: str  # when a step is right, in words
    published: str  # published result of such a network; may be empty
    tested: int  # number of new sequences, or streams
    right: tuple[int, int]  # number right, before and after training
    error: tuple[float, float]  # mean squared errors, before and after
    before: Activity  # the same sequence for both
    after: Activity
    curves: LearningCurves | None = None  # of tasks in which functions are learned
    score: Score | None = None  # of music, what the network composes
    played: Mapping[str, float] | None = None  # what can be said of it, by name
    freely: FreeRunning | None = None  # of a series, after training


def panel(kind: str, names: Sequence[str], values: np.ndarray, layer: str = "") -> Panel:
    """Return the panel of one kind of unit, a key of `TITLES`."""
    title = TITLES[kind]
    if layer:
        title = f"{layer.capitalize()}: {title[0].lower()}{title[1:]}"
    return Panel(title, tuple(names), values, kind, layer)


def layer_panels(
    blocks: tuple[int, ...], values: Mapping[str, np.ndarray], layer: str = ""
) -> list[Panel]:
    """Return the panels of a layer of memory blocks and plain units.

    Parameters
    ----------
    blocks : tuple of int
        Cells of each memory block.
    values : dict of str to ndarray of shape (T, units)
        By the keys of `TITLES`; kinds without units are left out.
    layer : str
        Name of the layer, if the network has several.
    """
    of_blocks, of_cells = block_names(blocks), cell_names(blocks)
    panels = []
    for kind in TITLES:
        if kind not in values or not values[kind].size:
            continue
        names = of_blocks if kind in GATES else of_cells
        if kind == "plain_unit":
            names = tuple(f"unit {p + 1}" for p in range(values[kind].shape[1]))
        panels.append(panel(kind, names, values[kind], layer))
    return panels


def block_names(blocks: tuple[int, ...]) -> tuple[str, ...]:
    """Return the names of memory blocks, whose gates have them too."""
    return tuple(f"block {j + 1}" for j in range(len(blocks)))


def cell_names(blocks: tuple[int, ...]) -> tuple[str, ...]:
    """Return the names of memory cells: those of their blocks, if each has a single one."""
    if max(blocks, default=1) == 1:
        return block_names(blocks)
    return tuple(f"block {j + 1}, cell {v + 1}" for j, n in enumerate(blocks) for v in range(n))
