"""The embedded Reber grammar: remember the second symbol until the second to last."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.kernels.supervised.reber import draw_nodes, write_all
from lstmtool.supervised.target_sequences import MOST_ACTIVE, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least

SYMBOLS = tuple("BTPSXVE")
"""Letters by index, for inputs and outputs."""


@dataclass(frozen=True)
class Reber(Task):
    """Predict the next symbol of strings of the embedded Reber grammar.

    A string is B, then T or P, a string of the Reber grammar, the same T or P again, and E. Every
    branch has probability 1/2; symbols are coded one-hot (7 inputs, 7 outputs). The target is the
    next symbol; a string of L symbols has L - 1 steps, all scored. A prediction is right if the
    outputs of the one or two legal successors are the most active ones.
    """

    name: ClassVar[str] = "reber"
    title: ClassVar[str] = "Embedded Reber grammar"
    source: ClassVar[str] = "Hochreiter and Schmidhuber 1997, experiment 1; 2003 tutorial"

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs and outputs are the seven letters."""
        return SYMBOLS, SYMBOLS

    @property
    def criterion(self) -> Criterion:
        """The outputs of the legal successors are the most active ones."""
        return Criterion(MOST_ACTIVE, 0.0)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw strings from the grammar; short ones are the most frequent."""
        at_least(1, count=count)
        nodes, symbols, starts = draw_nodes(rng, count, 1)
        strings = self.blank(starts - np.arange(count + 1))
        write_all(nodes, symbols, starts, strings, False)
        return strings

    def sets(self, rng: np.random.Generator, size: int = 256) -> tuple[Strings, Strings]:
        """Draw a training set, and a test set of strings that are not in it.

        The publication has 256 strings in each. Strings may be repeated within a set, as the
        shortest often are.

        Parameters
        ----------
        size : int
            Strings in each set.
        """
        at_least(1, size=size)
        train = self._walks(rng, size)
        seen = {letters.tobytes() for _, letters in train}
        test: list[tuple[np.ndarray, np.ndarray]] = []
        while len(test) < size:
            drawn = self._walks(rng, size)
            test += [walk for walk in drawn if walk[1].tobytes() not in seen]
        return self._of(train), self._of(test[:size])

    @staticmethod
    def _walks(rng: np.random.Generator, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Draw strings from the grammar; return their nodes and letters."""
        nodes, symbols, starts = draw_nodes(rng, count, 1)
        return [(nodes[a:b], symbols[a:b]) for a, b in itertools.pairwise(starts)]

    def _of(self, walks: list[tuple[np.ndarray, np.ndarray]]) -> Strings:
        starts = np.cumsum([0, *(len(nodes) for nodes, _ in walks)])
        nodes = np.concatenate([nodes for nodes, _ in walks])
        symbols = np.concatenate([symbols for _, symbols in walks])
        strings = self.blank(starts - np.arange(len(starts)))
        write_all(nodes, symbols, starts, strings, False)
        return strings


def letters(strings: Strings, sequence: int) -> str:
    """Return a sequence as text, without the symbol after the last step."""
    steps = slice(strings.starts[sequence], strings.starts[sequence + 1])
    return "".join(SYMBOLS[k] for k in strings.inputs[steps].argmax(axis=1))
