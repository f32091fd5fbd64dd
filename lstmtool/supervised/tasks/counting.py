"""Languages that need counters: a^n b^n, which is context-free, and a^n b^n c^n, which is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.supervised.counting import fill_blocks, fill_legal
from lstmtool.supervised.target_sequences import LEGAL_SET, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least

CHUNK = 65_536


@dataclass(frozen=True)
class AnBn(Task):
    """Predict the legal next symbols in strings of n times a and n times b.

    The network reads S, the start symbol, and the letters, coded 1 and -1. After every symbol it
    must predict all legal successors, targets 1 and -1: after S, a or the end symbol T (the empty
    string is legal); after an a, a or b; after a b, b or, once there are n of them, T. A step is
    right if exactly the outputs of the legal symbols are above 0. All steps of a string are scored.

    Parameters
    ----------
    lowest, highest : int
        Inclusive range of n, which is drawn uniformly; 1 to 10 is published for a^n b^n, 1 to 50
        for a^n b^n c^n.
    """

    name: ClassVar[str] = "anbn"
    title: ClassVar[str] = "a^n b^n"
    source: ClassVar[str] = "Gers and Schmidhuber 2001; 2003 tutorial"
    letters: ClassVar[str] = "ab"

    lowest: int = 1
    highest: int = 10

    def __post_init__(self) -> None:
        at_least(1, lowest=self.lowest)
        at_least(self.lowest, highest=self.highest)

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs: S and the letters; outputs: the letters and T."""
        return ("S", *self.letters), (*self.letters, "T")

    @property
    def criterion(self) -> Criterion:
        """Exactly the outputs of the legal symbols are above 0."""
        return Criterion(LEGAL_SET, 0.0)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw strings with n uniform from `lowest` to `highest`."""
        at_least(1, count=count)
        return self.of(rng.integers(self.lowest, self.highest, size=count, endpoint=True))

    def every(self) -> Strings:
        """Return the strings of all n from `lowest` to `highest`."""
        return self.of(np.arange(self.lowest, self.highest + 1))

    def of(self, ns: np.ndarray) -> Strings:
        """Return the legal strings of the given n (count,), each at least 0."""
        ns = np.asarray(ns, dtype=np.int64)
        at_least(0, n=int(ns.min()))
        at_least(0, n=int(ns.max()))
        strings = self.blank(np.concatenate([[0], np.cumsum(1 + len(self.letters) * ns)]))
        fill_legal(ns, strings)
        return strings

    def counted(self, *counts: int) -> Strings:
        """Return one string, legal or not, with the given numbers of letters.

        An illegal string is scored up to the step whose successor is illegal. The right outputs
        there exclude that symbol, and so reject the string.

        Parameters
        ----------
        *counts : int
            Say, 500, 499, 500.
        """
        (strings,) = self.chunks(*counts, size=1 + sum(counts))
        return strings

    def chunks(self, *counts: int, size: int = CHUNK) -> Iterator[Strings]:
        """Yield one string of any length in chunks, so that memory does not grow with it.

        Parameters
        ----------
        *counts : int
            As in `counted`; a single number n means the legal string of n.
        size : int
            Steps per chunk, except the last.

        Raises
        ------
        UsageError
            If the counts are neither one nor as many as there are letters, or are below 0.
        """
        width = len(self.letters)
        if len(counts) not in (1, width):
            raise UsageError(
                f"A string of {self.title} has {width} counts of letters.", f"got {counts}"
            )
        at_least(1, size=size)
        if min(counts) < 0:
            raise UsageError(f"Counts of letters must be at least 0, got {counts}.")
        each = np.array(counts if len(counts) == width else counts * width, dtype=np.int64)
        last_scored, n_steps = last_legal(each), 1 + int(each.sum())
        return self._parts(each, last_scored, n_steps, size)

    def _parts(self, counts: np.ndarray, last: int, n_steps: int, size: int) -> Iterator[Strings]:
        for first in range(0, n_steps, size):
            strings = self.blank(np.array([0, min(size, n_steps - first)]))
            fill_blocks(counts, first, last, strings, 0, strings.starts[1])
            yield strings


@dataclass(frozen=True)
class AnBnCn(AnBn):
    """Predict the legal next symbols in strings of n times a, n times b and n times c.

    As a^n b^n, but after the last b, c follows; after the last c, T.
    """

    name: ClassVar[str] = "anbncn"
    title: ClassVar[str] = "a^n b^n c^n"
    letters: ClassVar[str] = "abc"

    highest: int = 50


def last_legal(counts: np.ndarray) -> int:
    """Return the first step whose successor is illegal; the last step if there is none."""
    wrong = np.flatnonzero(counts != counts[0])
    if not len(wrong):
        return int(counts.sum())
    block = wrong[0]
    return int(counts[:block].sum() + min(counts[block], counts[0]))


def coming(strings: Strings) -> np.ndarray:
    """Return the index of the output for the next symbol at every step (S,).

    After the last step of a sequence this is the end symbol T. With chunks of a string, the last
    step of a chunk is followed by the first one of the next.
    """
    ends = strings.starts[1:] - 1
    follows = np.roll(strings.inputs.argmax(axis=1), -1) - 1
    follows[ends] = strings.targets.shape[1] - 1
    return follows


def accepted(strings: Strings, outputs: np.ndarray) -> np.ndarray:
    """Return which strings (n,) a network accepts: it predicts every symbol, including the end.

    Parameters
    ----------
    outputs : ndarray of shape (S, K)
        Of the network; a symbol with an output above 0 counts as legal.
    """
    foreseen = outputs[np.arange(len(outputs)), coming(strings)] > 0.0
    return np.logical_and.reduceat(foreseen, strings.starts[:-1])
