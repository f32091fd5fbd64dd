"""Sparklines of sequences for the terminal."""

from __future__ import annotations

import numpy as np

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.-~=+*#"
GAP = {BLOCKS: "·", ASCII: "?"}
"""What stands for a missing value."""


def marks_for(encoding: str | None) -> str:
    """Return the marks available in an encoding: blocks, or plain ASCII."""
    try:
        (BLOCKS + GAP[BLOCKS]).encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return ASCII
    return BLOCKS


def sparkline(values: np.ndarray, low: float, high: float, width: int, marks: str = BLOCKS) -> str:
    """Draw a sequence of one input, NaN where a value is missing.

    If there are more steps than `width`, each mark stands for several steps and shows the value
    farthest from the mean, so that no peak is lost.

    Parameters
    ----------
    values : ndarray of shape (T,)
        Values in time order.
    low, high : float
        Values of the lowest and the highest mark.
    width : int
        Maximum number of marks.
    marks : str
        `BLOCKS` or `ASCII`.
    """
    there = values[~np.isnan(values)]
    mean = float((there / max(1, len(there))).sum())  # the sum itself may overflow
    parts = np.array_split(values, min(width, len(values)))
    shown = [_farthest(part, mean) for part in parts]
    return "".join(GAP[marks] if np.isnan(v) else marks[_level(v, low, high)] for v in shown)


def _farthest(part: np.ndarray, mean: float) -> float:
    there = part[~np.isnan(part)]
    return float(there[np.abs(there / 2 - mean / 2).argmax()]) if len(there) else float("nan")


def _level(value: float, low: float, high: float) -> int:
    """Return the index (0 to 7) of a value's mark; the middle one if all values are equal."""
    span = high / 2 - low / 2  # halves, since the difference may overflow
    share = (value / 2 - low / 2) / span if span > 0 else 0.5
    return int(np.clip(share * len(BLOCKS), 0, len(BLOCKS) - 1))
