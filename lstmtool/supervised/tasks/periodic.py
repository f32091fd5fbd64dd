"""Periodic function generation: a self-sustaining oscillation of a given form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from lstmtool.supervised.tasks.base import BRIEF, Task, at_least

FORMS = ("cosine", "triangle", "rectangle")


@dataclass(frozen=True)
class Periodic(Task):
    """Generate a periodic function without any input about time.

    The input is 0 at every step. The target of step t = 1, 2, ... is, with the period F and the
    phase p = (t mod F) / F,

    * cosine: (1 - cos 2 pi p) / 2,
    * triangle: 1 - abs(1 - 2 p),
    * rectangle: 1 if p > 1/2, else 0.

    Parameters
    ----------
    period : int
        F in steps; 10 and 25 are published.
    periods : int
        Periods per stream.
    bound : float
        Bound on the error; 0.3 is published, and 0.15 for a finer cosine.
    """

    name: ClassVar[str] = "pfg"
    title: ClassVar[str] = "Periodic function generation"
    source: ClassVar[str] = "Gers, Schraudolph and Schmidhuber 2002; 2003 tutorial"
    is_stream: ClassVar[bool] = True

    form: str = "cosine"
    period: int = 10
    periods: int = 100
    bound: float = 0.3

    def __post_init__(self) -> None:
        at_least(2, period=self.period)
        at_least(1, periods=self.periods)
        if self.form not in FORMS:
            raise UsageError(
                f"There is no periodic function {self.form!r}.", fix=f"Forms: {', '.join(FORMS)}."
            )
        if not isinstance(self.bound, int | float) or not 0.0 < self.bound < np.inf:
            raise UsageError(f"The option bound must be positive, got {self.bound!r}.")

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Input: always 0; output: the function."""
        return ("nothing",), (self.form,)

    @property
    def criterion(self) -> Criterion:
        """An error below `bound` at every step."""
        return Criterion(WITHIN, self.bound)

    def brief(self) -> Task:
        """Return the task with streams of about `BRIEF` steps."""
        return replace(self, periods=min(self.periods, max(1, BRIEF // self.period)))

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Return identical streams of `periods` periods; nothing is drawn."""
        at_least(1, count=count)
        n_steps = self.period * self.periods
        strings = self.blank(np.arange(count + 1) * n_steps)
        phase = (np.arange(1, n_steps + 1) % self.period) / self.period
        strings.targets[:, 0] = np.tile(self._function(phase), count)
        strings.scored[:] = True
        return strings

    def _function(self, phase: np.ndarray) -> np.ndarray:
        if self.form == "cosine":
            return 0.5 * (1.0 - np.cos(2.0 * np.pi * phase))
        if self.form == "triangle":
            return 1.0 - np.abs(1.0 - 2.0 * phase)
        return (phase > 0.5).astype(float)
