"""One network learning on sequences that lie in shards on the workers of a Dask cluster.

In every epoch the head, which is this process, gathers the last cell outputs of all sequences,
evaluates the objective once, sends its slopes back and adds up the gradients of the parts of the
sequences in their order. Shards are whole parts of those that one machine adds up in that order
too, so results do not depend on how many there are.

Where a worker is lost, its shard is sent to another one, and what it was doing is done again there.
"""

from __future__ import annotations

import asyncio
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from uuid import uuid4

import numpy as np

from lstmtool.distributed.chunked_batch import ChunkedBatch
from lstmtool.distributed.dask_client import identity, refuse_other
from lstmtool.distributed.shard_actor import Shard, Slice
from lstmtool.errors import ClusterError, LstmtoolError, UsageError
from lstmtool.kernels.records import GO_ON, LANES, PRECISIONS, Data
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.layout import Network
from lstmtool.training.batch import SequenceBatch, parts_of, products_of

if TYPE_CHECKING:
    from lstmtool.distributed.dask_client import Client
    from lstmtool.distributed.out_of_core import Stream

PAYS = 200_000_000
"""Products of a forward pass from which `auto` shards: below, messages take longer than is won."""
POLL = 0.1  # seconds between two looks at the stop flag
LOOK = 10.0  # seconds of silence after which a worker is asked whether it is there
PATIENCE = 30.0  # seconds that it has to answer, or to begin
LONELY = 60.0  # seconds without a worker to take a lost shard after which a run is given up
MOST_LOSSES = 5  # workers lost one after the other by the same shard: it may be too large

Call = tuple[str, Any]  # a method of a shard, and what it is given


class Lost(Exception):
    """A worker, or the way to it, is gone."""


class Stopping(Exception):
    """The stop flag was set while an answer was waited for."""


class ActorHandle(NamedTuple):
    """Where a shard is held: by which actor of which worker. The future keeps it alive."""

    address: str
    key: str
    future: Any


@contextmanager
def local_workers(number: int) -> Iterator[Client]:
    """Start so many worker processes on this machine, and end them in the end.

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
            "pip install 'lstmtool[cluster]', or leave --shards out: threads share the work too.",
        ) from None
    workers = LocalCluster(
        n_workers=number,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    )
    with workers, Client(workers, set_as_default=False) as client:
        yield client


class Shards:
    """Shards of the sequences of one run, on workers.

    Parameters
    ----------
    client : Client
        Of `lstmtool.distributed.dask_client.connect`, or of workers on this machine.
    number : int or "auto"
        How many; no more than the parts that one machine adds up. Auto takes one for every
        worker, where there is enough work for that to pay.
    say : callable
        Told in a sentence how many there are.
    """

    def __init__(
        self,
        client: Client,
        number: int | Literal["auto"],
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._client, self._number, self._say = client, number, say
        self._address = client.scheduler_info()["address"]
        self._places: list[ActorHandle | None] = []
        self._shares: list[tuple[int, int, dict[int, Slice]]] = []
        self._losses: list[int] = []
        self._bad: set[str] = set()
        self._fillings = 0

    def begin(
        self, network: Network, data: Data, compute: ComputeOptions, stream: Stream | None = None
    ) -> int:
        """Cut the sequences of a run into shards, which workers get once they are needed.

        With a stream these come from there, and the data has no values.

        Returns
        -------
        int
            How many shards there are; none where the work is little, and is done here.
        """
        self._network, self._data, self._means = network, data, compute
        self._stream = stream
        auto = self._number == "auto"
        least = PAYS if auto else 0
        layouts = {
            copies: parts
            for copies in (1, 2)
            if len(parts := parts_of(network, data, copies, compute)) > 1
            and products_of(network, data, copies, compute) >= least
        }
        wanted = len(self._client.nthreads()) if self._number == "auto" else self._number
        count = min([wanted, *(len(parts) for parts in layouts.values())]) if layouts else 0
        self._shares = [_share(data, compute, layouts, s, count) for s in range(count)]
        self._places, self._losses = [None] * count, [0] * count
        self._layouts = layouts
        where = "on workers" if count else "here, undivided: there is little to compute"
        self._say(f"Every network learns {where}" + (f", in {count} shards." if count else "."))
        return count

    def lanes(self, network: Network, copies: int = 1, stop: np.ndarray = GO_ON) -> SequenceBatch:
        """Return lanes that are computed in shards; here, where there is little work."""
        if not self._places or copies not in self._layouts:
            if self._stream is not None:
                return self._stream.lanes(network, copies, self._means, stop)
            return SequenceBatch(network, self._data, copies, self._means, stop)
        return ShardedBatch(self, network, self._data, copies, self._means, stop)

    def ranges(self, copies: int) -> list[tuple[int, int]]:
        """Sequences first to after of every shard, in the order of the lanes."""
        slices = [(start, share[copies]) for start, _, share in self._shares]
        return [(start + own.first, start + own.after) for start, own in slices]

    def next_filling(self) -> int:
        """Return a number for what is laid in lanes."""
        self._fillings += 1
        return self._fillings

    def ask(self, calls: Sequence[Sequence[Call]], stop: np.ndarray) -> list[Any] | None:
        """Call all shards at once; return the answers in their order, none after a stop.

        Parameters
        ----------
        calls : sequence of sequence of (str, object)
            For every shard what is to be called, and before that what had been, which is
            called again where the shard has to be placed anew.

        Raises
        ------
        ClusterError
            If there is no worker to take a shard, or one shard ends several workers.
        UsageError
            If a worker would compute otherwise.
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
        """Send a shard its last call; before that, where it has no place, itself and the others."""
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
        """Send a shard to the worker that holds the fewest."""
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
                Shard, key=key, actor=True, workers=[address], allow_other_workers=False
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
        """Return the call that gives a shard its sequences."""
        first, after, slices = self._shares[s]
        compute = ComputeOptions(self._means.precision, self._means.checkpoint_states, threads)
        if self._stream is None:
            data = _taken(self._data, first, after)
        else:
            data = self._stream.taken(first, after)
        held = self._network, compute, data, slices
        return "hold", (address, identity(), pickle.dumps(held, protocol=5))

    def _begin(self, place: ActorHandle, call: Call) -> Future:
        """Call a method of a shard."""
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
        """Note that a shard has no place any more."""
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
            "The cluster was lost before all was computed.",
            f"{self._address}: {why}",
            "Start it again and go on with --resume, or go on without --shards.",
        )


def _done(waiting: Any, stop: np.ndarray) -> list[Future]:
    """Wait a moment; return the futures that are done. Raises `Stopping` at a stop."""
    if stop[0]:
        raise Stopping
    return list(wait(waiting, timeout=POLL, return_when=FIRST_COMPLETED).done)


async def _answer(client: Client, place: ActorHandle, method: str, message: bytes) -> Any:
    """Call a method of an actor; raises `Lost` where its worker is gone, or no longer answers.

    Not by the actor's own futures: these never end where an actor is gone and its worker is not.
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
    # It may be about to end, or short of memory: others may do better.
    raise Lost(f"the worker at {place.address} failed ({type(wrong).__name__}: {wrong})"[:200])


def _share(
    data: Data,
    compute: ComputeOptions,
    layouts: dict[int, list[tuple[int, int]]],
    s: int,
    count: int,
) -> tuple[int, int, dict[int, Slice]]:
    """Return which sequences shard s of so many holds, and what it computes of every layout.

    Groups of lanes begin elsewhere with one copy of every sequence than with two, so that
    neighbours may hold some sequences both.
    """
    width, slices = LANES[np.dtype(PRECISIONS[compute.precision]).name], {}
    for copies, parts in layouts.items():
        own = parts[len(parts) * s // count : len(parts) * (s + 1) // count]
        start = own[0][0]
        first, after = start * width // copies, own[-1][1] * width // copies
        moved = [(a - start, b - start) for a, b in own]
        slices[copies] = Slice(first, min(after, len(data.order)), moved)
    low = min(one.first for one in slices.values())
    high = max(one.after for one in slices.values())
    return low, high, {c: Slice(o.first - low, o.after - low, o.parts) for c, o in slices.items()}


def _taken(data: Data, first: int, after: int) -> Data:
    """Return some of the sequences alone, in the order of the lanes."""
    taken = data.order[first:after]
    pieces = [data.values[data.offsets[n] : data.offsets[n + 1]] for n in taken]
    offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])])
    order = np.arange(len(taken), dtype=np.int64)
    return Data(np.concatenate(pieces), offsets.astype(np.int64), data.lengths[taken], order)


class ShardedBatch(ChunkedBatch):
    """Lanes that lie in shards."""

    def __init__(
        self,
        shards: Shards,
        network: Network,
        data: Data,
        copies: int,
        compute: ComputeOptions,
        stop: np.ndarray,
    ) -> None:
        self._shards = shards
        super().__init__(network, data, copies, compute, stop)

    def _ranges(self) -> list[tuple[int, int]]:
        return self._shards.ranges(self.copies)

    def _next_filling(self) -> int:
        return self._shards.next_filling()

    def forward(self, parameters: np.ndarray) -> None:
        """Run all shards up to what the output units read, and these here."""
        hidden = parameters[: self.network.n_hidden].copy()
        self._sent = [("forward", (self.copies, filling, hidden)) for filling in self.fillings]
        read = self._shards.ask([[call] for call in self._sent], self.batch.stop)
        if read is None:
            return
        self.work.read[:-1] = np.concatenate(read, axis=1)
        self.run_output_units(parameters)

    def backward(self, gradient: np.ndarray, exact: bool | None = None) -> None:
        """Add what the errors in `work.d_read` cause, part by part."""
        calls = [
            [sent, ("backward", np.ascontiguousarray(self.work.d_read[:, lanes]))]
            for sent, lanes in zip(self._sent, self.lanes_of, strict=True)
        ]
        for parts in self._shards.ask(calls, self.batch.stop) or ():
            for part in parts:
                whole = np.zeros_like(gradient)
                whole[: part.size] = part
                gradient += whole
