"""What training asks of whoever computes for it; the engines themselves are handed in.

Threads of this process need no engine. `lstmtool.distributed` has one on a Dask cluster, shards of
the sequences on its workers, and sequences that stay on the disk. None of them decides a result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from lstmtool.data.preprocessing import Preprocessing
from lstmtool.data.sequences import SequenceSource
from lstmtool.kernels.records import Data
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.layout import Network
from lstmtool.training.batch import SequenceBatch
from lstmtool.training.stage import Stop


class Executor(Protocol):
    """Computes independent items of work, restarts for example, beside each other."""

    def map(
        self,
        work: Callable[[Any, Any, Stop, Callable[[Any], None]], Any],
        shared: Any,
        items: Sequence[Any],
        *,
        stop: Stop,
        ended: Callable[[int, Any], None],
        tell: Callable[[Any], None],
    ) -> None:
        """Do ``work(shared, item, stop, tell)`` for every item; `ended` gets places and results."""


class StreamedSequences(Protocol):
    """Preprocessed sequences that are not in memory, or not all of them at once."""

    def fill(self, sequences: SequenceSource, fitted: Preprocessing, window: int | None) -> Data:
        """Preprocess sequences and store them; the data that is returned has no values."""

    def lanes(
        self, network: Network, copies: int, compute: ComputeOptions, stop: np.ndarray
    ) -> SequenceBatch:
        """Return buffers for a network on all the sequences."""


class ShardedSequences(Protocol):
    """Sequences that lie in shards elsewhere, where passes over them are computed."""

    def begin(
        self, network: Network, data: Data, compute: ComputeOptions, stream: Any = None
    ) -> int:
        """Cut the sequences of a run into shards; return how many, none where it does not pay."""

    def lanes(self, network: Network, copies: int, stop: np.ndarray) -> SequenceBatch:
        """Return buffers for a network on all the sequences."""
