"""Checks gradients on random networks: central differences, forward-mode partials, cosine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lstmtool.config import NetworkSettings
from lstmtool.data.sequences import from_arrays
from lstmtool.kernels.epochs import output_backward
from lstmtool.kernels.online import truncated_gradient
from lstmtool.kernels.records import EIGHTHS, VECTOR, Buffers
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.layout import Network
from lstmtool.training.batch import SequenceBatch, batch_data

STEP = 1e-5  # of the central differences
TOLERANCE = 1e-7  # of max(1, |gradient|), for differences
ROUNDING = 1e-11  # of max(1, |gradient|), between two exact computations


@dataclass(frozen=True)
class PartCheck:
    """Result of the check for one named part of the parameters.

    Parameters
    ----------
    exact_error : float
        Largest |exact - central difference| / max(1, |exact|).
    truncated_error : float
        Largest |truncated - forward-mode partials| / max(1, |truncated|).
    cosine : float
        Between exact and truncated gradient; NaN if either is zero.
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

    The differentiated value is the sum of the output units' net inputs times fixed random slopes,
    which is how any objective looks to the backward pass.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        n_inputs: int,
        lengths: tuple[int, ...],
        rng: np.random.Generator,
    ) -> None:
        sequences = from_arrays([rng.standard_normal((n, n_inputs)) for n in lengths])
        self.network = network = Network(settings, n_inputs)
        self.parameters = rng.uniform(-0.8, 0.8, network.size) * network.exists
        self.lanes = SequenceBatch(
            network, batch_data(sequences), compute=ComputeOptions(checkpoint_states=0)
        )
        self.lanes.evaluate(self.parameters)  # fills the lanes
        for layer, buffers in zip(network.layers, self.lanes.stack.flat, strict=True):
            for n in range(len(sequences)):
                lane, at = (n // VECTOR, 0, slice(None), n % VECTOR), buffers.layer.first_output
                recurrent = slice(at, at + layer.n_recurrent)
                buffers.trace.state[lane] = rng.uniform(-1, 1, layer.n_cells)
                buffers.trace.sources[lane][recurrent] = rng.uniform(-1, 1, layer.n_recurrent)
        self.lanes.work.slopes[:] = rng.standard_normal((settings.outputs, len(sequences)))

    def value(self, parameters: np.ndarray) -> float:
        """Return the sum of slopes times net inputs of the output units."""
        self.lanes.forward(parameters)
        return float((self.lanes.work.slopes * self.lanes.work.net).sum())

    def gradient(self, exact: bool) -> np.ndarray:
        """Return the gradient (P,) of `value` by the backward kernels."""
        out = self._output_gradient()
        self.lanes.backward(out, exact)
        return out

    def _output_gradient(self) -> np.ndarray:
        """Run forward; return the output layer's gradient (P,) and set the errors below it."""
        self.value(self.parameters)
        out, work = np.zeros(self.network.size), self.lanes.work
        weights, gradient = self.network.views(self.parameters), self.network.views(out)
        output_backward(
            weights.output, work.read, work.slopes, gradient.output, self.lanes.by_group
        )
        return out

    def differences(self) -> np.ndarray:
        """Return the gradient (P,) by central differences, for the weights that exist."""
        out = np.zeros(self.network.size)
        for p in np.flatnonzero(self.network.exists):
            shifted = self.parameters.copy()
            for sign in (1.0, -1.0):
                shifted[p] = self.parameters[p] + sign * STEP
                out[p] += sign * self.value(shifted) / (2 * STEP)
        return out

    def partials(self) -> np.ndarray:
        """Return the truncated gradient (P,) by the tutorial's pseudo-code, layer by layer.

        Each sequence is run alone through each layer, with the errors that enter at its outputs.
        """
        out = self._output_gradient()
        self.lanes.backward(np.zeros_like(out), exact=False)  # leaves the errors between layers
        for buffers, views in zip(
            self.lanes.stack.flat, self.network.views_of_layers(out), strict=True
        ):
            for lane in np.flatnonzero(buffers.batch.lengths.ravel()):
                errors = self._errors(buffers, int(lane))
                truncated_gradient(_alone(buffers, int(lane)), errors, views)
        return out

    def _errors(self, buffers: Buffers, lane: int) -> np.ndarray:
        """Return the errors (T, O) that enter at the outputs of a layer in one lane."""
        (g, l), readout = divmod(lane, VECTOR), buffers.readout
        n_steps, n_outputs = int(buffers.batch.lengths[g, l]), buffers.errors.steps.shape[2]
        d_read, errors = self.lanes.d_read[:, lane], np.zeros((n_steps, n_outputs))
        if readout.last >= 0:
            errors[-1] += d_read[readout.last : readout.last + n_outputs]
        if readout.mean >= 0:
            errors += d_read[readout.mean : readout.mean + n_outputs] / n_steps
        for k in range(EIGHTHS if readout.eighths >= 0 else 0):
            start, end = k * n_steps // EIGHTHS, (k + 1) * n_steps // EIGHTHS
            end = max(end, start + 1)
            row = readout.eighths + k * n_outputs
            errors[start:end] += d_read[row : row + n_outputs] / (end - start)
        if readout.largest >= 0:
            at = buffers.outputs.largest_at[g, :, l].astype(int)
            errors[at, np.arange(n_outputs)] += d_read[readout.largest :][:n_outputs]
        if buffers.errors.steps.shape[1]:
            errors += buffers.errors.steps[g, :n_steps, :, l]
        return errors


def _alone(buffers: Buffers, lane: int) -> Buffers:
    """Return buffers with a single lane, repeated to fill a group."""
    g, l = divmod(lane, VECTOR)

    def alone(array: np.ndarray) -> np.ndarray:
        return np.repeat(array[g : g + 1, :, :, l : l + 1], VECTOR, axis=3)

    trace = type(buffers.trace)(*(alone(part) for part in buffers.trace))
    lengths = np.full((1, VECTOR), buffers.batch.lengths[g, l])
    batch = type(buffers.batch)(trace.sources, lengths)
    return buffers._replace(trace=trace, batch=batch)


def check_gradients(case: Case) -> list[PartCheck]:
    """Compare the kernels' gradients with their definitions, part by part."""
    found = (case.gradient(True), case.gradient(False), case.differences(), case.partials())
    named = [case.network.named(flat) for flat in (*found, case.network.exists)]
    checks = []
    for name, shape, _ in case.network.table:
        e, t, d, p, exists = (parts[name] for parts in named)
        if not exists.any():
            continue
        norm = float(np.linalg.norm(e) * np.linalg.norm(t))
        cosine = float((e * t).sum() / norm) if norm > 0 else float("nan")
        checks.append(PartCheck(name, int(np.prod(shape)), _error(e, d), _error(t, p), cosine))
    return checks


def _error(gradient: np.ndarray, reference: np.ndarray) -> float:
    return float((np.abs(gradient - reference) / np.maximum(1.0, np.abs(gradient))).max())
