"""What sequences look like before anyone trains on them: ranges, gaps, and their beginning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Overview:
    """What all sequences together have, input by input.

    Parameters
    ----------
    minimum, maximum : ndarray of shape (D,)
        Of the values that are there; NaN where an input has none.
    missing : ndarray of shape (D,), int64
        Missing values.
    incomplete : int
        Sequences with missing values.
    first : list of ndarray of shape (T, D)
        The first sequences.
    """

    minimum: np.ndarray
    maximum: np.ndarray
    missing: np.ndarray
    incomplete: int
    first: list[np.ndarray]


def overview(arrays: Iterable[np.ndarray], n_inputs: int, n_first: int) -> Overview:
    """Look at sequences of shape (T, D) one after the other; NaN is a missing value."""
    minimum, maximum = np.full(n_inputs, np.inf), np.full(n_inputs, -np.inf)
    missing, incomplete = np.zeros(n_inputs, dtype=np.int64), 0
    first: list[np.ndarray] = []
    for array in arrays:
        gaps = np.isnan(array)
        missing += gaps.sum(axis=0)
        incomplete += bool(gaps.any())
        minimum = np.minimum(minimum, np.where(gaps, np.inf, array).min(axis=0))
        maximum = np.maximum(maximum, np.where(gaps, -np.inf, array).max(axis=0))
        if len(first) < n_first:
            first.append(array.copy())
    empty = minimum > maximum
    return Overview(
        np.where(empty, np.nan, minimum),
        np.where(empty, np.nan, maximum),
        missing,
        incomplete,
        first,
    )
