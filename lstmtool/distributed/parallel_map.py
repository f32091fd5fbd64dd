"""Items of work beside each other on the workers of a Dask cluster.

The cluster decides no result, nor does the order in which the items end.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from lstmtool.distributed.dask_client import identity, refuse_other
from lstmtool.distributed.dask_tasks import WorkerTask, dask_tasks
from lstmtool.training.stage import Stop, Stopped

if TYPE_CHECKING:
    from lstmtool.distributed.dask_client import Client
Tell = Callable[[Any], None]
POLL = 0.05
"""Seconds between two looks at what has ended, or at whether a piece is still wanted."""
TELL = 0.5
"""Seconds between two words from a worker about the same piece."""


class DaskExecutor:
    """Computes on the workers of a Dask cluster; a `lstmtool.training.executors.Executor`.

    Parameters
    ----------
    client : Client
        Of `lstmtool.distributed.dask_client.connect`.
    """

    def __init__(self, client: Client) -> None:
        self.client = client

    def map(
        self,
        work: Callable[[Any, Any, Stop, Tell], Any],
        shared: Any,
        items: Sequence[Any],
        *,
        stop: Stop,
        ended: Callable[[int, Any], None],
        tell: Tell = lambda words: None,
    ) -> None:
        """Do ``work(shared, item, stop, tell)`` for every item on the workers.

        What a worker was doing when it died is done again by another.

        Parameters
        ----------
        work : callable
            A function of a module. Its own `stop` is set once nobody wants the item any more.
        shared : object
            What all items need; it is sent once.
        items : sequence
        stop : Stop
            Set it to end early.
        ended : callable
            Called in this thread with an item's place and its result, as soon as that is there.
        tell : callable
            Called from another thread with what the work tells, which must be JSON values.

        Raises
        ------
        Stopped
            If `stop` was set before all had ended.
        ClusterError
            If the scheduler or all workers are gone, or one item ended several workers.
        UsageError
            If a worker that joined later may compute otherwise.
        LstmtoolError
            What the work raises.
        """
        with dask_tasks(self.client, f"lstmtool-{uuid4().hex}", tell) as pieces:
            # As bytes: arrays come out writable and aligned, as the kernels were compiled for.
            common = pieces.put(pickle.dumps(shared, protocol=5))
            for place, item in enumerate(items):
                pieces.submit(place, _piece, identity(), work, common, item, pieces.topic)
            while pieces.waiting:
                if stop:
                    raise Stopped
                for place, result in pieces.ended():
                    ended(place, result)
                time.sleep(POLL)


def _piece(
    own: dict[str, str],
    work: Callable[[Any, Any, Stop, Tell], Any],
    common: bytes,
    item: Any,
    topic: str,
) -> Any:
    """Do one piece, in a thread of a worker."""
    here = WorkerTask.now()
    refuse_other(here.address, identity(), own)  # it may have joined after all were asked
    with _stopped_unless(here.is_wanted) as stop:
        try:
            return work(pickle.loads(common), item, stop, _seldom(partial(here.tell, topic)))
        except Stopped:
            here.hand_over()


@contextmanager
def _stopped_unless(wanted: Callable[[], bool]) -> Iterator[Stop]:
    """Give a stop that is set once something is no longer wanted."""
    stop, over = Stop(), Event()

    def watch() -> None:
        while not over.wait(POLL):
            if not wanted():
                stop.set()
                return

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield stop
    finally:
        over.set()
        watcher.join()


def _seldom(tell: Tell) -> Tell:
    """Return a function that passes on what it is told, but not all of it."""
    last = -TELL

    def some(words: Any) -> None:
        nonlocal last
        if time.monotonic() - last >= TELL:
            last = time.monotonic()
            tell(words)

    return some
