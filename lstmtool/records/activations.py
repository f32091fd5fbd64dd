"""Records of what networks do over time: activations, and how far back an error reaches."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Panel(NamedTuple):
    """Activations of one kind of unit over one sequence."""

    title: str
    names: tuple[str, ...]  # of the units
    values: np.ndarray  # (T, units)


class Activity(NamedTuple):
    """What a network did over one sequence of T steps."""

    title: str
    panels: tuple[Panel, ...]  # from the inputs to the outputs, which are the last
    targets: np.ndarray  # (T, K)
    scored: np.ndarray  # (T,) bool
    right: np.ndarray  # (T,) bool: by the criterion of the task; False where not scored
    letters: str = ""  # one for every step, where the inputs stand for symbols


class GradientDecay(NamedTuple):
    """How much of an error is left q steps back in time, in one kind of network."""

    name: str
    about: str  # which network, from which weights
    exact: np.ndarray  # (trials, Q + 1) log10 of the norm at lags 0, 1, ..., Q
    truncated: np.ndarray | None = None  # the same within the memory cells alone


class Review(NamedTuple):
    """What a network trained on a classic task does on sequences that it has not seen."""

    title: str  # of the task
    source: str  # where it was published
    criterion: str  # when a step is right, in words
    published: str  # what a publication found with such a network; empty if none did
    tested: int  # new sequences, or streams
    right: tuple[int, int]  # of them, before and after training
    error: tuple[float, float]  # mean squared errors, before and after
    before: Activity  # the same sequence for both
    after: Activity
