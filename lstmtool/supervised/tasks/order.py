"""Noisy temporal order: which of X and Y came first, second, third, among distractors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import ClassVar

import numpy as np

from lstmtool.kernels.supervised.order import fill_order
from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least, draw_lengths

SYMBOLS = tuple("abcdXYEB")
SHORTEST, LONGEST = 100, 110


@dataclass(frozen=True)
class Order2(Task):
    """Classify the order of two symbols, each X or Y, far apart in a sequence of distractors.

    A sequence has 100 to 110 steps, numbered from 0: E, then a, b, c or d at random, except X or Y
    at a step t1 of 10 to 20 and a step t2 of 50 to 60, and B at the end, where the target is the
    class of the sequence: XX, XY, YX or YY, one-hot. It is right if all outputs have an error below
    0.3. A digest has B at the beginning and E at the end, which makes no difference.
    """

    name: ClassVar[str] = "order-2"
    title: ClassVar[str] = "Noisy temporal order, two symbols"
    source: ClassVar[str] = "Hochreiter and Schmidhuber 1997, experiment 6a; 2003 tutorial"
    places: ClassVar[tuple[tuple[int, int], ...]] = ((10, 20), (50, 60))

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs: eight letters; outputs: the classes."""
        return SYMBOLS, tuple("".join(p) for p in product("XY", repeat=len(self.places)))

    @property
    def criterion(self) -> Criterion:
        """An error below 0.3 at every output."""
        return Criterion(WITHIN, 0.3)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw sequences of 100 to 110 steps."""
        strings = self.blank(draw_lengths(rng, SHORTEST, LONGEST, count))
        earliest, latest = np.array(self.places).T.copy()
        fill_order(rng, strings, earliest, latest)
        return strings


@dataclass(frozen=True)
class Order3(Order2):
    """Classify the order of three symbols, each X or Y: eight classes.

    As with two symbols, but at steps 10 to 20, 33 to 43 and 66 to 76.
    """

    name: ClassVar[str] = "order-3"
    title: ClassVar[str] = "Noisy temporal order, three symbols"
    source: ClassVar[str] = "Hochreiter and Schmidhuber 1997, experiment 6b; 2003 tutorial"
    places: ClassVar[tuple[tuple[int, int], ...]] = ((10, 20), (33, 43), (66, 76))


@dataclass(frozen=True)
class ContinualOrder(Order3):
    """Classify sequences of three symbols in a stream, with no reset between them.

    Parameters
    ----------
    pieces : int
        Sequences per stream; 100 are published.
    """

    name: ClassVar[str] = "continual-order"
    title: ClassVar[str] = "Continual noisy temporal order"
    source: ClassVar[str] = "Gers, Schmidhuber and Cummins 2000"
    is_stream: ClassVar[bool] = True

    pieces: int = 100

    def __post_init__(self) -> None:
        at_least(1, pieces=self.pieces)

    def brief(self) -> Task:
        """Return the task with one sequence per stream."""
        return replace(self, pieces=1)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw streams, each of `pieces` sequences."""
        at_least(1, count=count)
        strings = super().sample(rng, count * self.pieces)
        return strings._replace(starts=strings.starts[:: self.pieces].copy())
