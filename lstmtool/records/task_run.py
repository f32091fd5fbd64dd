"""What `lstmtool learn` leaves behind: a network trained on a classic task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

HISTORY_COLUMNS = ("sequences", "error", "right")


@dataclass(frozen=True)
class TaskRun:
    """A trained network, how it was trained, and how that went.

    Attributes
    ----------
    task : str
    options : dict
        Of the task, those that differ from what is published.
    rule : str
        Name of the learning rule.
    topology, settings : dict
        What the network and the rule were made with, JSON values.
    update : str
        When weights changed: step, sequence or batch.
    seed : int
    solved : bool
        Whether the published criterion was reached.
    sequences : int
        Training sequences, or streams, until then, or in all.
    counted : str
        What `sequences` counts: sequences or streams.
    figures : dict of str to float
        What a test showed.
    history : ndarray of shape (rows, 3)
        Sequences so far, mean squared error, share right.
    initial_parameters, parameters : ndarray of shape (P,)
    n_weights : int
        Weights that exist.
    parameter_table : list
        Name, shape and offset of the parts of the flat vector.
    provenance : dict
    """

    task: str
    options: dict[str, Any]
    rule: str
    topology: dict[str, Any]
    settings: dict[str, Any]
    update: str
    seed: int
    solved: bool
    sequences: int
    counted: str
    figures: dict[str, float]
    history: np.ndarray
    initial_parameters: np.ndarray
    parameters: np.ndarray
    n_weights: int
    parameter_table: list[tuple[str, tuple[int, ...], int]]
    provenance: dict[str, Any] = field(default_factory=dict)
