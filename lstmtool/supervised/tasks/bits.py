"""Noiseless memory: symbols to be repeated, in their order, after a delay and a cue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.supervised.target_sequences import MOST_ACTIVE, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least


@dataclass(frozen=True)
class FiveBits(Task):
    """Repeat a few symbols after a delay that ends with a cue.

    A sequence begins with its symbols. Blanks follow, then a cue, then blanks again, at which the
    symbols are to be repeated in their order: one output for each symbol of the alphabet, of which
    the right one must be the largest. Where as many sequences are drawn as there are different
    ones, each comes once.

    Parameters
    ----------
    items : int
        Symbols in a sequence.
    alphabet : int
        Different symbols, at least 2.
    delay : int
        Steps between the last symbol and the first repetition; the last of them is the cue. All
        other symbols have the same way to go, `delay` + `items` steps.
    """

    name: ClassVar[str] = "five-bits"
    title: ClassVar[str] = "Five bits"
    source: ClassVar[str] = (
        "Martens and Sutskever 2011; Sutskever, Martens, Dahl and Hinton 2013; Jaeger 2012"
    )

    items: int = 5
    alphabet: int = 2
    delay: int = 50

    def __post_init__(self) -> None:
        at_least(1, items=self.items, delay=self.delay)
        at_least(2, alphabet=self.alphabet)

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs: the alphabet, blank and cue; outputs: the alphabet."""
        letters = tuple(str(k) for k in range(self.alphabet))
        return (*letters, "blank", "cue"), letters

    @property
    def criterion(self) -> Criterion:
        """The output of the right symbol is the largest."""
        return Criterion(MOST_ACTIVE, 0.0)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw sequences of `delay` + 2 `items` steps."""
        at_least(1, count=count)
        n, letters = self.items, self.alphabet
        length = self.delay + 2 * n
        strings = self.blank(np.arange(count + 1) * length)
        drawn = self._drawn(rng, count)
        rows = np.arange(count)[:, None] * length
        first, last = rows + np.arange(n), rows + length - n + np.arange(n)
        strings.inputs[:, letters] = 1.0
        for steps in (first, rows + length - n - 1):
            strings.inputs[steps, letters] = 0.0
        strings.inputs[first, drawn] = 1.0
        strings.inputs[rows + length - n - 1, letters + 1] = 1.0
        strings.targets[last, drawn] = 1.0
        strings.allowed[last, drawn] = True
        strings.scored[last] = True
        return strings

    def _drawn(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return the symbols of sequences (count, items): all different ones before any again."""
        different = float(self.alphabet) ** self.items
        if different > count:
            return rng.integers(self.alphabet, size=(count, self.items))
        times = -(-count // int(different))
        numbers = np.concatenate([rng.permutation(int(different)) for _ in range(times)])[:count]
        return numbers[:, None] // self.alphabet ** np.arange(self.items) % self.alphabet


@dataclass(frozen=True)
class TwentyBits(FiveBits):
    """Repeat ten symbols of five after a delay that ends with a cue: more than 20 bits.

    A sequence is one of `five-bits` with another number of symbols.

    Parameters
    ----------
    items : int
        Symbols in a sequence.
    alphabet : int
        Different symbols, at least 2.
    delay : int
        Steps between the last symbol and the first repetition.
    """

    name: ClassVar[str] = "twenty-bits"
    title: ClassVar[str] = "Ten symbols of five"

    items: int = 10
    alphabet: int = 5
