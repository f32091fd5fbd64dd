"""A stack of layers with tangents: derivatives of everything along a direction of the weights."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from lstmtool.kernels.between import hand_up
from lstmtool.kernels.entry import call, entry
from lstmtool.kernels.records import Buffers, Weights
from lstmtool.kernels.subnormals import flushed
from lstmtool.kernels.tangent import Tangents, damp_structure, tangent_forward
from lstmtool.network.compute import aligned
from lstmtool.network.stack import Stack


class TangentStack(Stack):
    """Buffers of all layers, whose traces hold all steps, and of their tangents.

    Attributes
    ----------
    structural : float
        Strength of structural damping in the backward pass, 0 for none. It is for the product of a
        curvature matrix and the direction of the last `tangent`, and must be 0 for gradients.
    """

    structural = 0.0

    @cached_property
    def tangents(self) -> list[list[Tangents]]:
        """Derivatives of the layers' traces, level by level."""
        return [[self._tangents(buffers) for buffers in level] for level in self.buffers]

    def _tangents(self, one: Buffers) -> Tangents:
        """Allocate the tangents of one layer."""
        trace, dtype = one.trace, self.dtype
        groups, steps, units, lanes = trace.activation.shape
        return Tangents(
            np.zeros_like(one.connections.hidden),
            np.zeros_like(one.connections.peephole),
            aligned(*trace.sources.shape, dtype=dtype),
            aligned(*trace.activation.shape, dtype=dtype),
            aligned(*trace.state.shape, dtype=dtype),
            aligned(groups, steps, one.errors.output.shape[1], lanes, dtype=dtype),
            aligned(groups, units, lanes, dtype=dtype),
        )

    @cached_property
    def _tangent_entry(self) -> Any:
        return entry(tangent_forward, self.first, self.tangents[0][0], 0, 0)

    @cached_property
    def _damp_entry(self) -> Any:
        return entry(damp_structure, self.first, self.tangents[0][0], 0.0, 0, 0)

    def tangent(self, direction: Sequence[Weights], starts: Sequence[np.ndarray]) -> np.ndarray:
        """Run the tangents along a direction, after a forward pass.

        Parameters
        ----------
        direction : sequence of Weights
            One for each layer, as for `connect`.
        starts : sequence of ndarray
            Direction of the outputs before the first step, as for `start`.

        Returns
        -------
        ndarray of shape (G, T, K, L)
            R(net) of the units of the topmost level.
        """
        flat = [one for level in self.tangents for one in level]
        for weights, one in zip(direction, flat, strict=True):
            one.hidden[:] = weights.hidden
            one.peephole[:] = weights.peephole
        for given, one, buffers in zip(starts, flat, self.flat, strict=False):
            at = buffers.layer.first_output
            one.sources[:, 0, at : at + given.size] = given[:, None]
        self._of_all_parts(self._tangent_part)
        return self.tangents[-1][0].net

    def _tangent_part(self, part: int) -> None:
        first, after = self.parts[part]
        with flushed():
            for at, level in enumerate(self.levels):
                for n, layer in enumerate(level):
                    to = self.tangents[at][n]
                    for m, (below, _, column) in enumerate(self._below(at)):
                        source = self.tangents[at - 1][m].steps
                        groups = (first, after, below.n_outputs)
                        reverse = below.backward != layer.backward
                        for delay in range(self._window(at)):
                            start = column + delay * below.n_outputs
                            hand_up(source, to.sources, start, self.lengths, reverse, groups, delay)
                    call(self._tangent_entry, self.buffers[at][n], to, first, after)

    def _hand_down(self, at: int, first: int, after: int) -> None:
        """Add the errors at a level's inputs to the outputs below, and structural damping."""
        super()._hand_down(at, first, after)
        if self.structural:
            for buffers, tangents in zip(self.buffers[at - 1], self.tangents[at - 1], strict=True):
                call(self._damp_entry, buffers, tangents, self.structural, first, after)
