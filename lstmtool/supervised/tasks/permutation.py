"""Random symbols, of which the first is to be remembered to the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.supervised.target_sequences import MOST_ACTIVE, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least


@dataclass(frozen=True)
class RandomPermutation(Task):
    """Say at the end of a sequence of random symbols which of two it began with.

    The first symbol is one of the first two of the alphabet, all others are any of the rest. The
    target, at the last step, is the first symbol: the largest output must be the right one. In the
    publication the network predicts the next symbol at every step, and only the last counts; what
    cannot be predicted is not scored here.

    Parameters
    ----------
    length : int
        Steps of a sequence.
    alphabet : int
        Different symbols, at least 3.
    """

    name: ClassVar[str] = "random-permutation"
    title: ClassVar[str] = "Random symbols"
    source: ClassVar[str] = "Martens and Sutskever 2011, after Hochreiter and Schmidhuber 1997"

    length: int = 80
    alphabet: int = 100

    def __post_init__(self) -> None:
        at_least(2, length=self.length)
        at_least(3, alphabet=self.alphabet)

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs: the alphabet; outputs: its first two."""
        return tuple(str(k + 1) for k in range(self.alphabet)), ("1", "2")

    @property
    def criterion(self) -> Criterion:
        """The output of the right symbol is the largest."""
        return Criterion(MOST_ACTIVE, 0.0)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw sequences of `length` steps."""
        at_least(1, count=count)
        strings = self.blank(np.arange(count + 1) * self.length)
        drawn = rng.integers(2, self.alphabet, size=count * self.length)
        first = rng.integers(2, size=count)
        drawn[strings.starts[:-1]] = first
        last = strings.starts[1:] - 1
        strings.inputs[np.arange(len(drawn)), drawn] = 1.0
        strings.targets[last, first] = 1.0
        strings.allowed[last, first] = True
        strings.scored[last] = True
        return strings
