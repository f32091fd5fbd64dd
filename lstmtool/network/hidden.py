"""All layers below the output units: which reads which, and their part of the flat vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from lstmtool.kernels.records import Weights
from lstmtool.network.layer import LayerShape

Levels = tuple[tuple[LayerShape, ...], ...]
Table = list[tuple[str, tuple[int, ...], int]]


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
    def of(
        cls, n_inputs: int, blocks: Sequence[tuple[int, ...]], directions: str, **kind: Any
    ) -> Hidden:
        """Return layers of one kind.

        Parameters
        ----------
        n_inputs : int
            Inputs per step of the lowest level.
        blocks : sequence of tuple of int
            Cells of each memory block, level by level.
        directions : {"forward", "both"}
            Whether each level has a backward layer too.
        **kind
            Fields that all layers share; see `LayerShape`.
        """
        levels = []
        for of_level in blocks:
            backward = (False, True) if directions == "both" else (False,)
            level = tuple(LayerShape(n_inputs, of_level, backward=b, **kind) for b in backward)
            levels.append(level)
            n_inputs = sum(layer.n_outputs for layer in level)
        return cls(tuple(levels))

    @cached_property
    def layers(self) -> tuple[LayerShape, ...]:
        """All layers, in the order of the flat vector."""
        return tuple(layer for level in self.levels for layer in level)

    @property
    def n_units(self) -> int:
        """Units of all layers."""
        return sum(layer.n_units for layer in self.layers)

    @property
    def n_outputs(self) -> int:
        """Outputs of the topmost level."""
        return sum(layer.n_outputs for layer in self.levels[-1])

    @property
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

    def table(self, output_shape: tuple[int, int]) -> Table:
        """Return name, shape and offset of each named part, the output units' weights last."""
        shapes: dict[str, tuple[int, ...]] = {}
        for prefix, layer in zip(self.prefixes, self.layers, strict=True):
            shapes |= {prefix + name: shape for name, shape in layer.shapes.items()}
        shapes["output_unit"] = output_shape
        offsets = accumulate((int(np.prod(shape)) for shape in shapes.values()), initial=0)
        return [(name, shape, at) for (name, shape), at in zip(shapes.items(), offsets)]  # noqa: B905

    def views(self, flat: np.ndarray, output_shape: tuple[int, int]) -> list[Weights]:
        """Return views of a flat vector for each layer, all with the output units' weights."""
        output = flat[self.size :].reshape(output_shape)
        edges = accumulate((layer.size for layer in self.layers), initial=0)
        return [
            Weights(*layer.views(flat[low:high]), output)
            for layer, (low, high) in zip(self.layers, pairwise(edges), strict=True)
        ]
