"""All layers below the output units, and one flat vector with named views for all weights."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from lstmtool.kernels.records import Weights
from lstmtool.network.layer import LayerShape

Levels = tuple[tuple[LayerShape, ...], ...]
Table = list[tuple[str, tuple[int, ...], int]]
SHARED = ("plain", "forget_gate", "peepholes", "gates_are_read", "g", "h")  # by all layers


@dataclass(frozen=True)
class Hidden:
    """Layers from the bottom up; each layer of a level reads all outputs of the level below.

    Parameters
    ----------
    levels : tuple of tuple of LayerShape
        The layers of each level: one, or a forward and a backward one.
    """

    levels: Levels

    @classmethod
    def of(cls, n_inputs: int, network: Any, windows: tuple[int, ...] = (), **more: Any) -> Hidden:
        """Return the layers of a network.

        Parameters
        ----------
        n_inputs : int
            Inputs per step of the lowest level.
        network : NetworkSettings or Topology
            Sizes and kinds of the layers.
        windows : tuple of int
            Steps of the level below that each level reads; 1 for all by default.
        **more
            Further fields that all layers share; see `LayerShape`.
        """
        shared = {name: getattr(network, name) for name in SHARED} | more
        directions = (False, True) if network.directions == "both" else (False,)
        levels = []
        for at, blocks in enumerate((network.blocks, *network.above)):
            n_inputs *= windows[at] if windows else 1
            level = tuple(LayerShape(n_inputs, blocks, backward=b, **shared) for b in directions)
            levels.append(level)
            n_inputs = sum(layer.n_outputs for layer in level)
        return cls(tuple(levels))

    @cached_property
    def layers(self) -> tuple[LayerShape, ...]:
        """All layers, in the order of the flat vector."""
        return tuple(layer for level in self.levels for layer in level)

    @cached_property
    def n_units(self) -> int:
        """Units of all layers."""
        return sum(layer.n_units for layer in self.layers)

    @cached_property
    def n_outputs(self) -> int:
        """Outputs of the topmost level."""
        return sum(layer.n_outputs for layer in self.levels[-1])

    @cached_property
    def size(self) -> int:
        """Length of the layers' part of a flat vector."""
        return sum(layer.size for layer in self.layers)

    @cached_property
    def exists(self) -> np.ndarray:
        """Whether each place of that part is a weight."""
        return np.concatenate([layer.exists for layer in self.layers])

    @property
    def prefixes(self) -> list[str]:
        """Prefix of the names of each layer's parts; empty for a single layer."""
        if len(self.layers) == 1:
            return [""]
        return [
            f"layer_{n}_{'backward' if layer.backward else 'forward'}_"
            for n, level in enumerate(self.levels, 1)
            for layer in level
        ]


class FlatNetwork(ABC):
    """A network with all weights in one flat vector: layer after layer, then the output units."""

    @property
    @abstractmethod
    def hidden(self) -> Hidden:
        """The layers below the output units."""

    @property
    @abstractmethod
    def output_shape(self) -> tuple[int, int]:
        """Shape of the output units' weights."""

    @property
    def levels(self) -> Levels:
        """Layers from the bottom up, grouped by level."""
        return self.hidden.levels

    @property
    def layers(self) -> tuple[LayerShape, ...]:
        """All layers, in the order of the flat vector."""
        return self.hidden.layers

    @cached_property
    def n_hidden(self) -> int:
        """Length of the part of the flat vector that belongs to the layers."""
        return self.hidden.size

    @property
    def n_start(self) -> int:
        """Length of the last part of the flat vector: learned outputs before the first step."""
        return 0

    @cached_property
    def size(self) -> int:
        """Length P of the flat vector; some of its entries may not be weights."""
        return self.n_hidden + math.prod(self.output_shape) + self.n_start

    @cached_property
    def exists(self) -> np.ndarray:
        """Whether each entry of the flat vector is a weight, shape (P,)."""
        output = np.ones(self.size - self.n_hidden, dtype=bool)
        return np.concatenate([self.hidden.exists, output])

    @cached_property
    def table(self) -> Table:
        """Name, shape and offset of each named part of the flat vector."""
        shapes: dict[str, tuple[int, ...]] = {}
        for prefix, layer in zip(self.hidden.prefixes, self.layers, strict=True):
            shapes |= {prefix + name: shape for name, shape in layer.shapes.items()}
        shapes["output_unit"] = self.output_shape
        if self.n_start:
            shapes["start"] = (self.n_start,)
        offsets = accumulate((math.prod(shape) for shape in shapes.values()), initial=0)
        return [(name, shape, at) for (name, shape), at in zip(shapes.items(), offsets)]  # noqa: B905

    def named(self, flat: np.ndarray) -> dict[str, np.ndarray]:
        """Return views of all named parts of a flat vector."""
        return {
            name: flat[at : at + math.prod(shape)].reshape(shape) for name, shape, at in self.table
        }

    def views(self, flat: np.ndarray) -> Weights:
        """Return the kernels' views of a flat vector: of the first layer and the output units."""
        return self.views_of_layers(flat)[0]

    def views_of_layers(self, flat: np.ndarray) -> list[Weights]:
        """Return such views for each layer, all with the output units' weights."""
        output = flat[self.n_hidden : self.size - self.n_start].reshape(self.output_shape)
        edges = accumulate((layer.size for layer in self.layers), initial=0)
        return [
            Weights(*layer.views(flat[low:high]), output)
            for layer, (low, high) in zip(self.layers, pairwise(edges), strict=True)
        ]
