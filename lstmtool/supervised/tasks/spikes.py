"""Spikes: measure the time between them (MSD), or generate them at the right time (GTS)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from lstmtool.supervised.tasks.base import BRIEF, Task, at_least


@dataclass(frozen=True)
class _Spikes(Task):
    """Spikes at T(n) = T(n - 1) + F + I(n), T(0) = 0, with I(n) uniform on 0, 1, ..., I.

    Parameters
    ----------
    shortest : int
        F, the shortest interval in steps.
    extra : int
        I, the largest excess over the shortest interval; 0 for equal intervals.
    intervals : int
        Intervals per stream.
    """

    source: ClassVar[str] = "Gers, Schraudolph and Schmidhuber 2002; 2003 tutorial"
    is_stream: ClassVar[bool] = True

    shortest: int = 10
    extra: int = 1
    intervals: int = 100

    def __post_init__(self) -> None:
        at_least(1, shortest=self.shortest, intervals=self.intervals)
        at_least(0, extra=self.extra)

    @property
    def criterion(self) -> Criterion:
        """An error below 0.49 at every scored step."""
        return Criterion(WITHIN, 0.49)

    def brief(self) -> Task:
        """Return the task with streams of about `BRIEF` steps."""
        return replace(self, intervals=min(self.intervals, max(1, BRIEF // self.shortest)))

    def _draw(self, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return I(1), I(2), ... and T(1), T(2), ... of every stream, both (count, intervals)."""
        at_least(1, count=count)
        at_least(1, intervals=count * self.intervals)
        longer = rng.integers(0, self.extra, size=(count, self.intervals), endpoint=True)
        return longer, np.cumsum(self.shortest + longer, axis=1)


@dataclass(frozen=True)
class MeasureDelays(_Spikes):
    """Measuring spike delays: output at every spike the time since the last one.

    The input is 1 at the steps T(0), T(1), ... and 0 between them; T(0) is the first step of a
    stream. At spike n, n > 0, the target is I(n); other steps have none.

    The first spike of a stream that continues another is the last spike of that one.
    With one interval per stream it is the publication's task NMSD.
    """

    name: ClassVar[str] = "msd"
    title: ClassVar[str] = "Measuring spike delays"
    overlap: ClassVar[int] = 1

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Input: the spike; output: its interval's excess over the shortest."""
        return ("spike",), ("I(n)",)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw streams of `intervals` intervals; they end with the last spike."""
        longer, times = self._draw(rng, count)
        starts = np.concatenate([[0], np.cumsum(times[:, -1] + 1)])
        strings = self.blank(starts)
        rows = (times + starts[:-1, None]).ravel()
        strings.inputs[starts[:-1], 0] = 1.0
        strings.inputs[rows, 0] = 1.0
        strings.targets[rows, 0] = longer.ravel()
        strings.scored[rows] = True
        return strings


@dataclass(frozen=True)
class TimeSpikes(_Spikes):
    """Generating timed spikes: be 1 at the last step of every interval, else 0.

    Interval n has F + I(n) steps. The input is I(n) at all steps of interval n; every step is
    scored. With `extra` 0 all intervals are equal, and the input is always 0.
    """

    name: ClassVar[str] = "gts"
    title: ClassVar[str] = "Generating timed spikes"

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Input: the interval's excess over the shortest; output: the spike."""
        return ("I(n)",), ("spike",)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw streams of `intervals` intervals; they end with the last spike."""
        longer, times = self._draw(rng, count)
        starts = np.concatenate([[0], np.cumsum(times[:, -1])])
        strings = self.blank(starts)
        strings.inputs[:, 0] = np.repeat(longer.ravel(), (self.shortest + longer).ravel())
        strings.targets[(times + starts[:-1, None]).ravel() - 1, 0] = 1.0
        strings.scored[:] = True
        return strings
