"""Signals that arrive while an exception would be lost."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def signals_held_back() -> Iterator[None]:
    """Delay the handling of SIGINT and SIGTERM until the block has ended.

    LLVM calls back into Python for machine code that it has made or needs. An exception raised
    there by a handler, such as KeyboardInterrupt, is printed and dropped, and the code is lost.
    Handlers run only in the main thread.
    """
    if current_thread() is not main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    handlers = {name: signal.getsignal(name) for name in SIGNALS}
    held = {name: handler for name, handler in handlers.items() if callable(handler)}
    for name in held:
        signal.signal(name, lambda *signalled: came.append(signalled))
    try:
        yield
    finally:
        for name, handler in held.items():
            signal.signal(name, handler)
    for number, frame in came:
        held[signal.Signals(number)](number, frame)
