import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.data.sequences import from_arrays
from lstmtool.network.layout import Network
from lstmtool.training.batch import SequenceBatch, batch_data
from lstmtool.training.selection import (
    Prepared,
    altered_ways,
    copy_ways,
    information_between,
    nearest,
    selection_score,
    shared_bits,
)
from lstmtool.training.setup import prepare
from lstmtool.training.unaltered import Unaltered
from tests import naive

N = 8  # sequences of every one of four kinds


def constants():
    """Sequences that stay at a corner of the square: every window of one looks like the whole."""
    order = [0] * N + [1] * N + [2, 3] * N  # so that no part of the set looks like the whole
    return from_arrays([np.full((6, 2), 2.0 * np.array(naive.codes(2)[a]) - 1) for a in order])


def settings(objective, **changes):
    base = recipes.recipe((objective,))
    return recipes.checked(
        recipes.merge(base, {"selection_pairs": 3, "selection": ("crop",)} | changes)
    )


def sign_network(network, gain):
    """Weights of a network whose cell k keeps the sign of input k; outputs are `gain` of them."""
    flat = np.zeros(network.size)
    network.named(flat)["input_gate"][:, -1] = 20.0
    network.named(flat)["forget_gate"][:, -1] = -20.0
    network.named(flat)["output_gate"][:, -1] = 20.0
    network.named(flat)["cell_input"][:, :2] = 20.0 * np.eye(2)
    network.named(flat)["output_unit"][:, :-1] = gain
    return flat


def score(chosen, flat, data=None, seed=0):
    data = data or constants()
    network = Network(chosen.network, 2)
    pairs = SequenceBatch(network, batch_data(data), 2)
    with np.errstate(all="ignore"):
        return selection_score(flat, pairs, chosen, np.random.default_rng(seed))


def test_codes_that_windows_keep_score_two_bits():
    chosen = settings("bingo")
    flat = sign_network(Network(chosen.network, 2), 100.0 * np.eye(2))
    assert score(chosen, flat) == pytest.approx(2.0, abs=1e-9)


def test_unaltered_pairs_run_once(monkeypatch):
    chosen, runs = settings("bingo", selection=("none",)), []
    flat = sign_network(Network(chosen.network, 2), np.array([[1.0, 0.3], [-0.2, 0.8]]))
    network = Network(chosen.network, 2)
    pairs = SequenceBatch(network, batch_data(constants()), 2)
    forward = pairs.forward
    monkeypatch.setattr(pairs, "forward", lambda flat: runs.append(flat) or forward(flat))
    found = selection_score(flat, pairs, chosen, np.random.default_rng(0))
    assert len(runs) == 1
    one = chosen.model_copy(update={"selection_pairs": 1})
    assert found == pytest.approx(selection_score(flat, pairs, one, np.random.default_rng(0)))


def test_identical_nodes_score_one_bit():
    chosen = settings("bingo")
    flat = sign_network(Network(chosen.network, 2), [[100.0, 0.0], [100.0, 0.0]])
    assert score(chosen, flat) == pytest.approx(1.0, abs=1e-9)


def test_constant_outputs_score_nothing():
    for objective in ("bingo", "consistency"):
        chosen = settings(objective)
        flat = sign_network(Network(chosen.network, 2), np.zeros((2, 2)))
        assert score(chosen, flat) == pytest.approx(0.0, abs=1e-9)
        Network(chosen.network, 2).named(flat)["output_unit"][:, -1] = 50.0
        assert score(chosen, flat) == pytest.approx(0.0, abs=1e-9)


def test_codes_that_windows_do_not_keep_score_little():
    """The last value's sign, of noise: one window tells nothing of another."""
    rng = np.random.default_rng(0)
    data = from_arrays([rng.standard_normal((60, 2)) for _ in range(200)])
    chosen = settings("bingo")
    flat = sign_network(Network(chosen.network, 2), 100.0 * np.eye(2))
    assert score(chosen, flat, data) < 0.3


def line(levels):
    chosen = settings("neo", network={"blocks": (1, 1)})
    return chosen, sign_network(Network(chosen.network, 2), [levels])


def test_four_levels_of_neo_score_two_bits():
    chosen, flat = line([2.0, 1.0])
    assert score(chosen, flat) == pytest.approx(2.0, abs=1e-9)


def test_two_levels_of_neo_score_one_bit():
    chosen, flat = line([1.0, 0.0])
    assert score(chosen, flat) == pytest.approx(1.0, abs=1e-9)


def test_one_level_of_neo_scores_nothing():
    chosen, flat = line([0.0, 0.0])
    assert score(chosen, flat) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_outputs_that_are_not_finite_score_nan(objective):
    chosen = settings(objective, network={"blocks": (1, 1)})
    flat = sign_network(Network(chosen.network, 2), np.full((chosen.network.outputs, 2), np.nan))
    assert np.isnan(score(chosen, flat))


def test_the_score_is_the_mean_over_the_ways_of_making_copies():
    rng = np.random.default_rng(1)
    data = from_arrays([rng.standard_normal((9, 2)) for _ in range(12)])
    flat = sign_network(Network(settings("bingo").network, 2), 9.0 * np.eye(2))
    alone = [score(settings("bingo", selection=(way,)), flat, data) for way in ("none", "crop")]
    both = score(settings("bingo", selection=("none", "crop")), flat, data)
    assert both == pytest.approx(np.mean(alone), abs=1e-12)
    assert alone[0] > alone[1]  # nothing is lost without a change


def test_same_generator_same_score():
    chosen = settings("bingo")
    rng = np.random.default_rng(1)
    data = from_arrays([rng.standard_normal((9, 2)) for _ in range(12)])
    flat = rng.normal(size=Network(chosen.network, 2).size)
    assert score(chosen, flat, data, seed=3) == score(chosen, flat, data, seed=3)
    assert score(chosen, flat, data, seed=3) != score(chosen, flat, data, seed=4)


def test_nearest_output_gives_the_cluster():
    outputs, clusters = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]]), np.array([5, 7, 7])
    points = np.array([[0.1, 0.2], [3.0, -1.0], [1.0, 3.0]])
    assert nearest(points, outputs, clusters).tolist() == [5, 7, 7]


@pytest.mark.parametrize("size", [1.0, 1e-200, 1e200])
def test_the_nearest_of_many_outputs_of_any_size(size):
    rng = np.random.default_rng(0)
    outputs, points = rng.normal(size=(2000, 2)), rng.normal(size=(300, 2))
    squares = ((points[:, None] - outputs) ** 2).sum(axis=2)
    found = nearest(points * size, outputs * size, np.arange(2000))
    np.testing.assert_array_equal(found, squares.argmin(axis=1))
    assert nearest(points, np.zeros((1, 2)), np.array([3])).tolist() == [3] * 300


def test_shared_bits_of_clusters():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 3, (2, 50))
    joint = np.zeros((3, 3))
    for a, b in zip(first, second, strict=True):
        joint[a, b] += 1 / 100
        joint[b, a] += 1 / 100
    assert shared_bits(first, second) == pytest.approx(naive.shared_information(joint))
    assert shared_bits(first, second) == pytest.approx(shared_bits(second, first))
    assert shared_bits(np.arange(4), np.arange(4)) == pytest.approx(2.0)
    assert shared_bits(np.zeros(4, int), np.zeros(4, int)) == 0.0
    assert shared_bits(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])) == pytest.approx(0.0)


def entropy(clusters):
    shares = np.unique(clusters, return_counts=True)[1] / len(clusters)
    return -np.sum(shares * np.log2(shares))


def test_information_between_clusters_is_what_their_entropies_have_in_common():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 3, 50), rng.integers(0, 5, 50)
    both = entropy(first) + entropy(second) - entropy(5 * first + second)
    assert information_between(first, second) == pytest.approx(both, abs=1e-12)
    assert information_between(first, first) == pytest.approx(entropy(first), abs=1e-12)


CODES = np.repeat(np.arange(4), 5)


@pytest.mark.parametrize(
    ("clusters", "bits"),
    [
        (CODES, 2.0),
        ((CODES + 1) % 4, 2.0),
        (CODES // 2, 1.0),
        (np.zeros(20, int), 0.0),
        (np.arange(20), 2 * 2.0 - np.log2(20)),
        (np.tile(np.arange(5), 4), -np.log2(5)),
    ],
    ids=["codes", "renamed", "merged", "one", "split", "across"],
)
def test_clusters_score_by_how_far_they_keep_to_the_prepared_codes(clusters, bits):
    for information in (2.0, 1.5):
        prepared = Prepared(CODES, information)
        assert prepared.score(clusters) == pytest.approx(0.5 * (information + bits), abs=1e-12)


def test_what_was_prepared_is_the_codes_and_how_certain_they_are():
    data = constants()
    network = Network(settings("bingo").network, 2)
    unaltered = Unaltered(prepare(data, settings("bingo", inputs={"scaling": "none"})))
    for gain in (100.0, 1.0):
        codes = unaltered.evaluated(network, sign_network(network, gain * np.eye(2)))
        prepared = Prepared.of(codes)
        kinds = np.array([0] * N + [1] * N + [2, 3] * N)
        assert information_between(prepared.codes, kinds) == pytest.approx(2.0)
        y = 1 / (1 + np.exp(-gain * np.tanh(1.0)))  # h of a state of g = 1
        assert prepared.information == pytest.approx(2 - 2 * joint_loss(y), abs=1e-6)


def joint_loss(y):
    """Bits lost of one that two unaltered copies share, each right with probability y."""
    same = y**2 + (1 - y) ** 2
    joint = np.array([[same, 1 - same], [1 - same, same]]) / 2
    return 1 - naive.shared_information(joint)


@pytest.mark.parametrize(
    ("selection", "augmentation", "copies", "altered"),
    [
        (("none",), "bootstrap", ("none",), ("none", "crop")),
        (("none",), "noise", ("none",), ("none", "noise")),
        (("none",), "shape", ("none",), ("none", "shape")),
        (("none",), "warp", ("none",), ("none", "warp")),
        (("codes",), "bootstrap", ("none", "crop"), ("none", "crop")),
        (("codes",), "noise", ("none", "noise"), ("none", "noise")),
        (("crop",), "noise", ("crop",), ("crop",)),
    ],
)
def test_ways_of_altered_copies_follow_the_training(selection, augmentation, copies, altered):
    last = "neo" if "codes" in selection else "bingo"
    nested = recipes.recipe(("consistency", last)) | {"selection": selection}
    nested["stages"][0]["augmentation"] = augmentation
    chosen = recipes.checked(nested)
    assert copy_ways(chosen) == copies
    assert altered_ways(chosen) == altered


@pytest.mark.parametrize("stages", [("neo",), ("bingo",), ("consistency", "bingo")])
def test_codes_can_only_judge_neo_that_they_prepared(stages):
    from lstmtool.errors import UsageError

    with pytest.raises(UsageError, match="codes"):
        recipes.checked(recipes.recipe(stages) | {"selection": ("codes",)})


def test_copies_whose_outputs_are_not_finite_score_nan(monkeypatch):
    """Though those of the sequences themselves are."""
    chosen = settings("neo")
    network = Network(chosen.network, 2)
    flat = sign_network(network, [4.0, 2.0])
    assert np.isfinite(score(chosen, flat))
    bad = np.full((2 * len(constants()), 1), np.nan), np.zeros(0)
    monkeypatch.setattr(SequenceBatch, "evaluate_copies", lambda *arguments: bad)
    assert np.isnan(score(chosen, flat))
