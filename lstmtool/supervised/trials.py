"""Trials: one seeded network on one seeded course of sequences, and many of them on all cores."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Event, Lock
from typing import TYPE_CHECKING

import numpy as np
from joblib import Parallel, delayed

from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.stopping import Record
from lstmtool.supervised.tasks import make

if TYPE_CHECKING:
    from lstmtool.supervised.system import System


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
    """How one trial went.

    Attributes
    ----------
    history : ndarray of shape (rows, 3)
        Sequences so far, mean squared error, share right.
    initial, parameters : ndarray of shape (P,)
        Before and after training.
    interruption : BaseException or None
        What ended the training before it was done.
    """

    history: np.ndarray
    initial: np.ndarray
    parameters: np.ndarray
    interruption: BaseException | None = None


def generators(seed: int, number: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Return the generators of a trial's initial weights and of its sequences."""
    own = np.random.SeedSequence(seed, spawn_key=(number,))
    weights, sequences = own.spawn(2)
    return np.random.default_rng(weights), np.random.default_rng(sequences)


def run_trial(
    system: System,
    seed: int,
    number: int = 0,
    tell: Callable[[int, int, float], None] | None = None,
    start: np.ndarray | None = None,
    keep: bool = False,
) -> Trial:
    """Train one network of a system and test it.

    Parameters
    ----------
    system : System
    seed, number : int
    tell : callable, optional
        Takes the trial's number, the sequences so far and the error, now and then; it may raise to
        end the training.
    start : ndarray of shape (P,), optional
        Weights to start from, instead of random ones.
    keep : bool
        Whether an interruption leaves what was learned until then, and is returned with it.
    """
    weights, sequences = generators(seed, number)
    rule = make_rule(system.rule, system.topology, system.settings, weights)
    if start is not None:
        rule.parameters[:] = start
    initial = rule.parameters.copy()
    record = Record(tell=(lambda *values: tell(number, *values)) if tell else None)
    task = make(system.task, **system.options)
    interruption: BaseException | None = None
    try:
        with np.errstate(all="ignore"):  # a rate that is too large ends in numbers that are none
            system.stop.train(rule, task, system.update, sequences, record)
    except BaseException as error:
        if isinstance(error, Exception) or not keep:
            raise
        interruption = error
    return Trial(
        number,
        record.solved,
        record.sequences,
        {name: value for name, value in record.figures.items() if np.isfinite(value)},
        record.history,
        initial,
        rule.parameters.copy(),
        interruption,
    )


def run_trials(
    system: System,
    seed: int,
    numbers: Iterable[int],
    workers: int = 1,
    tell: Callable[[int, int, float], None] | None = None,
    ended: Callable[[Trial], None] | None = None,
) -> list[Trial]:
    """Run trials, several at a time; the result does not depend on how many.

    `ended` is called with every trial as soon as it has ended, one at a time. An interruption ends
    all of them.
    """
    stopped, one_at_a_time = Event(), Lock()

    def listen(number: int, sequences: int, error: float) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        if tell:
            tell(number, sequences, error)

    def one(number: int) -> Trial:
        trial = run_trial(system, seed, number, listen)
        if ended:
            with one_at_a_time:
                ended(trial)
        return trial

    run = Parallel(n_jobs=workers, prefer="threads")  # kernels let other threads go on
    try:
        return list(run(delayed(one)(number) for number in numbers))
    finally:
        stopped.set()
