"""Training networks that learn within a sequence, tested with frozen weights on new functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lstmtool.supervised.scoring import judged, mean_squared_errors, right_sequences

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule, Update
    from lstmtool.supervised.stopping import Record
    from lstmtool.supervised.target_sequences import Strings

SETTLED = 30
"""Examples after which a function should be known: later ones make up the final error."""
SHOWN = (5, 10, 30, 100)
"""Numbers of examples whose errors are reported."""


def relative_errors(task: Any, strings: Strings, outputs: np.ndarray) -> np.ndarray:
    """Return the mean squared error after 0, 1, 2, ... examples, divided by the prior variance.

    Predicting the mean has 1 throughout.
    """
    squared = (outputs[:, 0] - strings.targets[:, 0]) ** 2
    return squared.reshape(strings.count, -1).mean(axis=0) / task.variance


def final_error(errors: np.ndarray) -> float:
    """Return the mean of relative errors after `SETTLED` examples and more."""
    return float(errors[min(SETTLED, len(errors) - 1) :].mean())


@dataclass(frozen=True)
class FrozenTest:
    """New functions throughout; solved once the error on others, with frozen weights, is small.

    Hochreiter, Younger and Conwell 2001; the bound is ours.

    Parameters
    ----------
    limit : int
        Maximum number of training sequences, one function each.
    bound : float
        Bound on the error after 30 examples and more, relative to the prior variance.
    beyond : int
        Further training sequences after that.
    every : int
        Training sequences between two tests.
    tests : int
        Functions in a test; the last test has new ones.
    chunk : int
        Training sequences drawn at once.
    """

    kind: ClassVar[str] = "sequences"
    limit: int
    bound: float = 0.01
    beyond: int = 0
    every: int = 10_000
    tests: int = 1000
    chunk: int = 500

    def train(self, rule: Rule, task: Any, update: Update, rng: Any, record: Record) -> None:
        """Train until it is solved, and for as long again as wanted; then test."""
        held, last = task.sample(rng, self.tests), task.sample(rng, self.tests)
        own = record.begin(rule, rng, counts=np.zeros(2, dtype=np.int64))
        counts = own["counts"]  # sequences until it was solved, if it was, and until the last test
        while record.sequences < self._end(record, counts):
            record.look_in(rule, rng, own)
            count = min(self.chunk, self._end(record, counts) - record.sequences)
            strings = task.sample(rng, count)
            outputs = np.zeros_like(strings.targets)
            rule.learn(strings, outputs, update=update)
            scored = judged(strings, task.exempt)
            right = right_sequences(scored, outputs, task.criterion).mean()
            error = float(mean_squared_errors(strings, outputs).mean())
            record.add(record.sequences + count, error, float(right))
            if not record.solved and record.sequences - counts[1] >= self.every:
                counts[1] = record.sequences
                record.solved = final_error(_tested(rule, task, held)) < self.bound
                counts[0] = record.sequences if record.solved else 0
        errors = _tested(rule, task, last)
        if not record.solved and final_error(errors) < self.bound:
            record.solved, counts[0] = True, record.sequences
        for n in SHOWN:
            if n < len(errors):
                record.figures[f"relative error after {n} examples"] = float(errors[n])
        record.figures["relative error, later examples"] = final_error(errors)
        record.figures["training sequences in all"] = float(record.sequences)
        if record.solved:
            record.sequences = int(counts[0])

    def _end(self, record: Record, counts: np.ndarray) -> int:
        if not record.solved:
            return self.limit
        return min(self.limit, int(counts[0]) + self.beyond)


def _tested(rule: Rule, task: Any, strings: Strings) -> np.ndarray:
    outputs = np.zeros_like(strings.targets)
    rule.run(strings, outputs)
    return relative_errors(task, strings, outputs)
