"""Progress of trials on stderr: a bar in a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

import click

from lstmtool.jobs.screen import console

EVERY = 30.0
"""Seconds between lines of a log."""
REFRESH = 0.1


@contextmanager
def progress(
    trials: int, limit: int, counted: str, name: str = ""
) -> Iterator[Callable[[int, int, float], None]]:
    """Give a function that takes a trial's number, its sequences so far and its error.

    The bar shows the sequences of all trials against what they may take at most.
    """
    done, lock = {}, Lock()
    last = time.monotonic()

    def count(number: int, sequences: int, pause: float) -> int | None:
        nonlocal last
        with lock:
            done[number] = sequences
            now = time.monotonic()
            if now - last < pause:
                return None
            last = now
            return sum(done.values())

    if not sys.stderr.isatty():

        def log(number: int, sequences: int, error: float) -> None:
            total = count(number, sequences, EVERY)
            if total is not None:
                click.echo(
                    f"{name or 'training'}: {total:,} {counted}, error {error:.4g}", err=True
                )

        yield log
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    text = TextColumn("{task.completed:,.0f} {task.fields[counted]}, {task.fields[error]}")
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        text,
        TimeElapsedColumn(),
        console=console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(name or "training", total=trials * limit, counted=counted, error="")

        def show(number: int, sequences: int, error: float) -> None:
            total = count(number, sequences, REFRESH)
            if total is not None:
                bar.update(task, completed=total, error=f"error {error:.4g}")

        yield show
