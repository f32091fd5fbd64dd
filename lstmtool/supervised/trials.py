"""Trials: one seeded network on one seeded course of sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmtool.records.intervals import wilson_interval
from lstmtool.records.run import CheckpointEntry
from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.rules.lstm_batch import LstmBatch
from lstmtool.supervised.stopping import Record
from lstmtool.supervised.tasks import make

if TYPE_CHECKING:
    from lstmtool.supervised.rules.lstm_batch import PartSums
    from lstmtool.supervised.system import System
    from lstmtool.supervised.tasks.base import Task


@dataclass(frozen=True)
class Outcome:
    """What is reported of a trial.

    Attributes
    ----------
    number : int
        From 0; with the seed it makes all that is random.
    solved : bool
        Whether the published criterion was reached within the limit.
    sequences : int
        Training sequences, streams or guesses until then or until the limit.
    figures : dict of str to float
        What a test of the trained network showed.
    """

    number: int
    solved: bool
    sequences: int
    figures: dict[str, float]


@dataclass(frozen=True)
class Trial(Outcome):
    """Result of one trial.

    Attributes
    ----------
    history : ndarray of shape (rows, 3)
        Sequences so far, mean squared error, fraction right.
    initial, parameters : ndarray of shape (P,)
        Weights before and after training.
    """

    history: np.ndarray
    initial: np.ndarray
    parameters: np.ndarray

    def entry(self) -> CheckpointEntry:
        """Return the trial as an entry of an unfinished run."""
        values = {name: getattr(self, name) for name in ("number", "solved", "sequences")}
        arrays = {name: getattr(self, name) for name in ("history", "initial", "parameters")}
        return CheckpointEntry(values | {"figures": self.figures}, arrays)

    @classmethod
    def of(cls, entry: CheckpointEntry) -> Trial:
        """Return the trial of such an entry."""
        known: dict[str, Any] = entry.values | entry.arrays
        return cls(**known)


def generators(seed: int, number: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Return the generators of a trial's initial weights and of its sequences."""
    own = np.random.SeedSequence(seed, spawn_key=(number,))
    weights, sequences = own.spawn(2)
    return np.random.default_rng(weights), np.random.default_rng(sequences)


def records_by_system(
    work: Iterable[tuple[System, int]], records: list[dict[str, Any]]
) -> list[tuple[System, list[dict[str, Any]]]]:
    """Return each system of a study's work with its records."""
    systems = {system.name: system for system, _ in work}
    return [
        (system, [record for record in records if record["experiment"] == name])
        for name, system in systems.items()
    ]


def outcome_of(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how many of a system's networks solved the task, and the range of what they needed."""
    needed = [record["sequences"] for record in records if record["solved"]]
    return {
        "networks": len(records),
        "solved": len(needed),
        "interval": list(wilson_interval(len(needed), len(records))),
        "needed": [min(needed), median(needed), max(needed)] if needed else [],
    }


def run_trial(
    system: System,
    seed: int,
    number: int = 0,
    *,
    tell: Callable[[int, float], None] | None = None,
    start: np.ndarray | None = None,
    keep: Callable[[Callable[[], CheckpointEntry]], None] = lambda entry: None,
    kept: CheckpointEntry | None = None,
    task: Task | None = None,
    elsewhere: Callable[..., PartSums] | None = None,
) -> Trial:
    """Train one network of a system and test it.

    Parameters
    ----------
    seed, number : int
        Seed of all trials, and number of this one; together they seed the trial.
    tell : callable, optional
        Called now and then with the sequences so far and the error; it may raise to end training.
    start : ndarray of shape (P,), optional
        Weights to start from, instead of random ones.
    keep : callable, optional
        Called at the same times with a function that returns a checkpoint; see `Record`.
    kept : CheckpointEntry, optional
        A checkpoint to resume from.
    task : Task, optional
        The system's task, if it has data; otherwise it is made from the system's options.
    elsewhere : callable, optional
        Computes gradients of batches on other machines; see `LstmBatch`.
    """
    weights, sequences = generators(seed, number)
    rule = make_rule(system.rule, system.topology, system.settings, weights)
    if isinstance(rule, LstmBatch):
        rule.elsewhere = elsewhere
    if start is not None:
        rule.parameters[:] = start
    initial = rule.parameters.copy()
    record = Record(tell=tell, keep=keep, kept=kept)
    task = task or make(system.task, **system.options)
    with np.errstate(all="ignore"):  # too large a rate ends in NaN
        system.stop.train(rule, task, system.update, sequences, record)
    return Trial(
        number,
        record.solved,
        record.sequences,
        {name: value for name, value in record.figures.items() if np.isfinite(value)},
        record.history,
        initial,
        rule.parameters.copy(),
    )


def record_of_trial(
    system: System, seed: int, number: int, tell: Callable[[int, float], None] | None = None
) -> dict[str, Any]:
    """Train and test a network; return what a study keeps of it, as JSON values."""
    trial = run_trial(system, seed, number, tell=tell)
    record = {name: getattr(trial, name) for name in ("solved", "sequences", "figures")}
    return {"experiment": system.name, "seed": number} | record
