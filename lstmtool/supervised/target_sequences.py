"""What classic tasks make and learning rules read: sequences with targets, one after the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels.supervised.criteria import LEGAL_SET, MOST_ACTIVE, WITHIN

__all__ = ["LEGAL_SET", "MOST_ACTIVE", "WITHIN", "Criterion", "Strings"]


class Strings(NamedTuple):
    """Sequences of a task, flat: sequence n has the rows starts[n]:starts[n + 1]."""

    inputs: np.ndarray  # (S, X) float64
    targets: np.ndarray  # (S, K) float64
    scored: np.ndarray  # (S,) bool: steps that have a target, and where the criterion applies
    allowed: np.ndarray  # (S, K) bool: symbols that may follow; all False where not of interest
    starts: np.ndarray  # (n + 1,) int64

    @property
    def count(self) -> int:  # type: ignore[override]
        """Sequences, n."""
        return len(self.starts) - 1


class Criterion(NamedTuple):
    """When a scored step of a task counts as right."""

    kind: int  # WITHIN, MOST_ACTIVE or LEGAL_SET
    bound: float
