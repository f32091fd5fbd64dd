"""The multiplication problem: store two marked real values, give their product at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.classic.strings import WITHIN, Criterion, Strings
from lstmtool.classic.tasks.base import Task, at_least, draw_lengths
from lstmtool.kernels.classic.marked import fill_pairs


@dataclass(frozen=True)
class Multiplication(Task):
    """Multiply two marked values of a sequence of pairs (value, marker).

    As the adding problem, but values are uniform in [0, 1], the value of a marked first pair is 1,
    and the target is the product X1 X2. The slides do not have this task. Its digest prints the
    target as 1/2 + X1 X2 / 4; the product itself is taken here, as the journal article has it.

    Parameters
    ----------
    length : int
        Minimal length T, in steps; 100 is published.
    """

    name: ClassVar[str] = "multiplication"
    title: ClassVar[str] = "Multiplication"
    source: ClassVar[str] = "Hochreiter and Schmidhuber 1997, experiment 5"

    length: int = 100

    def __post_init__(self) -> None:
        at_least(22, length=self.length)

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Value and marker; the product."""
        return ("value", "marker"), ("product",)

    @property
    def criterion(self) -> Criterion:
        """An error below 0.04."""
        return Criterion(WITHIN, 0.04)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw sequences of `length` to `length` + `length` / 10 steps."""
        starts = draw_lengths(rng, self.length, self.length + self.length // 10, count)
        strings, chosen = self.blank(starts), np.empty((count, 2))
        fill_pairs(rng, strings, self.length, 0.0, 1.0, chosen)
        strings.targets[starts[1:] - 1, 0] = chosen.prod(axis=1)
        return strings
