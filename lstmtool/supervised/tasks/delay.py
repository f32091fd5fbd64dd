"""The tutorial's delay: whether two spikes are exactly twenty steps apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least


@dataclass(frozen=True)
class TutorialDelay(Task):
    """Decide at the second of two spikes whether it came exactly 20 steps after the first.

    The tutorial only says: target 1 if the delay between spikes is 20, else 0. Here the first spike
    comes after 0 to 9 steps; in half of the sequences the second comes `delay` steps later, in the
    others after any other number from 1 to `longest`, equally likely. It ends the sequence and has
    the only target; the output is right if its error is below 0.49.

    Parameters
    ----------
    delay, longest : int
        In steps.
    """

    name: ClassVar[str] = "tutorial-delay"
    title: ClassVar[str] = "A delay of twenty steps"
    source: ClassVar[str] = "2003 tutorial; details are ours"

    delay: int = 20
    longest: int = 40

    def __post_init__(self) -> None:
        at_least(1, delay=self.delay)
        at_least(max(2, self.delay), longest=self.longest)

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Input: the spike; output: whether the delay is the right one."""
        return ("spike",), (f"delay {self.delay}",)

    @property
    def criterion(self) -> Criterion:
        """An error below 0.49 at the second spike."""
        return Criterion(WITHIN, 0.49)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw sequences that end at their second spike."""
        at_least(1, count=count)
        first = rng.integers(0, 10, size=count)
        delays = rng.integers(1, self.longest, size=count)
        delays += delays >= self.delay
        hits = rng.random(count) < 0.5
        delays[hits] = self.delay
        starts = np.concatenate([[0], np.cumsum(first + delays + 1)])
        strings, ends = self.blank(starts), starts[1:] - 1
        strings.inputs[starts[:-1] + first, 0] = 1.0
        strings.inputs[ends, 0] = 1.0
        strings.targets[ends, 0] = hits
        strings.scored[ends] = True
        return strings
