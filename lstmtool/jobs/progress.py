"""Progress of long work on stderr: a bar in a terminal, occasional lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.remaining import Remaining, duration
from lstmtool.jobs.screen import console, loudness

if TYPE_CHECKING:
    from lstmtool.config import TrainSettings

QUIET = 2.0
"""Seconds until the first line of a log; the time between lines doubles."""

Show = Callable[[str, float, str], None]
"""Called with what is running, how much of the whole is done, and current values."""


def with_bar(blocks: Iterable[Any], what: str, total: int) -> Iterator[Any]:
    """Yield blocks of sequences, and show how many of `total` sequences have come."""
    done = 0
    with progress(total, "sequences") as show:
        for block in blocks:
            yield block
            done += len(block)
            show(what, done, "")


@contextmanager
def progress(
    total: int,
    unit: str,
    done: int = 0,
    *,
    limit: bool = False,
    remaining: Remaining | None = None,
) -> Iterator[Show]:
    """Yield a function that shows progress and may be called from any thread.

    Parameters
    ----------
    total : int
        Units of work in all.
    unit : str
        What is counted, e.g. ``epochs``.
    done : int
        Units done by an earlier attempt.
    limit : bool
        Whether the work may end before all are done.
    remaining : Remaining, optional
        Estimates the time left; by default it is judged by the units done.
    """
    state, loud = _State(total, unit, done, limit, remaining), loudness()
    if loud < 0:
        yield state.show
        return
    if sys.stderr.isatty() and not loud:
        with _bar(state) as show:
            yield show
        return
    over = Event()
    log = Thread(target=state.log, args=(over, bool(loud)), daemon=True)
    log.start()
    try:
        yield state.show
    finally:
        over.set()
        log.join()


@contextmanager
def epochs(
    settings: TrainSettings, ended: int = 0, follows: str = ""
) -> Iterator[Callable[[Any], None]]:
    """Yield a function that shows `training.restart.Progress` records from any thread.

    Parameters
    ----------
    settings : TrainSettings
        Settings of the training, for the total number of epochs.
    ended : int
        Restarts finished by an earlier attempt.
    follows : str
        What comes after the training, if anything.
    """
    from lstmtool.training.rounds import ends_of_rounds
    from lstmtool.training.watch import place_of, values_of

    planned = sum(stage.epochs for stage in settings.stages)
    reached: dict[int, int] = {}
    rounds = ends_of_rounds(settings.restarts) if settings.until_stable else ()
    remaining = Remaining(settings.restarts - ended, tuple(n - ended for n in rounds), follows)
    total, limit = settings.restarts * planned, settings.until_stable
    with progress(total, "epochs", ended * planned, limit=limit, remaining=remaining) as show:

        def report(record: Any) -> None:
            reached[record.restart] = record.epoch
            remaining.update(record.restart, record.share)
            done = ended * planned + sum(list(reached.values()))
            show(place_of(record, settings), done, values_of(record))

        yield report


@dataclass
class _State:
    """Progress of the work."""

    total: int
    unit: str
    before: float
    limit: bool
    remaining: Remaining | None = None
    place: str = "starting"
    values: str = ""
    lock: Lock = field(default_factory=Lock)
    start: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.done = self.before

    def show(self, place: str, done: float, values: str = "") -> None:
        with self.lock:
            self.place, self.done, self.values = place, done, values

    @property
    def amount(self) -> str:
        return f"{self.done:,.0f} of {'at most ' * self.limit}{self.total:,} {self.unit}"

    @property
    def left(self) -> str:
        """The time left, in words; empty if it is unknown."""
        if self.remaining is not None:
            return self.remaining.said
        if self.done <= self.before:
            return ""
        rate = (time.monotonic() - self.start) / (self.done - self.before)
        about = "at most" if self.limit else "about"
        return f"{about} {duration(rate * (self.total - self.done))} left"

    def line(self) -> str:
        """Return a line for a log."""
        with self.lock:
            parts = [f"{self.place}: {self.amount}", self.values, self.left]
        return ", ".join(filter(None, parts))

    def log(self, over: Event, often: bool = False) -> None:
        """Print lines until the work is over, at equal or growing intervals."""
        pause = QUIET
        while not over.wait(pause):
            click.echo(self.line(), err=True)
            pause = QUIET if often else time.monotonic() - self.start


@contextmanager
def _bar(state: _State) -> Iterator[Show]:
    from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn
    from rich.text import Text

    class Left(ProgressColumn):
        def render(self, task: Any) -> Text:
            return Text(state.left, style="progress.remaining")

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[amount]}  {task.fields[values]}"),
        Left(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(
            state.place,
            total=state.total,
            completed=int(state.done),
            amount=state.amount,
            values="",
        )

        def show(place: str, done: float, values: str = "") -> None:
            state.show(place, done, values)
            bar.update(task, description=place, completed=done, amount=state.amount, values=values)

        yield show
