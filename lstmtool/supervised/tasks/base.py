"""Base class of tasks: sizes, names, a criterion, and a generator of sequences."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.supervised.target_sequences import Criterion, Strings

MOST = 10_000_000
"""Largest integer option: beyond it, sequences would not fit in memory."""
BRIEF = 100
"""Approximate length of a brief stream."""
MOST_NUMBERS = 1 << 30
"""Maximum number of inputs and targets generated at once."""


@dataclass(frozen=True)
class Task(ABC):
    """A source of sequences with targets; its options are the fields of the subclass.

    Attributes
    ----------
    name, title : str
        Name on the command line, and title in figures and tables.
    source : str
        Publication of the task.
    is_stream : bool
        Whether `sample` makes streams: long sequences of whole strings, intervals or periods,
        without resets between these. Two streams may therefore be joined.
    overlap : int
        Number of initial steps to drop from a stream that continues another.
    exempt : int
        Number of initial steps of a sequence that the criterion does not judge.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    is_stream: ClassVar[bool] = False
    overlap: ClassVar[int] = 0
    exempt: ClassVar[int] = 0

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
        """Number of inputs of a network for this task."""
        return len(self.symbols[0])

    @property
    def n_outputs(self) -> int:
        """Number of outputs of a network for this task."""
        return len(self.symbols[1])

    @abstractmethod
    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw the next `count` sequences or streams.

        Parameters
        ----------
        rng : numpy.random.Generator
            Its state determines the sequences.
        """

    def brief(self) -> Task:
        """Return the same task with shorter streams, whose openings are cheap."""
        return self

    def blank(self, starts: np.ndarray) -> Strings:
        """Return sequences of zeros without scored steps, for a generator to fill.

        Parameters
        ----------
        starts : ndarray of shape (n + 1,)
            Start of every sequence, and the end of the last.
        """
        n_steps = int(starts[-1])
        if not 0 <= n_steps * (self.n_inputs + self.n_outputs) <= MOST_NUMBERS:
            raise UsageError(
                f"Sequences of {n_steps:,} steps in all are too many to generate at once.",
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
    """Refuse task options that are not integers from `lowest` to `MOST`.

    Raises
    ------
    UsageError
        Naming the first such option.
    """
    for name, value in options.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise UsageError(f"The option {name} must be a whole number, got {value!r}.")
        if not value >= lowest:
            raise UsageError(f"The option {name} must be at least {lowest}, got {value!r}.")
        if value > MOST:
            raise UsageError(f"The option {name} must be at most {MOST:,}, got {value:,}.")


def fraction(**options: float) -> None:
    """Refuse task options that are not numbers from 0 to 1.

    Raises
    ------
    UsageError
        Naming the first such option.
    """
    for name, value in options.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UsageError(f"The option {name} must be a number, got {value!r}.")
        if not 0.0 <= value <= 1.0:
            raise UsageError(f"The option {name} must be from 0 to 1, got {value!r}.")


def draw_lengths(rng: np.random.Generator, low: int, high: int, count: int) -> np.ndarray:
    """Return starts (count + 1,) of sequences with lengths uniform in an inclusive range."""
    at_least(1, count=count)
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(rng.integers(low, high, size=count, endpoint=True), out=starts[1:])
    return starts
