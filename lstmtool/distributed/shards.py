"""Training one network on sequences in shards on the workers of a Dask cluster.

In every epoch the head (this process) gathers the last cell outputs of all sequences,
evaluates the objective once, sends its slopes back and sums the gradients of the parts in order.
Shards consist of whole parts, which a single machine sums in the same order, so results do not
depend on the number of shards.

If a worker is lost, its shard is sent to another one, which repeats the current pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lstmtool.distributed.actors import Actors
from lstmtool.distributed.chunked_batch import ChunkedBatch
from lstmtool.distributed.shard_actor import Shard, Slice
from lstmtool.kernels.records import GO_ON, LANES, PRECISIONS, Data
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.layout import Network
from lstmtool.training.batch import SequenceBatch, parts_of, products_of

if TYPE_CHECKING:
    from lstmtool.distributed.dask_client import Client
    from lstmtool.distributed.out_of_core import Stream

PAYS = 200_000_000
"""Products of a forward pass from which `auto` shards: below, messages cost more than is gained."""


class Shards(Actors):
    """The shards of a run's sequences, on workers.

    Parameters
    ----------
    client : Client
        From `lstmtool.distributed.dask_client.connect` or `lstmtool.distributed.actors`.
    number : int or "auto"
        Number of shards, at most the number of parts. "auto" takes one per worker if there is
        enough work.
    say : callable
        Called with a sentence about the number of shards.
    """

    actor = Shard

    def __init__(
        self,
        client: Client,
        number: int | Literal["auto"],
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        super().__init__(client)
        self._number, self._say = number, say
        self._shares: list[tuple[int, int, dict[int, Slice]]] = []
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
        self._make_room(count)
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

    def _held(self, s: int, threads: int) -> Any:
        """Return the sequences of a shard, and how they are computed."""
        first, after, slices = self._shares[s]
        compute = ComputeOptions(self._means.precision, self._means.checkpoint_states, threads)
        if self._stream is None:
            data = _taken(self._data, first, after)
        else:
            data = self._stream.taken(first, after)
        return self._network, compute, data, slices


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
