"""The stop rule of networks that learn once, from one set of sequences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lstmtool.supervised.scoring import mean_squared_errors, right_sequences

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule, Update
    from lstmtool.supervised.stopping import Record


@dataclass(frozen=True)
class Fitted:
    """Learn from a set of sequences at once; solved if few of as many new ones are wrong.

    Parameters
    ----------
    limit : int
        Sequences in the training set.
    share : float
        Largest share of wrong sequences in a test.
    tests : int
        Sequences in a test: one that decides, and another one that is reported.
    """

    kind: ClassVar[str] = "sequences"
    limit: int
    share: float = 0.01
    tests: int = 1000

    def train(self, rule: Rule, task: Any, update: Update, rng: Any, record: Record) -> None:
        """Learn, and test twice."""
        record.begin(rule, rng)
        strings = task.sample(rng, self.limit)
        rule.learn(strings, np.zeros_like(strings.targets), update=update)
        wrong, error = self._wrong(rule, task, rng)
        record.add(self.limit, error, 1.0 - wrong / self.tests)
        record.solved = wrong <= self.share * self.tests
        wrong, error = self._wrong(rule, task, rng)
        record.figures[f"wrong of {self.tests}"] = float(wrong)
        record.figures["test error"] = error

    def _wrong(self, rule: Rule, task: Any, rng: Any) -> tuple[int, float]:
        """Return how many new sequences are wrong, and their mean squared error."""
        strings = task.sample(rng, self.tests)
        outputs = np.zeros_like(strings.targets)
        rule.run(strings, outputs)
        right = right_sequences(strings, outputs, task.criterion)
        return int((~right).sum()), float(mean_squared_errors(strings, outputs).mean())
