"""Buffers of a stack of layers for many sequences at once, and passes through all layers.

Each layer of a level reads all outputs of the level below; the lowest reads the inputs. The
output units read the top level: its outputs at the last step, their means and maxima over time,
or its outputs at every step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np

from lstmtool.kernels.backward import (
    backward,
    chunk_steps,
    delta_rows,
    errors_below,
    recompute,
    transposed_gradients,
    transposed_parts,
)
from lstmtool.kernels.between import hand_down, hand_up, integrate_down, integrate_up
from lstmtool.kernels.entry import Entries, call, entry
from lstmtool.kernels.forward import connect, forward
from lstmtool.kernels.records import (
    GO_ON,
    LANES,
    PRECISIONS,
    Batch,
    Buffers,
    Chunk,
    Connections,
    Errors,
    Outputs,
    Readout,
    Trace,
    Weights,
)
from lstmtool.kernels.subnormals import flushed
from lstmtool.kernels.vector import PART
from lstmtool.network import compute as computing
from lstmtool.network.compute import ComputeOptions, aligned, vectors
from lstmtool.network.hidden import Levels
from lstmtool.network.layer import LayerShape


def bytes_of_step(levels: Levels, compute: ComputeOptions) -> int:
    """Return the bytes that one step of a group of lanes takes in the traces of all layers."""
    kind = np.dtype(PRECISIONS[compute.precision])
    return numbers_of_step(levels) * LANES[kind.name] * kind.itemsize


def numbers_of_step(levels: Levels) -> int:
    """Return how many numbers one step of a sequence takes in the traces of all layers."""
    return sum(_numbers(layer) for level in levels for layer in level)


def _numbers(layer: LayerShape) -> int:
    return layer.n_sources + layer.n_units + 2 * layer.n_cells


def others_of(of_any: Buffers, buffers: Sequence[Buffers]) -> Entries:
    """Return what the backward pass of some layers calls apart from itself, where one needs it.

    The types of the arguments are those of any layer's buffers.
    """
    down, errors, chunk = of_any.connections.down, of_any.errors, Chunk(0, 0, 0, 0)
    segments = any(one.trace.starts.shape[1] for one in buffers)
    below = any(one.errors.below.shape[1] for one in buffers)
    wide = any(one.errors.transposed.shape[1] for one in buffers)
    return Entries(
        recompute=entry(recompute if segments else None, *of_any[:6], 0, 0, 0, 0),
        errors_below=entry(
            errors_below if below else None, down, errors.delta, chunk, 0, 0, errors.below
        ),
        transposed_gradients=entry(
            transposed_gradients if wide else None,
            errors.delta, of_any.trace.sources, chunk, errors.transposed, errors.sums,
        ),
    )  # fmt: skip


class Stack:
    """Buffers of all layers for groups of lanes.

    Parameters
    ----------
    levels : tuple of tuple of LayerShape
        Levels from the bottom up: one layer each, or a forward and a backward one.
    readouts : sequence of Readout
        What the output units read of each layer of the top level.
    read : ndarray of shape (R + 1, all lanes)
        Buffer for what the output units read.
    n_steps : int
        Length of the longest sequence, T.
    parts : list of pair of int
        First group and end of each part; one thread computes a part.
    stop : ndarray of shape (1,), int64
        Another thread sets it to non-zero to abort a pass.
    exact : bool
        Whether gradients are exact, or truncated in time within every layer.
    every_step : bool
        Whether the outputs of the top level are read at every step.
    top_reads_inputs : bool
        Whether the top level also reads the network's inputs, ahead of the level below.
    windows : tuple of int
        Steps of the level below that each level reads; () for 1 throughout.
    integrated : bool
        Whether the top level reads means over time of the squared outputs below it.
    """

    def __init__(
        self,
        levels: Levels,
        readouts: Sequence[Readout],
        read: np.ndarray,
        n_steps: int,
        compute: ComputeOptions,
        parts: list[tuple[int, int]],
        stop: np.ndarray = GO_ON,
        exact: bool = True,
        every_step: bool = False,
        top_reads_inputs: bool = False,
        windows: tuple[int, ...] = (),
        integrated: bool = False,
    ) -> None:
        self._windows, self._integrated = windows, integrated
        self.levels, self.parts, self._read, self._stop = levels, parts, read, stop
        self._backward_entry: Any = None
        self.dtype = PRECISIONS[compute.precision]
        self._n_steps, self._compute, self._exact = n_steps, compute, exact
        width = LANES[np.dtype(self.dtype).name]
        self.groups = read.shape[1] // width
        whole = np.int64 if self.dtype is np.float64 else np.int32
        self.lengths = np.zeros((self.groups, width), dtype=whole)
        size = self.groups * n_steps * bytes_of_step(levels, compute)
        self._fits = size <= computing.MEMORY
        top, nothing = len(levels) - 1, Readout(-1, -1, -1, -1)
        self._n_inputs = levels[0][0].n_inputs if top_reads_inputs else 0
        self.buffers = [
            [
                self._make(layer, readouts[n] if at == top else nothing, at, every_step or at < top)
                for n, layer in enumerate(level)
            ]
            for at, level in enumerate(levels)
        ]
        threads = min(compute.threads, len(parts))
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    @property
    def first(self) -> Buffers:
        """Buffers of the layer that takes the sequences."""
        return self.buffers[0][0]

    @cached_property
    def others(self) -> Entries:
        """Entries for the backward pass."""
        return others_of(self.first, self.flat)

    @cached_property
    def forward_entry(self) -> Any:
        """Entry of the forward pass of a layer."""
        return entry(forward, self.first, 0, 0, 0)

    def backward_entry(self, d_read: np.ndarray, gradient: Weights) -> Any:
        """Return the entry of the backward pass of a layer, for arguments like these."""
        if self._backward_entry is None:
            arguments = (self.first, self.others, d_read, 0, 0, 0, gradient)
            self._backward_entry = entry(backward, *arguments)
        return self._backward_entry

    @property
    def flat(self) -> list[Buffers]:
        """Buffers of all layers, from the bottom up."""
        return [buffers for level in self.buffers for buffers in level]

    def _make(self, layer: LayerShape, readout: Readout, at: int, steps: bool) -> Buffers:
        """Allocate the buffers of one layer."""
        dtype, n_steps, groups = self.dtype, self._n_steps, self.groups
        units, sources, cells = layer.n_units, layer.n_sources, layer.n_cells
        kept, n_parts, n_outputs = layer.n_recurrent, len(self.parts), layer.n_outputs
        width = LANES[np.dtype(dtype).name]
        step = _numbers(layer) * width * np.dtype(dtype).itemsize
        chunk = chunk_steps(units, sources)
        segment = self._compute.segment(chunk, n_steps, self._fits, step)

        def zeros(*shape: int) -> np.ndarray:
            return vectors(*shape, dtype=dtype)

        rows = groups if segment == 0 else n_parts
        starts = 0 if segment == 0 else -(-n_steps // segment)
        stay = segment or n_steps
        columns = sources if layer.recurrent else sources + n_outputs
        trace = Trace(
            zeros(rows, stay + 1, columns),
            zeros(rows, stay, units),
            zeros(rows, stay + 1, cells),
            zeros(rows, stay, cells),
            zeros(groups, starts, kept + cells),
        )
        trace.sources[:, :, sources - 1] = 1.0
        inputs = zeros(groups, n_steps, layer.n_inputs) if segment else trace.sources
        part_width = PART // np.dtype(dtype).itemsize
        transposed = transposed_parts(sources, part_width)
        padded = delta_rows(units, transposed)
        means = readout.mean >= 0 or readout.eighths >= 0
        all_steps, below = n_steps if steps else 0, n_steps if at > 0 else 0
        errors = Errors(
            zeros(n_parts, chunk, padded),
            zeros(groups, n_outputs + (layer.n_gates if layer.gates_are_read else 0)),
            zeros(groups, cells),
            zeros(groups, n_outputs if means else 0),
            zeros(groups, all_steps, n_outputs),
            zeros(groups, below, layer.n_inputs),
            aligned(n_parts, transposed, chunk, width, part_width, dtype=dtype),
            aligned(
                n_parts, padded if transposed else 0, transposed * part_width, dtype=np.float64
            ),
        )
        largest = n_outputs if readout.largest >= 0 else 0
        outputs = Outputs(
            zeros(groups, all_steps, n_outputs),
            zeros(groups, n_outputs if means else 0),
            zeros(groups, largest),
            zeros(groups, largest),
            self._read,
        )
        connections = Connections(
            np.zeros((units, sources), dtype),
            np.zeros((kept, units), dtype),
            np.zeros((layer.n_inputs if at > 0 else 0, units), dtype),
            np.zeros((layer.n_peepholes // 3 and 3, cells), dtype),
        )
        batch = Batch(inputs, self.lengths, self._stop)
        kernel_layer = layer.kernel_layer(self._exact)
        return Buffers(kernel_layer, readout, connections, batch, trace, outputs, errors)

    def connect(self, weights: Sequence[Weights]) -> None:
        """Use these weights, one for each layer, in the following passes."""
        for one, buffers in zip(weights, self.flat, strict=True):
            connect(one, buffers.connections)

    def start(self, outputs: Sequence[np.ndarray]) -> None:
        """Use these outputs (O,) before the first step, one array for each layer, if any."""
        for given, buffers in zip(outputs, self.flat, strict=False):
            first, whole = buffers.layer.first_output, buffers.trace.starts.shape[1] == 0
            kept = buffers.trace.starts if not whole else buffers.trace.sources[:, :, first:]
            kept[:, 0, : given.size] = given[:, None]

    def forward(self) -> None:
        """Run the lanes forward and fill `read`."""
        self._of_all_parts(self._forward_part)

    def _forward_part(self, part: int) -> None:
        first, after = self.parts[part]
        with flushed():
            for at, level in enumerate(self.levels):
                for layer, buffers in zip(level, self.buffers[at], strict=True):
                    self._hand_up(at, layer, buffers, first, after)
                    call(self.forward_entry, buffers, first, after, part)

    def _hand_up(self, at: int, layer: LayerShape, to: Buffers, first: int, after: int) -> None:
        """Fill a layer's inputs."""
        of_network = layer.n_inputs if at == 0 else self._inputs_of(at)
        if of_network and to is not self.first:
            groups, source = (first, after, of_network), self.first.batch.inputs
            hand_up(source, to.batch.inputs, 0, self.lengths, layer.backward, groups, 0)
        for below, buffers, column in self._below(at):
            groups, outputs = (first, after, below.n_outputs), buffers.outputs.steps
            if self._integrates(at):
                integrate_up(outputs, to.batch.inputs, self.lengths, groups)
                continue
            reverse = below.backward != layer.backward
            for delay in range(self._window(at)):
                start = column + delay * below.n_outputs
                hand_up(outputs, to.batch.inputs, start, self.lengths, reverse, groups, delay)

    def _window(self, at: int) -> int:
        """Return how many steps of the level below a level reads."""
        return self._windows[at] if self._windows else 1

    def _integrates(self, at: int) -> bool:
        """Return whether a level reads means over time."""
        return self._integrated and at == len(self.levels) - 1

    def _inputs_of(self, at: int) -> int:
        """Return how many of the network's inputs a level above the first reads."""
        return self._n_inputs if at == len(self.levels) - 1 else 0

    def _below(self, at: int) -> list[tuple[LayerShape, Buffers, int]]:
        """Return the layers of the level below, their buffers, and offsets of their outputs."""
        if at == 0:
            return []
        level = self.levels[at - 1]
        columns = accumulate((layer.n_outputs for layer in level), initial=self._inputs_of(at))
        return list(zip(level, self.buffers[at - 1], columns, strict=False))

    def backward(
        self, d_read: np.ndarray, sums: Sequence[Sequence[Weights]], exact: bool | None = None
    ) -> None:
        """Back-propagate errors and add gradients, one set of sums for each part of the lanes.

        Parameters
        ----------
        d_read : ndarray of shape (R, all lanes)
            Errors at what the output units read; errors at every step's outputs are expected in
            `errors.steps` of the top level.
        sums : sequence (parts) of sequence (layers) of Weights
            Gradients that are added to.
        exact : bool, optional
            Whether gradients are exact or truncated, if other than the stack's.
        """

        def run(part: int) -> None:
            self._backward_part(part, d_read, sums[part], exact)

        self._of_all_parts(run)

    def _backward_part(
        self, part: int, d_read: np.ndarray, gradients: Sequence[Weights], exact: bool | None
    ) -> None:
        first, after = self.parts[part]
        number = len(gradients)
        by_group = d_read.reshape(len(d_read), *self.lengths.shape)
        run = self.backward_entry(by_group, gradients[0])
        with flushed():
            for at in range(len(self.levels) - 1, -1, -1):
                number -= len(self.levels[at])
                for n, buffers in enumerate(self.buffers[at]):
                    if exact is not None:
                        layer = buffers.layer._replace(exact=exact)
                        buffers = buffers._replace(layer=layer)
                    gradient = gradients[number + n]
                    call(run, buffers, self.others, by_group, first, after, part, gradient)
                if at > 0:
                    self._hand_down(at, first, after)

    def _hand_down(self, at: int, first: int, after: int) -> None:
        """Add the errors at a level's inputs to the outputs of the layers below."""
        for below, to, column in self._below(at):
            for n, (layer, buffers) in enumerate(
                zip(self.levels[at], self.buffers[at], strict=True)
            ):
                groups, errors = (first, after, below.n_outputs), buffers.errors.below
                if self._integrates(at):
                    outputs = to.outputs.steps
                    integrate_down(errors, outputs, to.errors.steps, self.lengths, groups)
                    continue
                for delay in range(self._window(at)):
                    hand_down(
                        errors, column + delay * below.n_outputs, to.errors.steps, self.lengths,
                        layer.backward != below.backward, groups, n + delay > 0, delay,
                    )  # fmt: skip

    def learn(
        self,
        errors: Callable[[int], None],
        d_read: np.ndarray,
        sums: Sequence[Sequence[Weights]],
    ) -> None:
        """Run each part forward, call `errors` with its number, and back-propagate.

        `errors` fills the errors of the top level; the other parameters are those of `backward`.
        """

        def run(part: int) -> None:
            self._forward_part(part)
            errors(part)
            self._backward_part(part, d_read, sums[part], None)

        self._of_all_parts(run)

    def _of_all_parts(self, run: Callable[[int], None]) -> None:
        run_all(self._pool, run, len(self.parts))


def run_all(pool: ThreadPoolExecutor | None, run: Callable[[int], None], n: int) -> None:
    """Call run(0) ... run(n - 1), in the threads of a pool if there is one."""
    for _ in (map if pool is None else pool.map)(run, range(n)):
        pass
