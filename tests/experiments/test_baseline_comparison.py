import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.clustering.assess import assess
from lstmtool.data.generators.artificial import generate
from lstmtool.data.sequences import from_arrays
from lstmtool.experiments import baseline_comparison as comparison
from lstmtool.experiments.baseline_comparison import CHANCE, CONTROL, RUN, _silhouette, compare
from lstmtool.experiments.baselines import KMeansBaseline
from lstmtool.network.layout import Network
from lstmtool.records.results import Rival
from lstmtool.training.batch import SequenceBatch, batch_data
from lstmtool.training.train import train
from tests.builders import small_sequences


def trained(data, *stages, **changes):
    nested = recipes.recipe(stages or ("bingo",))
    nested["stages"] = [stage | {"epochs": 4} for stage in nested["stages"]]
    nested = recipes.merge(nested, {"restarts": 2, "selection_pairs": 2} | changes)
    return train(data, recipes.checked(nested))


@pytest.fixture(scope="module")
def data():
    return generate(np.random.default_rng(0), groups=[(0, 0.01), (0, 4), (9, 0.01), (9, 4)])


def of(found, name):
    return next(rival for rival in found.rivals if rival.name == name)


@pytest.mark.parametrize("stages", [("bingo",), ("consistency", "neo", "neo")], ids="-".join)
def test_the_run_and_its_control_have_the_numbers_of_the_report(data, stages):
    run = trained(data, *stages)
    found, told = compare(run, data), assess(run)
    first, control = found.rivals[:2]
    assert (first.name, control.name, found.rivals[-1].name) == (RUN, CONTROL, CHANCE)
    assert (first.ari, first.nmi, first.n_clusters) == (
        told.after.ari, told.after.nmi, told.after.n_clusters)  # fmt: skip
    assert (control.ari, control.nmi) == (told.untrained.ari, told.untrained.nmi)
    if set(run.settings.selection) - {"none", "codes"}:  # chosen by altered copies
        assert first.bits == run.restarts["score"][run.chosen]
    assert first.bits is not None
    assert control.bits is None  # its weights are not kept


def test_groups_of_means_and_variances_are_best_found_by_statistics(data):
    found = compare(trained(data), data)
    best = of(found, "k-means, mean, deviation, difference")
    assert (best.ari, best.accuracy, best.n_clusters) == (1, 1, 4)
    assert best.bits == pytest.approx(2, abs=0.1)
    chance = of(found, CHANCE)
    assert abs(chance.ari) < 0.1
    assert chance.accuracy < 0.6
    if of(found, RUN).ari < 0.9:
        assert best.name in found.better
        assert best.name in found.verdict


def test_without_labels_the_scores_decide_and_no_agreement_is_told(data):
    bare = data.without_labels()
    run = trained(bare)
    found = compare(run, bare)
    assert all(rival.ari is rival.nmi is rival.accuracy is None for rival in found.rivals)
    assert of(found, "k-means, raw values").n_clusters == assess(run).after.n_clusters
    assert "not how right they are" in found.verdict
    assert all(-1 <= rival.silhouette <= 1 for rival in found.rivals)


@pytest.mark.parametrize("way", ["none", "crop", "noise", "bootstrap"])
def test_copies_of_every_kind(data, way):
    run = trained(data, selection=(way,))
    bits = of(compare(run, data), "k-means, mean, deviation, difference").bits
    assert bits == pytest.approx(2) if way == "none" else 0.5 < bits <= 2


def test_copies_are_those_that_the_kernels_lay():
    data = small_sequences(6, n_inputs=2)
    run = trained(data)
    network = Network(run.settings.network.model_copy(update={"blocks": (1,)}), 2)
    lanes = SequenceBatch(network, batch_data(data), 2)
    stage = run.settings.stages[0]
    for copies in lanes.copies_of(stage, np.random.default_rng(0)):
        for copy, original in zip(copies, data, strict=True):
            np.testing.assert_array_equal(copy, original)
    crop = stage.model_copy(update={"augmentation": "crop", "crop": (0.5, 0.5)})
    first, second = lanes.copies_of(crop, np.random.default_rng(0))
    for a, b, original in zip(first, second, data, strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(original, len(a), axis=0)
        assert len(a) == len(b) == max(1, round(0.5 * len(original)))
        assert (windows == a.T).all(axis=(1, 2)).any()


def test_unequal_lengths_are_said_to_be_resampled():
    data = small_sequences(12)
    assert any("resampled" in note for note in compare(trained(data), data).notes)


def test_a_window_is_what_all_see():
    rng = np.random.default_rng(0)
    data = from_arrays([rng.normal(g, 1, 30) for g in (0, 0, 0, 5, 5, 5)])
    run = trained(data, inputs={"window": 10}, selection=("none", "shift"))
    cut = from_arrays([s[:10] for s in data])
    found = of(compare(run, data), "k-means, raw values")
    assert found.n_clusters == len(
        np.unique(KMeansBaseline("k-means, raw values", cut, found.n_clusters, 0).clusters)
    )


def rivals(own, *others, measure="ari"):
    values = {"this run": own, **{f"way {k}": v for k, v in enumerate(others)}, "chance": 0.0}
    return [Rival(name, 2, **{measure: value}) for name, value in values.items()]


@pytest.mark.parametrize(
    ("own", "others", "better", "words"),
    [
        (0.5, (0.4, 0.3), (), "no simpler method does as well as this run (0.50); next is way 0"),
        (0.5, (0.49, 0.3), (), "way 0 does as well (0.49)"),
        (0.5, (0.51, 0.3), (), "way 0 does as well (0.51)"),
        (0.5, (0.3, 0.9), ("way 1",), "a simpler method does better than this run (0.50): way 1"),
        (0.5, (0.8, 0.9), ("way 1", "way 0"), "2 simpler methods do better than this run (0.50)"),
        (0.5, (None, 0.9), ("way 1",), "way 1 (0.90)"),
    ],
)
def test_the_verdict_is_plain(own, others, better, words):
    found, verdict = comparison._verdict(rivals(own, *others), by_labels=True)
    assert found == better
    assert words in verdict
    assert "adjusted Rand index" in verdict
    bits = rivals(own, *others, measure="bits")
    found, verdict = comparison._verdict(bits, by_labels=False)
    assert found == better
    assert words in verdict


def test_what_has_no_number_is_not_compared():
    found, verdict = comparison._verdict(rivals(None, 0.5, measure="bits"), by_labels=False)
    assert found == ()
    assert "nothing to compare by" in verdict


def test_no_silhouette_of_one_cluster_or_of_single_points():
    points = np.arange(4.0)[:, None]
    assert _silhouette(points, np.zeros(4, int)) is None
    assert _silhouette(points, np.arange(4)) is None
    assert _silhouette(points, np.full(4, -1)) is None
    assert _silhouette(points, np.array([0, 0, 1, 1])) == pytest.approx(0.6, abs=0.2)
