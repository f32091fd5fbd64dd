"""Progress of a study on stderr: a bar in a terminal, some lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from lstmtool.jobs.screen import console

LOG_LINES = 18


@contextmanager
def progress(total: int, done: int, what: str = "data sets") -> Iterator[Callable[[str], None]]:
    """Give a function that takes the name of what is done after each, and shows it."""
    if done:
        click.echo(f"Going on: {done} of {total} {what} are done.", err=True)
    if not sys.stderr.isatty():
        yield _Log(total, done, what)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total, completed=done)

        def tell(experiment: str) -> None:
            bar.update(task, advance=1, description=experiment)

        yield tell


class _Log:
    """Lines at even shares of the work."""

    def __init__(self, total: int, done: int, what: str) -> None:
        self.total, self.before, self.done, self.what = total, done, done, what
        self.start = time.monotonic()

    def __call__(self, experiment: str) -> None:
        self.done += 1
        share = LOG_LINES * self.done // self.total
        if share == LOG_LINES * (self.done - 1) // self.total:
            return
        passed = time.monotonic() - self.start
        left = passed * (self.total - self.done) / (self.done - self.before)
        click.echo(
            f"{experiment}: {self.done} of {self.total} {self.what}, about {left:.0f} s left",
            err=True,
        )
