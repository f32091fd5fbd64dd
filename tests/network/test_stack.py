"""Layers above each other, in both directions, read in every way: held to a naive twin."""

from itertools import pairwise

import numba
import numpy as np
import pytest

from lstmtool.config import NetworkSettings
from lstmtool.kernels.epochs import output_backward
from lstmtool.kernels.records import LANES, PRECISIONS
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.layout import Network
from lstmtool.network.stack import Stack
from tests import naive_stack
from tests.differences import central_difference, complex_step

FAMILY = {
    "pooled": {"blocks": (2, 1), "readout": ("last", "mean", "max")},
    "mean alone": {"blocks": (1, 2), "readout": ("mean",), "peepholes": False},
    "max alone": {"blocks": (2, 1), "readout": ("max",), "g": "4s-2", "h": "2s-1"},
    "eighths": {"blocks": (2, 1), "readout": ("eighths",)},
    "both directions": {"blocks": (2, 1), "directions": "both"},
    "gates are read": {"blocks": (2, 1), "gates_are_read": True},
    "as in 1997": {"blocks": (2, 2), "gates_are_read": True, "forget_gate": False, "plain": 1},
    "two layers": {"blocks": (2, 1), "above": ((1, 1),)},
    "everything": {
        "blocks": (2, 1),
        "above": ((1, 2), (1,)),
        "plain": 2,
        "directions": "both",
        "readout": ("last", "mean", "max", "eighths"),
        "gates_are_read": True,
    },
}
SMALL = {name: FAMILY[name] for name in ("pooled", "eighths", "both directions", "everything")}
LENGTHS = (9, 3, 3, 1)


class Case:
    """A network on random sequences, from states that are not zero."""

    def __init__(self, settings, lengths=LENGTHS, seed=0, n_inputs=2):
        rng = np.random.default_rng(seed)
        self.network = Network(NetworkSettings(**settings), n_inputs)
        self.flat = rng.uniform(-1, 1, self.network.size) * self.network.exists
        self.xs = [rng.standard_normal((length, n_inputs)) for length in lengths]
        self.slopes = rng.standard_normal((len(lengths), self.network.settings.outputs))
        self.start = [
            [
                (rng.uniform(-1, 1, layer.n_cells), rng.uniform(-1, 1, layer.n_recurrent))
                for layer in self.network.layers
            ]
            for _ in lengths
        ]

    def stack(self, compute, parts=1):
        """Buffers with the sequences and their first states laid in, longest first."""
        width = LANES[np.dtype(PRECISIONS[compute.precision]).name]
        groups = -(-len(self.xs) // width)
        read = np.ones((self.network.n_read + 1, groups * width))
        edges = [groups * part // parts for part in range(parts + 1)]
        stack = Stack(
            self.network.levels,
            self.network.readouts,
            read,
            len(self.xs[0]),
            compute,
            list(pairwise(edges)),
        )
        for lane, xs in enumerate(self.xs):
            g, l = divmod(lane, width)
            stack.lengths[g, l] = len(xs)
            stack.first.batch.inputs[g, : len(xs), : xs.shape[1], l] = xs
            for layer, buffers, (s, y) in zip(
                self.network.layers, stack.flat, self.start[lane], strict=True
            ):
                at, trace = buffers.layer.first_output, buffers.trace
                if trace.starts.shape[1]:
                    trace.starts[g, 0, : layer.n_recurrent, l] = y
                    trace.starts[g, 0, layer.n_recurrent :, l] = s
                else:
                    trace.sources[g, 0, at : at + layer.n_recurrent, l] = y
                    trace.state[g, 0, :, l] = s
        return stack, read

    def forward(self, flat, compute=None):
        """Net inputs (N, K) by the kernels."""
        stack, read = self.stack(compute or ComputeOptions())
        stack.connect(self.network.views_of_layers(flat))
        stack.forward()
        return (self.network.views(flat).output @ read)[:, : len(self.xs)].T

    def gradient(self, compute=None, parts=1, exact=True):
        """Gradient (P,) of the sum of slopes times net inputs by the kernels."""
        compute = compute or ComputeOptions()
        stack, read = self.stack(compute, parts)
        stack.connect(self.network.views_of_layers(self.flat))
        stack.forward()
        sums = np.zeros((parts, self.network.size))
        shape = (len(read) - 1, *stack.lengths.shape)
        d_read = np.zeros(shape, PRECISIONS[compute.precision])
        views = [self.network.views_of_layers(one) for one in sums]
        output = self.network.views(self.flat).output
        slopes = np.ascontiguousarray(self.slopes.T)
        output_backward(output, read, slopes, views[0][0].output, d_read)
        stack.backward(d_read, views, exact)
        return sums.sum(axis=0)

    def value(self, flat):
        """What is differentiated, by the naive twin."""
        nets = [
            naive_stack.net_inputs(self.network, flat, xs, start)
            for xs, start in zip(self.xs, self.start, strict=True)
        ]
        return (self.slopes * np.array(nets)).sum()

    def assert_same(self, got, wanted, tolerance):
        for name, _, _ in self.network.table:
            mine, theirs = (self.network.named(x)[name] for x in (got, wanted))
            error = np.abs(mine - theirs) / np.maximum(1.0, np.abs(theirs))
            assert (error <= tolerance).all(), f"{name}: {error.max()}"


@pytest.mark.parametrize("settings", FAMILY.values(), ids=FAMILY)
def test_forward_is_the_naive_twin(settings):
    case = Case(settings)
    wanted = [
        naive_stack.net_inputs(case.network, case.flat, xs, start)
        for xs, start in zip(case.xs, case.start, strict=True)
    ]
    np.testing.assert_allclose(case.forward(case.flat), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(settings, id=name, marks=[pytest.mark.slow] * (name == "everything"))
        for name, settings in FAMILY.items()
    ],
)
def test_exact_gradient_is_the_complex_step_of_the_twin(settings):
    case = Case(settings, seed=1)
    wanted = complex_step(case.value, case.flat) * case.network.exists
    case.assert_same(case.gradient() * case.network.exists, wanted, 1e-12)


@pytest.mark.parametrize("settings", SMALL.values(), ids=SMALL)
@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="takes minutes; the complex step does not")
def test_exact_gradient_is_the_central_difference(settings):
    case = Case(settings, seed=2)
    differences = central_difference(
        lambda flat: float((case.slopes * case.forward(flat)).sum()), case.flat
    )
    got = case.gradient() * case.network.exists
    case.assert_same(got, differences * case.network.exists, 1e-7)


@pytest.mark.parametrize("settings", SMALL.values(), ids=SMALL)
def test_segments_are_computed_again_bit_by_bit(settings):
    case = Case(settings, lengths=(70, 33, 9), seed=3)
    whole, pieces = ComputeOptions(checkpoint_states=0), ComputeOptions(checkpoint_states=1)
    assert case.stack(pieces)[0].first.trace.starts.shape[1] > 1
    np.testing.assert_array_equal(case.forward(case.flat, pieces), case.forward(case.flat, whole))
    np.testing.assert_array_equal(case.gradient(pieces), case.gradient(whole))


@pytest.mark.parametrize("settings", SMALL.values(), ids=SMALL)
def test_single_precision_is_close(settings):
    case = Case(settings, seed=4)
    single = case.gradient(ComputeOptions("single"))
    case.assert_same(single, case.gradient(), 2e-5)
    assert (single != case.gradient()).any()


def test_groups_and_threads_do_not_matter():
    lengths = sorted((1 + n % 6 for n in range(60)), reverse=True)
    case = Case(FAMILY["everything"], lengths=lengths, seed=5)
    alone = case.gradient()
    parts = case.gradient(ComputeOptions(threads=2), parts=3)
    np.testing.assert_allclose(parts, alone, rtol=1e-11, atol=1e-11)
    np.testing.assert_array_equal(parts, case.gradient(ComputeOptions(threads=1), parts=3))


@pytest.mark.parametrize("kind", ["last", "mean", "max"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_numbers_surface_in_their_own_sequence(kind, bad):
    case = Case({"blocks": (2, 1), "readout": (kind,), "g": "identity", "h": "identity"})
    clean = case.forward(case.flat)
    case.xs[0][1, 0] = bad
    with np.errstate(all="ignore"):
        got = case.forward(case.flat)
    assert not np.isfinite(got[0]).any()
    np.testing.assert_array_equal(got[1:], clean[1:])


def test_largest_outputs_may_be_negative():
    """Zeros beyond the end of a sequence, or padding, are not taken for its largest output."""
    case = Case({"blocks": (1,), "readout": ("max",)}, lengths=(6, 2))
    weights = case.network.views(case.flat)
    weights.hidden[:] = 0.0
    weights.hidden[3, -1] = -5.0
    weights.peephole[:] = 0.0
    weights.output[:] = np.eye(2, 2)
    case.start = [[(np.array([-1.0]), np.zeros(1))]] * 2
    assert (case.forward(case.flat)[:, 0] < -0.1).all()
