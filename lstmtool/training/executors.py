"""Protocols of the engines that training can run on; the engines themselves are passed in.

Threads of this process need no engine. `lstmtool.distributed` has a Dask executor, shards of the
sequences on its workers, and sequences that stay on disk. None of them changes a result.
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
    """Runs independent items of work, such as restarts, in parallel."""

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
        """Call ``work(shared, item, stop, tell)`` for each item, `ended` with index and result."""


class StreamedSequences(Protocol):
    """Preprocessed sequences of which at most a part is in memory."""

    def fill(self, sequences: SequenceSource, fitted: Preprocessing, window: int | None) -> Data:
        """Preprocess sequences and store them; the returned data has no values."""

    def lanes(
        self, network: Network, copies: int, compute: ComputeOptions, stop: np.ndarray
    ) -> SequenceBatch:
        """Return buffers for a network and all the sequences."""


class ShardedSequences(Protocol):
    """Sequences in shards on workers, which compute the passes over them."""

    def begin(
        self, network: Network, data: Data, compute: ComputeOptions, stream: Any = None
    ) -> int:
        """Split a run's sequences into shards; return how many, 0 if it would not pay."""

    def lanes(self, network: Network, copies: int, stop: np.ndarray) -> SequenceBatch:
        """Return buffers for a network and all the sequences."""
