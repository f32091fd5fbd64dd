"""Random networks on random sequences, laid into the kernels' buffers by hand."""

from itertools import product
from typing import NamedTuple

import numpy as np

from lstmtool.config import NetworkSettings
from lstmtool.kernels.backward import backward
from lstmtool.kernels.epochs import output_backward, output_nets
from lstmtool.kernels.forward import connect, forward
from lstmtool.kernels.records import LANES, PRECISIONS
from lstmtool.kernels.segments import is_whole
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.layout import Network
from lstmtool.network.stack import Stack, others_of
from tests import naive

FAMILY = [  # every function, with and without forget gates and peepholes
    NetworkSettings(blocks=(2, 1), g=g, h=h, forget_gate=forget, peepholes=peepholes)
    for g, h, forget, peepholes in product(
        ("tanh", "4s-2", "identity"), ("tanh", "2s-1", "identity"), (True, False), (True, False)
    )
]
NAMES = [f"{s.g} {s.h} forget={s.forget_gate} peepholes={s.peepholes}" for s in FAMILY]


class Result(NamedTuple):
    net: np.ndarray  # (N, K) net inputs of the output units
    outputs: list  # (T, C) cell outputs of every sequence
    states: list  # (T, C)
    gradient: np.ndarray  # (P,)
    d_state: np.ndarray  # (N, C) errors at the initial states
    d_output: np.ndarray  # (N, C) and at the initial cell outputs


class Case:
    """A network, sequences of the given lengths, where they start, and slopes at the outputs."""

    def __init__(self, settings, lengths=(5, 3, 3, 1), n_inputs=2, seed=0):
        rng = np.random.default_rng(seed)
        n, n_cells = len(lengths), sum(settings.blocks)
        self.settings, self.n_inputs = settings, n_inputs
        self.network = Network(settings, n_inputs)
        self.flat = rng.uniform(-1, 1, self.network.size) * self.network.exists
        self.xs = [rng.standard_normal((length, n_inputs)) for length in lengths]
        self.s = rng.uniform(-1, 1, (n, n_cells))
        self.y = rng.uniform(-1, 1, (n, n_cells))
        self.slopes = rng.standard_normal((n, settings.outputs))

    def run(
        self, *, exact=True, lanes=None, junk=0.0, old=None, extra=0, precision="double", segment=0
    ) -> Result:
        """Forward and backward kernels with sequence lanes[l] in lane l, longest first.

        Everything that they promise to overwrite starts as junk, the gradient as `old`; `extra`
        vectors of padding lanes follow. With a segment, so many steps of the trace are kept.
        """
        lanes = self._longest_first() if lanes is None else lanes
        buffers, read, net = self._forward(lanes, exact, junk, extra, precision, segment)
        trace, errors, n_groups = buffers.trace, buffers.errors, len(buffers.batch.lengths)
        gradient = np.zeros_like(self.flat) if old is None else old.copy()
        views = self.network.views(gradient)
        shape = (len(read) - 1, *buffers.batch.lengths.shape)
        d_read = np.full(shape, junk, dtype=PRECISIONS[precision])
        slopes = np.ascontiguousarray(self.slopes[lanes].T)
        output = self.network.views(self.flat).output
        output_backward(output, read, slopes, views.output, d_read)
        cells = slice(self.n_inputs, -1)
        outputs, states = [[] for _ in lanes], [[] for _ in lanes]
        if is_whole(trace):
            outputs = [flat_lanes(trace.sources)[1:, cells, l] for l in range(len(lanes))]
            states = [flat_lanes(trace.state)[1:, :, l] for l in range(len(lanes))]
        others = others_of(buffers, [buffers])
        backward(buffers, others, d_read, 0, n_groups, 0, views)
        place = np.argsort(lanes)
        return Result(
            net.T[place],
            [outputs[l][: len(self.xs[lanes[l]])] for l in place],
            [states[l][: len(self.xs[lanes[l]])] for l in place],
            gradient,
            flat_lanes(errors.state).T[place],
            flat_lanes(errors.output).T[place],
        )

    def _longest_first(self):
        return sorted(range(len(self.xs)), key=lambda i: -len(self.xs[i]))

    def _forward(self, lanes, exact=True, junk=0.0, extra=0, precision="double", segment=0):
        """Buffers after the forward kernels, what the output units read, and their net inputs."""
        network, weights = self.network, self.network.views(self.flat)
        read = np.full((network.n_read + 1, self._groups(lanes, extra, precision)[1]), junk)
        read[-1] = 1.0
        buffers = self._buffers(lanes, junk, extra, precision, segment, read)
        buffers = buffers._replace(layer=network.layers[0].kernel_layer(exact))
        net = np.full((self.settings.outputs, len(lanes)), junk)
        connect(weights, buffers.connections)
        forward(buffers, 0, len(buffers.batch.lengths), 0)
        output_nets(weights.output, read, net)
        return buffers, read, net

    def _groups(self, lanes, extra, precision):
        """Groups of lanes, and lanes in all."""
        width = LANES[np.dtype(PRECISIONS[precision]).name]
        groups = -(-len(lanes) // width) + extra
        return groups, groups * width

    def _buffers(self, lanes, junk, extra, precision, segment, read):
        groups, n_lanes = self._groups(lanes, extra, precision)
        width, n_steps = n_lanes // groups, max(len(self.xs[i]) for i in lanes)
        stack = Stack(
            self.network.levels,
            self.network.readouts,
            read,
            n_steps,
            ComputeOptions(precision, segment),
            [(0, groups)],
        )
        buffers = stack.first
        for part in (*buffers.trace, *buffers.errors, *buffers.connections, *buffers.outputs[:-1]):
            part[...] = junk
        trace, errors, inputs = buffers.trace, buffers.errors, buffers.batch.inputs
        errors.delta[:, :, self.network.hidden.n_units :] = 0.0
        trace.sources[:, :, -1] = 1.0
        inputs[:, :, : self.n_inputs] = 0.0
        n_cells = sum(self.settings.blocks)
        if not is_whole(trace):
            first_y, first_s = trace.starts[:, 0, :n_cells], trace.starts[:, 0, n_cells:]
        else:
            first_y, first_s = trace.sources[:, 0, self.n_inputs : -1], trace.state[:, 0]
        first_y[:], first_s[:] = 0.0, 0.0
        for lane, i in enumerate(lanes):
            g, l = divmod(lane, width)
            stack.lengths[g, l] = len(self.xs[i])
            inputs[g, : len(self.xs[i]), : self.n_inputs, l] = self.xs[i]
            first_y[g, :, l], first_s[g, :, l] = self.y[i], self.s[i]
        return buffers

    def value(self, flat=None, s=None, y=None):
        """What is differentiated, by the naive twin: sum of slopes times net inputs."""
        flat = self.flat if flat is None else flat
        s, y = self.s if s is None else s, self.y if y is None else y
        total = 0.0
        for i, xs in enumerate(self.xs):
            net = naive.net_inputs(self.settings, self.n_inputs, flat, xs, s[i], y[i])
            total = total + self.slopes[i] @ net
        return total

    def kernel_value(self, flat):
        """The same by the kernels' forward pass."""
        here, self.flat, lanes = self.flat, flat, self._longest_first()
        try:
            return float((self.slopes[lanes].T * self._forward(lanes)[2]).sum())
        finally:
            self.flat = here

    def naive_truncated(self):
        """Truncated gradient by the pseudo-code, sequence after sequence."""
        return sum(
            naive.truncated_gradient(
                self.settings, self.n_inputs, self.flat, xs, self.s[i], self.y[i], self.slopes[i]
            )
            for i, xs in enumerate(self.xs)
        )

    def assert_same(self, got, wanted, tolerance):
        """|difference| <= tolerance max(1, |wanted|) for every weight; names what fails."""
        for name, part in naive.named(self.settings, self.n_inputs, got).items():
            other = naive.named(self.settings, self.n_inputs, wanted)[name]
            error = np.abs(part - other) / np.maximum(1.0, np.abs(other))
            assert (error <= tolerance).all(), f"{name}: {error.max()}"


def flat_lanes(array):
    """Groups of lanes (G, ..., 24) side by side: (..., 24 G)."""
    return np.concatenate(list(array), axis=-1)


def transposed(case):
    """Another order of the lanes, longest first too."""
    return sorted(range(len(case.xs)), key=lambda i: (-len(case.xs[i]), -i))


def wide_case(seed=0):
    """Several cells in unequal blocks, two groups of lanes that run out at different times."""
    settings = NetworkSettings(blocks=(1, 3, 2), outputs=3, g="4s-2", h="2s-1")
    lengths = (2, 6, 1, 4, 4, 3, 6, 2, 5, 1, 3, *(2, 3) * 8)
    return Case(settings, lengths, n_inputs=3, seed=seed)
