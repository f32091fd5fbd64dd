"""What training has reached, kept as plain numbers to go on from; opens no file itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np

from lstmtool.errors import DataError
from lstmtool.kernels.records import HISTORY, OptimiserState
from lstmtool.records.run import CheckpointEntry
from lstmtool.training.restart import Restart
from lstmtool.training.setup import TrainingSetup
from lstmtool.training.stage import RestartLog, StageState

EVERY = 10.0  # seconds between two times that all is saved
_RESTART = ("initial", "parameters", "untrained")
_COLUMNS = ("epoch", "stage", *HISTORY)


class CheckpointStore:
    """Keeps restarts that have ended and the logs of the others, and has them saved at times.

    Parameters
    ----------
    parts : mapping of str to Part
        Of an earlier attempt.
    save : callable
        Called with the parts after some chunk of training, from any thread, no oftener than every
        ten seconds.
    """

    def __init__(
        self,
        parts: Mapping[str, CheckpointEntry] | None = None,
        save: Callable[[dict[str, CheckpointEntry]], None] = lambda parts: None,
    ) -> None:
        self._parts, self._save = dict(parts or {}), save
        self._courses: dict[str, Sequence[StageState]] = {}
        self._lock, self._saving, self._saved = Lock(), Lock(), time.monotonic()

    def parts(self) -> dict[str, CheckpointEntry]:
        """Return all that is kept, by name."""
        with self._lock:
            parts, stage_states = dict(self._parts), dict(self._courses)
        for key, of_restart in stage_states.items():
            for n, stage_state in enumerate(of_restart):
                parts[f"{key}/{n}"] = _part_of_course(stage_state)
        return parts

    def counts(self) -> tuple[int, int]:
        """Return how many restarts have ended, and how many are under way."""
        with self._lock:
            ended = sum(key.count("/") == 1 for key in self._parts)
            begun = {key.rpartition("/")[0] for key in self._parts if key.count("/") == 2}
            return ended, len(begun | self._courses.keys())

    def restart(self, setup: TrainingSetup, number: int) -> Restart | None:
        """Return a restart that has ended."""
        part = self._parts.get(_key(setup, number))
        return None if part is None else _checked(_restart_of, part, setup.network.size)

    def log(self, setup: TrainingSetup, number: int) -> RestartLog:
        """Return what there is of a restart that has not ended; what comes is kept."""
        key = _key(setup, number)
        stage_states: list[StageState] = []
        while (part := self._parts.get(f"{key}/{len(stage_states)}")) is not None:
            stage_states.append(_checked(_course_of, part))

        def keep(stage_states: Sequence[StageState]) -> None:
            with self._lock:
                self._forget(key)
                self._courses[key] = stage_states
            self._save_sometimes()

        return RestartLog(stage_states, keep)

    def ended(self, setup: TrainingSetup, number: int, restart: Restart) -> None:
        """Keep a restart that has ended, and no longer how it came about."""
        key = _key(setup, number)
        with self._lock:
            self._forget(key)
            self._courses.pop(key, None)
            self._parts[key] = _part_of_restart(restart)
        self._save_sometimes()

    def _forget(self, key: str) -> None:
        for name in [name for name in self._parts if name.startswith(f"{key}/")]:
            del self._parts[name]

    def _save_sometimes(self) -> None:
        if time.monotonic() - self._saved < EVERY or not self._saving.acquire(blocking=False):
            return
        try:
            self._save(self.parts())
        finally:
            self._saved = time.monotonic()
            self._saving.release()


def _key(setup: TrainingSetup, number: int) -> str:
    """Name of a restart; with `--outputs auto` there are some of every number of outputs."""
    return f"{setup.settings.network.outputs}/{number}"


def _part_of_restart(restart: Restart) -> CheckpointEntry:
    values = {
        "n_stages": restart.n_stages,
        "n_epochs": restart.n_epochs,
        "every": restart.every,
        "lost": restart.lost,
    }
    arrays = {name: getattr(restart, name) for name in _RESTART}
    arrays |= {f"history/{name}": restart.history[name] for name in _COLUMNS}
    arrays["scores"] = np.array([restart.score, restart.untrained_score])
    return CheckpointEntry(values, arrays)


def _restart_of(part: CheckpointEntry, size: int) -> Restart:
    values, arrays = part
    history = {name: arrays[f"history/{name}"] for name in _COLUMNS}
    length = len(history["epoch"])
    for column in history.values():
        _expect(column, (length,))
    for name in ("parameters", "untrained"):
        _expect(arrays[name], (size,))
    score, untrained = _expect(arrays["scores"], (2,)).tolist()
    return Restart(
        initial=_expect(arrays["initial"], arrays["initial"].shape),
        parameters=arrays["parameters"],
        untrained=arrays["untrained"],
        history=history,
        score=score,
        untrained_score=untrained,
        n_stages=int(values["n_stages"]),
        n_epochs=int(values["n_epochs"]),
        every=int(values["every"]),
        lost=str(values["lost"]),
    )


def _part_of_course(stage_state: StageState) -> CheckpointEntry:
    values = {
        "epochs": stage_state.epochs,
        "every": stage_state.every,
        "ended": stage_state.ended,
        "lost": stage_state.lost,
        "generator": _plain(stage_state.generator),
    }
    arrays = {f"learner/{name}": part for name, part in stage_state.learner._asdict().items()}
    arrays |= {"rows": stage_state.rows, "last": stage_state.last, "best": stage_state.best}
    arrays["bests"] = np.array([stage_state.recent, stage_state.earlier, stage_state.best_value])
    return CheckpointEntry(values, arrays)


def _course_of(part: CheckpointEntry) -> StageState:
    values, arrays = part
    learner = {name: arrays[f"learner/{name}"] for name in OptimiserState._fields}
    size = len(learner["parameters"])
    for name in ("parameters", "gradient", "velocity", "square"):
        _expect(learner[name], (size,))
    _expect(learner["sigma"], (1,))
    _expect(learner["epochs"], (1,), np.int64)
    rows = _expect(arrays["rows"], (len(arrays["rows"]), len(HISTORY)))
    epochs, every = int(values["epochs"]), int(values["every"])
    if every < 1 or len(rows) != -(-epochs // every):
        raise ValueError(f"{len(rows)} rows of {epochs} epochs")
    generator = values["generator"]
    np.random.default_rng(0).bit_generator.state = generator  # refuses what is no state
    recent, earlier, best_value = _expect(arrays["bests"], (3,)).tolist()
    return StageState(
        OptimiserState(**learner),
        generator,
        epochs,
        every,
        rows,
        _expect(arrays["last"], (len(HISTORY),)),
        recent,
        earlier,
        _expect(arrays["best"], (size,)),
        best_value,
        bool(values["ended"]),
        str(values["lost"]),
    )


def _checked(build: Callable[..., Any], *arguments: Any) -> Any:
    """Build a record of parts of a file, which anybody may have made."""
    try:
        return build(*arguments)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise DataError(
            "The unfinished run is damaged.", str(error)[:200], "Remove it, and train again."
        ) from error


def _expect(array: np.ndarray, shape: tuple[int, ...], kind: Any = np.float64) -> np.ndarray:
    if array.shape != shape or array.dtype != kind:
        raise ValueError(f"{array.dtype} of shape {array.shape} where {shape} belongs")
    return array


def _plain(state: Any) -> Any:
    """Return a generator's state made of JSON's own types."""
    if isinstance(state, Mapping):
        return {str(key): _plain(value) for key, value in state.items()}
    return state if isinstance(state, str) else int(state)
