"""What a network makes of the unaltered sequences, which run through its memory blocks once.

Where output units alone are trained, several stages and scores read the same of all sequences; only
the output weights differ.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lstmtool.config import Stage
from lstmtool.kernels import epochs
from lstmtool.kernels.records import GO_ON
from lstmtool.network.layout import Network
from lstmtool.training.batch import workspace
from lstmtool.training.setup import TrainingSetup


class Evaluated(NamedTuple):
    """Net inputs (N, K) of the output units, and the bits that the codes of logistic ones carry.

    These are the augmented-code information of equal copies; NaN for linear units.
    """

    net: np.ndarray
    information: float


class Unaltered:
    """The unaltered sequences of a setup; `stop` aborts passes.

    They run again if memory blocks have changed, or every time if they are on the disk or a
    cluster, where what is read would not fit in memory.
    """

    def __init__(self, setup: TrainingSetup, stop: np.ndarray = GO_ON) -> None:
        self.setup, self.stop = replace(setup, compute=setup.compute.forward_alone), stop
        self.kept = setup.stream is None and setup.shards is None
        self._hidden, self._read = b"", np.empty((0, 0))

    def net(self, network: Network, parameters: np.ndarray) -> np.ndarray:
        """Return the output units' net inputs (N, K)."""
        order = self.setup.data.order
        if not self.kept:
            return self.setup.lanes(network, 1, self.stop).evaluate(parameters)[0]
        of_lanes = self._of_lanes(network, parameters).T
        net = np.empty_like(of_lanes)  # in the order of memory that `evaluate` has, for equal bits
        net[order] = of_lanes
        return net

    def evaluated(self, network: Network, parameters: np.ndarray) -> Evaluated:
        """Return the net inputs, and the bits of their codes."""
        net, bits = self.net(network, parameters), float("nan")
        if network.settings.output_unit == "logistic":
            bits = self._information(network, parameters)
        return Evaluated(net, bits)

    def read(self, network: Network, parameters: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Return what the output units read (S, R) of some sequences, if these are `kept`."""
        read, order = self._read_by(network, parameters), self.setup.data.order
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return np.ascontiguousarray(read[:-1, place[chosen]].T)

    def _information(self, network: Network, parameters: np.ndarray) -> float:
        if not self.kept:
            pairs = self.setup.lanes(network, 2, self.stop)
            rng = np.random.default_rng(0)
            return pairs.information(parameters, Stage(augmentation="none"), 1, rng)
        work = workspace(network.settings, 2 * len(self.setup.data.order), 0)
        work.net[:] = np.repeat(self._of_lanes(network, parameters), 2, axis=1)
        return float(epochs.shared_information(work))

    def _of_lanes(self, network: Network, parameters: np.ndarray) -> np.ndarray:
        """Return the net inputs (K, N), with sequences in the order of their lanes."""
        read = self._read_by(network, parameters)
        net = np.empty((network.settings.outputs, read.shape[1]))
        parameters = np.require(parameters, requirements="W")
        epochs.output_nets(network.views(parameters).output, read, net)
        return net

    def _read_by(self, network: Network, parameters: np.ndarray) -> np.ndarray:
        """Return what is read (R + 1, N), with a last row of ones for the bias."""
        hidden = parameters[: network.n_hidden].tobytes()
        if hidden != self._hidden:
            lanes = self.setup.lanes(network, 1, self.stop)
            lanes.evaluate(parameters)
            self._read = np.ascontiguousarray(lanes.work.read[:, : len(self.setup.data.order)])
            self._hidden = hidden
        return self._read
