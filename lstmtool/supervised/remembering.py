"""Streams of sequences whose targets depend on their first symbols; solved once all are right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lstmtool.supervised.rules.compressor import Compressor
from lstmtool.supervised.scoring import mean_squared_errors

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule, Update
    from lstmtool.supervised.stopping import Record
    from lstmtool.supervised.target_sequences import Strings


@dataclass(frozen=True)
class Remembering:
    """Streams of the task `chunking`; solved once all targets of a stream are right.

    What "right" means is not published; here the target's output is off by less than 0.2.

    Parameters
    ----------
    limit : int
        Maximum number of training sequences, to the end of a stream.
    beyond : int
        Training sequences after it is solved.
    tests : int
        Streams of the test of the trained network, without learning.
    bound : float
        Error from which on a target is wrong.
    """

    kind: ClassVar[str] = "sequences"
    limit: int = 5000
    beyond: int = 0
    tests: int = 10
    bound: float = 0.2

    def train(self, rule: Rule, task: Any, update: Update, rng: Any, record: Record) -> None:
        """Train until it is solved or the limit is reached, and beyond; then test."""
        self.trained(rule, task, update, rng, record)

    def trained(
        self, rule: Rule, task: Any, update: Update, rng: Any, record: Record
    ) -> list[dict[str, Any]]:
        """Train and test; return what was seen of a history compressor after every stream."""
        needed, seen = np.zeros(2, dtype=np.int64), []
        own = record.begin(rule, rng, needed=needed)
        while not self._is_done(record.sequences, own["needed"]):
            record.look_in(rule, rng, own)
            strings = task.sample(rng, 1)
            outputs = np.zeros_like(strings.targets)
            rule.learn(strings, outputs, update=update)
            right = self.right(task, strings, outputs[:, -1])
            error = float(mean_squared_errors(strings, outputs).mean())
            record.add(record.sequences + task.sequences, error, float(right.mean()))
            if right.all() and not own["needed"][0]:
                own["needed"][:] = 1, record.sequences
            if isinstance(rule, Compressor):
                seen.append(self._look(rule, task, strings, outputs) | {"at": record.sequences})
        record.solved = bool(own["needed"][0])
        if record.solved:
            record.sequences = int(own["needed"][1])
        self._test(rule, task, rng, record)
        return seen

    def _is_done(self, sequences: int, needed: np.ndarray) -> bool:
        if needed[0]:
            return bool(sequences >= needed[1] + self.beyond)
        return sequences >= self.limit

    def right(self, task: Any, strings: Strings, output: np.ndarray) -> np.ndarray:
        """Return which targets are right, in the order of the sequences."""
        ends = task.ends(strings)
        return np.abs(output[ends] - strings.targets[ends, -1]) < self.bound

    def _look(
        self, rule: Compressor, task: Any, strings: Strings, outputs: np.ndarray
    ) -> dict[str, Any]:
        """Return what a stream was for a compressor, per sequence."""
        return {
            "right": float(self.right(task, strings, outputs[:, -1]).mean()),
            "alone": float(self.right(task, strings, rule.own).mean()),
            "cross-entropy": cross_entropy(strings, outputs) / task.sequences,
            "events": [len(rule.seen(k)[1]) / task.sequences for k in range(len(rule.units))],
        }

    def _test(self, rule: Rule, task: Any, rng: Any, record: Record) -> None:
        right, looks = [], []
        for _ in range(self.tests):
            strings = task.sample(rng, 1)
            outputs = np.zeros_like(strings.targets)
            rule.run(strings, outputs)
            right.append(self.right(task, strings, outputs[:, -1]))
            if isinstance(rule, Compressor):
                looks.append(self._look(rule, task, strings, outputs))
        wrong, figures = ~np.concatenate(right), record.figures
        figures[f"targets wrong of {wrong.size}"] = float(wrong.sum())
        for name in ("cross-entropy", "alone") if looks else ():
            figures[name] = float(np.mean([look[name] for look in looks]))
        for k, events in enumerate(zip(*(look["events"] for look in looks), strict=True)):
            figures[f"events of level {k + 1}"] = float(np.mean(events))


def cross_entropy(strings: Strings, outputs: np.ndarray) -> float:
    """Return the cross-entropy in nats of the next symbols, summed over a stream."""
    chances = (outputs[:, :-1] * strings.targets[:, :-1]).sum(axis=1)
    return float(-np.log(np.maximum(chances, 1e-300)).sum())
