import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.network.topology import Topology

OLD = {"forget_gate": False, "gates_are_read": True}  # the networks of 1997
COUNTS = {
    "embedded Reber, 4 blocks of 1": (
        Topology(7, 7, (1,) * 4, cell_bias=False, output_bias=False, **OLD),
        264,
    ),
    "embedded Reber, 3 blocks of 2": (
        Topology(7, 7, (2,) * 3, cell_bias=False, output_bias=False, **OLD),
        276,
    ),
    "continual Reber": (Topology(7, 7, (2,) * 4, cell_bias=False, outputs_read_inputs=True), 424),
    "adding": (Topology(2, 1, (2, 2), **OLD), 93),
    "order of two": (Topology(8, 4, (2, 2), **OLD), 156),
    "order of three": (Topology(8, 8, (2,) * 3, **OLD), 308),
    "spikes, functions": (Topology(1, 1, (1,), peepholes=True), 17),
    "a^n b^n": (Topology(3, 3, (1,), peepholes=True, outputs_read_inputs=True), 38),
    "a^n b^n c^n": (Topology(4, 4, (1, 1), peepholes=True, cell_bias=False), 72),
}


@pytest.mark.parametrize(("topology", "count"), COUNTS.values(), ids=list(COUNTS))
def test_weight_counts_are_the_published_ones(topology, count):
    assert topology.n_weights == count
    assert np.count_nonzero(topology.initial(np.random.default_rng(0), 0.1)) == count


def test_views_cover_the_flat_vector_once():
    topology = Topology(3, 2, (2, 1), peepholes=True, outputs_read_inputs=True)
    flat = np.arange(topology.size, dtype=float)
    named = topology.named(flat)
    assert np.concatenate([part.ravel() for part in named.values()]).tolist() == flat.tolist()
    named["output_unit"][0, 0] = -1.0
    assert flat.min() == -1.0


def test_peepholes_of_a_forget_gate_that_is_not_there_do_not_exist():
    topology = Topology(1, 1, (2,), forget_gate=False, peepholes=True)
    assert not topology.views(topology.exists).peephole[1].any()
    assert topology.views(topology.exists).peephole[[0, 2]].all()


def test_initial_biases_are_added_block_after_block():
    topology = Topology(2, 1, (1, 1, 1))
    flat = topology.initial(
        np.random.default_rng(0), 0.1, input_bias=(-3.0, -6.0), output_bias=(2.0,)
    )
    bias = {name: part[:, -1] for name, part in topology.named(flat).items()}
    assert np.abs(bias["input_gate"] - [-3.0, -6.0, -6.0]).max() <= 0.1
    assert np.abs(bias["output_gate"] - 2.0).max() <= 0.1
    assert np.abs(bias["forget_gate"]).max() <= 0.1
    assert np.abs(flat).max() > 1.0


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"n_outputs": 0}, "outputs"),
        ({"n_inputs": -1}, "inputs"),
        ({"blocks": ()}, "Blocks"),
        ({"blocks": (2, 0)}, "2, 0"),
        ({"g": "relu"}, "relu"),
        ({"output": "softmin"}, "softmin"),
        ({"error": "cross-entropy", "output": "identity"}, "logistic"),
        ({"groups": ((1, 1, 1),)}, "do not fit"),
        ({"groups": ((1, 3, 1), (0, -1, 0))}, "do not fit"),
        ({"groups": ((1, 2),)}, "do not fit"),
        ({"groups": ((1, 2, 1),), "plain": 1}, "single layer"),
        ({"groups": ((1, 2, 1),), "windows": (2, 1)}, "single layer"),
        ({"windows": (2, 1, 1)}, "do not fit 1 layers"),
        ({"windows": (0, 1)}, "at least 1"),
        ({"windows": (2, 1), "directions": "both"}, "one direction"),
        ({"integrated": True, "outputs_read_inputs": True}, "one direction"),
        ({"integrated": True, "windows": (1, 2)}, "single mean"),
    ],
)
def test_impossible_networks_are_refused(change, names):
    with pytest.raises(UsageError, match=names):
        Topology(**({"n_inputs": 2, "n_outputs": 1, "blocks": (1,)} | change))


def test_blocks_of_a_group_read_it_and_earlier_ones_and_its_outputs_read_it_alone():
    """Two groups of one block: of two cells over input 0, and of one cell over input 1."""
    topology = Topology(
        2, 3, (2, 1), outputs_read_inputs=True, gates_are_read=True, groups=((1, 1, 2), (1, 1, 1))
    )
    exists = topology.views(topology.exists)
    gates = [1, 0] * 3  # input, forget and output gates of the two blocks
    early = [1, 0, 1, 1, 0, *gates, 1]  # inputs, cells, gates, bias
    late = [0, 1, 1, 1, 1, *([1] * 6), 1]
    assert exists.hidden.astype(int).tolist() == [*[early, late] * 3, early, early, late]
    assert exists.output.astype(int).tolist() == [[1, 0, 1, 1, 0, 1]] * 2 + [[0, 1, 0, 0, 1, 1]]
    again = Topology.from_dict(topology.as_dict() | {"groups": [[1, 1, 2], [1, 1, 1]]})
    assert again == topology
    assert "groups" not in Topology(2, 3, (2, 1)).as_dict()


def test_windows_widen_what_layers_read_and_are_kept_in_files():
    topology = Topology(2, 3, (), above=((),), plain=4, recurrent=False, windows=(3, 5, 2))
    assert topology.n_weights == 4 * (3 * 2 + 1) + 4 * (5 * 4 + 1) + 3 * (2 * 4 + 1)
    assert Topology.from_dict(topology.as_dict() | {"windows": [3, 5, 2]}) == topology
    assert not topology.is_one_layer
    assert not Topology(2, 3, (1,), windows=(2, 1)).is_one_layer
    assert not Topology(2, 3, (1,), integrated=True).is_one_layer
    assert not {"windows", "integrated"} & set(Topology(2, 3, (1,)).as_dict())
