"""The forward-mode kernel against the pseudo-code's own text and against the backward kernel."""

import numpy as np
import pytest

from lstmtool.kernels.epochs import connect
from lstmtool.kernels.online import truncated_gradient
from lstmtool.kernels.records import VECTOR, Batch, Connections, Trace
from lstmtool.network.layout import Network
from tests import naive
from tests.kernels.cases import FAMILY, NAMES, Case, wide_case


def online(case, i):
    """Truncated gradient of sequence i by the forward-mode kernel, the memory blocks' part."""
    layer = Network(case.settings, case.n_inputs, exact=False).layer
    n_steps, n_cells = len(case.xs[i]), case.network.n_cells
    n_units, n_sources = case.network.n_units, case.network.n_sources
    sources = np.zeros((1, n_steps + 1, n_sources, VECTOR))
    sources[0, :n_steps, : case.n_inputs, 0] = case.xs[i]
    sources[0, 0, case.n_inputs : -1, 0] = case.y[i]
    sources[:, :, -1] = 1.0
    trace = Trace(
        sources,
        np.zeros((1, n_steps, n_units, VECTOR)),
        np.zeros((1, n_steps + 1, n_cells, VECTOR)),
        np.zeros((1, n_steps, n_cells, VECTOR)),
        np.zeros((1, 0, 2 * n_cells, VECTOR)),
    )
    trace.state[0, 0, :, 0] = case.s[i]
    weights, out = case.network.views(case.flat), np.zeros_like(case.flat)
    d_last = np.ascontiguousarray(case.slopes[i] @ weights.output[:, :-1])[:, None]
    batch = Batch(sources, np.full((1, VECTOR), n_steps))
    connections = Connections(
        np.zeros((n_units, n_sources)), np.zeros((n_cells, n_units)), np.zeros((3, n_cells))
    )
    connect(weights, connections)
    truncated_gradient(layer, connections, batch, trace, d_last, case.network.views(out))
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
