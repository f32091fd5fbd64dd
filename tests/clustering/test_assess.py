from dataclasses import replace

import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.clustering import confidence
from lstmtool.clustering.assess import assess
from lstmtool.errors import UsageError
from lstmtool.records.run import Ensemble, NullTest, Outputs
from tests.builders import small_ensemble, small_run


def logistic(u):
    u = np.asarray(u, dtype=float)
    return Outputs(u, 1.0 / (1.0 + np.exp(-u)))


def linear(y):
    y = np.asarray(y, dtype=float)
    return Outputs(y, y)


@pytest.fixture(autouse=True)
def nothing_measured(monkeypatch):
    """So that no test hangs on what the shipped table says."""
    monkeypatch.setattr(confidence, "MEASURED", {})


def healthy(objective="bingo", n=20, **outputs):
    """A run without anything to warn of: four groups apart, the control worse."""
    run = small_run(objective, n=n)
    rng, groups = np.random.default_rng(3), np.arange(n) % 4
    width = run.after.activations.shape[1]
    noise = rng.normal(0, 0.2, (n, width))
    if objective == "neo":
        after = linear(groups[:, None] * 3.0 + noise)
        others = linear(5 * noise)
    else:
        after = logistic(np.stack([groups & 1, groups >> 1], 1) * 8.0 - 4.0 + noise)
        others = logistic(noise)
    restarts = {
        "seed": np.arange(2),
        "objective": np.zeros(2),
        "score": np.array([0.3, 1.9]),
        "untrained_score": np.array([0.2, 0.4]),
        "finite": np.ones(2, dtype=bool),
        "epochs": np.array([5, 5]),
    }
    made = {"before": others, "after": after, "untrained": others, "shared_bits": 1.95} | outputs
    names = ("a", "b", "c", "d")
    return replace(run, labels=groups, label_names=names, restarts=restarts, chosen=1, **made)


def warnings(run):
    return "\n".join(assess(run).warnings)


@pytest.mark.parametrize("objective", ["bingo", "neo", "consistency"])
def test_a_healthy_run_gets_no_warning(objective):
    found = assess(healthy(objective))
    assert found.warnings == ()
    assert found.after.n_clusters == 4
    assert found.after.ari == found.after.nmi == 1.0


def test_code_scores():
    p = np.array([[0.9, 0.1], [0.9, 0.9], [0.1, 0.1], [0.1, 0.9]])
    u = np.log(p / (1 - p))
    run = healthy(n=4, after=logistic(u))
    scores = assess(run).after
    entropy = -(0.9 * np.log2(0.9) + 0.1 * np.log2(0.1))
    np.testing.assert_allclose(scores.bits_per_node, 1 - entropy)
    assert scores.joint_bits == pytest.approx(2 - 2 * entropy)
    np.testing.assert_allclose(scores.correlation, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(scores.balance, 0.5)
    np.testing.assert_allclose(scores.saturation, 0.8)
    assert scores.entropy is None
    assert scores.sigma is None


def test_neo_scores_use_the_form_of_the_run():
    from lstmtool.objectives import neo

    run = healthy("neo")
    y = run.after.activations
    sigma = neo.fit_width(y, floor=1e-3)
    invariant = assess(run).after
    assert invariant.sigma == pytest.approx(sigma)
    assert invariant.entropy == pytest.approx(neo.invariant_entropy(y, sigma))
    stage = run.settings.stages[-1].model_copy(update={"form": "literal"})
    settings = run.settings.model_copy(update={"stages": (stage,)})
    literal = assess(replace(run, settings=settings)).after
    assert literal.entropy == pytest.approx(neo.entropy(y, sigma))
    assert literal.bits_per_node is literal.joint_bits is literal.balance is None


def test_density_and_curve_are_those_of_the_outputs():
    found = assess(healthy("neo", n=8))
    curve = found.curves["after"]
    assert np.trapezoid(curve.density, curve.points) == pytest.approx(1.0, abs=1e-3)
    assert found.density.shape == (8,)
    assert (found.density > 0).all()
    assert found.codes is None


def test_without_labels_ranges_are_those_of_the_clusters():
    found = assess(replace(healthy(), labels=None, label_names=()))
    assert found.after.ari is found.after.nmi is None
    assert [r.name for r in found.ranges] == ["00", "01", "10", "11"]
    assert sum(r.size for r in found.ranges) == 20


def test_ranges_of_groups_name_their_clusters():
    run = healthy()
    found = assess(run)
    second = found.ranges[1]
    own = run.after.activations[run.labels == 1]
    assert (second.name, second.index, second.size) == ("b", 1, 5)
    np.testing.assert_array_equal(second.low, own.min(axis=0))
    np.testing.assert_array_equal(second.high, own.max(axis=0))
    assert second.clusters == (("10", 5),)


def test_a_group_that_does_not_occur_has_no_row_and_shifts_no_symbol():
    run = healthy()
    few = np.where(run.labels == 1, 0, run.labels)
    assert [r.index for r in assess(replace(run, labels=few)).ranges] == [0, 2, 3]


@pytest.mark.parametrize(("sign", "word"), [(1.0, "identical"), (-1.0, "opposite")])
def test_nodes_that_tell_the_same(sign, word):
    u = np.where(np.arange(20) % 2, 3.0, -3.0)
    told = warnings(healthy(after=logistic(np.stack([u, sign * u], 1))))
    assert f"Nodes 1 and 2 are {word}" in told


def test_a_constant_node():
    u = healthy().after.net_inputs.copy()
    u[:, 1] = 2.0
    assert "Node 2 is constant" in warnings(healthy(after=logistic(u)))


def test_an_unbalanced_node():
    u = healthy().after.net_inputs.copy()
    u[:, 0] = -4.0
    u[0, 0] = 4.0
    assert "Node 1 is unbalanced: it is above 1/2 for 5%" in warnings(healthy(after=logistic(u)))


def test_a_node_saturated_at_the_start():
    u = np.where(np.arange(40).reshape(20, 2) % 4 < 2, 30.0, -30.0)
    told = warnings(healthy(before=logistic(u)))
    assert "Node 1 was saturated at the start" in told
    assert "smaller initial weights (--initial-weights)" in told
    assert "--scaling whiten" not in told  # it is


def test_saturation_of_the_literal_recipe_has_other_cures():
    settings = recipes.checked(recipes.recipe(("bingo",), "literal"))
    u = np.where(np.arange(40).reshape(20, 2) % 4 < 2, 30.0, -30.0)
    told = warnings(replace(healthy(before=logistic(u)), settings=settings))
    assert "--output-layer data" in told
    assert "--scaling whiten" in told


def test_codes_used_unevenly():
    u = healthy().after.net_inputs.copy()
    u[:, 1] = np.where(np.arange(20) == 0, 4.0, -4.0)
    assert "used unevenly" in warnings(healthy(after=logistic(u)))


@pytest.mark.parametrize(
    ("after", "word"),
    [
        (np.full((20, 1), 0.7), "the same for all sequences"),
        (1e6 + np.linspace(0, 0.1, 20)[:, None], "negligible compared with their size"),
        (np.linspace(0, 1e-5, 20)[:, None], "training shrank their spread"),
    ],
)
def test_collapsed_outputs(after, word):
    told = warnings(healthy("neo", after=linear(after)))
    assert "The outputs collapsed" in told
    assert word in told


def test_one_cluster():
    u = np.full((20, 2), 3.0) + np.random.default_rng(0).normal(0, 0.3, (20, 2))
    assert "All sequences fell into one cluster" in warnings(healthy(after=logistic(u)))


def test_every_sequence_a_cluster():
    codes = np.array([[n >> k & 1 for k in range(5)] for n in range(20)])
    told = warnings(healthy(after=logistic(codes * 8.0 - 4.0)))
    assert "Each of the 20 sequences is a cluster" in told


def test_where_confidence_is_low_there_may_be_nothing_to_find():
    for changes in ({"shared_bits": 1.2}, {"restarts": healthy().restarts | {"score": [0.3, 0.5]}}):
        found = assess(replace(healthy(), **changes))
        assert found.confidence.word == "low"
        told = "\n".join(found.warnings)
        assert "there may be no groups in these data" in told
        assert "lstmtool report --baselines" in told
        assert "lstmtool assign" in told
        assert told.index("lstmtool assign") < told.index("--restarts")
        assert "whether the untrained control or simple" in told
    stages = [s.model_copy(update={"trains": "output"}) for s in healthy().settings.stages]
    settings = healthy().settings.model_copy(update={"stages": tuple(stages)})
    told = "\n".join(assess(replace(healthy(), shared_bits=1.2, settings=settings)).warnings)
    assert "whether k-means or simple" in told


def test_how_sure_a_run_is_follows_its_score_its_copies_and_its_clusters():
    run = healthy()
    run.restarts["score"][1] = 1.995
    selection = run.settings.model_copy(update={"selection": ("none", "crop")})
    run = replace(run, settings=selection, shared_bits=1.95)
    assert assess(run).confidence.word == "high"
    assert assess(replace(run, shared_bits=1.85)).confidence.word == "moderate"
    assert assess(replace(run, shared_bits=None)).confidence.word == "moderate"
    by_noise = selection.model_copy(update={"selection": ("none", "noise")})
    assert assess(replace(run, settings=by_noise)).confidence.word == "moderate"
    few = np.where(run.after.net_inputs[:, :1] > 0, [4.0, 4.0], [-4.0, -4.0])
    assert assess(replace(run, after=logistic(few))).confidence.word == "moderate"
    run.restarts["score"][1] = 1.9
    assert assess(run).confidence.word == "moderate"


def test_counts_are_quoted_of_the_data_that_was_measured(monkeypatch):
    monkeypatch.setattr(confidence, "MEASURED", {"bingo": ((9, 9), (0, 9), (0, 0), (0, 0))})
    run = healthy()
    run.restarts["score"][1] = 1.995
    run = replace(run, settings=run.settings.model_copy(update={"selection": ("none",)}))
    assert assess(run).confidence.trials is None
    known = assess(replace(run, source={"generator": "artificial"})).confidence
    assert (known.perfect, known.trials) == (9, 9)


def test_without_scores_nothing_is_known():
    run = healthy()
    del run.restarts["score"]
    assert assess(run).confidence.word == "unknown"


def test_labels_state_when_the_untrained_control_does_as_well():
    run = healthy()
    told = warnings(replace(run, untrained=run.after))
    assert "By the labels, the untrained control does as well or better" in told
    assert "training the memory blocks was not needed" in told


def test_a_poor_control_that_is_no_worse_shows_that_learning_did_not_help():
    run = healthy()
    u = run.after.net_inputs.copy()
    u[:, 1] = np.where(np.arange(20) < 10, -4.0, 4.0)
    told = warnings(replace(run, after=logistic(u), untrained=logistic(u)))
    assert "training the memory blocks did not help" in told


@pytest.mark.parametrize("labels", [True, False])
def test_the_control_is_judged_by_its_score(labels):
    run = healthy() if labels else replace(healthy(), labels=None, label_names=())
    assert "untrained control" not in warnings(run)
    run.restarts["untrained_score"][1] = 1.95
    assert "control scores as well or better (selection score 1.95 bits" in warnings(run)


def test_if_neither_finds_the_groups_that_is_said():
    run = healthy()
    blind = np.arange(20) // 4 % 2
    u = np.stack([blind, np.arange(20) % 8 < 4], 1) * 8.0 - 4.0
    told = warnings(replace(run, after=logistic(u), untrained=logistic(u)))
    assert "neither the trained network nor the untrained control found the groups" in told
    assert "not needed" not in told


CURVES = {  # objective, epochs, and whether they end far worse than they were
    "rising": ("bingo", np.linspace(0.1, 1.9, 40), False),
    "falling entropy": ("neo", np.linspace(1.5, -1.0, 40), False),
    "entropy that rose": ("neo", np.linspace(-1.0, 1.4, 40), True),
    "a fall at the end": ("bingo", np.r_[np.linspace(0.1, 1.9, 39), 1.0], True),
    "a small fall": ("bingo", np.r_[np.linspace(0.1, 1.9, 39), 1.5], False),
    "lost at the first step": ("bingo", np.r_[1.9, np.zeros(39)], True),
    "one epoch": ("neo", np.ones(1), False),
    "no epoch": ("neo", np.ones(0), False),
}


@pytest.mark.parametrize(("objective", "values", "worse"), CURVES.values(), ids=CURVES)
def test_learning_that_overshot(objective, values, worse):
    history = {"objective": values, "stage": np.zeros(len(values))}
    told = warnings(replace(healthy(objective), history=history))
    assert ("Training overshot" in told) == worse
    assert not worse or f"at {values[-1]:.2f}, after" in told
    assert not worse or "--rate-factor" in told


def test_noise_of_copies_is_not_overshooting():
    run, rng = healthy("consistency"), np.random.default_rng(0)
    noisy = np.linspace(2.0, 3.0, 1000) + rng.normal(0, 0.3, 1000)
    history = {"objective": noisy, "stage": np.zeros(1000)}
    stage = run.settings.stages[-1].model_copy(update={"augmentation": "crop"})
    settings = run.settings.model_copy(update={"stages": (stage,)})
    assert "overshot" not in warnings(replace(run, settings=settings, history=history))
    history["objective"] = noisy[::-1]
    assert "overshot" in warnings(replace(run, settings=settings, history=history))
    stage = stage.model_copy(update={"trains": "output"})
    settings = run.settings.model_copy(update={"stages": (stage,)})
    assert "overshot" not in warnings(replace(run, settings=settings, history=history))


def test_clusters_of_neo_that_are_very_unequal():
    y = np.where(np.arange(20) == 3, 50.0, 0.0)[:, None] + np.linspace(0, 0.1, 20)[:, None]
    told = warnings(healthy("neo", after=linear(y)))
    assert "The 2 clusters are of very unequal size" in told


BROKEN = {
    "identical": lambda u: np.stack([u[:, 0], u[:, 0]], 1),
    "constant": lambda u: u * [1.0, 0.0] + [0.0, 2.0],
    "unbalanced": lambda u: np.where(np.arange(20)[:, None] == 0, 4.0, [-4.0, 1.0]) * [1.0, 1.0],
    "one cluster": lambda u: np.abs(u),
}


@pytest.mark.parametrize("name", BROKEN)
def test_labels_add_statements_and_no_advice(name):
    """Nor do they take any away; every other line says what to change."""
    run = healthy()
    broken = replace(run, after=logistic(BROKEN[name](run.after.net_inputs)))
    with_labels = assess(broken).warnings
    own = [line for line in with_labels if line.startswith("By the labels")]
    others = [line for line in with_labels if not line.startswith("By the labels")]
    assert others == list(assess(replace(broken, labels=None, label_names=())).warnings)
    assert all("--" not in line for line in own)
    assert others
    assert all("(--" in line for line in others)


def test_training_that_changed_nothing():
    run = healthy()
    assert "Training had no effect" in warnings(replace(run, before=run.after))


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_outputs_that_are_not_finite(objective):
    run = healthy(objective)
    y = run.after.activations.copy()
    y[3] = np.nan
    found = assess(replace(run, after=Outputs(y, y)))
    assert found.clusters[3] == -1
    assert found.cluster_names[-1] == "not finite"
    assert "1 of 20 outputs after training are not finite" in "\n".join(found.warnings)
    assert found.after.n_clusters == 4
    nothing = Outputs(np.full_like(y, np.nan), np.full_like(y, np.nan))
    assert assess(replace(run, after=nothing)).after.n_clusters == 0


def test_restarts_that_were_lost():
    run = healthy()
    run.restarts["finite"][0] = False
    assert "1 of 2 restarts ended with non-finite numbers" in warnings(run)


def test_labels_change_no_number_but_the_agreement():
    run = healthy()
    with_labels, without = assess(run), assess(replace(run, labels=None, label_names=()))
    np.testing.assert_array_equal(with_labels.clusters, without.clusters)
    assert with_labels.after.joint_bits == without.after.joint_bits


def test_restarts_that_collapsed_are_told():
    run = healthy()
    assert "collapsed" not in warnings(run)
    run = replace(run, restarts=run.restarts | {"collapsed": np.array([True, False])})
    assert "1 of 2 restarts collapsed" in warnings(run)


def consensus_of(run, nets, **changes):
    """The run with the consensus of restarts with these net inputs."""
    nets = np.asarray(nets, dtype=np.float32)
    ensemble = Ensemble(
        parameters=np.tile(run.parameters, (len(nets), 1)),
        net_inputs=nets,
        scores=np.full(len(nets), 2.0),
        restarts=np.arange(len(nets)),
    )
    return replace(run, ensemble=ensemble, **changes)


def test_output_units_trained_alone_are_judged_by_all_who_gave_the_answer():
    """Not by the chosen restart's score and copies, which may be of another answer."""
    nested = recipes.recipe(recipes.default_stages("bingo", "shapes"), "shapes")
    settings = recipes.checked(recipes.merge(nested, {"network": {"outputs": 2}}))
    passed, failed = (NullTest(0.5, (value,) * 19) for value in (0.1, 0.6))
    run = replace(healthy(n=60), settings=settings)
    nets = np.stack([run.after.net_inputs] * 6)
    agreed = consensus_of(run, nets, null_test=passed, shared_bits=0.0)
    found = assess(agreed).confidence
    assert (found.word, found.sizes, found.agreement) == ("high", (15,) * 4, 1.0)
    assert (found.score, found.possible, found.shared) == (2.0, 2.0, None)
    assert found.gap > 0.9
    assert assess(replace(agreed, null_test=failed)).confidence.word == "low"
    assert assess(replace(agreed, null_test=None)).confidence.word == "moderate"
    alone = assess(agreed, 0).confidence
    assert (alone.word, alone.gap, alone.p_value) == ("low", None, None)
    # Two answers: the test was one of the first.
    halves = [np.where(np.arange(60)[:, None] // side % 2, 4.0, -4.0) for side in (1, 2)]
    noise = np.random.default_rng(0).normal(0, 0.1, (7, 60, 2))
    both = np.stack([halves[0]] * 4 + [halves[1]] * 3) + noise
    two = consensus_of(run, both, null_test=passed)
    assert [assess(two, n).confidence.p_value for n in (1, 2)] == [0.05, None]
    assert [assess(two, n).confidence.word for n in (1, 2)] == ["high", "moderate"]


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_restarts_that_agree_are_one_answer(objective):
    run = small_ensemble(small_run(objective))
    found, alone = assess(run), assess(run, 0)
    assert found.consensus.shown == 1 and alone.consensus.shown == 0
    (answer,) = found.consensus.alternatives
    assert answer.restarts == (0, 1) and answer.sizes == (4, 4, 4) and answer.agreement == 1.0
    assert answer.score == pytest.approx(0.5)
    assert (found.after.ari, found.after.n_clusters) == (1.0, 3)
    assert found.clusters.tolist() == answer.clusters.tolist()
    assert found.cluster_names == {0: "1", 1: "2", 2: "3"} and found.codes is None
    assert alone.clusters.tolist() == assess(replace(run, ensemble=None)).clusters.tolist()
    assert alone.consensus.answer is None


@pytest.mark.parametrize(("flipped", "word"), [(0.0, "high"), (0.15, "moderate")])
def test_confidence_is_not_high_where_restarts_disagree(flipped, word):
    run = healthy(n=60)
    rng = np.random.default_rng(0)
    signs = np.where(rng.random((12, 60, 2)) < flipped, -1.0, 1.0)
    run = consensus_of(run, run.after.net_inputs * signs, shared_bits=2.0)
    found = assess(run)
    assert found.after.ari is not None and found.after.n_clusters == 4
    assert found.confidence.word == word
    assert (found.consensus.answer.agreement < 0.9) == (word == "moderate")
    if word == "moderate":
        assert "of the restarts agree on a sequence's cluster" in found.confidence.reasons[0]


def test_an_answer_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="no alternative 1"):
        assess(small_run(), 1)
    with pytest.raises(UsageError, match="no alternative 2"):
        assess(small_ensemble(small_run()), 2)
