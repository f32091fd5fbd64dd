"""Streams of strings of the embedded Reber grammar, with no reset between strings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from lstmtool.kernels.supervised.reber import draw_nodes, write_all
from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from lstmtool.supervised.tasks.base import BRIEF, Task, at_least
from lstmtool.supervised.tasks.reber import SYMBOLS


@dataclass(frozen=True)
class ContinualReber(Task):
    """Predict all legal successors in an endless stream of embedded Reber strings.

    The E of a string is followed by the B of the next. Every step is scored; it is right if every
    output has an error below 0.49. Since that is impossible if two symbols are legal and only the
    actual successor has target 1, all legal successors have target 1: this is how the published
    criterion is interpreted here.

    Parameters
    ----------
    length : int
        Minimum length of a stream in steps: it ends with the string in which this is reached. A
        published training stream ends at the first error, or after a million symbols.
    """

    name: ClassVar[str] = "continual-reber"
    title: ClassVar[str] = "Continual embedded Reber grammar"
    source: ClassVar[str] = "Gers, Schmidhuber and Cummins 2000"
    is_stream: ClassVar[bool] = True

    length: int = 1000

    def __post_init__(self) -> None:
        at_least(1, length=self.length)

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs and outputs are the seven letters."""
        return SYMBOLS, SYMBOLS

    @property
    def criterion(self) -> Criterion:
        """An error below 0.49 at every output."""
        return Criterion(WITHIN, 0.49)

    def brief(self) -> Task:
        """Return the task with streams of about `BRIEF` steps."""
        return replace(self, length=min(self.length, BRIEF))

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw streams of at least `length` symbols, each of whole strings."""
        at_least(1, count=count)
        at_least(1, steps=count * self.length)
        nodes, symbols, starts = draw_nodes(rng, count, self.length)
        strings = self.blank(starts)
        write_all(nodes, symbols, starts, strings, True)
        strings.targets[:] = strings.allowed
        return strings
