"""A summary of sequences: ranges, missing values, and the first sequences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Overview:
    """Ranges and missing values of all sequences, by input.

    Parameters
    ----------
    minimum, maximum : ndarray of shape (D,)
        Over non-missing values; NaN if an input has none.
    missing : ndarray of shape (D,), int64
        Number of missing values.
    incomplete : int
        Number of sequences with missing values.
    first : list of ndarray of shape (T, D)
        The first `n_first` sequences.
    """

    minimum: np.ndarray
    maximum: np.ndarray
    missing: np.ndarray
    incomplete: int
    first: list[np.ndarray]


def overview(arrays: Iterable[np.ndarray], n_inputs: int, n_first: int) -> Overview:
    """Summarise sequences of shape (T, D) in one pass; NaN is a missing value."""
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
