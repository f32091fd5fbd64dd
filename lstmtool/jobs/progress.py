"""Progress of a training run on stderr: a bar in a terminal, at most ten lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.screen import console

if TYPE_CHECKING:
    from lstmtool.config import TrainSettings

LOG_LINES = 10
QUIET = 2.0  # seconds before a log line is worth printing


def with_bar(blocks: Iterable[Any], what: str, total: int) -> Iterator[Any]:
    """Yield blocks of sequences, and show in a terminal how many of so many have come."""
    if not sys.stderr.isatty():
        yield from blocks
        return
    from rich.progress import Progress

    with Progress(console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        for block in blocks:
            yield block
            bar.advance(task, len(block))


@contextmanager
def progress(settings: TrainSettings) -> Iterator[Callable]:
    """Give a function that takes `training.Progress` records from any thread and shows them."""
    total = settings.restarts * sum(stage.epochs for stage in settings.stages)
    state = _State(total, settings)
    if not sys.stderr.isatty():
        yield _Log(state)
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("epoch {task.completed:.0f}/{task.total:.0f}  {task.fields[values]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=total, values="")

        def show(record: Any) -> None:
            done, values = state.update(record)
            bar.update(task, completed=done, values=values, description=state.where(record))

        yield show


class _State:
    """How many epochs all restarts have done."""

    def __init__(self, total: int, settings: TrainSettings) -> None:
        self.total, self.settings = total, settings
        self.done: dict[int, int] = {}
        self.lock = Lock()

    def update(self, record: Any) -> tuple[int, str]:
        from lstmtool.kernels.records import HISTORY

        values = dict(zip(HISTORY, record.values, strict=True))
        shown = {
            "joint_bits": "{:.3f} bits",
            "entropy": "entropy {:.3f}",
            "objective": "objective {:.3f}",
        }
        parts = [form.format(values[k]) for k, form in shown.items() if values[k] == values[k]]
        with self.lock:
            self.done[record.restart] = record.epoch
            return sum(self.done.values()), "  ".join(parts)

    def where(self, record: Any) -> str:
        """Objective and restart, for the reader."""
        objective = self.settings.stages[record.stage].objective
        return f"{objective}, restart {record.restart + 1}/{self.settings.restarts}"


class _Log:
    """Lines at even shares of the work, and none for a run of a moment."""

    def __init__(self, state: _State) -> None:
        self.state, self.lines = state, 0
        self.start: float | None = None  # of the first record: compiling comes before it

    def __call__(self, record: Any) -> None:
        done, values = self.state.update(record)
        self.start = self.start or time.monotonic()
        passed = time.monotonic() - self.start
        with self.state.lock:
            if done * LOG_LINES < self.state.total * (self.lines + 1) or passed < QUIET:
                return
            self.lines = done * LOG_LINES // self.state.total
        left = passed * (self.state.total - done) / done
        click.echo(
            f"{self.state.where(record)}: epoch {done}/{self.state.total} of all, {values}, "
            f"about {left:.0f} s left",
            err=True,
        )
