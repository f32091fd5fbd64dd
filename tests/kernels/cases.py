"""Random networks on random sequences, laid into the kernels' buffers by hand."""

from itertools import product
from typing import NamedTuple

import numpy as np

from lstmtool.config import NetworkSettings
from lstmtool.kernels.backward import backward, chunk_steps, delta_rows, transposed_parts
from lstmtool.kernels.epochs import connect, output_backward, output_nets
from lstmtool.kernels.forward import forward
from lstmtool.kernels.records import LANES, PRECISIONS, Batch, Connections, Errors, Trace
from lstmtool.kernels.vector import PART
from lstmtool.network.layout import Network
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
        self.flat = rng.uniform(-1, 1, self.network.size) * self.network.trainable
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
        n = len(self.xs)
        if lanes is None:
            lanes = sorted(range(n), key=lambda i: -len(self.xs[i]))
        batch, trace, errors, connections = self._buffers(lanes, junk, extra, precision, segment)
        layer = Network(self.settings, self.n_inputs, exact).layer
        weights = self.network.views(self.flat)
        gradient = np.zeros_like(self.flat) if old is None else old.copy()
        views = self.network.views(gradient)
        n_groups = batch.lengths.shape[0]
        last = np.full((self.network.n_cells + 1, batch.lengths.size), junk)
        last[-1] = 1.0
        net = np.full((self.settings.outputs, len(lanes)), junk)
        d_last = np.full_like(last[:-1], junk, dtype=connections.back.dtype)
        connect(weights, connections)
        forward(layer, connections, batch, trace, 0, n_groups, 0, last)
        output_nets(weights.output, last, net)
        slopes = np.ascontiguousarray(self.slopes[lanes].T)
        output_backward(weights.output, last, slopes, views.output, d_last)
        cells = slice(self.n_inputs, -1)
        outputs, states = [[] for _ in lanes], [[] for _ in lanes]
        if not segment:
            outputs = [flat_lanes(trace.sources)[1:, cells, l] for l in range(len(lanes))]
            states = [flat_lanes(trace.state)[1:, :, l] for l in range(len(lanes))]
        backward(layer, connections, batch, trace, d_last, errors, 0, n_groups, 0, views)
        place = np.argsort(lanes)
        return Result(
            net.T[place],
            [outputs[l][: len(self.xs[lanes[l]])] for l in place],
            [states[l][: len(self.xs[lanes[l]])] for l in place],
            gradient,
            flat_lanes(errors.state).T[place],
            flat_lanes(errors.output).T[place],
        )

    def _buffers(self, lanes, junk, extra, precision, segment):
        dtype = PRECISIONS[precision]
        width = LANES[np.dtype(dtype).name]
        groups = -(-len(lanes) // width) + extra
        n_steps = max(len(self.xs[i]) for i in lanes)
        n_cells, n_units = self.network.n_cells, self.network.n_units
        n_sources = self.network.n_sources
        rows, stay = (1, segment) if segment else (groups, n_steps)

        def full(*shape, value=junk):
            return np.full((*shape, width), value, dtype)

        trace = Trace(
            full(rows, stay + 1, n_sources),
            full(rows, stay, n_units),
            full(rows, stay + 1, n_cells),
            full(rows, stay, n_cells),
            full(groups, -(-n_steps // segment) if segment else 0, 2 * n_cells),
        )
        trace.sources[:, :, -1] = 1.0
        inputs = full(groups, n_steps, self.n_inputs, value=0.0) if segment else trace.sources
        inputs[:, :, : self.n_inputs] = 0.0
        lengths = np.zeros((groups, width), dtype=np.int64 if precision == "double" else np.int32)
        if segment:
            first_y, first_s = trace.starts[:, 0, :n_cells], trace.starts[:, 0, n_cells:]
        else:
            first_y, first_s = trace.sources[:, 0, self.n_inputs : -1], trace.state[:, 0]
        first_y[:], first_s[:] = 0.0, 0.0
        for lane, i in enumerate(lanes):
            g, l = divmod(lane, width)
            lengths[g, l] = len(self.xs[i])
            inputs[g, : lengths[g, l], : self.n_inputs, l] = self.xs[i]
            first_y[g, :, l], first_s[g, :, l] = self.y[i], self.s[i]
        chunk = chunk_steps(n_units, n_sources)
        part = PART // np.dtype(dtype).itemsize
        transposed = transposed_parts(n_sources, part)
        deltas = full(1, chunk, delta_rows(n_units, transposed))
        deltas[:, :, n_units:] = 0.0
        errors = Errors(
            deltas,
            full(groups, n_cells),
            full(groups, n_cells),
            np.full((1, transposed, chunk, width, part), junk, dtype),
            np.full((1, deltas.shape[2], transposed * part), junk),
        )
        connections = Connections(
            np.full((n_units, n_sources), junk, dtype),
            np.full((n_cells, n_units), junk, dtype),
            np.full((3, n_cells), junk, dtype),
        )
        return Batch(inputs, lengths), trace, errors, connections

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
        here, self.flat = self.flat, flat
        try:
            return float((self.slopes * self.forward().net).sum())
        finally:
            self.flat = here

    def forward(self):
        return self.run()

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
