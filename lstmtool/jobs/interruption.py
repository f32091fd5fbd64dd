"""What commands that train have in common: signals, provenance, messages about compilation."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread, current_thread, main_thread
from typing import TYPE_CHECKING, Any, NoReturn

import click

from lstmtool.jobs.files import say
from lstmtool.jobs.screen import loudness

if TYPE_CHECKING:
    from pathlib import Path

    from lstmtool.distributed.dask_client import Client
    from lstmtool.distributed.out_of_core import Stream
    from lstmtool.distributed.parallel_map import DaskExecutor
    from lstmtool.distributed.shards import Shards
    from lstmtool.training.stage import Stop

EXIT_OF_SIGNAL = {signal.SIGINT: 130, signal.SIGTERM: 143}
PATIENCE = 1.0
"""Seconds that training has to end after a signal, before its progress is saved anyway."""
LONGEST = 1.8
"""Seconds after a signal until the process ends, whatever it is doing."""


def say_compiling() -> None:
    """Until the command ends, announce compilation on stderr.

    Also say why compiled kernels cannot be cached, if so.
    """
    import logging

    context = click.get_current_context(silent=True)
    if context is None:
        return

    class Said(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(record.getMessage(), always=True)

    logger, handler = logging.getLogger("lstmtool"), Said()
    level = logger.level

    def end() -> None:
        logger.removeHandler(handler)
        logger.setLevel(level)

    logger.addHandler(handler)
    logger.setLevel(logging.WARNING if loudness() < 0 else logging.INFO)
    context.call_on_close(end)


class Interruption:
    """Handles SIGINT and SIGTERM: the first signal stops training, and then the process exits.

    Parameters
    ----------
    stop : Stop or Event
        Set by the first signal.
    leave : callable
        Saves progress and says so. It is called once, within `PATIENCE` seconds of the signal: by
        the command if training ends in time, otherwise by a thread that then ends the process.
    patience : float, optional
        Seconds to use instead of `PATIENCE`.
    """

    def __init__(
        self, stop: Stop | Event, leave: Callable[[], None], patience: float | None = None
    ) -> None:
        self._stop, self._leave = stop, leave
        self._patience = PATIENCE if patience is None else patience
        self._handled = self._seen = 0
        self._lock, self._leaving = Lock(), Lock()
        self.caught: signal.Signals | None = None
        self.over = False

    def handle(self, number: int, frame: Any) -> None:
        """Handle a signal in the main thread."""
        self._handled += 1
        self._take(number, self._handled)

    def watch(self, pipe: int) -> None:
        """Handle signals while the main thread is busy in compiled code."""
        while number := os.read(pipe, 1):
            if signal.Signals(number[0]) in EXIT_OF_SIGNAL:
                self._seen += 1
                self._take(number[0], self._seen)

    def end(self) -> NoReturn:
        """Call `leave` and exit with the signal's code."""
        assert self.caught is not None
        if self._leaving.acquire(blocking=False):
            self._leave()
        raise SystemExit(EXIT_OF_SIGNAL[self.caught])

    def _take(self, number: int, how_many: int) -> None:
        """Stop at the first signal; exit at once at the second, which two threads may see."""
        if how_many > 1 and not self.over:
            self._exit()
        with self._lock:
            if self.caught is None:
                self.caught = signal.Signals(number)
                self._stop.set()
                Thread(target=self._hurry, daemon=True).start()

    def _hurry(self) -> None:
        """End the process if the command does not, e.g. because kernels are being compiled."""
        start = time.monotonic()
        while not self.over and time.monotonic() - start < self._patience:
            time.sleep(0.02)
        if (
            not self.over
            and self._leaving.acquire(timeout=max(LONGEST - self._patience, 0.0))
            and not self.over
        ):
            with suppress(Exception):
                self._leave()
        if not self.over:
            self._exit()

    def _exit(self) -> None:
        assert self.caught is not None
        with suppress(Exception):
            from lstmtool.io.locks import let_go

            let_go()
            if sys.stderr.isatty():
                sys.stderr.write("\x1b[?25h\n")  # a progress bar had hidden the cursor
            sys.stderr.flush()
        os._exit(EXIT_OF_SIGNAL[self.caught])


@contextmanager
def stopping(stop: Stop, leave: Callable[[], None]) -> Iterator[Interruption]:
    """Let the first SIGINT or SIGTERM end training gently, and the second at once.

    If `caught` is set at the end of the block, call `end`. Outside the main thread, signals are
    not handled.
    """
    interruption = Interruption(stop, leave)
    with _handled(interruption, dict.fromkeys(EXIT_OF_SIGNAL, interruption.handle)):
        yield interruption


@contextmanager
def _handled(
    interruption: Interruption, handlers: dict[signal.Signals, Callable[[int, Any], None]]
) -> Iterator[None]:
    """Handle signals in the main thread, and in another while that is busy."""
    if current_thread() is not main_thread():
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = {name: signal.signal(name, handler) for name, handler in handlers.items()}
    wakeup = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    watcher = Thread(target=interruption.watch, args=(reading,), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        interruption.over = True
        signal.set_wakeup_fd(wakeup)
        for name, handler in before.items():
            signal.signal(name, handler)
        os.close(writing)
        watcher.join()
        os.close(reading)


@contextmanager
def ending_in_time(leave: Callable[[signal.Signals], object]) -> Iterator[None]:
    """Leave SIGINT and SIGTERM to their handlers, but end the process if these come too late.

    Python calls no handler while compiled code runs. Commands guarded by `stopping` use that
    instead.

    Parameters
    ----------
    leave : callable
        Called with the signal; says that the process ends.
    """

    def say_so() -> None:
        assert interruption.caught is not None
        leave(interruption.caught)

    interruption = Interruption(Event(), say_so, LONGEST)
    found = {name: signal.getsignal(name) for name in EXIT_OF_SIGNAL}
    handlers = {name: handler for name, handler in found.items() if callable(handler)}

    def handle(number: int, frame: Any) -> None:
        interruption.handle(number, frame)
        handlers[signal.Signals(number)](number, frame)

    with _handled(interruption, dict.fromkeys(handlers, handle)):
        yield


def provenance_of(seconds: float) -> dict[str, Any]:
    """Return where, when and for how long the command has run."""
    import platform
    from datetime import UTC, datetime

    return {
        "host": platform.node(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
    }


@contextmanager
def cluster_at(address: str | None) -> Iterator[DaskExecutor | None]:
    """Yield an executor on the Dask cluster at an address, or None without one; see `connect`."""
    if address is None:
        yield None
        return
    import logging

    from lstmtool.distributed.dask_client import connect, other_processors
    from lstmtool.distributed.parallel_map import DaskExecutor

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # our errors say it in three lines
    with connect(address) as client:
        threads = sum(client.nthreads().values())
        say(f"Computing at {address}, {threads} tasks at a time.")
        if other := other_processors(client):
            say(other)
        yield DaskExecutor(client)


@contextmanager
def workers_on(number: int | str | None, cluster: DaskExecutor | None) -> Iterator[Client | None]:
    """Yield a client for shards on a cluster or, without one, on local processes; None for none."""
    if number is None:
        yield None
        return
    if cluster is None and number == "auto":
        say("No shards: the threads of one machine share the work without them.")
        yield None
        return
    import logging

    from lstmtool.distributed.actors import local_workers

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # our errors say it in three lines
    if cluster is not None:
        yield cluster.client
        return
    with local_workers(int(number)) as client:
        yield client


@contextmanager
def shards_on(number: int | str | None, cluster: DaskExecutor | None) -> Iterator[Shards | None]:
    """Yield shards on a cluster or, without one, in local processes; None if none are wanted."""
    with workers_on(number, cluster) as client:
        if client is None:
            yield None
            return
        from lstmtool.distributed.shards import Shards

        yield Shards(client, number, say)  # type: ignore[arg-type]


@contextmanager
def stream_in(folder: Path, wanted: bool) -> Iterator[Stream | None]:
    """Yield a stream that keeps its sequences in a folder; None if not wanted."""
    if not wanted:
        yield None
        return
    from lstmtool.distributed.out_of_core import Stream
    from lstmtool.io.spool import spool

    with spool(folder) as file:
        yield Stream(file)
