"""A parallel map over the workers of a Dask cluster.

Results depend neither on the cluster nor on the order in which items finish.
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
"""Seconds between checks for finished tasks, or for whether a task is still wanted."""
TELL = 0.5
"""Seconds between progress messages about the same task."""


class DaskExecutor:
    """A `lstmtool.training.executors.Executor` on the workers of a Dask cluster.

    Parameters
    ----------
    client : Client
        From `lstmtool.distributed.dask_client.connect`.
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
        """Run ``work(shared, item, stop, tell)`` for every item on the workers.

        If a worker dies, its tasks are repeated by others.

        Parameters
        ----------
        work : callable
            A module-level function. Its `stop` is set once the item is no longer wanted.
        shared : object
            Data for all items, sent once.
        stop : Stop
            Set it to end early.
        ended : callable
            Called in this thread with an item's index and its result, once available.
        tell : callable
            Called from another thread with progress messages, which must be JSON values.

        Raises
        ------
        Stopped
            If `stop` was set before all items had finished.
        ClusterError
            If the scheduler or all workers are lost, or one item killed several workers.
        UsageError
            If a worker that joined later may compute differently.
        LstmtoolError
            Any such error raised by the work.
        """
        with dask_tasks(self.client, f"lstmtool-{uuid4().hex}", tell) as tasks:
            # As bytes: unpickled arrays are writable and aligned, as the kernels expect.
            common = tasks.put(pickle.dumps(shared, protocol=5))
            for place, item in enumerate(items):
                tasks.submit(place, _task, identity(), work, common, item, tasks.topic)
            while tasks.waiting:
                if stop:
                    raise Stopped
                for place, result in tasks.ended():
                    ended(place, result)
                time.sleep(POLL)


def _task(
    own: dict[str, str],
    work: Callable[[Any, Any, Stop, Tell], Any],
    common: bytes,
    item: Any,
    topic: str,
) -> Any:
    """Run one task in a worker thread."""
    here = WorkerTask.now()
    refuse_other(here.address, identity(), own)  # it may have joined after the check
    with _stopped_unless(here.is_wanted) as stop:
        try:
            return work(pickle.loads(common), item, stop, _seldom(partial(here.tell, topic)))
        except Stopped:
            here.hand_over()


@contextmanager
def _stopped_unless(wanted: Callable[[], bool]) -> Iterator[Stop]:
    """Yield a stop that is set once `wanted` returns False."""
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
    """Limit the rate of progress messages."""
    last = -TELL

    def some(words: Any) -> None:
        nonlocal last
        if time.monotonic() - last >= TELL:
            last = time.monotonic()
            tell(words)

    return some
