"""The network: one flat parameter vector with named views, and its initial weights.

Rows of the hidden weights are the input, forget and output gates of all blocks, then the cell
inputs; their columns are the inputs x(t), the cell outputs y(t - 1) and the bias.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from lstmtool.config import InitialSettings, NetworkSettings
from lstmtool.kernels.records import FORGET, INPUT, OUTPUT, SQUASHING, Layer, Weights

GATES = ("input_gate", "forget_gate", "output_gate")


@dataclass(frozen=True)
class Network:
    """An LSTM layer under output units.

    Parameters
    ----------
    settings : NetworkSettings
    n_inputs : int
        Inputs per step after preprocessing, X.
    exact : bool
        Whether gradients are exact (BPTT) or truncated.
    """

    settings: NetworkSettings
    n_inputs: int
    exact: bool = True

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is derived: an array read from a mapped file may not be written to."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    @property
    def n_blocks(self) -> int:
        """Memory blocks, B."""
        return len(self.settings.blocks)

    @property
    def n_cells(self) -> int:
        """Memory cells of all blocks, C."""
        return sum(self.settings.blocks)

    @property
    def n_units(self) -> int:
        """Gates and cell inputs: rows of the hidden weights, 3 B + C."""
        return 3 * self.n_blocks + self.n_cells

    @property
    def n_sources(self) -> int:
        """What every unit reads: columns of the hidden weights, X + C + 1."""
        return self.n_inputs + self.n_cells + 1

    @cached_property
    def layer(self) -> Layer:
        """The shape as the kernels want it."""
        s = self.settings
        first_cell = np.concatenate([[0], np.cumsum(s.blocks)]).astype(np.int64)
        g, h = SQUASHING[s.g], SQUASHING[s.h]
        return Layer(first_cell, self.n_inputs, g, h, s.forget_gate, s.peepholes, self.exact)

    @cached_property
    def table(self) -> list[tuple[str, tuple[int, ...], int]]:
        """Name, shape and offset of every named part of the flat vector."""
        blocks, cells, sources = self.n_blocks, self.n_cells, self.n_sources
        shapes: dict[str, tuple[int, ...]] = {name: (blocks, sources) for name in GATES}
        shapes["cell_input"] = (cells, sources)
        shapes |= {f"{name}_peephole": (cells,) for name in GATES}
        shapes["output_unit"] = (self.settings.outputs, cells + 1)
        offsets = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes.values())])
        return [
            (name, shape, int(at))
            for (name, shape), at in zip(shapes.items(), offsets, strict=False)
        ]

    @property
    def size(self) -> int:
        """Length P of the flat vector."""
        _, shape, offset = self.table[-1]
        return offset + int(np.prod(shape))

    @property
    def n_hidden(self) -> int:
        """Length of the part of the flat vector that belongs to the memory blocks."""
        return self.table[-1][2]

    @cached_property
    def trainable(self) -> np.ndarray:
        """Mask (P,) of the weights that exist: without peepholes or forget gates, theirs do not."""
        absent = []
        if not self.settings.peepholes:
            absent += [f"{name}_peephole" for name in GATES]
        if not self.settings.forget_gate:
            absent += ["forget_gate", "forget_gate_peephole"]
        mask = np.ones(self.size, dtype=bool)
        for name in absent:
            self.part(mask, name)[...] = False
        return mask

    def part(self, flat: np.ndarray, name: str) -> np.ndarray:
        """View of one named part of a flat vector."""
        shape, offset = next((s, o) for n, s, o in self.table if n == name)
        return flat[offset : offset + int(np.prod(shape))].reshape(shape)

    def views(self, flat: np.ndarray) -> Weights:
        """Views of a flat vector as the kernels want them."""
        units, sources, cells = self.n_units, self.n_sources, self.n_cells
        first_peephole = units * sources
        return Weights(
            flat[:first_peephole].reshape(units, sources),
            flat[first_peephole : self.n_hidden].reshape(3, cells),
            flat[self.n_hidden :].reshape(self.settings.outputs, cells + 1),
        )


def initial_parameters(
    network: Network, settings: InitialSettings, n_steps: float, rng: np.random.Generator
) -> np.ndarray:
    """Draw initial weights; the output layer is uniform until `output_layer_from_data`.

    Parameters
    ----------
    network : Network
    settings : InitialSettings
    n_steps : float
        Typical sequence length T. Without given biases the forget gates start at
        f(log(T - 1)) = 1 - 1/T and the input gates at 1/T, so that a cell starts as a mean over
        the sequence. Given ones move with the logarithm of T, where settings say for which length
        they are meant.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (P,)
    """
    flat = rng.uniform(-settings.weights, settings.weights, network.size)
    flat *= network.trainable
    weights, blocks = network.views(flat), network.n_blocks
    weights.hidden[3 * blocks :] *= settings.cell_gain
    time_scale = np.log(max(n_steps - 1.0, 1.0))
    forget, given = settings.forget_bias, settings.input_bias
    longer = np.log(n_steps / settings.bias_steps) if settings.bias_steps else 0.0
    low, high = (time_scale, time_scale) if forget == "auto" else np.add(forget, longer)
    input_bias = -time_scale if given == "auto" else given - longer
    bias = weights.hidden[: 3 * blocks, -1].reshape(3, blocks)
    bias[INPUT] += input_bias
    bias[OUTPUT] += settings.output_bias
    if network.settings.forget_gate:
        bias[FORGET] += rng.uniform(low, high, blocks)
    return flat


def output_layer_from_data(
    network: Network, flat: np.ndarray, last: np.ndarray, rng: np.random.Generator
) -> None:
    """Set the output weights from the last cell outputs: random directions in whitened space.

    With L L^T the covariance of `last` and rows of A of norm 1/2, V = A L^-1 and c = -V mean, so
    that every net input starts with mean 0 and standard deviation 1/2.

    Parameters
    ----------
    last : ndarray of shape (C, N)
        Cell outputs at the sequences' last steps.
    """
    output = network.views(flat).output
    n_outputs, n_cells = output.shape[0], output.shape[1] - 1
    directions = rng.standard_normal((n_outputs, n_cells))
    directions *= 0.5 / np.linalg.norm(directions, axis=1, keepdims=True)
    if not np.isfinite(last).all():
        return
    mean = last.mean(axis=1)
    covariance = np.cov(last, bias=True).reshape(n_cells, n_cells)
    ridge = 1e-9 * max(np.trace(covariance) / n_cells, 1e-30)
    root = np.linalg.cholesky(covariance + ridge * np.eye(n_cells))
    output[:, :-1] = np.linalg.solve(root.T, directions.T).T
    output[:, -1] = -output[:, :-1] @ mean
