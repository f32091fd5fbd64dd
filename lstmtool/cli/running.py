"""What commands that train have in common: signals, provenance, a word before compiling."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lstmtool.course import Stop

EXIT_OF_SIGNAL = {signal.SIGINT: 130, signal.SIGTERM: 143}


def say_compiling() -> None:
    """Say on stderr that the kernels are to be compiled, where they were not before."""
    from lstmtool.learner import compiled_before

    if not compiled_before():
        click.echo("Compiling for this machine, once; this takes some 20 seconds.", err=True)


@contextmanager
def stopping(stop: Stop) -> Iterator[list[signal.Signals]]:
    """Let the first SIGINT or SIGTERM end training gently, and a second one at once."""
    caught: list[signal.Signals] = []

    def handle(number: int, frame: Any) -> None:
        caught.append(signal.Signals(number))
        stop.set()
        for name, handler in before.items():
            signal.signal(name, handler)

    before = {name: signal.signal(name, handle) for name in EXIT_OF_SIGNAL}
    try:
        yield caught
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def provenance_of(seconds: float) -> dict[str, Any]:
    """Return where, when and for how long a command has run until now."""
    import platform
    from datetime import UTC, datetime

    return {
        "host": platform.node(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
    }
