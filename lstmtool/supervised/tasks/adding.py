"""The adding problem: remember two marked real values, output their sum at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.kernels.supervised.marked import fill_pairs
from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least, draw_lengths


@dataclass(frozen=True)
class Adding(Task):
    """Add two marked values of a sequence of pairs (value, marker).

    With minimal length T, a sequence has T to T + T/10 pairs. Values are uniform in [-1, 1].
    Two pairs have the marker 1: one of the first ten, then one of the first T/2 - 1 still unmarked,
    so that the last step is at least T/2 steps after either. The first and the last pair have the
    marker -1, all others 0. The target 1/2 + (X1 + X2) / 4 is at the last step only; the output is
    right if its error is below 0.04.

    If the first pair of the sequence is drawn as marked, the publication sets X1 to zero. Here its
    marker stays -1 and its value is zero, whether it was drawn first or second.

    Parameters
    ----------
    length : int
        Minimal length T, in steps; 100, 500 and 1000 are published.
    """

    name: ClassVar[str] = "adding"
    title: ClassVar[str] = "Adding"
    source: ClassVar[str] = "Hochreiter and Schmidhuber 1997, experiment 4; 2003 tutorial"

    result: ClassVar[str] = "sum"
    values: ClassVar[tuple[float, float]] = (-1.0, 0.0)
    """The lowest value, and that of a marked first pair."""

    length: int = 100

    def __post_init__(self) -> None:
        at_least(22, length=self.length)  # ten pairs to choose from in either half

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs: value and marker; output: the result."""
        return ("value", "marker"), (self.result,)

    @property
    def criterion(self) -> Criterion:
        """An error below 0.04 at the last step."""
        return Criterion(WITHIN, 0.04)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw sequences of `length` to `length` + `length` / 10 steps."""
        starts = draw_lengths(rng, self.length, self.length + self.length // 10, count)
        strings, chosen = self.blank(starts), np.empty((count, 2))
        fill_pairs(rng, strings, self.length, *self.values, chosen)
        strings.targets[starts[1:] - 1, 0] = self.target(chosen)
        return strings

    def target(self, chosen: np.ndarray) -> np.ndarray:
        """Return the targets (n,) for the marked values (n, 2)."""
        return 0.5 + chosen.sum(axis=1) / 4.0
