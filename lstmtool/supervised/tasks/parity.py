"""Parity of a long string of bits, one bit at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least, draw_lengths


@dataclass(frozen=True)
class Parity(Task):
    """Decide at the end of a sequence of bits whether the number of ones is odd.

    Bits are coded 1 and -1; the target is 1 for an odd number of ones, else 0. The bound of 0.1 on
    the error is ours.

    Parameters
    ----------
    shortest, longest : int
        Range of lengths in bits; 500 to 600 are published.
    """

    name: ClassVar[str] = "parity"
    title: ClassVar[str] = "Parity"
    source: ClassVar[str] = "Hochreiter and Schmidhuber 1996; 2003 tutorial"

    shortest: int = 500
    longest: int = 600

    def __post_init__(self) -> None:
        at_least(1, shortest=self.shortest)
        at_least(self.shortest, longest=self.longest)

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Input: the bit; output: whether the number of ones is odd."""
        return ("bit",), ("odd",)

    @property
    def criterion(self) -> Criterion:
        """An error below 0.1 at the last step."""
        return Criterion(WITHIN, 0.1)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw sequences of `shortest` to `longest` bits."""
        starts = draw_lengths(rng, self.shortest, self.longest, count)
        strings = self.blank(starts)
        bits = rng.integers(0, 2, size=starts[-1])
        strings.inputs[:, 0] = 2 * bits - 1
        ends = starts[1:] - 1
        strings.targets[ends, 0] = np.add.reduceat(bits, starts[:-1]) % 2
        strings.scored[ends] = True
        return strings
