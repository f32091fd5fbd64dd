"""Tasks on a Dask cluster: submitting, watching, gathering; and a task's view of its worker."""

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
"""Seconds without a worker after which a cluster is considered lost."""
ENDING = ("closing", "closed", "failed")
"""States of a worker that is shutting down or has lost its scheduler."""
LOOK = 1.0
"""Seconds between checks for a worker."""


class DaskTasks:
    """Tasks on a cluster, by the indices of their items; made by `dask_tasks`."""

    def __init__(self, client: Client, topic: str) -> None:
        self.topic = topic
        """Topic of the workers' progress messages."""
        self.waiting: dict[Future, int] = {}
        """Index of every unfinished task."""
        self._client, self._address = client, client.scheduler_info()["address"]
        self._common: list[Future] = []
        self._seen = self._looked = time.monotonic()

    def put(self, value: Any) -> Future:
        """Send data that many tasks need; the scheduler keeps it for workers that join later."""
        # Named unlike tasks, since a scheduler estimates durations by name: tasks estimated to take
        # no time would neither be queued nor moved away from a busy worker.
        self._common.append(self._submit(f"common-{self.topic}", len(self._common), _same, value))
        return self._common[-1]

    def submit(self, place: int, function: Callable[..., Any], *arguments: Any) -> None:
        """Submit a task for the item at index `place`."""
        self.waiting[self._submit(self.topic, place, function, *arguments)] = place

    def ended(self) -> Iterator[tuple[int, Any]]:
        """Yield the indices and results of tasks that have finished since the last call.

        Raises
        ------
        ClusterError
            If the scheduler or all workers are lost, or one task killed several workers.
        Exception
            Any exception raised by a task.
        """
        for future in [future for future in self.waiting if future.done()]:
            with suppress(TimeoutError):  # the worker with the result is lost: recomputed
                result = self._result(future)
                yield self.waiting.pop(future), result
        if self.waiting and time.monotonic() - self._looked >= LOOK:
            self._refuse_loneliness()

    def release(self) -> None:
        """Cancel all tasks; workers running one stop."""
        for future in (*self.waiting, *self._common):
            future.release()
        self.waiting.clear()

    def _submit(
        self, name: str, number: int, function: Callable[..., Any], *arguments: Any
    ) -> Future:
        import dask

        # Dask warns about more than 10 MB, and recommends scattering to workers, which may die.
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
            raise self._lost(f"{count} workers died during the same task") from None
        except ImportError as error:  # from a worker that joined after the check
            return refuse_other("a worker that joined later", error, identity())

    def _refuse_loneliness(self) -> None:
        """Raise ClusterError if there has been no worker for too long."""
        self._looked = time.monotonic()
        if self._client.scheduler_info()["workers"]:
            self._seen = self._looked
        elif self._looked - self._seen > LONELY:
            raise self._lost(f"it has had no worker for {LONELY:g} seconds")

    def _lost(self, why: str) -> ClusterError:
        return ClusterError(
            "The cluster was lost during the computation.",
            f"{self._address}: {why}",
            "Restart it and resume, or resume without --cluster.",
        )


@contextmanager
def dask_tasks(client: Client, topic: str, tell: Callable[[Any], None]) -> Iterator[DaskTasks]:
    """Yield tasks that are cancelled on exit.

    Parameters
    ----------
    topic : str
        A name unique on the cluster.
    tell : callable
        Called from another thread with the tasks' progress messages.
    """
    tasks = DaskTasks(client, topic)
    client.subscribe_topic(topic, lambda event: tell(event[1]))
    try:
        yield tasks
    finally:
        tasks.release()
        client.unsubscribe_topic(topic)


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class WorkerTask:
    """The worker that runs a task, and the task's name there."""

    worker: Worker
    key: Any

    @classmethod
    def now(cls) -> WorkerTask:
        """Return the calling task."""
        from distributed import get_worker

        worker = get_worker()
        return cls(worker, worker.get_current_task())

    @property
    def address(self) -> str:
        """Address of the worker."""
        return str(self.worker.address)

    def is_wanted(self) -> bool:
        """Whether the task's result is still wanted, and the worker can deliver it."""
        task = self.worker.state.tasks.get(self.key)
        at_work = self.worker.status.name not in ENDING
        return at_work and task is not None and task.state != "cancelled"

    def hand_over(self) -> NoReturn:
        """Leave the task to another worker, if it is still wanted."""
        from distributed import Reschedule

        raise Reschedule

    def tell(self, topic: str, words: Any) -> None:
        """Send a progress message."""
        self.worker.log_event(topic, words)
