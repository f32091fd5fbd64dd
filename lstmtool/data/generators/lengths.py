"""Lengths of generated sequences: one number, or a range to draw from."""

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
            f"The length must be at least one step, and a range must not fall, got {low}:{high}."
        )
    return low, high


def draw_length(rng: np.random.Generator, length: Length) -> int:
    """Return the length itself, or one drawn evenly from the range, both ends included.

    A fixed length draws nothing, so that it does not disturb the values that follow.
    """
    low, high = bounds(length)
    return low if low == high else int(rng.integers(low, high + 1))
