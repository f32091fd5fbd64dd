"""Training on fixed sentences until others, which validate, are no longer told better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lstmtool.data.phonemes import PARTS, TEST, TRAINING, VALIDATION
from lstmtool.supervised.frame_scores import count, frame_score

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule, Update
    from lstmtool.supervised.stopping import Record

SPEECH = ", without pauses"


@dataclass(frozen=True)
class EarlyStopping:
    """Epochs over the training sentences; the weights that are best in validation are kept.

    After every epoch, the frames of the validation sentences are classified. Training ends once
    `patience` epochs have not made more of them right; that counts as solved.

    Parameters
    ----------
    limit : int
        Maximum number of epochs.
    patience : int
        Epochs without a better result.
    piece : int
        Frames of the pieces into which sentences are cut anew for every epoch; 0 for whole ones.
        Tests are always of whole sentences.
    at_once : int
        Pieces that the rule is given in one call, a multiple of those of an update.
    """

    kind: ClassVar[str] = "epochs"
    limit: int
    patience: int = 5
    piece: int = 0
    at_once: int = 64

    def train(self, rule: Rule, task: Any, update: Update, rng: Any, record: Record) -> None:
        """Train until validation ends it or the limit is reached, then test the best weights."""
        own = record.begin(
            rule,
            rng,
            base=np.array([rng.integers(2**62)]),
            place=np.zeros(1, dtype=np.int64),
            sums=np.zeros(3),
            best=rule.parameters.copy(),
            right=np.full(1, -1.0),
            since=np.zeros(1, dtype=np.int64),
        )
        while record.sequences < self.limit and not record.solved:
            self._epoch(rule, task, update, rng, record, own)
            score = frame_score(rule, task, task.frames.of(VALIDATION))
            better = score.right > own["right"][0]
            own["since"][:] = 0 if better else own["since"] + 1
            if better:
                own["right"][:] = score.right
                own["best"][:] = rule.parameters
            own["place"][:] = 0
            own["sums"][:] = 0.0
            record.add(record.sequences + 1, score.error, score.right)
            record.solved = bool(own["since"][0] >= self.patience)
        record.look_in(rule, rng, own)
        rule.parameters[:] = own["best"]
        for part in (TEST, VALIDATION, TRAINING):
            score, name = frame_score(rule, task, task.frames.of(part)), PARTS[part]
            record.figures[f"{name} frames right"] = score.right
            record.figures[f"{name} frames right{SPEECH}"] = score.without(task.frames.pauses)

    def _epoch(
        self,
        rule: Rule,
        task: Any,
        update: Update,
        rng: Any,
        record: Record,
        own: dict[str, np.ndarray],
    ) -> None:
        """Learn every training sentence once, or those that an interrupted epoch has left."""
        order = np.random.default_rng([int(own["base"][0]), record.sequences])
        for n, strings in enumerate(task.pieces(order, self.piece, self.at_once)):
            if n < own["place"][0]:
                continue
            record.look_in(rule, rng, own)
            outputs = np.zeros_like(strings.targets)
            rule.learn(strings, outputs, update=update)
            confusion, error = count(strings, outputs)
            own["sums"] += error, confusion.trace(), confusion.sum()
            own["place"] += 1
            if record.tell:
                record.tell(record.sequences, float(own["sums"][0] / own["sums"][2]))
