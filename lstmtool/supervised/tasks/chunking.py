"""A symbol to be remembered across predictable fillers, as a stream without boundaries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from lstmtool.supervised.target_sequences import LEGAL_SET, Criterion, Strings
from lstmtool.supervised.tasks.base import BRIEF, Task, at_least, fraction


@dataclass(frozen=True)
class Chunking(Task):
    """Predict the next symbol, and after the fillers, whether they began with an a.

    A sequence is a or x, equally likely, then the fillers b1, b2, ... in their order; sequences
    follow one another without boundaries. There is one output for every next symbol and one for the
    target, which is 1 at the last filler of a sequence that began with a, else 0. All steps are
    scored. A step is right if exactly the outputs of what may come are above 0.3: two next symbols
    at the last filler, one elsewhere, and the target's.

    Parameters
    ----------
    lag : int
        Fillers, and the steps from a or x to its target; 20 are published.
    noise : float
        Probability that a filler is another one, any of them equally likely.
    sequences : int
        Sequences in a stream; the network is reset before it.
    """

    name: ClassVar[str] = "chunking"
    title: ClassVar[str] = "Predictable fillers"
    source: ClassVar[str] = "Schmidhuber 1991 and 1992, the history compressor"
    is_stream: ClassVar[bool] = True

    lag: int = 20
    noise: float = 0.0
    sequences: int = 100

    def __post_init__(self) -> None:
        at_least(1, lag=self.lag, sequences=self.sequences)
        fraction(noise=self.noise)

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs: a, x and the fillers; outputs: the same, and the target."""
        inputs = ("a", "x", *(f"b{k + 1}" for k in range(self.lag)))
        return inputs, (*inputs, "target")

    @property
    def criterion(self) -> Criterion:
        """Exactly the outputs of what may come are above 0.3."""
        return Criterion(LEGAL_SET, 0.3)

    def brief(self) -> Task:
        """Return the task with streams of about `BRIEF` steps."""
        return replace(self, sequences=min(self.sequences, max(1, BRIEF // (self.lag + 1))))

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw `count` streams of `sequences` sequences."""
        at_least(1, count=count)
        n, width = count * self.sequences, self.lag + 1
        strings = self.blank(np.arange(count + 1) * self.sequences * width)
        symbols = np.empty((n, width), dtype=np.int64)
        symbols[:, 0] = rng.integers(2, size=n)
        fillers = np.tile(np.arange(2, width + 1), (n, 1))
        if self.noise:
            other = rng.integers(2, width + 1, size=fillers.shape)
            fillers = np.where(rng.random(fillers.shape) < self.noise, other, fillers)
        symbols[:, 1:] = fillers
        flat, steps = symbols.ravel(), np.arange(n * width)
        following = np.append(flat[1:], rng.integers(2))
        ends = self.ends(strings)
        strings.inputs[steps, flat] = 1.0
        strings.targets[steps, following] = 1.0
        strings.targets[ends, -1] = symbols[:, 0] == 0
        strings.allowed[:] = strings.targets > 0.5
        strings.allowed[ends, :2] = True
        strings.scored[:] = True
        return strings

    def ends(self, strings: Strings) -> np.ndarray:
        """Return the rows of the sequences' last fillers, at which the target counts."""
        return np.arange(self.lag, len(strings.inputs), self.lag + 1)
