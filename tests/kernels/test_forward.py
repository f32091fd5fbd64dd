import numpy as np
import pytest

from lstmtool.config import NetworkSettings
from tests import naive
from tests.kernels.cases import FAMILY, NAMES, Case, transposed, wide_case


def assert_forward_is_the_twin(case):
    got = case.run()
    w = naive.named(case.settings, case.n_inputs, case.flat)
    for i, xs in enumerate(case.xs):
        steps = naive.run(case.settings, w, xs, case.s[i], case.y[i])
        net = naive.net_inputs(case.settings, case.n_inputs, case.flat, xs, case.s[i], case.y[i])
        for mine, theirs in (
            (got.outputs[i], [step["y"] for step in steps]),
            (got.states[i], [step["s"] for step in steps]),
            (got.net[i], net),
        ):
            np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("settings", FAMILY, ids=NAMES)
def test_forward_is_the_naive_twin(settings):
    assert_forward_is_the_twin(Case(settings))


def test_forward_of_wide_networks_is_the_naive_twin():
    assert_forward_is_the_twin(wide_case())


@pytest.mark.parametrize("n_inputs", range(1, 7))
def test_every_count_of_sources_is_summed(n_inputs):
    assert_forward_is_the_twin(Case(NetworkSettings(blocks=(1,)), n_inputs=n_inputs))


def test_one_step_by_hand():
    """One cell, weights so that in gate, forget gate and out gate are 1/2, 1/2 and f(peephole)."""
    case = Case(NetworkSettings(blocks=(1,), outputs=1, g="identity", h="identity"), (1,), 1)
    w = naive.named(case.settings, 1, case.flat)
    for name in w:
        w[name][...] = 0.0
    w["cell_input"][0, 0] = 2.0
    w["output_gate_peephole"][0] = 3.0
    w["output_unit"][0] = (5.0, 7.0)
    case.xs, case.s, case.y = [np.array([[10.0]])], np.array([[4.0]]), np.zeros((1, 1))
    state = 0.5 * 4.0 + 0.5 * 20.0
    output = state / (1 + np.exp(-3.0 * state))  # the output gate sees s(t), not s(t - 1)
    np.testing.assert_allclose(case.run().net, [[5.0 * output + 7.0]], rtol=1e-14)


def test_input_and_forget_gates_see_the_state_before():
    case = Case(NetworkSettings(blocks=(1,), outputs=1, g="identity", h="identity"), (1,), 1)
    w = naive.named(case.settings, 1, case.flat)
    for name in w:
        w[name][...] = 0.0
    w["cell_input"][0, 2] = 1.0
    w["input_gate_peephole"][0], w["forget_gate_peephole"][0] = 1.0, -1.0
    case.s, case.y = np.array([[2.0]]), np.zeros((1, 1))
    wanted = 2.0 / (1 + np.exp(2.0)) + 1.0 / (1 + np.exp(-2.0))
    np.testing.assert_allclose(case.run().states[0], [[wanted]], rtol=1e-14)


def test_padding_companions_and_order_do_not_matter():
    case = wide_case()
    together = case.run()
    for i in range(len(case.xs)):
        alone = case.run(lanes=[i], extra=1)
        np.testing.assert_array_equal(alone.net[0], together.net[i])
    np.testing.assert_array_equal(case.run(lanes=transposed(case)).net, together.net)


def test_stale_buffers_do_not_matter():
    case = wide_case()
    clean, stale = case.run(), case.run(junk=np.nan)
    np.testing.assert_array_equal(stale.net, clean.net)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_bad_numbers_surface_in_their_own_sequence(bad):
    case = Case(NetworkSettings(blocks=(2, 1), g="identity", h="identity"), (4, 3, 2))
    clean = case.run().net
    case.xs[1][0, 0] = bad
    with np.errstate(all="ignore"):
        net = case.run().net
    assert not np.isfinite(net[1]).any()
    np.testing.assert_array_equal(net[[0, 2]], clean[[0, 2]])


@pytest.mark.parametrize("name", ["input_gate", "forget_gate", "output_gate", "cell_input"])
@pytest.mark.parametrize("g", ["tanh", "4s-2", "identity"])
def test_nan_weights_surface(name, g):
    case = Case(NetworkSettings(blocks=(2, 1), g=g), (4, 3))
    naive.named(case.settings, 2, case.flat)[name][0, 0] = np.nan
    with np.errstate(all="ignore"):
        assert np.isnan(case.run().net).all()


@pytest.mark.parametrize("gate", ["input_gate", "forget_gate", "output_gate"])
def test_nan_peepholes_surface(gate):
    case = Case(NetworkSettings(blocks=(2, 1)), (4, 3))
    naive.named(case.settings, 2, case.flat)[f"{gate}_peephole"][2] = np.nan
    with np.errstate(all="ignore"):
        assert np.isnan(case.run().net).all()
