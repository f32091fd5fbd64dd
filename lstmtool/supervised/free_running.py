"""Free-running prediction of a series: a network that is given its own outputs as inputs.

Training is on one series. For the test, every block is a new series: the network reads it for some
steps, then goes on by itself, as Jaeger 2001 does with the Mackey-Glass series.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from lstmtool.records.free_running import FreeRunning
from lstmtool.supervised.rules.echo_state import EchoState
from lstmtool.supervised.rules.lstm import Lstm, LstmSettings
from lstmtool.supervised.rules.lstm_batch import LstmBatch
from lstmtool.supervised.scoring import mean_squared_errors, right_sequences
from lstmtool.supervised.slicing import cut
from lstmtool.supervised.target_sequences import Strings

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule, Update
    from lstmtool.supervised.stopping import Record

SHOWN = 300
"""Steps that a network goes on by itself in a picture."""


class Blocks(NamedTuple):
    """A network that went on by itself, in the units of the series.

    Attributes
    ----------
    truth, predicted : ndarray of shape (B, H)
        Of each block, from the first step that was not read.
    deviation : float
        Standard deviation of the series.
    """

    truth: np.ndarray
    predicted: np.ndarray
    deviation: float

    def nrmse(self) -> np.ndarray:
        """Return the root mean squared error at each step over the standard deviation, (H,)."""
        squared = (self.predicted - self.truth) ** 2
        return np.sqrt(squared.mean(axis=0)) / self.deviation


@dataclass(frozen=True)
class Continuation:
    """One training series, seen a number of times; then blocks on which the network runs freely.

    Parameters
    ----------
    limit : int
        Times that the training series is learned.
    length : int
        Steps of the training series.
    washout : int
        First steps of the training series that are read only, as states still depend on the start.
    pieces : int
        Parts of it, for rules that update after every sequence.
    blocks, read, free : int
        Series of the test, steps that are read of each, and steps after that.
    bound : float
        Largest error at the last free step of a network that counts as good enough.
    """

    kind: ClassVar[str] = "sequences"
    limit: int = 1
    length: int = 3000
    washout: int = 1000
    pieces: int = 1
    blocks: int = 50
    read: int = 1000
    free: int = 84
    bound: float = np.inf

    def train(self, rule: Rule, task: Any, update: Update, rng: Any, record: Record) -> None:
        """Learn, then test."""
        self.trained(rule, task, update, rng, record)

    def trained(
        self, rule: Rule, task: Any, update: Update, rng: Any, record: Record
    ) -> FreeRunning:
        """Learn, then test; return how the network goes on."""
        series = self.training_series(task, rng)
        outputs = np.zeros_like(series.targets)
        seed = int(rng.integers(2**63))
        own = record.begin(rule, rng)
        if isinstance(rule, EchoState):
            found = rule.stability()
            record.figures["contraction"] = found.contraction
            record.figures["effective radius"] = found.radius
        while record.sequences < self.limit:
            record.look_in(rule, rng, own)
            rule.learn(series, outputs, update=update)
            rule.run(series, outputs)
            error = float(mean_squared_errors(series, outputs).mean())
            right = float(right_sequences(series, outputs, task.criterion).mean())
            record.add(record.sequences + 1, error, right)
        seen = self.test(rule, task, np.random.default_rng(seed))
        record.figures[f"NRMSE{self.free}"] = float(seen.errors[-1])
        record.solved = bool(seen.errors[-1] <= self.bound)
        return seen

    def training_series(self, task: Any, rng: np.random.Generator) -> Strings:
        """Draw the training series, in its pieces."""
        series: Strings = _of_length(task, self.length).sample(rng, 1)
        series.scored[: self.washout] = False
        edges = np.linspace(0, self.length, self.pieces + 1).astype(np.int64)
        return series._replace(starts=edges)

    def test(self, rule: Rule, task: Any, rng: np.random.Generator) -> FreeRunning:
        """Draw the blocks and one longer series, and run the network on each."""
        series = _of_length(task, self.read + self.free).sample(rng, self.blocks)
        errors = run_freely(rule, task, series, self.free).nrmse()
        longer = run_freely(rule, task, _of_length(task, self.read + SHOWN).sample(rng, 1), SHOWN)
        eigenvalues, words = np.zeros(0, dtype=complex), ""
        if isinstance(rule, EchoState):
            stable = rule.stability()
            eigenvalues, words = stable.eigenvalues, stable.words
        return FreeRunning(errors, longer.truth[0], longer.predicted[0], eigenvalues, words)


def _of_length(task: Any, length: int) -> Any:
    return replace(task, length=length)


def run_freely(rule: Rule, task: Any, series: Strings, free: int) -> Blocks:
    """Let a network read all but the last steps of each series, and go on by itself.

    A network that predicts `task.ahead` steps ahead, from a window of values, is given true values
    as far as they are known at the last step read, then its own predictions.

    Parameters
    ----------
    free : int
        Steps to go on.
    """
    rule = _with_state(rule)
    truths, guesses = [], []
    for n in range(series.count):
        block = cut(series, int(series.starts[n]), int(series.starts[n + 1]))
        guesses.append(_run_block(rule, task, block, free))
        truths.append(block.targets[len(block.targets) - free :, 0])
    truth, predicted = task.unsquashed(np.array(truths)), task.unsquashed(np.array(guesses))
    return Blocks(truth, predicted, float(task.unsquashed(series.targets).std()))


def _run_block(rule: Rule, task: Any, block: Strings, free: int) -> np.ndarray:
    """Return the predictions (free,) of the targets of the last steps of a series.

    Of row t, the input is the value at time t and earlier, the target that at t + ahead. What is
    known are the values up to the time of the last target before the free steps.
    """
    n_steps, ahead, known = len(block.inputs), task.ahead, len(block.inputs) - free
    outputs = np.zeros_like(block.targets)
    lags = [task.spacing * k for k in range(task.window)]
    first = min(known + ahead, n_steps)  # the first row with an input after the last known value
    rule.run(cut(block, 0, first), outputs[:first])
    inputs = block.inputs.copy()
    for t in range(first, n_steps):
        for k, lag in enumerate(lags):
            target = t - ahead - lag  # the row whose target is this input
            if target >= known:
                inputs[t, k] = outputs[target, 0]
        row = cut(block._replace(inputs=inputs), t, t + 1)
        rule.run(row, outputs[t : t + 1], keep_state=True)
    return outputs[known:, 0]


def _with_state(rule: Rule) -> Rule:
    """Return a network whose state continues from call to call."""
    if not isinstance(rule, LstmBatch):
        return rule
    made = Lstm(rule.topology, LstmSettings(1.0), np.random.default_rng(0))
    made.parameters[:] = rule.parameters
    return made
