"""The record of a network trained with targets by `lstmtool learn`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

HISTORY_COLUMNS = ("sequences", "error", "right")


@dataclass(frozen=True)
class TaskRun:
    """A trained network, its settings, and the course of training.

    Attributes
    ----------
    options : dict
        Options of the task that differ from the published ones.
    rule : str
        Name of the learning rule.
    topology, settings : dict
        Of the network and the rule, as JSON values.
    update : str
        When weights changed: step, sequence or batch.
    solved : bool
        Whether the published criterion was reached.
    sequences : int
        Training sequences or streams until it was solved, or in all.
    counted : str
        What `sequences` counts: sequences or streams.
    figures : dict of str to float
        Test results.
    history : ndarray of shape (rows, 3)
        Sequences so far, mean squared error, fraction right.
    initial_parameters, parameters : ndarray of shape (P,)
        Flat vectors before and after training.
    n_weights : int
        Number of existing weights.
    parameter_table : list
        Name, shape and offset of every parameter array.
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
