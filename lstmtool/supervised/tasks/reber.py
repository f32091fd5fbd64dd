"""The embedded Reber grammar: remember the second symbol until the last but one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.kernels.supervised.reber import draw_nodes, write_all
from lstmtool.supervised.target_sequences import MOST_ACTIVE, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least

SYMBOLS = tuple("BTPSXVE")
"""Letters by index, as inputs and as outputs."""


@dataclass(frozen=True)
class Reber(Task):
    """Predict the next symbol of strings of the embedded Reber grammar.

    A string is B, then T or P, a string of the Reber grammar, the same T or P again, and E. Every
    branch has probability 1/2; symbols are coded one-hot (7 inputs, 7 outputs). The target is the
    symbol that follows; a string of L symbols makes L - 1 steps, all scored, since nothing follows
    its last symbol. A prediction is right if the outputs of the legal successors, one or two, are
    the most active ones.
    """

    name: ClassVar[str] = "reber"
    title: ClassVar[str] = "Embedded Reber grammar"
    source: ClassVar[str] = "Hochreiter and Schmidhuber 1997, experiment 1; 2003 tutorial"

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The seven letters, twice."""
        return SYMBOLS, SYMBOLS

    @property
    def criterion(self) -> Criterion:
        """The outputs of the legal successors are the most active ones."""
        return Criterion(MOST_ACTIVE, 0.0)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw strings as the grammar makes them, the short ones most often."""
        at_least(1, count=count)
        nodes, symbols, starts = draw_nodes(rng, count, 1)
        strings = self.blank(starts - np.arange(count + 1))
        write_all(nodes, symbols, starts, strings, False)
        return strings

    def sets(self, rng: np.random.Generator, size: int = 256) -> tuple[Strings, Strings]:
        """Draw a training set, and a test set of strings that the training set does not have.

        The publication has 256 strings in each. A string may be in a set more than once: the
        shortest ones often are.

        Parameters
        ----------
        rng : numpy.random.Generator
        size : int
            Strings of each set.
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
        """Nodes and letters of strings as the grammar makes them."""
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
    """Return a sequence as text; the symbol that follows the last step is left out."""
    steps = slice(strings.starts[sequence], strings.starts[sequence + 1])
    return "".join(SYMBOLS[k] for k in strings.inputs[steps].argmax(axis=1))
