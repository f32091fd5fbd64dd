"""The course of one network through one stage, chunk by chunk; and what is kept to go on later.

A restart is a fixed sequence of courses, so a journal of them is enough to go on with it: courses
that have ended are not run again, the one under way goes on from its last chunk, and all that lies
between two courses is computed again, with the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lstmtool.config import Stage
from lstmtool.errors import DataError
from lstmtool.kernels.records import GO_ON, HISTORY, Learner, StageOptions
from lstmtool.training.batch import Lanes, new_learner, train_epochs

FIRST_CHUNK = 10  # epochs; later chunks grow to about CHUNK_STEPS cell-steps
LARGEST_CHUNK = 100  # epochs: so soon is seen what has collapsed
CHUNK_STEPS = 2_000_000
MOST_ROWS = 10_000
"""Rows of history that are kept of a course: of a longer one every 2nd epoch, every 4th, ..."""
SMALLEST_SPREAD = 1e-12
"""Outputs that differ less than this, relative to their size, are equal but for rounding."""


class Stopped(Exception):
    """Training was asked to stop; what it had reached is in the journals."""


class Stop:
    """A flag that another thread may set; training then ends after the epoch it is in."""

    def __init__(self) -> None:
        self.flag = np.zeros(1, dtype=np.int64)

    def set(self) -> None:
        """Ask all restarts to end."""
        self.flag[0] = 1

    def __bool__(self) -> bool:
        return bool(self.flag[0])


@dataclass(frozen=True)
class Course:
    """How far one network has come in one stage; nothing in it changes once it is made.

    Parameters
    ----------
    learner : Learner
        After the epochs done.
    generator : dict
        State of the random generator that draws copies, after the same.
    epochs : int
        Epochs done.
    rows : ndarray of shape (E, 5)
        `records.HISTORY` of every `every`-th epoch, from the first.
    last : ndarray of shape (5,)
        The same of the last epoch; NaN before the first.
    recent, earlier : float
        Best objective, larger is better, since the last look at multiples of the stage's patience
        and before that.
    best : ndarray of shape (P,)
        Parameters with the best objective seen at the end of a chunk, and `best_value`.
    ended : bool
        Whether this is all.
    lost : str
        How it ended early: ``diverged``, ``collapsed`` or not at all.
    """

    learner: Learner
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
        """Of the end; of the best moment, where it was lost later."""
        return self.best if self.lost else self.learner.parameters

    @property
    def kept_epochs(self) -> np.ndarray:
        """Number of every epoch, from 1, whose row is in `history`."""
        kept = 1 + self.every * np.arange(len(self.rows))
        return kept if not self.epochs or kept[-1] == self.epochs else np.append(kept, self.epochs)

    @property
    def history(self) -> np.ndarray:
        """Rows kept and, always, that of the last epoch."""
        return (
            self.rows
            if len(self.kept_epochs) == len(self.rows)
            else np.vstack([self.rows, self.last])
        )


class Journal:
    """The courses of one restart, in their order; the last one may be under way.

    Parameters
    ----------
    courses : sequence of Course
        Of an earlier attempt.
    keep : callable, optional
        Called with all courses after every chunk. Without it nothing is kept, and a stop ends
        courses where they are instead of raising `Stopped`.
    """

    def __init__(
        self,
        courses: Sequence[Course] = (),
        keep: Callable[[Sequence[Course]], None] | None = None,
    ) -> None:
        self._courses, self._keep, self._next = list(courses), keep, 0

    @property
    def courses(self) -> tuple[Course, ...]:
        """What there is, for a journal elsewhere."""
        return tuple(self._courses)

    def begin(self) -> Course | None:
        """Return what there is of the next course."""
        self._next += 1
        return self._courses[self._next - 1] if self._next <= len(self._courses) else None

    def put(self, course: Course) -> None:
        """Note how far the course that was begun last has come."""
        if self._keep is not None:
            self._courses[self._next - 1 :] = [course]
            self._keep(tuple(self._courses))

    def flag(self, stop: Stop) -> np.ndarray:
        """Return the flag of a stop for what may be left half done, since `check` then raises."""
        return GO_ON if self._keep is None else stop.flag

    def check(self, stop: Stop) -> bool:
        """Whether to stop here; raises `Stopped` where what was reached is kept."""
        if stop and self._keep is not None:
            raise Stopped
        return bool(stop)


@dataclass(frozen=True)
class Way:
    """How a course goes: which network on which lanes, by which settings, for how many epochs."""

    lanes: Lanes
    options: StageOptions
    stage: Stage
    n_epochs: int
    tell: Callable[[int, np.ndarray], None] = lambda epochs, values: None
    settles: bool = True

    @property
    def sign(self) -> int:
        """Of the objective where larger is better."""
        return self.stage.record.sign


def run_course(
    journal: Journal, start: np.ndarray, way: Way, rng: np.random.Generator, stop: Stop
) -> Course:
    """Train from the parameters `start`, or go on from what the journal has.

    The generator is left as the course leaves it. `way.tell` is called after every chunk with the
    epochs done and the last row of the history.

    Raises
    ------
    Stopped
        If `stop` is set and the journal keeps what was reached.
    """
    course = journal.begin() or Course(new_learner(start), rng.bit_generator.state, best=start)
    if course.learner.parameters.shape != start.shape:
        raise DataError(
            "The unfinished run is damaged.",
            f"{course.learner.parameters.size} parameters where {start.size} belong",
            "Remove it, and train anew.",
        )
    rng.bit_generator.state = course.generator
    learner = _copied(course.learner)
    if course.epochs:
        way.tell(course.epochs, course.last)
    while not course.ended:
        chunk = _next_chunk(course, way)
        if chunk == 0:
            course = replace(course, ended=True)
        elif journal.check(stop):
            break
        else:
            rows = train_epochs(
                learner, way.lanes, way.options, chunk, rng, stop.flag, way.stage.record.step
            )
            if len(rows) < chunk:
                journal.check(stop)  # a part of a chunk is not kept: it is run again
            after = replace(course, learner=_copied(learner), generator=rng.bit_generator.state)
            course = _judged(
                _extended(after, rows, way), way, diverged=len(rows) < chunk and not stop
            )
            if len(rows):
                way.tell(course.epochs, rows[-1])
        journal.put(course)
    return course


def _next_chunk(course: Course, way: Way) -> int:
    """Epochs until Python looks in again: about a tenth of a second; 0 at the end."""
    left = way.n_epochs - course.epochs
    if course.epochs:
        work = way.lanes.data.lengths.sum() * (way.lanes.network.n_units + 1)
        left = min(left, int(np.clip(CHUNK_STEPS // work, 1, LARGEST_CHUNK)))
    else:
        left = min(left, FIRST_CHUNK)
    if way.settles and way.stage.stop_below:
        left = min(left, way.stage.patience - course.epochs % way.stage.patience)
    return left


def _extended(course: Course, rows: np.ndarray, way: Way) -> Course:
    """Return the course with more rows; every second one of those kept is dropped where needed."""
    if not len(rows):
        return course
    kept = np.concatenate([course.rows, rows[-course.epochs % course.every :: course.every]])
    every = course.every
    while len(kept) > MOST_ROWS:
        kept, every = kept[::2].copy(), 2 * every
    return replace(
        course,
        epochs=course.epochs + len(rows),
        every=every,
        rows=kept,
        last=rows[-1].copy(),
        recent=max(course.recent, float((way.sign * rows[:, 0]).max())),
    )


def _judged(course: Course, way: Way, diverged: bool) -> Course:
    """Return the course, ended where it is lost or no longer gains enough, its best state noted."""
    if diverged or not np.isfinite(course.learner.parameters).all():
        return replace(course, ended=True, lost="diverged")
    if course.epochs and _collapsed(way.lanes.work.net):
        return replace(course, ended=True, lost="collapsed")
    value = way.sign * course.last[0]
    if value >= course.best_value or not course.epochs:
        course = replace(course, best=course.learner.parameters, best_value=float(value))
    if way.settles and way.stage.stop_below and course.epochs % way.stage.patience == 0:
        enough = course.epochs < 2 * way.stage.patience
        settled = not enough and course.recent - course.earlier < way.stage.stop_below
        earlier = max(course.recent, course.earlier)
        return replace(course, ended=settled, earlier=earlier, recent=-np.inf)
    return course


def _collapsed(net: np.ndarray) -> bool:
    """Whether net inputs (K, lanes) are the same for all lanes, but for rounding."""
    spread = net.max(axis=1) - net.min(axis=1)
    return bool((spread <= SMALLEST_SPREAD * np.abs(net).max(axis=1)).all())


def _copied(learner: Learner) -> Learner:
    return Learner(*(part.copy() for part in learner))
