"""One shard of a set of sequences, on a worker that holds it for a whole run and passes over it.

The head, see `sharding.py`, sends weights and gets the last cell outputs, then sends the errors
there and gets the gradient of each of the shard's parts. Messages are pickled here and there, so
that arrays come out of them writable and aligned, as the kernels were compiled for.
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
    """What a shard computes of lanes of some copies: which of its sequences, in which parts."""

    first: int
    after: int
    parts: list[tuple[int, int]]  # groups first to after of each, counted from the slice's own


class Shard:
    """A Dask actor; its methods take and give pickled bytes and arrays."""

    def hold(self, message: bytes) -> None:
        """Hold sequences from now on.

        Raises
        ------
        UsageError
            If this process would compute otherwise than the head.
        """
        address, own, rest = pickle.loads(message)
        refuse_other(address, identity(), own)
        held: tuple[Network, ComputeOptions, Data, dict[int, Slice]] = pickle.loads(rest)
        self._network, self._means, self._data, self._slices = held
        self._copies = self._laid = 0

    def forward(self, message: bytes) -> np.ndarray:
        """Return what the output units read (R, lanes) under weights of the layers."""
        copies, filling, hidden = pickle.loads(message)
        if copies != self._copies:
            first, after, parts = self._slices[copies]
            own = self._data._replace(order=self._data.order[first:after])
            self._lanes = SequenceBatch(self._network, own, copies, self._means, parts=parts)
            self._copies = copies
        if filling.number != self._laid:
            filling.lay(self._lanes.data, self._lanes.batch, copies)
            self._laid = filling.number
        parameters = np.zeros(self._network.size)
        parameters[: self._network.n_hidden] = hidden
        self._lanes.run_layers(parameters)
        return self._lanes.work.read[:-1]

    def backward(self, message: bytes) -> np.ndarray:
        """Return the gradients (parts, P) that errors at what the output units read cause."""
        self._lanes.work.d_read[:] = pickle.loads(message)
        sums = np.zeros((len(self._lanes.parts), self._network.size))
        self._lanes.backward_parts(sums)
        return sums[:, : self._network.n_hidden]
