"""Training on new sequences throughout, with a test on the same held-out ones now and then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lstmtool.supervised.scoring import mean_squared_errors, right_sequences, right_steps
from lstmtool.supervised.slicing import joined

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule, Update
    from lstmtool.supervised.stopping import Record
    from lstmtool.supervised.target_sequences import Strings


@dataclass(frozen=True)
class HeldOut:
    """New sequences throughout; solved once hardly any held-out ones are wrong.

    Sequences are drawn `chunk` by `chunk`, so that networks that are given more of them at once see
    the same ones.

    Parameters
    ----------
    limit : int
        Maximum number of training sequences.
    chunk : int
        Sequences drawn at once.
    together : int
        Chunks that the rule is given in one call.
    every : int
        Training sequences between two tests.
    tests : int
        Sequences that are held out, and as many others for the test of the trained network.
    bound : float
        Share of the held-out scored steps that are wrong, below which it is solved; 0.001 in
        Sutskever's code for Martens and Sutskever 2011.
    """

    kind: ClassVar[str] = "sequences"
    limit: int
    chunk: int = 100
    together: int = 1
    every: int = 10_000
    tests: int = 1000
    bound: float = 0.001

    def train(self, rule: Rule, task: Any, update: Update, rng: Any, record: Record) -> None:
        """Train until it is solved or the limit is reached; then test."""
        self.trained(rule, task, update, rng, record)

    def trained(
        self, rule: Rule, task: Any, update: Update, rng: Any, record: Record
    ) -> np.ndarray:
        """Train and test; return sequences, error, wrong steps a sequence of every test (n, 3)."""
        held, last = task.sample(rng, self.tests), task.sample(rng, self.tests)
        rows = np.full((self.limit // self.every + 2, 3), np.nan)
        own = record.begin(rule, rng, tested=np.zeros(2, dtype=np.int64), looks=rows)
        tested, looks = own["tested"], own["looks"]  # sequences at the last test, number of tests
        while record.sequences < self.limit and not record.solved:
            record.look_in(rule, rng, own)
            strings = joined([task.sample(rng, self.chunk) for _ in range(self.together)])
            outputs = np.zeros_like(strings.targets)
            rule.learn(strings, outputs, update=update)
            right = right_sequences(strings, outputs, task.criterion)
            error = float(mean_squared_errors(strings, outputs).mean())
            record.add(record.sequences + strings.count, error, float(right.mean()))
            if record.sequences - tested[0] >= self.every or record.sequences >= self.limit:
                share, wrong, error = self._test(rule, task, held)
                looks[tested[1]] = record.sequences, error, wrong
                tested[:] = record.sequences, tested[1] + 1
                record.solved = share < self.bound
            if not np.isfinite(rule.parameters).all():
                break
        _, wrong, error = self._test(rule, task, last)
        record.figures |= {"wrong a sequence": wrong, "test error": error}
        return looks[: tested[1]]

    def _test(self, rule: Rule, task: Any, strings: Strings) -> tuple[float, float, float]:
        """Return the share of wrong scored steps, their number a sequence, and the error."""
        outputs = np.zeros_like(strings.targets)
        rule.run(strings, outputs)
        n_wrong = int((~right_steps(strings, outputs, task.criterion)).sum())
        error = float(mean_squared_errors(strings, outputs).mean())
        return n_wrong / int(strings.scored.sum()), n_wrong / strings.count, error
