"""What commands that train have in common: signals, provenance, a word before compiling."""

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

if TYPE_CHECKING:
    from pathlib import Path

    from lstmtool.distributed.out_of_core import Stream
    from lstmtool.distributed.parallel_map import DaskExecutor
    from lstmtool.distributed.shards import Shards
    from lstmtool.training.stage import Stop

EXIT_OF_SIGNAL = {signal.SIGINT: 130, signal.SIGTERM: 143}
PATIENCE = 1.0
"""Seconds after a signal in which training should have ended; then what is kept is saved anyway."""
LONGEST = 1.8
"""Seconds after a signal at which the process ends, whatever it is doing."""


def say_compiling() -> None:
    """From here to the end of the command, say on stderr what is compiled, when it begins.

    So is said why compiled kernels cannot be kept.
    """
    import logging

    class Said(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(record.getMessage())

    logger, handler = logging.getLogger("lstmtool"), Said()
    level = logger.level

    def end() -> None:
        logger.removeHandler(handler)
        logger.setLevel(level)

    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    if context := click.get_current_context(silent=True):
        context.call_on_close(end)


class Interruption:
    """The first SIGINT or SIGTERM, and how the process leaves after it.

    Parameters
    ----------
    stop : Stop or Event
        Set by the first signal.
    leave : callable
        Saves what there is and says so. Called once, within `PATIENCE` seconds of the signal: by
        the command where training ends in time, otherwise by a thread that then ends the process.
    patience : float, optional
        Seconds, instead of `PATIENCE`.
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
        """Take a signal in the main thread."""
        self._handled += 1
        self._take(number, self._handled)

    def watch(self, pipe: int) -> None:
        """Take signals while the main thread is busy in compiled code, which it must end first."""
        while number := os.read(pipe, 1):
            if signal.Signals(number[0]) in EXIT_OF_SIGNAL:
                self._seen += 1
                self._take(number[0], self._seen)

    def end(self) -> NoReturn:
        """Leave, and exit with the code of the signal."""
        assert self.caught is not None
        if self._leaving.acquire(blocking=False):
            self._leave()
        raise SystemExit(EXIT_OF_SIGNAL[self.caught])

    def _take(self, number: int, how_many: int) -> None:
        """Stop at the first signal; at the second, which two threads may see, end at once."""
        if how_many > 1 and not self.over:
            self._exit()
        with self._lock:
            if self.caught is None:
                self.caught = signal.Signals(number)
                self._stop.set()
                Thread(target=self._hurry, daemon=True).start()

    def _hurry(self) -> None:
        """End the process where the command does not, e.g. because kernels are being compiled."""
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
    """Let the first SIGINT or SIGTERM end training gently, and a second one at once.

    Where `caught` is set at the end of what is done inside, call `end`. In other threads than the
    main one signals are left to whoever handles them there.
    """
    interruption = Interruption(stop, leave)
    with _handled(interruption, dict.fromkeys(EXIT_OF_SIGNAL, interruption.handle)):
        yield interruption


@contextmanager
def _handled(
    interruption: Interruption, handlers: dict[signal.Signals, Callable[[int, Any], None]]
) -> Iterator[None]:
    """Handle signals in the main thread, and tell of them where it is busy."""
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
    """Leave SIGINT and SIGTERM to their handlers, but end the process where these come too late.

    While compiled code runs, Python calls no handler. Commands that `stopping` guards go by that.

    Parameters
    ----------
    leave : callable
        Says that the process ends; takes the signal.
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
    """Return where, when and for how long a command has run until now."""
    import platform
    from datetime import UTC, datetime

    return {
        "host": platform.node(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
    }


@contextmanager
def cluster_at(address: str | None) -> Iterator[DaskExecutor | None]:
    """Give an executor on the Dask cluster at an address, if there is one to be; see `connect`."""
    if address is None:
        yield None
        return
    import logging

    from lstmtool.distributed.dask_client import connect, other_processors
    from lstmtool.distributed.parallel_map import DaskExecutor

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # our errors say it in three lines
    with connect(address) as client:
        threads = sum(client.nthreads().values())
        say(f"Computing at {address}, {threads} pieces at a time.")
        if other := other_processors(client):
            say(other)
        yield DaskExecutor(client)


@contextmanager
def shards_on(number: int | str | None, cluster: DaskExecutor | None) -> Iterator[Shards | None]:
    """Give shards on a cluster, or on as many processes here, if there are to be any."""
    if number is None:
        yield None
        return
    if cluster is None and number == "auto":
        say("No shards: the threads of one machine share the work without them.")
        yield None
        return
    import logging

    from lstmtool.distributed.shards import Shards, local_workers

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # our errors say it in three lines
    if cluster is not None:
        yield Shards(cluster.client, number, say)  # type: ignore[arg-type]
        return
    with local_workers(int(number)) as client:
        yield Shards(client, int(number), say)


@contextmanager
def stream_in(folder: Path, wanted: bool) -> Iterator[Stream | None]:
    """Give a stream whose sequences lie in a folder, if there is to be one."""
    if not wanted:
        yield None
        return
    from lstmtool.distributed.out_of_core import Stream
    from lstmtool.io.spool import spool

    with spool(folder) as file:
        yield Stream(file)
