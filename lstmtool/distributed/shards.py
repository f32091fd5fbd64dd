"""Training one network on sequences in shards on the workers of a Dask cluster.

In every epoch the head (this process) gathers the last cell outputs of all sequences,
evaluates the objective once, sends its slopes back and sums the gradients of the parts in order.
Shards consist of whole parts, which a single machine sums in the same order, so results do not
depend on the number of shards.

If a worker is lost, its shard is sent to another one, which repeats the current pass.
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
"""Products of a forward pass from which `auto` shards: below, messages cost more than is gained."""
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
    )
    with workers, Client(workers, set_as_default=False) as client:
        yield client


class Shards:
    """The shards of a run's sequences, on workers.

    Parameters
    ----------
    client : Client
        From `lstmtool.distributed.dask_client.connect` or `local_workers`.
    number : int or "auto"
        Number of shards, at most the number of parts. "auto" takes one per worker if there is
        enough work.
    say : callable
        Called with a sentence about the number of shards.
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
        """Divide the sequences of a run into shards, which are sent to workers on demand.

        With a stream they come from there, and the data have no values.

        Returns
        -------
        int
            Number of shards; 0 if there is little work, which is then done here.
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
        where = "on workers" if count else "locally, undivided, since there is little to compute"
        self._say(f"Networks are trained {where}" + (f", in {count} shards." if count else "."))
        return count

    def lanes(self, network: Network, copies: int = 1, stop: np.ndarray = GO_ON) -> SequenceBatch:
        """Return a batch computed in shards or, if there is little work, locally."""
        if not self._places or copies not in self._layouts:
            if self._stream is not None:
                return self._stream.lanes(network, copies, self._means, stop)
            return SequenceBatch(network, self._data, copies, self._means, stop)
        return ShardedBatch(self, network, self._data, copies, self._means, stop)

    def ranges(self, copies: int) -> list[tuple[int, int]]:
        """Half-open ranges of the sequences in every shard, in the batch's order."""
        slices = [(start, share[copies]) for start, _, share in self._shares]
        return [(start + own.first, start + own.after) for start, own in slices]

    def next_filling(self) -> int:
        """Return the number of the next fill."""
        self._fillings += 1
        return self._fillings

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
        """Return the call that sends a shard its sequences."""
        first, after, slices = self._shares[s]
        compute = ComputeOptions(self._means.precision, self._means.checkpoint_states, threads)
        if self._stream is None:
            data = _taken(self._data, first, after)
        else:
            data = self._stream.taken(first, after)
        held = self._network, compute, data, slices
        return "hold", (address, identity(), pickle.dumps(held, protocol=5))

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
            "Restart it and resume with --resume, or resume without --shards.",
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


def _share(
    data: Data,
    compute: ComputeOptions,
    layouts: dict[int, list[tuple[int, int]]],
    s: int,
    count: int,
) -> tuple[int, int, dict[int, Slice]]:
    """Return the sequences that shard s of `count` holds, and its slice for every layout.

    SIMD groups start at other sequences with one copy per sequence than with two, so neighbouring
    shards may both hold some sequences.
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
    """Return sequences `first` to `after`, exclusive, in the batch's order."""
    taken = data.order[first:after]
    pieces = [data.values[data.offsets[n] : data.offsets[n + 1]] for n in taken]
    offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])])
    order = np.arange(len(taken), dtype=np.int64)
    return Data(np.concatenate(pieces), offsets.astype(np.int64), data.lengths[taken], order)


class ShardedBatch(ChunkedBatch):
    """A batch whose chunks are shards on workers."""

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
        """Run all shards up to what the output units read, then these here."""
        hidden = parameters[: self.network.n_hidden].copy()
        self._sent = [("forward", (self.copies, filling, hidden)) for filling in self.fillings]
        read = self._shards.ask([[call] for call in self._sent], self.batch.stop)
        if read is None:
            return
        self.work.read[:-1] = np.concatenate(read, axis=1)
        self.run_output_units(parameters)

    def backward(self, gradient: np.ndarray, exact: bool | None = None) -> None:
        """Add the gradient for the errors in `d_read`, part by part."""
        calls = [
            [sent, ("backward", np.ascontiguousarray(self.d_read[:, lanes]))]
            for sent, lanes in zip(self._sent, self.lanes_of, strict=True)
        ]
        for parts in self._shards.ask(calls, self.batch.stop) or ():
            for part in parts:
                whole = np.zeros_like(gradient)
                whole[: part.size] = part
                gradient += whole
