"""A batch in chunks that are not all in memory, each with the generator state it needs.

Every chunk can thus be filled anywhere, at any time and repeatedly, with the same copies as if all
had been filled in turn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from lstmtool.kernels.augment import crop_fraction, fill_lanes
from lstmtool.kernels.deform import draws_of_lane, is_deformed
from lstmtool.kernels.records import (
    BOOTSTRAP,
    LANES,
    NO_COPY,
    NOISE,
    PRECISIONS,
    Batch,
    Data,
    StageOptions,
)
from lstmtool.network.compute import ComputeOptions, vectors
from lstmtool.network.layout import Network
from lstmtool.training.batch import SequenceBatch

DRAWS = 1_000_000  # normal numbers skipped at a time


class BatchFill(NamedTuple):
    """How to fill a chunk; the number distinguishes successive fills."""

    number: int
    options: StageOptions
    fraction: float
    generator: dict[str, Any]  # state of the run's generator at the start of this chunk

    def fill(self, data: Data, batch: Batch, copies: int) -> None:
        """Fill a batch with the chunk's sequences."""
        rng = np.random.default_rng(0)
        rng.bit_generator.state = self.generator
        fill_lanes(data, batch, copies, self.options, self.fraction, rng)


class ChunkedBatch(SequenceBatch, ABC):
    """A batch in chunks; last cell outputs, objective and gradient are held here.

    Parameters
    ----------
    network, data, copies, means, stop
        As for `SequenceBatch`; the data need no values.
    """

    divided = True

    def __init__(
        self, network: Network, data: Data, copies: int, compute: ComputeOptions, stop: np.ndarray
    ) -> None:
        super().__init__(network, data, copies, compute, stop)
        self.width = LANES[np.dtype(PRECISIONS[compute.precision]).name]
        self.ranges = self._ranges()
        sizes = [-(-copies * (after - first) // self.width) for first, after in self.ranges]
        edges = self.width * np.cumsum([0, *sizes])
        self.lanes_of = [slice(a, b) for a, b in pairwise(edges.tolist())]
        self.fillings: list[BatchFill] = []

    @abstractmethod
    def _ranges(self) -> list[tuple[int, int]]:
        """Half-open ranges of the sequences in every chunk, in the batch's order."""

    def _make_room(self, compute: ComputeOptions, stop: np.ndarray) -> None:
        nothing = vectors(0, 0, 0, dtype=PRECISIONS[compute.precision])
        self.batch = Batch(nothing, np.zeros((0, 0), np.int64), stop)

    def fill(self, options: StageOptions, rng: np.random.Generator) -> None:
        """Record how to fill each chunk, and skip the random numbers drawn for it."""
        fraction = float(crop_fraction(options, rng))
        lengths, n_inputs = self.data.lengths[self.data.order], self.data.values.shape[1]
        number = self._next_filling()
        self.fillings = []
        for first, after in self.ranges:
            state: Any = rng.bit_generator.state
            self.fillings.append(BatchFill(number, options, fraction, state))
            pass_over(rng, lengths[first:after], n_inputs, self.copies, options)

    def _next_filling(self) -> int:
        """Return the number of the next fill."""
        return 0


def pass_over(
    rng: np.random.Generator,
    lengths: np.ndarray,
    n_inputs: int,
    copies: int,
    options: StageOptions,
) -> None:
    """Advance a generator past the filling of sequences of these lengths (N,)."""
    if options.augmentation == NO_COPY:
        return
    if options.augmentation == NOISE:
        left = copies * n_inputs * int(lengths.sum())
        while left:
            left -= len(rng.standard_normal(min(left, DRAWS)))
        return
    draws = np.ones(len(lengths), np.int64)
    if options.augmentation == BOOTSTRAP:
        blocks = np.maximum(1, np.rint(options.block * lengths).astype(np.int64))
        draws = -(-lengths // blocks)
    elif is_deformed(options.augmentation):
        draws *= draws_of_lane(options.augmentation, n_inputs)
    rng.bit_generator.advance(copies * int(draws.sum()))  # type: ignore[attr-defined]
