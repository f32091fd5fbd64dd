"""A shard of the sequences, held by a worker for a whole run.

The head, see `shards.py`, sends weights and gets the last cell outputs, then sends the errors at
these and gets the gradient of each of the shard's parts. Messages are pickled explicitly, so that
unpickled arrays are writable and aligned, as the kernels expect.
"""

from __future__ import annotations

import pickle
from typing import NamedTuple

import numpy as np

from lstmtool.distributed.dask_client import identity, refuse_other
from lstmtool.kernels.records import Data
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.layout import Network
from lstmtool.training.batch import SequenceBatch


class Slice(NamedTuple):
    """The sequences of a shard used with a number of copies, and their division into parts."""

    first: int
    after: int
    parts: list[tuple[int, int]]  # half-open ranges of SIMD groups, relative to the slice


class Shard:
    """A Dask actor; its methods take pickled bytes and return bytes or arrays."""

    def hold(self, message: bytes) -> None:
        """Receive the shard's sequences.

        Raises
        ------
        UsageError
            If this process might compute differently from the head.
        """
        address, own, rest = pickle.loads(message)
        refuse_other(address, identity(), own)
        held: tuple[Network, ComputeOptions, Data, dict[int, Slice]] = pickle.loads(rest)
        self._network, self._means, self._data, self._slices = held
        self._copies = self._laid = 0

    def forward(self, message: bytes) -> np.ndarray:
        """Return what the output units read (R, lanes) for given weights of the layers."""
        copies, filling, hidden = pickle.loads(message)
        if copies != self._copies:
            first, after, parts = self._slices[copies]
            own = self._data._replace(order=self._data.order[first:after])
            self._lanes = SequenceBatch(self._network, own, copies, self._means, parts=parts)
            self._copies = copies
        if filling.number != self._laid:
            filling.fill(self._lanes.data, self._lanes.batch, copies)
            self._laid = filling.number
        parameters = np.zeros(self._network.size)
        parameters[: self._network.n_hidden] = hidden
        self._lanes.run_layers(parameters)
        return self._lanes.work.read[:-1]

    def backward(self, message: bytes) -> np.ndarray:
        """Return the gradients (parts, P) for errors at what the output units read."""
        self._lanes.d_read[:] = pickle.loads(message)
        sums = np.zeros((len(self._lanes.parts), self._network.size))
        self._lanes.backward_parts(sums)
        return sums[:, : self._network.n_hidden]
