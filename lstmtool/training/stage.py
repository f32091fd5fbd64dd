"""One stage of training a network, chunk by chunk, and the state from which it can be resumed.

A restart is a fixed sequence of stages, so a log of their states is enough to resume it: finished
stages are not run again, an unfinished one continues from its last chunk, and whatever lies
between two stages is recomputed with the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lstmtool.config import Stage
from lstmtool.errors import DataError
from lstmtool.kernels.records import GO_ON, HISTORY, OptimiserState, StageOptions
from lstmtool.training.batch import SequenceBatch, new_optimiser_state, train_epochs

FIRST_CHUNK = 10  # epochs; later chunks grow to about CHUNK_STEPS cell-steps
LARGEST_CHUNK = 100  # epochs, so that a collapse is noticed soon
CHUNK_STEPS = 2_000_000
MOST_ROWS = 10_000
"""Rows of history kept per stage; of a longer stage only every 2nd epoch, every 4th, ..."""
SMALLEST_SPREAD = 1e-12
"""Outputs with a smaller relative difference are equal but for rounding."""


class Stopped(Exception):
    """Training was asked to stop; its progress is in the logs."""


class Stop:
    """A flag that another thread may set; training then ends after the current epoch."""

    def __init__(self) -> None:
        self.flag = np.zeros(1, dtype=np.int64)

    def set(self) -> None:
        """Ask all restarts to end."""
        self.flag[0] = 1

    def __bool__(self) -> bool:
        return bool(self.flag[0])


@dataclass(frozen=True)
class StageState:
    """Immutable state of one network in one stage.

    Parameters
    ----------
    learner : OptimiserState
        Parameters and optimiser after the epochs done.
    generator : dict
        State of the random generator that draws copies, after the epochs done.
    epochs : int
        Epochs done.
    rows : ndarray of shape (E, 5)
        `records.HISTORY` of every `every`-th epoch, starting with the first.
    last : ndarray of shape (5,)
        Row of the last epoch; NaN before the first.
    recent, earlier : float
        Best objective (larger is better) since the last multiple of the stage's patience, and
        before it.
    best : ndarray of shape (P,)
        Parameters of the chunk that ended with the best objective, `best_value`.
    ended : bool
        Whether the stage is finished.
    lost : str
        Why it ended early: ``diverged`` or ``collapsed``; empty if it did not.
    """

    learner: OptimiserState
    generator: Mapping[str, Any]
    epochs: int = 0
    every: int = 1
    rows: np.ndarray = field(default_factory=lambda: np.empty((0, len(HISTORY))))
    last: np.ndarray = field(default_factory=lambda: np.full(len(HISTORY), np.nan))
    recent: float = -np.inf
    earlier: float = -np.inf
    best: np.ndarray = field(default_factory=lambda: np.empty(0))
    best_value: float = -np.inf
    ended: bool = False
    lost: str = ""

    @property
    def parameters(self) -> np.ndarray:
        """Final parameters, or the best ones if the stage was lost."""
        return self.best if self.lost else self.learner.parameters

    @property
    def kept_epochs(self) -> np.ndarray:
        """Epochs, from 1, that have a row in `history`."""
        kept = 1 + self.every * np.arange(len(self.rows))
        return kept if not self.epochs or kept[-1] == self.epochs else np.append(kept, self.epochs)

    @property
    def history(self) -> np.ndarray:
        """Rows kept, always with that of the last epoch."""
        return (
            self.rows
            if len(self.kept_epochs) == len(self.rows)
            else np.vstack([self.rows, self.last])
        )


class RestartLog:
    """The states of one restart's stages, in order; the last may be unfinished.

    Parameters
    ----------
    stage_states : sequence of StageState
        States of an earlier attempt.
    keep : callable, optional
        Called with all states after every chunk. Without it nothing is stored, and a stop ends a
        stage where it is instead of raising `Stopped`.
    """

    def __init__(
        self,
        stage_states: Sequence[StageState] = (),
        keep: Callable[[Sequence[StageState]], None] | None = None,
    ) -> None:
        self._courses, self._keep, self._next = list(stage_states), keep, 0

    @property
    def stage_states(self) -> tuple[StageState, ...]:
        """States so far, to start another log from."""
        return tuple(self._courses)

    def begin(self) -> StageState | None:
        """Begin the next stage; return its earlier state, if there is one."""
        self._next += 1
        return self._courses[self._next - 1] if self._next <= len(self._courses) else None

    def put(self, stage_state: StageState) -> None:
        """Store the state of the stage begun last."""
        if self._keep is not None:
            self._courses[self._next - 1 :] = [stage_state]
            self._keep(tuple(self._courses))

    def flag(self, stop: Stop) -> np.ndarray:
        """Return the flag of a stop for work that may be aborted, since `check` then raises."""
        return GO_ON if self._keep is None else stop.flag

    def check(self, stop: Stop) -> bool:
        """Return whether to stop here; raise `Stopped` instead if progress is stored."""
        if stop and self._keep is not None:
            raise Stopped
        return bool(stop)


@dataclass(frozen=True)
class StagePlan:
    """Plan of a stage: which network on which lanes, with which settings, for how many epochs."""

    lanes: SequenceBatch
    options: StageOptions
    stage: Stage
    n_epochs: int
    tell: Callable[[int, np.ndarray], None] = lambda epochs, values: None
    settles: bool = True

    @property
    def sign(self) -> int:
        """1 if a larger objective is better, otherwise -1."""
        return self.stage.record.sign


def run_stage(
    log: RestartLog, start: np.ndarray, way: StagePlan, rng: np.random.Generator, stop: Stop
) -> StageState:
    """Train from the parameters `start`, or resume from the log.

    `rng` advances as the stage draws from it. `way.tell` is called after every chunk with the
    epochs done and the last row of the history.

    Raises
    ------
    Stopped
        If `stop` was set and the log stores progress.
    """
    stage_state = log.begin() or StageState(
        new_optimiser_state(start), rng.bit_generator.state, best=start
    )
    if stage_state.learner.parameters.shape != start.shape:
        raise DataError(
            "The unfinished run is damaged.",
            f"{stage_state.learner.parameters.size} parameters where {start.size} belong",
            "Remove it, and train again.",
        )
    rng.bit_generator.state = stage_state.generator
    learner = _copied(stage_state.learner)
    if stage_state.epochs:
        way.tell(stage_state.epochs, stage_state.last)
    while not stage_state.ended:
        chunk = _next_chunk(stage_state, way)
        if chunk == 0:
            stage_state = replace(stage_state, ended=True)
        elif log.check(stop):
            break
        else:
            rows = train_epochs(
                learner, way.lanes, way.options, chunk, rng, stop.flag, way.stage.record.step
            )
            if len(rows) < chunk:
                log.check(stop)  # an unfinished chunk is not stored but run again
            after = replace(
                stage_state, learner=_copied(learner), generator=rng.bit_generator.state
            )
            stage_state = _judged(
                _extended(after, rows, way), way, diverged=len(rows) < chunk and not stop
            )
            if len(rows):
                way.tell(stage_state.epochs, rows[-1])
        log.put(stage_state)
    return stage_state


def _next_chunk(stage_state: StageState, way: StagePlan) -> int:
    """Return the number of epochs in the next chunk, about 0.1 s of work; 0 at the end."""
    left = way.n_epochs - stage_state.epochs
    if stage_state.epochs:
        work = way.lanes.data.lengths.sum() * (way.lanes.network.hidden.n_units + 1)
        left = min(left, int(np.clip(CHUNK_STEPS // work, 1, LARGEST_CHUNK)))
    else:
        left = min(left, FIRST_CHUNK)
    if way.settles and way.stage.stop_below:
        left = min(left, way.stage.patience - stage_state.epochs % way.stage.patience)
    return left


def _extended(stage_state: StageState, rows: np.ndarray, way: StagePlan) -> StageState:
    """Return the state with more rows, every second of which is dropped if there are too many."""
    if not len(rows):
        return stage_state
    kept = np.concatenate(
        [stage_state.rows, rows[-stage_state.epochs % stage_state.every :: stage_state.every]]
    )
    every = stage_state.every
    while len(kept) > MOST_ROWS:
        kept, every = kept[::2].copy(), 2 * every
    return replace(
        stage_state,
        epochs=stage_state.epochs + len(rows),
        every=every,
        rows=kept,
        last=rows[-1].copy(),
        recent=max(stage_state.recent, float((way.sign * rows[:, 0]).max())),
    )


def _judged(stage_state: StageState, way: StagePlan, diverged: bool) -> StageState:
    """Update the best parameters, and end the stage if it is lost or no longer improves enough."""
    if diverged or not np.isfinite(stage_state.learner.parameters).all():
        return replace(stage_state, ended=True, lost="diverged")
    if stage_state.epochs and _collapsed(way.lanes.work.net):
        return replace(stage_state, ended=True, lost="collapsed")
    value = way.sign * stage_state.last[0]
    if value >= stage_state.best_value or not stage_state.epochs:
        stage_state = replace(
            stage_state, best=stage_state.learner.parameters, best_value=float(value)
        )
    if way.settles and way.stage.stop_below and stage_state.epochs % way.stage.patience == 0:
        enough = stage_state.epochs < 2 * way.stage.patience
        settled = not enough and stage_state.recent - stage_state.earlier < way.stage.stop_below
        earlier = max(stage_state.recent, stage_state.earlier)
        return replace(stage_state, ended=settled, earlier=earlier, recent=-np.inf)
    return stage_state


def _collapsed(net: np.ndarray) -> bool:
    """Return whether net inputs (K, lanes) are equal in all lanes but for rounding."""
    spread = net.max(axis=1) - net.min(axis=1)
    return bool((spread <= SMALLEST_SPREAD * np.abs(net).max(axis=1)).all())


def _copied(learner: OptimiserState) -> OptimiserState:
    return OptimiserState(*(part.copy() for part in learner))
