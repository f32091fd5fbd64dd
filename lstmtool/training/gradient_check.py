"""Checks of the gradients on random networks: differences, forward-mode partials, cosine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lstmtool.config import NetworkSettings
from lstmtool.data.sequences import from_arrays
from lstmtool.kernels.epochs import output_backward
from lstmtool.kernels.online import truncated_gradient
from lstmtool.kernels.records import VECTOR
from lstmtool.network.layout import Network
from lstmtool.training.batch import ComputeOptions, SequenceBatch, batch_data

STEP = 1e-5  # of the central differences
TOLERANCE = 1e-7  # of max(1, |gradient|), for differences
ROUNDING = 1e-11  # of max(1, |gradient|), between two exact computations


@dataclass(frozen=True)
class PartCheck:
    """What was found for one named part of the parameters.

    Parameters
    ----------
    name : str
    size : int
    exact_error : float
        Largest |exact - central difference| / max(1, |exact|).
    truncated_error : float
        Largest |truncated - forward-mode partials| / max(1, |truncated|).
    cosine : float
        Between exact and truncated gradient; NaN where one of them is zero.
    """

    name: str
    size: int
    exact_error: float
    truncated_error: float
    cosine: float

    @property
    def passed(self) -> bool:
        """Whether both errors are within their bounds."""
        return self.exact_error <= TOLERANCE and self.truncated_error <= ROUNDING


class Case:
    """A random network on random sequences of unequal lengths, from a non-zero initial state.

    The value that is differentiated is the sum of random slopes times the net inputs of the output
    units, slopes held constant: what the backward pass sees of any objective.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        n_inputs: int,
        lengths: tuple[int, ...],
        rng: np.random.Generator,
    ) -> None:
        sequences = from_arrays([rng.standard_normal((n, n_inputs)) for n in lengths])
        self.networks = {exact: Network(settings, n_inputs, exact) for exact in (True, False)}
        self.network = self.networks[True]
        self.parameters = rng.uniform(-0.8, 0.8, self.network.size) * self.network.trainable
        self.lanes = SequenceBatch(
            self.network, batch_data(sequences), compute=ComputeOptions(checkpoint_states=0)
        )
        self.lanes.evaluate(self.parameters)  # lays the sequences into the lanes
        n = len(sequences)
        for l in range(n):
            lane, cells = (l // VECTOR, 0, slice(None), l % VECTOR), slice(n_inputs, -1)
            self.lanes.trace.state[lane] = rng.uniform(-1, 1, self.network.n_cells)
            self.lanes.trace.sources[lane][cells] = rng.uniform(-1, 1, self.network.n_cells)
        self.lanes.work.slopes[:] = rng.standard_normal((settings.outputs, n))

    def value(self, parameters: np.ndarray) -> float:
        """Sum of slopes times net inputs of the output units."""
        lanes, weights = self.lanes, self.network.views(parameters)
        lanes.forward(weights)
        return float((lanes.work.slopes * lanes.work.net).sum())

    def gradient(self, exact: bool) -> np.ndarray:
        """Gradient (P,) of `value` by the backward kernels."""
        out = self._output_gradient()
        self.lanes.backward(out, self.networks[exact])
        return out

    def _output_gradient(self) -> np.ndarray:
        """Run forward; gradient (P,) of the output layer alone; sets the errors below it."""
        self.value(self.parameters)
        out, work = np.zeros(self.network.size), self.lanes.work
        weights, gradient = self.network.views(self.parameters), self.network.views(out)
        output_backward(weights.output, work.last, work.slopes, gradient.output, work.d_last)
        return out

    def differences(self) -> np.ndarray:
        """Gradient (P,) by central differences, of the weights that exist."""
        out = np.zeros(self.network.size)
        for p in np.flatnonzero(self.network.trainable):
            shifted = self.parameters.copy()
            for sign in (1.0, -1.0):
                shifted[p] = self.parameters[p] + sign * STEP
                out[p] += sign * self.value(shifted) / (2 * STEP)
        return out

    def partials(self) -> np.ndarray:
        """Truncated gradient (P,) by the tutorial's pseudo-code, sequence by sequence."""
        network, out = self.networks[False], self._output_gradient()
        for lane in np.flatnonzero(self.lanes.batch.lengths.ravel()):
            batch, trace, d_last = self._one(int(lane))
            connections, views = self.lanes.connections, network.views(out)
            truncated_gradient(network.layer, connections, batch, trace, d_last, views)
        return out

    def _one(self, lane: int):  # type: ignore[no-untyped-def]
        """Batch, trace and errors of one lane alone."""
        lanes, (g, l) = self.lanes, divmod(lane, VECTOR)

        def alone(a: np.ndarray) -> np.ndarray:
            return np.repeat(a[g : g + 1, :, :, l : l + 1], VECTOR, axis=3)

        trace = type(lanes.trace)(*(alone(a) for a in lanes.trace))
        lengths = np.full((1, VECTOR), lanes.batch.lengths[g, l])
        batch = type(lanes.batch)(trace.sources, lengths)
        return batch, trace, np.ascontiguousarray(lanes.work.d_last[:, lane : lane + 1])


def check_gradients(case: Case) -> list[PartCheck]:
    """Compare the kernels' gradients with their definitions, part by part."""
    exact, truncated = case.gradient(True), case.gradient(False)
    differences, partials = case.differences(), case.partials()
    checks = []
    for name, shape, _ in case.network.table:
        e, t, d, p = (case.network.part(x, name) for x in (exact, truncated, differences, partials))
        if not case.network.part(case.network.trainable, name).any():
            continue
        norm = float(np.linalg.norm(e) * np.linalg.norm(t))
        cosine = float((e * t).sum() / norm) if norm > 0 else float("nan")
        checks.append(PartCheck(name, int(np.prod(shape)), _error(e, d), _error(t, p), cosine))
    return checks


def _error(gradient: np.ndarray, reference: np.ndarray) -> float:
    return float((np.abs(gradient - reference) / np.maximum(1.0, np.abs(gradient))).max())
