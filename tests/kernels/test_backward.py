import numpy as np
import pytest

from lstmtool.config import NetworkSettings
from lstmtool.kernels.backward import chunk_steps, transposed_parts
from tests import naive
from tests.differences import central_difference, complex_step, largest_error
from tests.kernels.cases import FAMILY, NAMES, Case, transposed, wide_case


def chunk_of(network):
    return chunk_steps(network.hidden.n_units, network.layers[0].n_sources)


@pytest.mark.parametrize("settings", FAMILY, ids=NAMES)
def test_exact_gradient_is_the_central_difference(settings):
    case = Case(settings)
    differences = central_difference(case.kernel_value, case.flat) * case.network.exists
    case.assert_same(case.run().gradient, differences, 1e-7)


@pytest.mark.parametrize("settings", FAMILY, ids=NAMES)
def test_exact_gradient_is_the_complex_step_of_the_twin(settings):
    case = Case(settings, seed=1)
    wanted = complex_step(case.value, case.flat) * case.network.exists
    case.assert_same(case.run().gradient, wanted, 1e-12)


@pytest.mark.parametrize("settings", FAMILY, ids=NAMES)
def test_truncated_gradient_is_the_pseudo_code(settings):
    case = Case(settings, seed=2)
    case.assert_same(case.run(exact=False).gradient, case.naive_truncated(), 1e-12)


def test_wide_networks():
    case = wide_case()
    differences = central_difference(case.kernel_value, case.flat)
    case.assert_same(case.run().gradient, differences, 1e-7)
    case.assert_same(case.run().gradient, complex_step(case.value, case.flat), 1e-12)
    case.assert_same(case.run(exact=False).gradient, case.naive_truncated(), 1e-12)


def test_errors_reach_the_initial_states_and_outputs():
    case = wide_case()
    got = case.run()
    assert largest_error(got.d_state, complex_step(lambda s: case.value(s=s), case.s)) <= 1e-12
    assert largest_error(got.d_output, complex_step(lambda y: case.value(y=y), case.y)) <= 1e-12


def test_long_sequences_in_chunks_of_steps():
    settings = NetworkSettings(blocks=(2, 1, 1))
    case = Case(settings, (40, 33, 17, 9), n_inputs=4)
    assert case.network.hidden.n_units % 4 and case.network.layers[0].n_sources % 4
    case.assert_same(case.run().gradient, complex_step(case.value, case.flat), 1e-12)


@pytest.mark.parametrize("beyond", [-1, 0, 1])
@pytest.mark.parametrize("chunks", [1, 2])
def test_steps_around_the_end_of_a_chunk(chunks, beyond):
    settings = NetworkSettings(blocks=(2, 1, 1))
    chunk = chunk_of(Case(settings, n_inputs=4).network)
    case = Case(settings, (chunks * chunk + beyond, 3), n_inputs=4)
    wanted = complex_step(case.value, case.flat)
    case.assert_same(case.run().gradient, wanted, 1e-12)
    case.assert_same(case.run(segment=chunk).gradient, wanted, 1e-12)


@pytest.mark.parametrize(
    "n_inputs", [12, 36, *(pytest.param(n, marks=pytest.mark.slow) for n in (11, 21, 25, 27))]
)
def test_networks_of_many_sources(n_inputs):
    """From two parts of a vector on, 16 sources or 32, these are transposed for their gradients."""
    case = Case(NetworkSettings(blocks=(2, 1, 1)), (10, 9, 3), n_inputs=n_inputs)
    assert case.network.layers[0].n_sources == n_inputs + 5
    wanted = complex_step(case.value, case.flat)
    case.assert_same(case.run().gradient, wanted, 1e-12)
    case.assert_same(case.run(precision="single").gradient, wanted, 1e-5)
    case.assert_same(case.run(exact=False).gradient, case.naive_truncated(), 1e-12)
    stale = case.run(junk=np.nan).gradient
    np.testing.assert_array_equal(stale, case.run().gradient)


def test_sources_are_turned_where_they_fill_two_parts_and_most_of_another():
    assert [transposed_parts(n, 8) for n in (1, 15, 16, 17, 21, 22, 24, 25)] == [
        0,
        0,
        2,
        2,
        2,
        3,
        3,
        3,
    ]


def without_paths(case, recurrent=True):
    """Set peepholes, and recurrent weights too, to zero."""
    w = naive.named(case.settings, case.n_inputs, case.flat)
    for gate in ("input_gate", "forget_gate", "output_gate"):
        w[f"{gate}_peephole"][...] = 0.0
    for name in ("input_gate", "forget_gate", "output_gate", "cell_input") if recurrent else ():
        w[name][:, case.n_inputs : -1] = 0.0
    return case


def test_truncated_is_exact_where_there_is_nothing_to_cut():
    case = without_paths(wide_case())
    exact, truncated = case.run().gradient, case.run(exact=False).gradient
    case.assert_same(truncated, exact, 1e-13)
    assert np.abs(naive.named(case.settings, 3, truncated)["input_gate_peephole"]).min() > 1e-6


@pytest.mark.parametrize("recurrent", [False, True])
def test_truncated_differs_where_errors_are_cut(recurrent):
    case = without_paths(wide_case(), recurrent=False) if recurrent else wide_case()
    assert largest_error(case.run().gradient, case.run(exact=False).gradient) > 1e-3


@pytest.mark.parametrize("exact", [True, False])
def test_backward_adds(exact):
    case = wide_case()
    old = np.random.default_rng(1).standard_normal(case.network.size)
    sum_of_both = case.run(exact=exact, old=old).gradient
    np.testing.assert_allclose(sum_of_both, old + case.run(exact=exact).gradient, atol=1e-13)


@pytest.mark.parametrize("exact", [True, False])
def test_stale_buffers_do_not_matter(exact):
    case = wide_case()
    clean, stale = case.run(exact=exact), case.run(exact=exact, junk=np.nan)
    np.testing.assert_array_equal(stale.gradient, clean.gradient)


@pytest.mark.parametrize("exact", [True, False])
def test_padding_companions_and_order_do_not_matter(exact):
    case = wide_case()
    together = case.run(exact=exact, extra=1).gradient
    alone = sum(case.run(exact=exact, lanes=[i]).gradient for i in range(len(case.xs)))
    np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-13)
    other = case.run(exact=exact, lanes=transposed(case)).gradient
    np.testing.assert_allclose(other, together, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("exact", [True, False])
def test_what_a_short_sequence_would_have_done_later_does_not_matter(exact):
    """The lane of a sequence that ended overflows while a longer one, gated, still runs."""
    settings = NetworkSettings(blocks=(1,), outputs=1, g="identity", h="identity")
    case = Case(settings, (400, 2), 2)
    w = naive.named(settings, 2, case.flat)
    for name in w:
        w[name][...] = 0.0
    w["cell_input"][0, :3] = 1.0, 0.0, 1000.0
    w["output_gate"][0, 1] = -20.0
    w["output_unit"][...] = 1.0
    case.xs = [np.ones((400, 2)), np.array([[1.0, 0.0]] * 2)]
    with np.errstate(all="ignore"):
        together = case.run(exact=exact)
    alone = case.run(exact=exact, lanes=[0]).gradient + case.run(exact=exact, lanes=[1]).gradient
    assert np.isfinite(together.net).all()
    assert np.isfinite(alone).all()
    np.testing.assert_allclose(together.gradient, alone, rtol=1e-12)


def test_weights_that_do_not_exist_get_no_gradient():
    case = Case(NetworkSettings(blocks=(2, 1), forget_gate=False))
    assert not case.network.exists.all()
    for exact in (True, False):
        gradient = case.run(exact=exact).gradient
        assert (gradient[~case.network.exists] == 0).all()
        assert (gradient[case.network.exists] != 0).any()


def test_nan_errors_surface():
    case = wide_case()
    case.slopes[0, 0] = np.nan
    with np.errstate(all="ignore"):
        assert np.isnan(case.run().gradient).any()


@pytest.mark.parametrize("settings", FAMILY, ids=NAMES)
def test_single_precision_is_close(settings):
    case = Case(settings, seed=5)
    double, single = case.run(), case.run(precision="single")
    assert largest_error(single.net, double.net) <= 1e-5
    case.assert_same(single.gradient, double.gradient, 1e-5)
    assert np.abs(single.net - double.net).max() > 0  # it is another precision


@pytest.mark.parametrize("exact", [True, False])
def test_wide_networks_in_single_precision(exact):
    case = wide_case()
    double, single = case.run(exact=exact), case.run(exact=exact, precision="single", junk=np.nan)
    case.assert_same(single.gradient, double.gradient, 1e-5)
    assert largest_error(single.d_state, double.d_state) <= 1e-5


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("exact", [True, False])
def test_segments_are_computed_again_bit_by_bit(exact, precision):
    settings = NetworkSettings(blocks=(2, 1, 1))
    case = Case(settings, (65, 33, 32, 16, 9, *range(8, 0, -1), *(1,) * 30), n_inputs=4)
    chunk = chunk_of(case.network)
    whole = case.run(exact=exact, precision=precision)
    for segment in (chunk, 2 * chunk, 7 * chunk, 8 * chunk):
        got = case.run(exact=exact, precision=precision, segment=segment, junk=np.nan)
        np.testing.assert_array_equal(got.net, whole.net)
        np.testing.assert_array_equal(got.gradient, whole.gradient)
        np.testing.assert_array_equal(got.d_state, whole.d_state)
        np.testing.assert_array_equal(got.d_output, whole.d_output)
