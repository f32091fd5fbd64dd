"""Where windows lie in the recordings that they were cut from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

ATTRIBUTE = "windows"
"""Name of the attribute of sequences that says how they were cut."""


@dataclass(frozen=True)
class Windows:
    """N windows of equal length, cut at regular distances from R recordings, in their order.

    Parameters
    ----------
    recordings : tuple of str
        Names of the recordings, each with at least one window.
    steps : tuple of int
        Steps of each recording.
    counts : tuple of int
        Windows of each recording, N in all.
    length, hop : int
        Steps of a window, and from the start of one to that of the next.
    sampling_rate : float, optional
        Steps per second.
    """

    recordings: tuple[str, ...]
    steps: tuple[int, ...]
    counts: tuple[int, ...]
    length: int
    hop: int
    sampling_rate: float | None = None

    def __len__(self) -> int:
        return sum(self.counts)

    @cached_property
    def recording(self) -> np.ndarray:
        """Index of the recording of every window, shape (N,)."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    @cached_property
    def start(self) -> np.ndarray:
        """First step of every window in its recording, shape (N,)."""
        numbers = [np.arange(count) for count in self.counts]
        return self.hop * np.concatenate([np.zeros(0, np.int64), *numbers])

    @property
    def end(self) -> np.ndarray:
        """The step after the last one of every window, shape (N,)."""
        return self.start + self.length

    def seconds(self, steps: np.ndarray) -> np.ndarray | None:
        """Return steps as times; None if the sampling rate is unknown."""
        return None if self.sampling_rate is None else steps / self.sampling_rate

    def attribute(self) -> dict[str, Any]:
        """Return the windows as JSON values, for the attributes of the sequences."""
        names = ("recordings", "steps", "counts")
        listed = {name: list(getattr(self, name)) for name in names}
        return listed | {"length": self.length, "hop": self.hop}


def windows_of(
    attributes: Mapping[str, Any], n: int, sampling_rate: float | None = None
) -> Windows | None:
    """Return how N sequences were cut, from their attributes.

    None if they were not cut, or the attributes, which may come from an untrusted file, do not
    describe as many windows.
    """
    told = attributes.get(ATTRIBUTE)
    if not isinstance(told, Mapping):
        return None
    names, steps, counts = (told.get(name) for name in ("recordings", "steps", "counts"))
    sizes = told.get("length"), told.get("hop")
    if not (isinstance(names, list) and isinstance(steps, list) and isinstance(counts, list)):
        return None
    numbers = [*steps, *counts, *sizes]
    if not all(type(number) is int and 0 < number < 2**53 for number in numbers):
        return None
    if not all(isinstance(name, str) for name in names):
        return None
    length, hop = numbers[-2:]
    if not len(names) == len(steps) == len(counts) or sum(counts) != n:
        return None
    if any(hop * (k - 1) + length > long for k, long in zip(counts, steps, strict=True)):
        return None
    return Windows(tuple(names), tuple(steps), tuple(counts), length, hop, sampling_rate)
