"""Adding, multiplication and temporal order at any length: all places grow with it.

Lengths, places and values are those of Sutskever's code for Martens and Sutskever 2011; targets are
at the step that ends a sequence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.kernels.supervised.order import fill_order
from lstmtool.supervised.target_sequences import MOST_ACTIVE, WITHIN, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least, draw_lengths
from lstmtool.supervised.tasks.order import Order2, Order3

SOURCE = "Martens and Sutskever 2011; Sutskever, Martens, Dahl and Hinton 2013"
BEFORE_THE_END = 3  # steps from the second marker of -1 to the last step


@dataclass(frozen=True)
class ScaledAdding(Task):
    """Add two marked values of a sequence of pairs (value, marker).

    A sequence has T to T + T/10 pairs. Values are uniform in [0, 1]. The marker is 1 at two pairs,
    one in the first tenth of T but not the first pair, one between there and the middle of T; it is
    -1 at the first pair and at the third before the last, else 0. The target, at the last step, is
    half the sum of the marked values, so that errors weigh as in the task `adding`; an error below
    0.04 is right. Means are subtracted from values and target, of the markers it is 0.

    Parameters
    ----------
    length : int
        Minimal length T, in steps.
    centred : bool
        Whether means are subtracted.
    """

    name: ClassVar[str] = "scaled-adding"
    title: ClassVar[str] = "Adding at any length"
    source: ClassVar[str] = SOURCE
    result: ClassVar[str] = "sum"
    mean: ClassVar[float] = 0.5

    length: int = 80
    centred: bool = True

    def __post_init__(self) -> None:
        at_least(20, length=self.length)
        object.__setattr__(self, "centred", bool(self.centred))

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
        strings, tenth = self.blank(starts), self.length // 10
        first, last = starts[:-1], starts[1:] - 1
        values = rng.random(len(strings.inputs))
        places = first[:, None] + np.column_stack(
            [rng.integers(1, tenth, count) if tenth > 1 else np.ones(count, dtype=np.int64),
             rng.integers(tenth, self.length // 2, count)]
        )  # fmt: skip
        shift = 1.0 if self.centred else 0.0
        strings.inputs[:, 0] = values - 0.5 * shift
        strings.inputs[places, 1] = 1.0
        strings.inputs[first, 1] = strings.inputs[last - BEFORE_THE_END, 1] = -1.0
        strings.targets[last, 0] = self.target(values[places]) - self.mean * shift
        strings.scored[last] = True
        return strings

    def target(self, marked: np.ndarray) -> np.ndarray:
        """Return the targets (n,) for the marked values (n, 2)."""
        return marked.mean(axis=1)


@dataclass(frozen=True)
class ScaledMultiplication(ScaledAdding):
    """Multiply two marked values of a sequence of pairs (value, marker).

    Like `scaled-adding`, but the target is the product of the marked values.

    Parameters
    ----------
    length : int
        Minimal length T, in steps.
    centred : bool
        Whether means are subtracted.
    """

    name: ClassVar[str] = "scaled-multiplication"
    title: ClassVar[str] = "Multiplication at any length"
    result: ClassVar[str] = "product"
    mean: ClassVar[float] = 0.25

    def target(self, marked: np.ndarray) -> np.ndarray:
        """Return the products (n,) of marked values (n, 2)."""
        return marked.prod(axis=1)


@dataclass(frozen=True)
class ScaledOrder2(Order2):
    """Classify the order of two symbols, each X or Y, in a sequence of distractors of any length.

    A sequence has T to T + T/10 steps, numbered from 0: E, then distractors, except X or Y at a
    step of T/100 to T/10 and a step of 4T/10 to 5T/10, and B at the end, where the target is. The
    output of the right class must be the largest.

    Parameters
    ----------
    length : int
        Minimal length T, in steps.
    """

    name: ClassVar[str] = "scaled-order-2"
    title: ClassVar[str] = "Temporal order of two symbols at any length"
    source: ClassVar[str] = SOURCE
    places: ClassVar[tuple[tuple[int, int], ...]] = ((1, 10), (40, 50))

    length: int = 80

    def __post_init__(self) -> None:
        at_least(20, length=self.length)

    @property
    def criterion(self) -> Criterion:
        """The output of the right class is the largest."""
        return Criterion(MOST_ACTIVE, 0.0)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw sequences of `length` to `length` + `length` / 10 steps."""
        strings = self.blank(draw_lengths(rng, self.length, self.length + self.length // 10, count))
        bounds = np.array(self.places) * self.length // 100
        earliest = np.maximum(bounds[:, 0], 1)
        fill_order(rng, strings, earliest, bounds[:, 1].copy())
        strings.allowed[:] = strings.targets > 0.5
        return strings


@dataclass(frozen=True)
class ScaledOrder3(ScaledOrder2, Order3):
    """Classify the order of three symbols, each X or Y: eight classes.

    As with two symbols, but at steps of T/100 to T/10, 3T/10 to 4T/10 and 5T/10 to 6T/10.

    Parameters
    ----------
    length : int
        Minimal length T, in steps.
    """

    name: ClassVar[str] = "scaled-order-3"
    title: ClassVar[str] = "Temporal order of three symbols at any length"
    places: ClassVar[tuple[tuple[int, int], ...]] = ((1, 10), (30, 40), (50, 60))
