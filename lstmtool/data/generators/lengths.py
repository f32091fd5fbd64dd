"""Lengths of generated sequences: a number, or a range to draw from."""

from __future__ import annotations

import numpy as np

from lstmtool.errors import UsageError

Length = int | tuple[int, int]


def bounds(length: Length) -> tuple[int, int]:
    """Return the shortest and longest length.

    Raises
    ------
    UsageError
        If the shortest is below one step, or above the longest.
    """
    low, high = length if isinstance(length, tuple) else (length, length)
    if not 1 <= low <= high:
        raise UsageError(
            f"Lengths must be at least one step, and ranges not decrease, got {low}:{high}."
        )
    return low, high


def draw_length(rng: np.random.Generator, length: Length) -> int:
    """Return the length itself, or one drawn uniformly from the inclusive range.

    A fixed length draws no random number, so it does not affect later values.
    """
    low, high = bounds(length)
    return low if low == high else int(rng.integers(low, high + 1))
