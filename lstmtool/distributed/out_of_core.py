"""Training on sequences that stay on disk, with one chunk in memory at a time.

They are preprocessed once and written, in the batch's order, to a spool, which every pass reads
again. The backward pass repeats the forward pass of a chunk, whose trace was not kept. Chunks lie
within the parts whose gradients a single machine sums, and are summed in the same order, so
the run has the same bytes as in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from queue import SimpleQueue
from typing import Protocol

import numpy as np

from lstmtool.data.preprocessing import Preprocessing, averaged_lengths
from lstmtool.data.sequences import SequenceSource
from lstmtool.distributed.chunked_batch import ChunkedBatch
from lstmtool.kernels.records import Data
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.layout import Network
from lstmtool.network.stack import bytes_of_step, run_all
from lstmtool.training.batch import SequenceBatch, parts_of

CHUNK = 16 << 20  # approximate bytes of a chunk's trace: it fits into the last-level cache


class Spool(Protocol):
    """Rows of numbers on disk; see `lstmtool.io.spool`."""

    def make_room(self, n_rows: int, n_columns: int) -> None:
        """Start over, with space for `n_rows` rows."""

    def write(self, first: int, rows: np.ndarray) -> None:
        """Write rows at index `first` on."""

    def read(self, first: int, after: int) -> np.ndarray:
        """Return rows `first` to `after`, exclusive; thread-safe."""


class Stream:
    """The sequences of one run in a spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def reserve(self, sequences: SequenceSource, of_each: int) -> None:
        """Check that the disk has space for so many network inputs of each of the sequences'.

        Raises
        ------
        FileError
            If it is too full.
        """
        n_inputs = sequences.n_inputs * of_each
        self._spool.make_room(int(sequences.lengths.sum()), n_inputs)

    def fill(self, sequences: SequenceSource, fitted: Preprocessing, window: int | None) -> Data:
        """Preprocess sequences and write them in the batch's order, longest first.

        Returns
        -------
        Data
            Without values; `taken` returns them by their index in this order.

        Raises
        ------
        DataError
            If values are too large.
        FileError
            If the disk is full.
        """
        whole = averaged_lengths(sequences.lengths, fitted.settings.average)
        n_inputs = len(fitted.mean)
        lengths = whole if window is None else np.full(len(whole), window, np.int64)
        order = np.argsort(-lengths, kind="stable").astype(np.int64)
        self._starts = np.concatenate([[0], np.cumsum(whole[order])])
        self._lengths = lengths[order]
        offsets = np.concatenate([[0], np.cumsum(whole)])
        self.data = Data(np.empty((0, n_inputs)), offsets, lengths, order)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        self._spool.make_room(int(whole.sum()), n_inputs)
        first = 0
        for block in sequences.blocks():
            done = fitted.whole(block.without_labels(), of=sequences)
            to = place[first : first + len(block)]
            breaks = np.flatnonzero(np.diff(to) != 1) + 1  # runs contiguous in both orders
            for a, b in pairwise([0, *breaks.tolist(), len(to)]):
                rows = done.values[done.offsets[a] : done.offsets[b]]
                self._spool.write(int(self._starts[to[a]]), rows)
            first += len(block)
        return self.data

    def taken(self, first: int, after: int) -> Data:
        """Return sequences `first` to `after`, exclusive, in the batch's order."""
        start, stop = int(self._starts[first]), int(self._starts[after])
        return Data(
            self._spool.read(start, stop),
            self._starts[first : after + 1] - start,
            self._lengths[first:after],
            np.arange(after - first, dtype=np.int64),
        )

    def lanes(
        self, network: Network, copies: int, compute: ComputeOptions, stop: np.ndarray
    ) -> SequenceBatch:
        """Return a batch filled in chunks from the spool; in memory, if there is only one part.

        A single part is computed by other machine code, which may round differently.
        """
        if len(parts_of(network, self.data, copies, compute)) == 1:
            return SequenceBatch(network, self._all(), copies, compute, stop)
        return StreamedLanes(self, network, copies, compute, stop)

    def _all(self) -> Data:
        """Return all sequences in memory, as `lstmtool.training.batch.batch_data` does."""
        taken, offsets = self.taken(0, len(self._lengths)), self.data.offsets
        values = np.empty_like(taken.values)
        for place, n in enumerate(self.data.order):
            rows = taken.values[taken.offsets[place] : taken.offsets[place + 1]]
            values[offsets[n] : offsets[n + 1]] = rows
        return self.data._replace(values=values)


class StreamedLanes(ChunkedBatch):
    """A batch of which each thread holds one chunk at a time, in a buffer of its own."""

    def __init__(
        self,
        stream: Stream,
        network: Network,
        copies: int,
        compute: ComputeOptions,
        stop: np.ndarray,
    ) -> None:
        self._stream, self._means = stream, compute
        super().__init__(network, stream.data, copies, compute, stop)
        threads = min(compute.threads, len(self.parts))
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._buffers: SimpleQueue[SequenceBatch] = SimpleQueue()
        for _ in range(threads):
            self._buffers.put(self._buffer())

    def _ranges(self) -> list[tuple[int, int]]:
        """Half-open ranges of every chunk; a chunk lies within a part, in whole SIMD groups."""
        n_steps = int(self.data.lengths.max())
        self._groups = max(1, CHUNK // (n_steps * bytes_of_step(self.network.levels, self._means)))
        edges = [
            (a, min(a + self._groups, end))
            for first, end in self.parts
            for a in range(first, end, self._groups)
        ]
        numbers = np.cumsum([0, *(-(-(end - first) // self._groups) for first, end in self.parts)])
        self._chunks_of = [range(a, b) for a, b in pairwise(numbers.tolist())]
        per_group = self.width // self.copies
        n = len(self.data.order)
        return [(a * per_group, min(b * per_group, n)) for a, b in edges]

    def _buffer(self) -> SequenceBatch:
        """Return a buffer for the largest chunk."""
        n = max(after - first for first, after in self.ranges)
        lengths = np.full(n, self.data.lengths.max())
        order = np.arange(n, dtype=np.int64)
        largest = Data(self.data.values, np.zeros(n + 1, np.int64), lengths, order)
        compute, groups = replace(self._means, threads=1), -(-self.copies * n // self.width)
        return SequenceBatch(
            self.network, largest, self.copies, compute, self.batch.stop, [(0, groups)]
        )

    def forward(self, parameters: np.ndarray) -> None:
        """Run all chunks up to what the output units read, then these."""
        self._parameters = parameters

        def run(part: int) -> None:
            for chunk, buffer in self._run_chunks(part):
                read = buffer.work.read[:-1, : self._size(chunk)]
                self.work.read[:-1, self.lanes_of[chunk]] = read

        run_all(self._pool, run, len(self.parts))
        self.run_output_units(parameters)

    def backward_parts(self, sums: np.ndarray, exact: bool | None = None) -> None:
        """Add the gradient for the errors in `d_read`, one row per part."""

        def run(part: int) -> None:
            for chunk, buffer in self._run_chunks(part):
                d_read = self.d_read[:, self.lanes_of[chunk]]
                buffer.d_read[:, : self._size(chunk)] = d_read
                buffer.backward_parts(sums[part][None], exact)

        run_all(self._pool, run, len(self.parts))

    def _size(self, chunk: int) -> int:
        lanes = self.lanes_of[chunk]
        return lanes.stop - lanes.start

    def _run_chunks(self, part: int) -> Iterator[tuple[int, SequenceBatch]]:
        """Run a part's chunks in turn, yielding each with its buffer; none after a stop."""
        buffer = self._buffers.get()
        try:
            for chunk in self._chunks_of[part]:
                if self.batch.stop[0]:
                    return
                buffer.data = self._stream.taken(*self.ranges[chunk])
                buffer.stack.parts[:] = [(0, self._size(chunk) // self.width)]
                buffer.batch.lengths[:] = 0
                self.fillings[chunk].fill(buffer.data, buffer.batch, self.copies)
                buffer.run_layers(self._parameters)
                yield chunk, buffer
        finally:
            self._buffers.put(buffer)
