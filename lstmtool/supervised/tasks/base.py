"""What every classic task has: sizes, names, a criterion, and a generator of sequences."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.supervised.target_sequences import Criterion, Strings

MOST = 10_000_000
"""Largest value of an option that is a whole number: beyond it, sequences fit into no memory."""
BRIEF = 100
"""Steps of a brief stream, about."""
MOST_NUMBERS = 1 << 30
"""Inputs and targets that are made at once, at most."""


@dataclass(frozen=True)
class Task(ABC):
    """A source of sequences with targets; its options are the fields of the subclass.

    Attributes
    ----------
    name, title : str
        As on the command line, and as in figures and tables.
    source : str
        Where the task was published.
    is_stream : bool
        Whether `sample` makes streams: long sequences of whole pieces (strings, intervals,
        periods), at which no state is reset. Since pieces are whole, two streams may be joined.
    overlap : int
        First steps that are left out of a stream which goes on with another.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    is_stream: ClassVar[bool] = False
    overlap: ClassVar[int] = 0

    @property
    @abstractmethod
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the inputs and of the outputs."""

    @property
    @abstractmethod
    def criterion(self) -> Criterion:
        """When a scored step is right."""

    @property
    def n_inputs(self) -> int:
        """Inputs of a network for this task."""
        return len(self.symbols[0])

    @property
    def n_outputs(self) -> int:
        """Outputs of a network for this task."""
        return len(self.symbols[1])

    @abstractmethod
    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw the next `count` sequences, or streams. Call it again for more.

        Parameters
        ----------
        rng : numpy.random.Generator
            Moves on: the same state gives the same sequences.
        count : int
        """

    def brief(self) -> Task:
        """Return the same source with shorter streams, whose first steps cost little."""
        return self

    def blank(self, starts: np.ndarray) -> Strings:
        """Return sequences of zeros in which no step is scored, for a generator to fill.

        Parameters
        ----------
        starts : ndarray of shape (n + 1,)
            First step of every sequence, and the end of the last.
        """
        n_steps = int(starts[-1])
        if not 0 <= n_steps * (self.n_inputs + self.n_outputs) <= MOST_NUMBERS:
            raise UsageError(
                f"Sequences of {n_steps:,} steps in all are too much to make at once.",
                fix="Choose fewer or shorter ones.",
            )
        return Strings(
            inputs=np.zeros((n_steps, self.n_inputs)),
            targets=np.zeros((n_steps, self.n_outputs)),
            scored=np.zeros(n_steps, dtype=bool),
            allowed=np.zeros((n_steps, self.n_outputs), dtype=bool),
            starts=starts.astype(np.int64),
        )


def at_least(lowest: int, /, **options: int) -> None:
    """Complain about an option of a task that is no whole number, too low, or too high.

    Raises
    ------
    UsageError
        If it is.
    """
    for name, value in options.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise UsageError(f"The option {name} must be a whole number, got {value!r}.")
        if not value >= lowest:
            raise UsageError(f"The option {name} must be at least {lowest}, got {value!r}.")
        if value > MOST:
            raise UsageError(f"The option {name} must be at most {MOST:,}, got {value:,}.")


def draw_lengths(rng: np.random.Generator, low: int, high: int, count: int) -> np.ndarray:
    """Return starts (count + 1,) of sequences whose lengths are uniform, both ends included."""
    at_least(1, count=count)
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(rng.integers(low, high, size=count, endpoint=True), out=starts[1:])
    return starts
