"""Records of activations and error flow over time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Panel(NamedTuple):
    """Activations of one kind of unit over one sequence."""

    title: str
    names: tuple[str, ...]  # of the units
    values: np.ndarray  # (T, units)


class Activity(NamedTuple):
    """Activations of a network over one sequence of T steps."""

    title: str
    panels: tuple[Panel, ...]  # from the inputs to the outputs
    targets: np.ndarray  # (T, K)
    scored: np.ndarray  # (T,) bool
    right: np.ndarray  # (T,) bool: by the criterion of the task; False where not scored
    letters: str = ""  # one per step, if the inputs are symbols


class GradientDecay(NamedTuple):
    """The error left q steps back in time, in one kind of network."""

    name: str
    about: str  # the network and its weights
    exact: np.ndarray  # (trials, Q + 1) log10 of the norm at lags 0, 1, ..., Q
    truncated: np.ndarray | None = None  # the same within the memory cells alone


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
