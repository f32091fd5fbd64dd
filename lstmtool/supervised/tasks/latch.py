"""The latch: remember which of two signals began a sequence, through noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least, fraction

SIGNALLED = 3
"""Steps of the signal."""


@dataclass(frozen=True)
class Latch(Task):
    """Tell at the end of a sequence whether it began with a positive or a negative signal.

    The input is 1 or -1, equally likely, in the first three steps, then Gaussian noise. The target,
    at the last step, is 1 or 0; an error below 0.49 is right. Inputs and targets are ours: in the
    latch of 1994 (`latch-one-unit`) the network learns the signals.

    Parameters
    ----------
    length : int
        Steps of every sequence, T.
    noise : float
        Variance of the noise.
    """

    name: ClassVar[str] = "latch"
    title: ClassVar[str] = "The latch"
    source: ClassVar[str] = "after Bengio, Simard and Frasconi 1994; details are ours"

    length: int = 50
    noise: float = 0.2

    def __post_init__(self) -> None:
        at_least(SIGNALLED + 1, length=self.length)
        fraction(noise=self.noise)

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Input: signal or noise; output: the signal's sign."""
        return ("signal",), ("positive",)

    @property
    def criterion(self) -> Criterion:
        """An error below 0.49 at the last step."""
        return Criterion(WITHIN, 0.49)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw sequences of `length` steps."""
        strings, positive = self._drawn(rng, count)
        signals = strings.inputs.reshape(count, self.length)[:, :SIGNALLED]
        signals[:] = np.where(positive, 1.0, -1.0)[:, None]
        strings.targets[strings.scored, 0] = positive
        return strings

    def _drawn(self, rng: np.random.Generator, count: int) -> tuple[Strings, np.ndarray]:
        """Return sequences with noise in the last input, and which have the positive signal."""
        at_least(1, count=count)
        strings = self.blank(np.arange(count + 1) * self.length)
        positive = rng.random(count) < 0.5
        noise = rng.normal(0.0, np.sqrt(self.noise), (count, self.length))
        noise[:, :SIGNALLED] = 0.0
        strings.inputs[:, -1] = noise.ravel()
        strings.scored[strings.starts[1:] - 1] = True
        return strings, positive


@dataclass(frozen=True)
class OneUnitLatch(Latch):
    """The latch of 1994: what the unit receives in the first steps of either class is learned.

    The first three steps of either class have an input of their own, so that its weight is what the
    unit receives at that step; noise follows. The target is 0.8 or -0.8, at the last step; an
    output of the right sign is right.

    Parameters
    ----------
    length : int
        Steps of every sequence, T.
    noise : float
        Variance of the noise.
    """

    name: ClassVar[str] = "latch-one-unit"
    title: ClassVar[str] = "The latch of one unit"
    source: ClassVar[str] = "Bengio, Simard and Frasconi 1994, as later texts quote it"

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs: the first steps of either class, and noise; output: the unit."""
        steps = [f"{sign}{n + 1}" for sign in "+-" for n in range(SIGNALLED)]
        return (*steps, "noise"), ("latch",)

    @property
    def criterion(self) -> Criterion:
        """The right sign."""
        return Criterion(WITHIN, 0.8)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw sequences of `length` steps."""
        strings, positive = self._drawn(rng, count)
        own = np.where(positive, 0, SIGNALLED)[:, None] + np.arange(SIGNALLED)
        strings.inputs[strings.starts[:-1, None] + np.arange(SIGNALLED), own] = 1.0
        strings.targets[strings.scored, 0] = np.where(positive, 0.8, -0.8)
        return strings
