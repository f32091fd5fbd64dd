"""Actors on the workers of a Dask cluster: placed, asked in parallel, and replaced if lost.

Each holds something for a whole run. If its worker is lost, it is sent to another one, which
repeats the current calls.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple
from uuid import uuid4

import numpy as np

from lstmtool.distributed.dask_client import identity, refuse_other
from lstmtool.errors import ClusterError, LstmtoolError, UsageError
from lstmtool.training.stage import Stop, Stopped

if TYPE_CHECKING:
    from lstmtool.distributed.dask_client import Client

POLL = 0.1  # seconds between checks of the stop flag
LOOK = 10.0  # seconds of silence after which a worker is pinged
PATIENCE = 30.0  # seconds that it has to answer, or to begin
LONELY = 60.0  # seconds without a worker to take a lost shard after which a run is aborted
MOST_LOSSES = 5  # consecutive workers lost with the same shard: it may be too large

Call = tuple[str, Any]  # a method of a shard, and its argument


class Lost(Exception):
    """A worker, or the connection to it, is lost."""


class Stopping(Exception):
    """The stop flag was set while waiting for an answer."""


class ActorHandle(NamedTuple):
    """The actor that holds a shard, and its worker. The future keeps it alive."""

    address: str
    key: str
    future: Any


@contextmanager
def local_workers(number: int) -> Iterator[Client]:
    """Start `number` worker processes on this machine, and stop them on exit.

    Raises
    ------
    UsageError
        If dask.distributed is not installed.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise UsageError(
            "Shards need dask.distributed, which is not installed here.",
            f"--shards {number}",
            "pip install 'lstmtool[cluster]', or leave --shards out: threads also share the work.",
        ) from None
    workers = LocalCluster(
        n_workers=number,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,  # of the processes; they complain when they are ended
    )
    with workers, Client(workers, set_as_default=False) as client:
        yield client


class Actors(ABC):
    """Actors of one kind, each on some worker.

    Parameters
    ----------
    client : Client
        From `lstmtool.distributed.dask_client.connect` or `local_workers`.
    """

    actor: ClassVar[type]
    """A Dask actor; its methods take pickled bytes, the first is `hold`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._address = client.scheduler_info()["address"]
        self._bad: set[str] = set()
        self._make_room(0)

    def _make_room(self, count: int) -> None:
        """Start over, with so many actors, which are placed on demand."""
        self._places: list[ActorHandle | None] = [None] * count
        self._losses = [0] * count

    @abstractmethod
    def _held(self, s: int, threads: int) -> Any:
        """Return what actor s holds, on a worker of so many threads."""

    def ask(self, calls: Sequence[Sequence[Call]], stop: np.ndarray) -> list[Any] | None:
        """Call all shards in parallel; return their answers in order, None after a stop.

        Parameters
        ----------
        calls : sequence of sequence of (str, object)
            For every shard the call to make, preceded by earlier ones, which are repeated if the
            shard has to be moved to another worker.

        Raises
        ------
        ClusterError
            If there is no worker to take a shard, or one shard kills several workers.
        UsageError
            If a worker might compute differently.
        """
        answers: dict[int, Any] = {}
        waiting: dict[Future, int] = {}
        try:
            for s in range(len(calls)):
                waiting[self._send(s, calls[s], stop)] = s
            while waiting:
                for future in _done(waiting, stop):
                    s = waiting.pop(future)
                    try:
                        answers[s] = future.result()
                        self._losses[s] = 0
                    except (Lost, CancelledError) as loss:  # cancelled: the client reconnects
                        self._forget(s, loss)
                        waiting[self._send(s, calls[s], stop)] = s
        except Stopping:
            return None
        finally:
            for future in waiting:
                future.cancel()
        return [answers[s] for s in range(len(calls))]

    def _send(self, s: int, calls: Sequence[Call], stop: np.ndarray) -> Future:
        """Send a shard its last call or, if it has no worker, its data and all calls."""
        end, why = time.monotonic() + LONELY, "it has no worker"
        while self._places[s] is None:
            try:
                self._places[s] = self._placed(s, stop)
                for call in calls[:-1]:
                    self._await(self._begin(self._at(s), call), stop)
            except (Lost, CancelledError) as loss:
                why = str(loss) or "the connection broke"
                self._forget(s, loss)
                if time.monotonic() > end:
                    raise self._given_up(f"{why}, for {LONELY:g} seconds") from None
                self._pause(stop)
        return self._begin(self._at(s), calls[-1])

    def _placed(self, s: int, stop: np.ndarray) -> ActorHandle:
        """Send a shard to the worker with the fewest shards."""
        import dask

        try:
            threads = self._client.nthreads()
        except Exception as error:
            raise Lost(f"its scheduler does not answer ({type(error).__name__})") from None
        if not threads:
            raise Lost("it has no worker")
        held = [place.address for place in self._places if place is not None]
        address = min(threads, key=lambda a: (a in self._bad, held.count(a), a))
        key = f"lstmtool-shard-{uuid4().hex}"
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 PiB"}):
            future = self._client.submit(
                self.actor, key=key, actor=True, workers=[address], allow_other_workers=False
            )
        place = ActorHandle(address, key, future)
        end = time.monotonic() + PATIENCE
        while not future.done():
            if time.monotonic() > end:
                self._bad.add(address)
                future.release()
                raise Lost(f"the worker at {address} does not answer")
            self._pause(stop)
        if future.status != "finished":
            wrong = future.exception(timeout=PATIENCE) if future.status == "error" else None
            if isinstance(wrong, ImportError | AttributeError):
                refuse_other(address, wrong, identity())
            raise Lost(f"the worker at {address} was lost")
        self._await(self._begin(place, self._holding(s, address, threads[address])), stop)
        return place

    def _holding(self, s: int, address: str, threads: int) -> Call:
        """Return the call that sends an actor what it holds."""
        held = pickle.dumps(self._held(s, threads), protocol=5)
        return "hold", (address, identity(), held)

    def _begin(self, place: ActorHandle, call: Call) -> Future:
        """Start a call of a shard's method."""
        method, message = call
        answer = _answer(self._client, place, method, pickle.dumps(message, protocol=5))
        loop: Any = self._client.loop
        return asyncio.run_coroutine_threadsafe(answer, loop.asyncio_loop)

    def _at(self, s: int) -> ActorHandle:
        place = self._places[s]
        assert place is not None
        return place

    def _await(self, future: Future, stop: np.ndarray) -> Any:
        while not _done([future], stop):
            pass
        return future.result()

    def _pause(self, stop: np.ndarray) -> None:
        if stop[0]:
            raise Stopping
        time.sleep(POLL)

    def _forget(self, s: int, loss: Exception) -> None:
        """Record that a shard has lost its worker."""
        place = self._places[s]
        if place is None:
            return
        self._places[s] = None
        self._bad.add(place.address)
        place.future.release()
        self._losses[s] += 1
        if self._losses[s] >= MOST_LOSSES:
            raise self._given_up(f"{MOST_LOSSES} workers were lost with the same shard ({loss})")

    def _given_up(self, why: str) -> ClusterError:
        return ClusterError(
            "The cluster was lost during the computation.",
            f"{self._address}: {why}",
            "Restart it and resume with --resume, or resume without the cluster.",
        )


def _done(waiting: Any, stop: np.ndarray) -> list[Future]:
    """Wait briefly; return the futures that are done. Raises `Stopping` at a stop."""
    if stop[0]:
        raise Stopping
    return list(wait(waiting, timeout=POLL, return_when=FIRST_COMPLETED).done)


async def _answer(client: Client, place: ActorHandle, method: str, message: bytes) -> Any:
    """Call a method of an actor; raises `Lost` if its worker is gone or unresponsive.

    Dask's actor futures are not used: they never finish if an actor is gone but its worker is not.
    """
    from distributed.protocol import to_serialize

    worker = client.rpc(place.address)
    arguments = [to_serialize(message)]
    call = asyncio.ensure_future(
        worker.actor_execute(actor=place.key, function=method, args=arguments, kwargs={})
    )
    try:
        while not (await asyncio.wait({call}, timeout=LOOK))[0]:
            await asyncio.wait_for(client.rpc(place.address).identity(), PATIENCE)
        answer = call.result()
    except Exception as error:
        why = f"{type(error).__name__}: {error}"[:120]
        raise Lost(f"the worker at {place.address} was lost ({why})") from None
    finally:
        call.cancel()
    if answer["status"] == "OK":
        return answer["result"]
    wrong = answer["exception"]
    if isinstance(wrong, LstmtoolError):
        raise wrong
    # It may be shutting down or short of memory: others may succeed.
    raise Lost(f"the worker at {place.address} failed ({type(wrong).__name__}: {wrong})"[:200])


class Holder:
    """A Dask actor that holds an object and calls its methods.

    Messages are pickled explicitly, so that unpickled arrays are writable and aligned.
    """

    def hold(self, message: bytes) -> None:
        """Receive the object.

        Raises
        ------
        UsageError
            If this process might compute differently from the head.
        """
        address, own, rest = pickle.loads(message)
        refuse_other(address, identity(), own)
        self._object = pickle.loads(rest)

    def call(self, message: bytes) -> Any:
        """Return what a method returns."""
        method, arguments = pickle.loads(message)
        return getattr(self._object, method)(*arguments)


class Replicas(Actors):
    """Equal objects, each on some worker.

    Parameters
    ----------
    number : int or "auto"
        How many; "auto" is one for every worker.
    make : callable
        Returns an object for a worker of so many threads.
    stop : Stop
        Set it to end waiting for answers.
    """

    actor = Holder

    def __init__(
        self,
        client: Client,
        number: int | Literal["auto"],
        make: Callable[[int], Any],
        stop: Stop,
    ) -> None:
        super().__init__(client)
        self._make, self._stop = make, stop
        self.count = len(client.nthreads()) if number == "auto" else number
        self._make_room(self.count)

    def _held(self, s: int, threads: int) -> Any:
        return self._make(threads)

    def call_all(self, method: str, arguments: Sequence[tuple]) -> list[Any]:
        """Call a method of as many objects as there are tuples of arguments.

        Raises
        ------
        Stopped
            If the stop was set.
        ClusterError, UsageError
            See `ask`.
        """
        answers = self.ask([[("call", (method, own))] for own in arguments], self._stop.flag)
        if answers is None:
            raise Stopped
        return answers
