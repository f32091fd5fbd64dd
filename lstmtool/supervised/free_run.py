"""Training on music until a network plays the form by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lstmtool.supervised.composing import (
    OPENING,
    Choice,
    Judgement,
    figures_of,
    judge,
    opening_of,
    play,
    predictor,
)
from lstmtool.supervised.scoring import mean_squared_errors, right_steps
from lstmtool.supervised.tasks.blues import CYCLE

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule, Update
    from lstmtool.supervised.stopping import Record
    from lstmtool.supervised.tasks.blues import BluesChords


@dataclass(frozen=True)
class FreeRun:
    """Songs throughout; solved once the network plays the chords of some cycles by itself.

    Eck and Schmidhuber 2002: one cycle from a seed of up to 24 steps.

    Parameters
    ----------
    limit : int
        Maximum number of training songs.
    every : int
        Songs between two tests.
    cycles : int
        Cycles of the form that must be right.
    whole : bool
        Whether training goes on to the limit.
    played : int
        Cycles that the trained network plays.
    """

    kind: ClassVar[str] = "songs"
    limit: int
    every: int = 20
    cycles: int = 1
    whole: bool = False
    played: int = 10

    def train(self, rule: Rule, task: Any, update: Update, rng: Any, record: Record) -> None:
        """Train until it is solved or the limit is reached, then let the network play."""
        own = record.begin(rule, rng, solved=np.zeros(1, dtype=np.int64))
        solved = own["solved"]  # songs until it was solved; 0 if it was not
        while record.sequences < self.limit and (self.whole or not record.solved):
            record.look_in(rule, rng, own)
            songs = task.sample(rng, min(self.every, self.limit - record.sequences))
            outputs = np.zeros_like(songs.targets)
            rule.learn(songs, outputs, update=update)
            error = float(mean_squared_errors(songs, outputs).mean())
            right = float(right_steps(songs, outputs, task.criterion).mean())
            record.add(record.sequences + songs.count, error, right)
            if not record.solved:
                record.solved = self._plays(rule, task)
                solved[0] = record.sequences if record.solved else 0
        found = listen(rule, task, np.random.default_rng(0), self.played)
        record.figures |= figures_of(found) | {"songs in all": float(record.sequences)}
        if record.solved:
            record.sequences = int(solved[0])

    def _plays(self, rule: Rule, task: BluesChords) -> bool:
        for cycles in sorted({1, self.cycles}):  # most networks fail in the first
            found = listen(rule, task, np.random.default_rng(0), cycles)
            if found.chord_steps < found.steps:
                return False
        return True


def listen(rule: Rule, task: BluesChords, rng: np.random.Generator, cycles: int) -> Judgement:
    """Judge some cycles that a network plays after the opening of a song."""
    choose = Choice().notes(rng)
    opening = opening_of(task, rng)
    return judge(task, play(predictor(rule), opening, cycles * CYCLE, choose), OPENING)
