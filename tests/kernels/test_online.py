"""The forward-mode kernel against the pseudo-code's own text and against the backward kernel."""

import numpy as np
import pytest

from lstmtool.kernels.forward import connect
from lstmtool.kernels.online import truncated_gradient
from lstmtool.kernels.records import VECTOR
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.stack import Stack
from tests import naive
from tests.kernels.cases import FAMILY, NAMES, Case, wide_case


def online(case, i):
    """Truncated gradient of sequence i by the forward-mode kernel, the memory blocks' part."""
    network, n_steps = case.network, len(case.xs[i])
    read = np.ones((network.n_read + 1, VECTOR))
    stack = Stack(network.levels, network.readouts, read, n_steps, ComputeOptions(), [(0, 1)])
    trace = stack.first.trace
    stack.lengths[:] = n_steps
    trace.sources[0, :n_steps, : case.n_inputs, 0] = case.xs[i]
    trace.sources[0, 0, case.n_inputs : -1, 0] = case.y[i]
    trace.state[0, 0, :, 0] = case.s[i]
    weights, out = network.views(case.flat), np.zeros_like(case.flat)
    d_outputs = np.zeros((n_steps, network.n_read))
    d_outputs[-1] = case.slopes[i] @ weights.output[:, :-1]
    connect(weights, stack.first.connections)
    truncated_gradient(stack.first, d_outputs, network.views(out))
    return out


def of_blocks(case, flat):
    flat = flat.copy()
    naive.named(case.settings, case.n_inputs, flat)["output_unit"][...] = 0.0
    return flat


@pytest.mark.parametrize("settings", FAMILY, ids=NAMES)
def test_partials_are_the_pseudo_code(settings):
    case = Case(settings, seed=3)
    wanted = of_blocks(case, case.naive_truncated())
    case.assert_same(sum(online(case, i) for i in range(4)), wanted, 1e-12)


def test_partials_are_the_truncated_backward_pass():
    case = wide_case(seed=4)
    got = sum(online(case, i) for i in range(len(case.xs)))
    case.assert_same(got, of_blocks(case, case.run(exact=False).gradient), 1e-12)
