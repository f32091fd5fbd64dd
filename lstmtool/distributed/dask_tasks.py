"""Pieces of work on a Dask cluster: sent, watched, gathered; and what one sees of its worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from lstmtool.distributed.dask_client import PATIENCE, identity, refuse_other
from lstmtool.errors import ClusterError, LstmtoolError

if TYPE_CHECKING:
    from distributed import Client, Future, Worker

LONELY = 30.0
"""Seconds without any worker after which a cluster is given up."""
ENDING = ("closing", "closed", "failed")
"""States of a worker that was told to end, or whose scheduler is gone."""
LOOK = 1.0
"""Seconds between two looks at whether there is one."""


class DaskTasks:
    """Pieces of work on a cluster, by the places of their items; made by `dask_tasks`."""

    def __init__(self, client: Client, topic: str) -> None:
        self.topic = topic
        """Under which workers tell how far they are."""
        self.waiting: dict[Future, int] = {}
        """Place of every piece that has not ended."""
        self._client, self._address = client, client.scheduler_info()["address"]
        self._common: list[Future] = []
        self._seen = self._looked = time.monotonic()

    def put(self, value: Any) -> Future:
        """Send what many pieces need; the scheduler keeps it for workers that come later."""
        # Named unlike pieces. It takes no time, and a scheduler holds all of one name to be alike:
        # pieces that take none it would neither keep back nor move away from a busy worker.
        self._common.append(self._submit(f"common-{self.topic}", len(self._common), _same, value))
        return self._common[-1]

    def submit(self, place: int, function: Callable[..., Any], *arguments: Any) -> None:
        """Send a piece."""
        self.waiting[self._submit(self.topic, place, function, *arguments)] = place

    def ended(self) -> Iterator[tuple[int, Any]]:
        """Give places and results of pieces that have ended since.

        Raises
        ------
        ClusterError
            If the scheduler or all workers are gone, or one piece ended several workers.
        Exception
            What a piece raised.
        """
        for future in [future for future in self.waiting if future.done()]:
            with suppress(TimeoutError):  # whoever had the result is gone: it is computed again
                result = self._result(future)
                yield self.waiting.pop(future), result
        if self.waiting and time.monotonic() - self._looked >= LOOK:
            self._refuse_loneliness()

    def release(self) -> None:
        """Let go of all pieces: workers that are at one stop."""
        for future in (*self.waiting, *self._common):
            future.release()
        self.waiting.clear()

    def _submit(
        self, name: str, number: int, function: Callable[..., Any], *arguments: Any
    ) -> Future:
        import dask

        # It warns of more than 10 MB, and would rather have them on workers, which may die.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 PiB"}):
            return self._client.submit(function, *arguments, key=(name, number))

    def _result(self, future: Future) -> Any:
        from distributed import CancelledError, KilledWorker

        try:
            return future.result(timeout=PATIENCE)
        except (TimeoutError, LstmtoolError):
            raise
        except (CancelledError, OSError):
            raise self._lost("the connection to its scheduler broke") from None
        except KilledWorker as error:
            count = error.allowed_failures + 1
            raise self._lost(f"{count} workers died, each while doing the same piece") from None
        except ImportError as error:  # of a worker that joined after all were asked
            return refuse_other("a worker that joined later", error, identity())

    def _refuse_loneliness(self) -> None:
        """Complain where there has been nobody to work for a while."""
        self._looked = time.monotonic()
        if self._client.scheduler_info()["workers"]:
            self._seen = self._looked
        elif self._looked - self._seen > LONELY:
            raise self._lost(f"it has had no worker for {LONELY:g} seconds")

    def _lost(self, why: str) -> ClusterError:
        return ClusterError(
            "The cluster was lost before all was computed.",
            f"{self._address}: {why}",
            "Start it again and go on, or go on without --cluster.",
        )


@contextmanager
def dask_tasks(client: Client, topic: str, tell: Callable[[Any], None]) -> Iterator[DaskTasks]:
    """Give pieces of work that are let go of at the end, whatever ends them.

    Parameters
    ----------
    client : Client
    topic : str
        A name that no other pieces on the cluster have.
    tell : callable
        Called from another thread with what pieces tell.
    """
    pieces = DaskTasks(client, topic)
    client.subscribe_topic(topic, lambda event: tell(event[1]))
    try:
        yield pieces
    finally:
        pieces.release()
        client.unsubscribe_topic(topic)


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class WorkerTask:
    """The worker that a piece is done by, and the name of the piece there."""

    worker: Worker
    key: Any

    @classmethod
    def now(cls) -> WorkerTask:
        """Return where the piece is that calls this."""
        from distributed import get_worker

        worker = get_worker()
        return cls(worker, worker.get_current_task())

    @property
    def address(self) -> str:
        """Of the worker."""
        return str(self.worker.address)

    def is_wanted(self) -> bool:
        """Whether somebody still waits for the piece, and the worker can hand it in."""
        task = self.worker.state.tasks.get(self.key)
        at_work = self.worker.status.name not in ENDING
        return at_work and task is not None and task.state != "cancelled"

    def hand_over(self) -> NoReturn:
        """Leave the piece to another worker, if it is still wanted."""
        from distributed import Reschedule

        raise Reschedule

    def tell(self, topic: str, words: Any) -> None:
        """Tell those who wait how far the piece is."""
        self.worker.log_event(topic, words)
