"""Sequences that stay on the disk while a network learns: only a piece of them is in memory.

They are preprocessed once and written, in the order of the lanes, into a spool, which every pass
reads again. A pass backward repeats the forward pass of a piece, whose trace was not kept. Pieces
lie within the parts whose gradients one machine adds up, and are added up in the same order, so
that the run has the same bytes as if all had been in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from queue import SimpleQueue
from typing import Protocol

import numpy as np

from lstmtool.data.preprocessing import Preprocessing
from lstmtool.data.sequences import SequenceSource
from lstmtool.distributed.chunked_batch import ChunkedBatch
from lstmtool.kernels.records import Data
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.layout import Network
from lstmtool.network.stack import bytes_of_step, run_all
from lstmtool.training.batch import SequenceBatch, parts_of

PIECE = 16 << 20  # bytes of a piece's trace, about: it stays in the processor's last cache


class Spool(Protocol):
    """Rows of numbers on the disk; see `lstmtool.io.spool`."""

    def make_room(self, n_rows: int, n_columns: int) -> None:
        """Begin anew, with room for so many rows."""

    def write(self, first: int, rows: np.ndarray) -> None:
        """Write rows from number `first` on."""

    def read(self, first: int, after: int) -> np.ndarray:
        """Return rows first to after; from several threads, if need be."""


class Stream:
    """The sequences of one run in a spool.

    Parameters
    ----------
    spool : Spool
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def reserve(self, sequences: SequenceSource, square: bool) -> None:
        """Find out whether the disk has room for sequences, and perhaps their squares.

        Raises
        ------
        FileError
            If it has none.
        """
        n_inputs = sequences.n_inputs * (2 if square else 1)
        self._spool.make_room(int(sequences.lengths.sum()), n_inputs)

    def fill(self, sequences: SequenceSource, fitted: Preprocessing, window: int | None) -> Data:
        """Preprocess sequences and write them in the order of the lanes, the longest first.

        Returns
        -------
        Data
            Without values; sequence n is then `taken` by its place in the order.

        Raises
        ------
        DataError
            If values are too large.
        FileError
            If the disk is full.
        """
        whole, n_inputs = sequences.lengths, len(fitted.mean)
        lengths = whole if window is None else np.full(len(whole), window, np.int64)
        order = np.argsort(-lengths, kind="stable").astype(np.int64)
        self._starts = np.concatenate([[0], np.cumsum(whole[order])])
        self._lengths = lengths[order]
        self.data = Data(np.empty((0, n_inputs)), sequences.offsets, lengths, order)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        self._spool.make_room(int(whole.sum()), n_inputs)
        first = 0
        for block in sequences.blocks():
            done = fitted.whole(block.without_labels(), of=sequences)
            to = place[first : first + len(block)]
            breaks = np.flatnonzero(np.diff(to) != 1) + 1  # between are neighbours there, too
            for a, b in pairwise([0, *breaks.tolist(), len(to)]):
                rows = done.values[done.offsets[a] : done.offsets[b]]
                self._spool.write(int(self._starts[to[a]]), rows)
            first += len(block)
        return self.data

    def taken(self, first: int, after: int) -> Data:
        """Return some of the sequences alone, by their places in the order of the lanes."""
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
        """Return lanes that are filled piece by piece from the spool; at once, if all are little.

        What is one part is computed by other machine code, which may round otherwise.
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
    """Lanes of which each thread holds one piece at a time, in a desk: lanes of its own."""

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
        self._desks: SimpleQueue[SequenceBatch] = SimpleQueue()
        for _ in range(threads):
            self._desks.put(self._desk())

    def _ranges(self) -> list[tuple[int, int]]:
        """Sequences first to after of every piece; a piece lies within a part, in whole groups."""
        n_steps = int(self.data.lengths.max())
        self._groups = max(1, PIECE // (n_steps * bytes_of_step(self.network.levels, self._means)))
        edges = [
            (a, min(a + self._groups, end))
            for first, end in self.parts
            for a in range(first, end, self._groups)
        ]
        numbers = np.cumsum([0, *(-(-(end - first) // self._groups) for first, end in self.parts)])
        self._pieces_of = [range(a, b) for a, b in pairwise(numbers.tolist())]
        per_group = self.width // self.copies
        n = len(self.data.order)
        return [(a * per_group, min(b * per_group, n)) for a, b in edges]

    def _desk(self) -> SequenceBatch:
        """Return lanes with room for the largest piece."""
        n = max(after - first for first, after in self.ranges)
        lengths = np.full(n, self.data.lengths.max())
        order = np.arange(n, dtype=np.int64)
        largest = Data(self.data.values, np.zeros(n + 1, np.int64), lengths, order)
        compute, groups = replace(self._means, threads=1), -(-self.copies * n // self.width)
        return SequenceBatch(
            self.network, largest, self.copies, compute, self.batch.stop, [(0, groups)]
        )

    def forward(self, parameters: np.ndarray) -> None:
        """Run all pieces up to what the output units read, and these."""
        self._parameters = parameters

        def run(part: int) -> None:
            for piece, desk in self._run_pieces(part):
                self.work.read[:-1, self.lanes_of[piece]] = desk.work.read[:-1, : self._size(piece)]

        run_all(self._pool, run, len(self.parts))
        self.run_output_units(parameters)

    def backward_parts(self, sums: np.ndarray, exact: bool | None = None) -> None:
        """Add what the errors in `work.d_read` cause, each part to a row of its own."""

        def run(part: int) -> None:
            for piece, desk in self._run_pieces(part):
                desk.work.d_read[:, : self._size(piece)] = self.work.d_read[:, self.lanes_of[piece]]
                desk.backward_parts(sums[part][None], exact)

        run_all(self._pool, run, len(self.parts))

    def _size(self, piece: int) -> int:
        lanes = self.lanes_of[piece]
        return lanes.stop - lanes.start

    def _run_pieces(self, part: int) -> Iterator[tuple[int, SequenceBatch]]:
        """Yield a part's pieces in turn and the desk where each has been run; none after a stop."""
        desk = self._desks.get()
        try:
            for piece in self._pieces_of[part]:
                if self.batch.stop[0]:
                    return
                desk.data = self._stream.taken(*self.ranges[piece])
                desk.stack.parts[:] = [(0, self._size(piece) // self.width)]
                desk.batch.lengths[:] = 0
                self.fillings[piece].lay(desk.data, desk.batch, self.copies)
                desk.run_layers(self._parameters)
                yield piece, desk
        finally:
            self._desks.put(desk)
