"""Sequences with targets, which tasks generate and learning rules read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels.supervised.criteria import LEGAL_SET, MOST_ACTIVE, WITHIN

__all__ = ["LEGAL_SET", "MOST_ACTIVE", "WITHIN", "Criterion", "Strings"]


class Strings(NamedTuple):
    """Sequences of a task, concatenated: sequence n is rows starts[n]:starts[n + 1]."""

    inputs: np.ndarray  # (S, X) float64
    targets: np.ndarray  # (S, K) float64
    scored: np.ndarray  # (S,) bool: steps with a target, to which the criterion applies
    allowed: np.ndarray  # (S, K) bool: legal next symbols; all False for other tasks
    starts: np.ndarray  # (n + 1,) int64

    @property
    def count(self) -> int:  # type: ignore[override]
        """Number of sequences, n."""
        return len(self.starts) - 1


class Criterion(NamedTuple):
    """When a scored step of a task counts as right."""

    kind: int  # WITHIN, MOST_ACTIVE or LEGAL_SET
    bound: float
