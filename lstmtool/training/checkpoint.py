"""Checkpoints: the state of a training as plain arrays, to be resumed. Opens no file itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np

from lstmtool.errors import DataError, LstmtoolError
from lstmtool.kernels.records import HISTORY, OptimiserState
from lstmtool.records.run import CheckpointEntry
from lstmtool.training.restart import Restart
from lstmtool.training.setup import TrainingSetup
from lstmtool.training.stage import RestartLog, StageState

EVERY = 10.0  # seconds between saves
_RESTART = ("initial", "parameters", "untrained")
_COLUMNS = ("epoch", "stage", *HISTORY)


class CheckpointStore:
    """Holds finished results and the progress of unfinished ones, and saves them now and then.

    Names of finished entries have one slash; those of unfinished ones have two, and end in their
    position.

    Parameters
    ----------
    parts : mapping of str to CheckpointEntry
        Entries of an earlier attempt.
    write : callable
        Writes all entries to disk. It is called from any thread, after a chunk of training, at
        most every ten seconds.
    warn : callable
        Called with the first error of `write`; later errors are ignored, since the disk may have
        room again by the end.
    """

    def __init__(
        self,
        parts: Mapping[str, CheckpointEntry] | None = None,
        write: Callable[[dict[str, CheckpointEntry]], None] = lambda parts: None,
        warn: Callable[[LstmtoolError], None] = lambda error: None,
    ) -> None:
        self._parts, self._write, self._warn = dict(parts or {}), write, warn
        self._lock, self._saving, self._saved = Lock(), Lock(), time.monotonic()

    def save(self) -> None:
        """Write all entries to disk."""
        self._write(self.parts())

    def parts(self) -> dict[str, CheckpointEntry]:
        """Return all entries by name."""
        with self._lock:
            return dict(self._parts)

    def counts(self) -> tuple[int, int]:
        """Return how many results are finished, and how many are not."""
        names = self.parts()
        begun = {name.rpartition("/")[0] for name in names if name.count("/") == 2}
        return sum(name.count("/") == 1 for name in names), len(begun)

    def put(self, name: str, *entries: CheckpointEntry, ended: bool = False) -> None:
        """Store the entries of an unfinished name, or the one entry of a finished one."""
        names = [name] if ended else [f"{name}/{n}" for n in range(len(entries))]
        with self._lock:
            for old in [old for old in self._parts if old.startswith(f"{name}/")]:
                del self._parts[old]
            self._parts.update(zip(names, entries, strict=True))
        self._save_sometimes()

    def ended_as(self, name: str) -> CheckpointEntry | None:
        """Return the entry of a finished name."""
        return self._parts.get(name)

    def under_way(self, name: str) -> list[CheckpointEntry]:
        """Return the entries of an unfinished name."""
        found: list[CheckpointEntry] = []
        while (part := self._parts.get(f"{name}/{len(found)}")) is not None:
            found.append(part)
        return found

    def restart(self, setup: TrainingSetup, number: int) -> Restart | None:
        """Return a finished restart."""
        part = self.ended_as(_key(setup, number))
        return None if part is None else checked(_restart_of, part, setup.network.size)

    def log(self, setup: TrainingSetup, number: int) -> RestartLog:
        """Return the log of an unfinished restart; whatever is added to it is stored."""
        key = _key(setup, number)
        stage_states = [checked(_stage_of, part) for part in self.under_way(key)]
        return RestartLog(
            stage_states, lambda states: self.put(key, *[_entry_of_stage(s) for s in states])
        )

    def ended(self, setup: TrainingSetup, number: int, restart: Restart) -> None:
        """Store a finished restart in place of its log."""
        self.put(_key(setup, number), _entry_of_restart(restart), ended=True)

    def _save_sometimes(self) -> None:
        if time.monotonic() - self._saved < EVERY or not self._saving.acquire(blocking=False):
            return
        try:
            self.save()
        except LstmtoolError as error:
            self._warn(error)
            self._warn = lambda error: None
        finally:
            self._saved = time.monotonic()
            self._saving.release()


@dataclass(frozen=True)
class Entries:
    """Numbered results that a `CheckpointStore` holds under one name; a `runner.Store`.

    Parameters
    ----------
    entry_of, result_of : callable
        Convert a result to an entry, and back.
    """

    store: CheckpointStore
    name: str
    entry_of: Callable[[Any], CheckpointEntry]
    result_of: Callable[[CheckpointEntry], Any]

    def found(self, number: int) -> Any | None:
        """Return a finished result."""
        entry = self.store.ended_as(f"{self.name}/{number}")
        return None if entry is None else checked(self.result_of, entry)

    def keep(self, number: int, result: Any) -> Any:
        """Store a finished result."""
        self.store.put(f"{self.name}/{number}", self.entry_of(result), ended=True)
        return result


def _key(setup: TrainingSetup, number: int) -> str:
    """Name of a restart, with the number of outputs, which `--outputs auto` varies."""
    return f"{setup.settings.network.outputs}/{number}"


def _entry_of_restart(restart: Restart) -> CheckpointEntry:
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


def _entry_of_stage(stage_state: StageState) -> CheckpointEntry:
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


def _stage_of(part: CheckpointEntry) -> StageState:
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
    np.random.default_rng(0).bit_generator.state = generator  # refuses an invalid state
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


def checked(build: Callable[..., Any], *arguments: Any) -> Any:
    """Build a record from the entries of a file, which may be damaged or forged."""
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
    """Return a generator's state in JSON types."""
    if isinstance(state, Mapping):
        return {str(key): _plain(value) for key, value in state.items()}
    return state if isinstance(state, str) else int(state)
