"""Initial weights of recurrent networks for long lags: sparse, with a given spectral radius."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lstmtool.errors import UsageError

if TYPE_CHECKING:
    from lstmtool.network.topology import Topology


@dataclass(frozen=True)
class Start:
    """Initial weights of a network of plain units.

    Parameters
    ----------
    incoming : int
        Weights of a unit from other units that are not 0 at the start; 0 stands for the uniform
        weights of the other settings, as for memory blocks.
    recurrent, inputs, outputs : float
        Standard deviation of weights from units, from inputs and to the output units.
    sparse : bool
        Whether units have at most `incoming` weights from inputs, and output units as many from
        units, that are not 0.
    radius : float
        Spectral radius that the recurrent weights are scaled to; 0 leaves them as drawn.
    """

    incoming: int = 0
    recurrent: float = 1.0
    inputs: float = 0.1
    outputs: float = 0.1
    sparse: bool = False
    radius: float = 0.0

    def __post_init__(self) -> None:
        for name in ("incoming", "recurrent", "inputs", "outputs", "radius"):
            if not 0.0 <= getattr(self, name) < np.inf:
                raise UsageError(f"{name} cannot be {getattr(self, name)!r}.")


OF_2011 = Start(15, 15**-0.5, 0.25 * 15**-0.5, 15**-0.5, sparse=True)
"""Of Sutskever's code for Martens and Sutskever 2011."""


def of_2013(inputs: float) -> Start:
    """Return the start of Sutskever et al. 2013, given the deviation of weights from inputs."""
    return Start(15, 1.0, inputs, 0.1, radius=1.1)


def drawn(topology: Topology, start: Start, rng: np.random.Generator) -> np.ndarray:
    """Return initial weights (P,); biases are 0.

    Raises
    ------
    UsageError
        If the network has memory blocks, or its units are not recurrent.
    """
    if any(layer.n_cells or not layer.recurrent for layer in topology.layers):
        raise UsageError("Only networks of plain recurrent units start with sparse weights.")
    flat = np.zeros(topology.size)
    views = topology.views_of_layers(flat)
    for layer, weights in zip(topology.layers, views, strict=True):
        x, n = layer.n_inputs, layer.n_outputs
        hidden = weights.hidden
        hidden[:, :x] = start.inputs * _normal(rng, n, x, start.incoming if start.sparse else x)
        own = start.recurrent * _normal(rng, n, n, start.incoming)
        if start.radius:
            own *= start.radius / max(np.abs(np.linalg.eigvals(own)).max(), 1e-12)
        hidden[:, x : x + n] = own
    output, read = views[0].output, topology.n_read - int(topology.output_bias)
    few = start.incoming if start.sparse else read
    output[:, :read] = start.outputs * _normal(rng, len(output), read, few)
    for part in topology.starts(flat):
        part[:] = start.recurrent * rng.standard_normal(part.size)
    return flat * topology.exists


def _normal(rng: np.random.Generator, rows: int, columns: int, few: int) -> np.ndarray:
    """Return normal numbers (rows, columns), of which `few` in every row are not 0."""
    kept = rng.random((rows, columns)).argsort(axis=1) < few
    return np.where(kept, rng.standard_normal((rows, columns)), 0.0)
