"""The network that clusters: layers and output units, and initial weights.

The flat vector has the layers from the bottom up, the forward one of a level first, each laid out
as in `lstmtool.network.layer`; then the output units' weights, with the bias in the last column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from lstmtool.config import InitialSettings, NetworkSettings
from lstmtool.kernels.records import CELL, EIGHTHS, FORGET, INPUT, OUTPUT, Readout, Weights
from lstmtool.network.hidden import FlatNetwork, Hidden
from lstmtool.network.layer import LayerShape

KINDS_READ = {"last": 1, "mean": 1, "max": 1, "eighths": EIGHTHS}
"""What output units can read of each output of a layer, and how many numbers of each that is."""


@dataclass(frozen=True)
class Network(FlatNetwork):
    """Layers of memory blocks below output units.

    Parameters
    ----------
    settings : NetworkSettings
        Sizes and kinds of the layers and output units.
    n_inputs : int
        Inputs per step after preprocessing, X.
    exact : bool
        Whether gradients are exact (BPTT) or truncated.
    """

    settings: NetworkSettings
    n_inputs: int
    exact: bool = True

    def __getstate__(self) -> dict[str, Any]:
        """Leave out derived arrays: unpickled from a mapped file, they would be read-only."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    @cached_property
    def hidden(self) -> Hidden:
        """The layers below the output units."""
        return Hidden.of(self.n_inputs, self.settings)

    @property
    def n_read(self) -> int:
        """Inputs of the output units without the bias, R."""
        return self.hidden.n_outputs * sum(KINDS_READ[kind] for kind in self.settings.readout)

    @cached_property
    def readouts(self) -> list[Readout]:
        """Rows that each kind of outputs of each top layer takes in what is read."""
        wanted, at, readouts = self.settings.readout, 0, []
        for layer in self.levels[-1]:
            rows = {}
            for kind, n_rows in KINDS_READ.items():
                rows[kind] = at if kind in wanted else -1
                at += n_rows * layer.n_outputs if kind in wanted else 0
            readouts.append(Readout(rows["last"], rows["mean"], rows["max"], rows["eighths"]))
        return readouts

    @property
    def output_shape(self) -> tuple[int, int]:
        """Shape of the output units' weights, (K, R + 1)."""
        return self.settings.outputs, self.n_read + 1


def uniform(layer: LayerShape, limit: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a layer's part of a flat vector from (-limit, limit).

    The numbers drawn are the same with and without forget gates and peepholes.
    """
    n_gates, blocks = 3 * layer.n_blocks, layer.n_blocks
    hidden = rng.uniform(-limit, limit, (n_gates + layer.n_outputs, layer.n_sources))
    peephole = rng.uniform(-limit, limit, 3 * layer.n_cells)
    if not layer.forget_gate:
        hidden = np.delete(hidden, slice(FORGET * blocks, (FORGET + 1) * blocks), axis=0)
    flat = np.concatenate([hidden.ravel(), peephole[: layer.n_peepholes]])
    return flat * layer.exists


def scaled(layer: LayerShape, settings: InitialSettings, rng: np.random.Generator) -> np.ndarray:
    """Draw a layer's part of a flat vector: normal, to fit the number of inputs and of outputs.

    Weights from X inputs have the deviation a / sqrt(X), a drawn from `input_gain` on a logarithmic
    scale; those from H outputs `recurrent_gain` / sqrt(H), biases and peepholes `recurrent_gain`.
    """
    low, high = np.log(settings.input_gain)
    deviation = np.full(layer.n_sources, settings.recurrent_gain)
    deviation[: layer.n_inputs] = np.exp(rng.uniform(low, high)) / np.sqrt(layer.n_inputs)
    deviation[layer.n_inputs : -1] /= np.sqrt(layer.n_outputs)
    hidden = deviation * rng.standard_normal((layer.n_units, layer.n_sources))
    peephole = settings.recurrent_gain * rng.standard_normal(layer.n_peepholes)
    return np.concatenate([hidden.ravel(), peephole]) * layer.exists


def initial_parameters(
    network: Network, settings: InitialSettings, n_steps: float, rng: np.random.Generator
) -> np.ndarray:
    """Draw initial weights; the output layer is uniform until `output_layer_from_data`.

    Parameters
    ----------
    n_steps : float
        Typical sequence length T. By default forget gates start at f(log(T - 1)) = 1 - 1/T and
        input gates at 1/T, so that a cell starts as a mean over the sequence. Biases given in the
        settings are shifted with log T if the settings say for which length they were chosen.
        "spread" starts forget gates at 1 - 1/tau, with log(tau - 1) spread evenly over the blocks
        of a layer, tau from 2 to T, and input gates with minus half that bias.

    Returns
    -------
    ndarray of shape (P,)
        Flat vector of weights.
    """
    limit = settings.weights
    if settings.draw == "scaled":
        drawn = [scaled(layer, settings, rng) for layer in network.layers]
    else:
        drawn = [uniform(layer, limit, rng) for layer in network.layers]
    flat = np.concatenate([*drawn, rng.uniform(-limit, limit, network.size - network.n_hidden)])
    for layer, weights in zip(network.layers, network.views_of_layers(flat), strict=True):
        weights.hidden[layer.rows(CELL)] *= settings.cell_gain
    _set_biases(network, network.views_of_layers(flat), settings, n_steps, rng)
    return flat


def _set_biases(
    network: Network,
    weights: Sequence[Weights],
    settings: InitialSettings,
    n_steps: float,
    rng: np.random.Generator,
) -> None:
    """Set the gates' biases so that a cell starts as a mean, or as the settings give them."""
    time_scale = np.log(max(n_steps - 1.0, 1.0))
    forget, given = settings.forget_bias, settings.input_bias
    longer = np.log(n_steps / settings.bias_steps) if settings.bias_steps else 0.0
    low, high = time_scale, time_scale
    if isinstance(forget, tuple):
        low, high = np.add(forget, longer)
    for layer, one in zip(network.layers, weights, strict=True):
        bias, blocks = one.hidden[:, -1], layer.n_blocks
        bias[layer.rows(OUTPUT)] += settings.output_bias
        opening = -time_scale
        if layer.forget_gate and forget == "spread":  # random, one in each interval
            of_forget = time_scale * (np.arange(blocks) + rng.uniform(0.0, 1.0, blocks)) / blocks
            bias[layer.rows(FORGET)] += of_forget
            opening = -0.5 * of_forget
        elif layer.forget_gate:
            bias[layer.rows(FORGET)] += rng.uniform(low, high, blocks)
        bias[layer.rows(INPUT)] += opening if given == "auto" else given - longer


def output_layer_from_data(
    network: Network, flat: np.ndarray, read: np.ndarray, rng: np.random.Generator
) -> None:
    """Set the output weights from the output units' inputs: random directions, whitened.

    With L L^T the covariance of `read` and rows of A of norm 1/2, V = A L^-1 and c = -V mean.
    Every net input then starts with mean 0 and standard deviation 1/2.

    Parameters
    ----------
    read : ndarray of shape (R, N)
        What the output units read, for each sequence.
    """
    output = network.views(flat).output
    n_outputs, n_read = output.shape[0], output.shape[1] - 1
    directions = rng.standard_normal((n_outputs, n_read))
    directions *= 0.5 / np.linalg.norm(directions, axis=1, keepdims=True)
    if not np.isfinite(read).all():
        return
    mean = read.mean(axis=1)
    covariance = np.cov(read, bias=True).reshape(n_read, n_read)
    ridge = 1e-9 * max(np.trace(covariance) / n_read, 1e-30)
    root = np.linalg.cholesky(covariance + ridge * np.eye(n_read))
    output[:, :-1] = np.linalg.solve(root.T, directions.T).T
    output[:, -1] = -output[:, :-1] @ mean
