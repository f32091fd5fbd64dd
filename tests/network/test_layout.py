import numpy as np
import pytest

from lstmtool.config import InitialSettings, NetworkSettings
from lstmtool.kernels.records import FORGET, INPUT, OUTPUT
from lstmtool.network.layout import Network, initial_parameters, output_layer_from_data
from tests import naive

UNEQUAL = NetworkSettings(blocks=(2, 1, 3), outputs=4)


def drawn(network, seed=0, n_steps=100.0, **settings):
    rng = np.random.default_rng(seed)
    return initial_parameters(network, InitialSettings(**settings), n_steps, rng)


def test_published_count_of_weights():
    """One input, one cell, peepholes: 4 x 3 + 3 + 2 = 17 weights, as in the timing experiments."""
    assert Network(NetworkSettings(blocks=(1,), outputs=1), 1).size == 17


def test_table_is_the_flat_vectors_order():
    network = Network(UNEQUAL, 3)
    shapes = naive.shapes(UNEQUAL, 3)
    assert {name: shape for name, shape, _ in network.table} == shapes
    assert network.size == sum(int(np.prod(shape)) for shape in shapes.values())
    flat = np.arange(network.size, dtype=float)
    for name, part in naive.named(UNEQUAL, 3, flat).items():
        np.testing.assert_array_equal(network.named(flat)[name], part)
    assert network.n_hidden == network.size - shapes["output_unit"][0] * shapes["output_unit"][1]


def test_views_share_memory_with_the_named_parts():
    network = Network(UNEQUAL, 3)
    flat = np.zeros(network.size)
    w = network.views(flat)
    b, names = network.layers[0].n_blocks, ("input_gate", "forget_gate", "output_gate")
    for gate, name in zip((INPUT, FORGET, OUTPUT), names, strict=True):
        network.named(flat)[name][...] = gate + 1
        assert (w.hidden[gate * b : (gate + 1) * b] == gate + 1).all()
        network.named(flat)[f"{name}_peephole"][...] = 10 + gate
        assert (w.peephole[gate] == 10 + gate).all()
    network.named(flat)["cell_input"][...] = 5
    assert (w.hidden[3 * b :] == 5).all()
    w.output[...] = 7
    assert (network.named(flat)["output_unit"] == 7).all()


@pytest.mark.parametrize(
    ("switch", "absent"),
    [
        ({}, []),
        ({"forget_gate": False}, ["forget_gate", "forget_gate_peephole"]),
        ({"peepholes": False}, [f"{g}_gate_peephole" for g in ("input", "forget", "output")]),
    ],
)
def test_weights_that_do_not_exist_have_no_place_or_are_zero(switch, absent):
    full, network = (Network(NetworkSettings(blocks=(2, 1), **s), 2) for s in ({}, switch))
    flat, wanted = drawn(network), drawn(full)
    names = [name for name, _, _ in network.table]
    missing = {name for name, _, _ in full.table} - set(names)
    assert missing == set(absent) - {"forget_gate_peephole"} or missing == set(absent)
    for name in names:
        exists = network.named(network.exists)[name].all()
        assert exists == (name not in absent)
        assert (network.named(flat)[name] == 0).all() == (name in absent)
        if exists:  # the same numbers are drawn for what there is
            drawn_alike = slice(None) if name == "output_unit" else (..., slice(None, -1))
            np.testing.assert_array_equal(
                network.named(flat)[name][drawn_alike], full.named(wanted)[name][drawn_alike]
            )


STACK = {
    "blocks": (2, 1),
    "above": ((1, 1), (3,)),
    "plain": 2,
    "directions": "both",
    "readout": ("last", "max"),
    "gates_are_read": True,
}


def test_layers_read_those_below_them():
    network = Network(NetworkSettings(**STACK), 3)
    assert [len(level) for level in network.levels] == [2, 2, 2]
    assert [layer.n_inputs for layer in network.layers] == [3, 3, 10, 10, 8, 8]
    assert [layer.backward for layer in network.layers] == [False, True] * 3
    assert network.n_read == 2 * 2 * 5
    rows = [(readout.last, readout.mean, readout.largest) for readout in network.readouts]
    assert rows == [(0, -1, 5), (10, -1, 15)]


def test_the_table_of_a_stack_covers_its_flat_vector():
    network = Network(NetworkSettings(**STACK), 3)
    sizes = [int(np.prod(shape)) for _, shape, _ in network.table]
    assert [at for _, _, at in network.table] == list(np.cumsum([0, *sizes[:-1]]))
    assert sum(sizes) == network.size == len(drawn(network))
    assert len({name for name, _, _ in network.table}) == len(sizes)
    flat = np.zeros(network.size)
    for n, weights in enumerate(network.views_of_layers(flat)):
        weights.hidden[:], weights.peephole[:] = n + 1, n + 1
    for name, _, _ in network.table[:-1]:
        _, level, direction = name.split("_")[:3]
        number = 2 * int(level) - (direction == "forward")
        assert (network.named(flat)[name] == number).all()


def test_every_layer_of_a_stack_starts_as_a_mean():
    network = Network(NetworkSettings(**STACK), 3)
    flat = drawn(network, weights=0.0, n_steps=100.0)
    for prefix in network.hidden.prefixes:
        forget = naive.logistic(network.named(flat)[f"{prefix}forget_gate"][:, -1])
        np.testing.assert_allclose(forget, 1 - 1 / 100, rtol=1e-12)


def test_settings_of_one_layer_are_written_as_before():
    """Files do not change by what other networks need."""
    assert set(NetworkSettings().model_dump()) == {
        *("blocks", "outputs", "g", "h", "output_unit", "forget_gate", "peepholes"),
    }
    settings = NetworkSettings(**STACK)
    assert NetworkSettings(**settings.model_dump()) == settings


@pytest.mark.parametrize("readout", [(), ("mean", "mean"), ("median",)])
def test_a_readout_that_makes_no_sense_is_refused(readout):
    with pytest.raises(ValueError, match="readout"):
        NetworkSettings(readout=readout)


def test_initial_biases_make_cells_means_over_the_sequence():
    network = Network(NetworkSettings(blocks=(1, 2)), 2)
    flat = drawn(network, weights=0.0, n_steps=100.0)
    gate = {
        name: naive.logistic(network.named(flat)[name][:, -1])
        for name in ("input_gate", "forget_gate")
    }
    np.testing.assert_allclose(gate["forget_gate"], 1 - 1 / 100, rtol=1e-12)
    np.testing.assert_allclose(gate["input_gate"], 1 / 100, rtol=1e-12)
    assert (network.named(flat)["output_gate"] == 0).all()


def test_given_biases_are_used():
    network = Network(NetworkSettings(blocks=(1,) * 40), 1)
    flat = drawn(network, weights=0.0, forget_bias=(1.5, 4.5), input_bias=-2.0, output_bias=0.5)
    forget = network.named(flat)["forget_gate"][:, -1]
    assert 1.5 <= forget.min() < 2.0 < 4.0 < forget.max() <= 4.5
    assert (network.named(flat)["input_gate"][:, -1] == -2.0).all()
    assert (network.named(flat)["output_gate"][:, -1] == 0.5).all()


def test_time_scales_are_spread_over_the_blocks():
    network = Network(NetworkSettings(blocks=(1,) * 20, directions="both"), 1)
    flat = drawn(network, weights=0.0, n_steps=100.0, forget_bias="spread")
    for weights, layer in zip(network.views_of_layers(flat), network.layers, strict=True):
        forget, opening = (weights.hidden[layer.rows(gate), -1] for gate in (FORGET, INPUT))
        edges = np.linspace(0, np.log(99), 21)
        assert ((edges[:-1] <= forget) & (forget <= edges[1:])).all()
        np.testing.assert_allclose(opening, -forget / 2, rtol=1e-12)
    two = [drawn(network, n_steps=100.0, forget_bias="spread") for _ in range(2)]
    np.testing.assert_array_equal(*two)
    given = drawn(network, weights=0.0, n_steps=100.0, forget_bias="spread", input_bias=-1.0)
    opening = network.views_of_layers(given)[0].hidden[network.layers[0].rows(INPUT), -1]
    assert (opening == -1.0).all()


@pytest.mark.parametrize("n_steps", [1.0, 2.0])
def test_spread_time_scales_of_the_shortest_sequences_are_all_alike(n_steps):
    network = Network(NetworkSettings(blocks=(1, 1)), 1)
    flat = drawn(network, weights=0.0, n_steps=n_steps, forget_bias="spread")
    assert (network.named(flat)["forget_gate"][:, -1] == 0).all()


def test_without_forget_gates_there_is_nothing_to_spread():
    network = Network(NetworkSettings(blocks=(1, 1), forget_gate=False), 1)
    flat = drawn(network, weights=0.0, n_steps=100.0, forget_bias="spread")
    assert (network.named(flat)["input_gate"][:, -1] == -np.log(99)).all()


def test_given_biases_move_with_the_length_of_sequences():
    network = Network(NetworkSettings(blocks=(1, 1)), 1)
    given = {"weights": 0.0, "forget_bias": (2.0, 2.0), "input_bias": -2.0, "bias_steps": 100.0}
    for n_steps in (25.0, 100.0, 400.0):
        flat = drawn(network, n_steps=n_steps, **given)
        longer = np.log(n_steps / 100.0)
        assert network.named(flat)["forget_gate"][0, -1] == pytest.approx(2.0 + longer, rel=1e-12)
        assert network.named(flat)["input_gate"][0, -1] == pytest.approx(-2.0 - longer, rel=1e-12)
        assert (network.named(flat)["output_gate"] == 0).all()


def test_weights_are_uniform_and_cell_inputs_larger():
    network = Network(NetworkSettings(blocks=(5,) * 5), 3)
    flat = drawn(network, weights=0.2, cell_gain=10.0)
    gates = network.named(flat)["input_gate"][:, :-1]
    cells = network.named(flat)["cell_input"]
    assert 0.19 < np.abs(gates).max() <= 0.2
    assert 1.9 < np.abs(cells).max() <= 2.0
    assert abs(gates.mean()) < 0.03


def test_short_sequences_have_finite_biases():
    network = Network(NetworkSettings(), 1)
    for n_steps in (1.0, 1.5, 2.0, 3.0):
        assert np.isfinite(drawn(network, n_steps=n_steps)).all()


def test_same_generator_same_weights():
    network = Network(UNEQUAL, 2)
    np.testing.assert_array_equal(drawn(network, 3), drawn(network, 3))
    assert (drawn(network, 3) != drawn(network, 4)).any()


@pytest.mark.parametrize("blocks", [(1,), (1, 1), (2, 3)])
def test_output_layer_from_data_starts_centred_with_deviation_one_half(blocks):
    network = Network(NetworkSettings(blocks=blocks, outputs=3), 2)
    rng = np.random.default_rng(0)
    n_cells = network.layers[0].n_cells
    last = rng.normal(size=(n_cells, n_cells)) @ rng.normal(size=(n_cells, 40)) + 5.0
    flat = np.zeros(network.size)
    output_layer_from_data(network, flat, last, rng)
    output = network.named(flat)["output_unit"]
    net = output[:, :-1] @ last + output[:, -1:]
    np.testing.assert_allclose(net.mean(axis=1), 0.0, atol=1e-8)
    np.testing.assert_allclose(net.std(axis=1), 0.5, rtol=1e-5)
    assert (flat[: network.n_hidden] == 0).all()


def test_output_layer_from_constant_or_bad_data():
    network = Network(NetworkSettings(), 2)
    flat = drawn(network)
    kept = flat.copy()
    output_layer_from_data(network, flat, np.full((2, 5), np.nan), np.random.default_rng(0))
    np.testing.assert_array_equal(flat, kept)
    output_layer_from_data(network, flat, np.full((2, 5), 0.3), np.random.default_rng(0))
    assert np.isfinite(flat).all()


def test_scaled_weights_fit_the_number_of_inputs_and_of_outputs():
    network = Network(NetworkSettings(blocks=(1,) * 200, outputs=1), 4)
    settings = InitialSettings(
        draw="scaled", input_gain=(2.0, 2.0), recurrent_gain=0.5, cell_gain=1.0,
        forget_bias=(0.0, 0.0), input_bias=0.0,
    )  # fmt: skip
    flat = initial_parameters(network, settings, 100.0, np.random.default_rng(0))
    weights = network.views(flat)
    assert weights.hidden[:, :4].std() == pytest.approx(2.0 / 2, rel=0.05)
    assert weights.hidden[:, 4:-1].std() == pytest.approx(0.5 / np.sqrt(200), rel=0.02)
    assert weights.hidden[:, -1].std() == pytest.approx(0.5, rel=0.1)
    assert weights.peephole.std() == pytest.approx(0.5, rel=0.1)


def test_every_network_draws_its_gain():
    network = Network(NetworkSettings(blocks=(1,) * 40, outputs=1), 4)
    settings = InitialSettings(draw="scaled", input_gain=(1.0, 3.0), cell_gain=1.0)
    gains = []
    for seed in range(30):
        flat = initial_parameters(network, settings, 100.0, np.random.default_rng(seed))
        gains.append(2 * network.views(flat).hidden[:, :4].std())
    assert 0.85 < min(gains) < 1.3 and 2.4 < max(gains) < 3.3
