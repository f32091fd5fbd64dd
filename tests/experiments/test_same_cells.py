"""k-means in place of the objective, on the memory cells of a run."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.cluster import KMeans

from lstmtool import recipes
from lstmtool.clustering.assign import Assigner
from lstmtool.data.sequences import from_arrays
from lstmtool.experiments.baseline_comparison import (
    CHOSEN,
    CONTROL,
    RUN,
    SAME_CELLS,
    _part_of_objective,
    compare,
)
from lstmtool.experiments.same_cells import SameCells, applies
from lstmtool.objectives.clusters import agreement
from lstmtool.report.run.tables import rival_table
from lstmtool.training import readout
from lstmtool.training.consensus import alternatives
from lstmtool.training.selection import votes_score
from lstmtool.training.setup import prepare
from lstmtool.training.train import train


def bumps(n=30, seed=0):
    """Return two groups: one bump or two in every sequence, at times that vary."""
    rng, t = np.random.default_rng(seed), np.arange(30)
    groups = np.arange(n) % 2
    sequences = []
    for group in groups:
        centres = rng.uniform(6, 12, 1 + group) + 11 * np.arange(1 + group)
        bump = np.exp(-0.5 * ((t[:, None] - centres) / 2) ** 2).sum(axis=1)
        sequences.append(bump + rng.normal(0, 0.05, len(t)))
    return from_arrays(sequences, labels=groups, label_names=("one", "two"))


def settings_for(objective="bingo", **changes):
    nested = recipes.recipe(recipes.default_stages(objective, "shapes"), "shapes")
    nested["stages"] = [stage | {"epochs": 20} for stage in nested["stages"]]
    small = {"network": {"blocks": (1,) * 8, "outputs": 1 if objective == "bingo" else 2}}
    few = {"restarts": 3, "clusters": 2, "seed": 4}
    return recipes.checked(recipes.merge(nested, small | few | changes))


@pytest.fixture(scope="module", params=["bingo", "neo"])
def run(request):
    return train(bumps(), settings_for(request.param))


def seen_in_training(monkeypatch, settings):
    """Return the discriminants in which the restarts of a training were trained, last stages."""
    found, of = [], readout.Discriminants.of

    def remember(read, n_directions):
        found.append(of(read, n_directions))
        return found[-1]

    monkeypatch.setattr(readout.Discriminants, "of", remember)
    trained = train(bumps(), settings)
    monkeypatch.undo()
    return trained, found[len(settings.stages) - 1 :: len(settings.stages)]


def test_the_discriminants_are_those_of_training(monkeypatch):
    trained, found = seen_in_training(monkeypatch, settings_for())
    setup = prepare(bumps(), trained.settings)
    assert trained.ensemble.restarts.tolist() == [0, 1, 2]
    for number, flat in enumerate(trained.ensemble.parameters):
        again = readout.discriminants_of(setup, setup.network, flat, number)
        for one, other in zip(again, found[number], strict=True):
            np.testing.assert_array_equal(one, other)
    other = readout.discriminants_of(setup, setup.network, trained.ensemble.parameters[0], 1)
    assert not np.array_equal(other.directions, found[0].directions)


def test_k_means_of_each_network_is_joined_by_the_same_consensus(run):
    data, setup = bumps(), prepare(bumps(), run.settings)
    labels = []
    for number, flat in zip(run.ensemble.restarts, run.ensemble.parameters, strict=True):
        found = readout.discriminants_of(setup, setup.network, flat, int(number))
        points = found(setup.lanes(setup.network).evaluate(flat)[1])
        assert points.shape == (30, 10)
        own = np.random.SeedSequence(4, spawn_key=(int(number),)).generate_state(1)[0]
        labels.append(KMeans(2, n_init=10, random_state=int(own)).fit_predict(points))
    wanted = alternatives(np.array(labels), 2, 4)[0].clusters
    np.testing.assert_array_equal(SameCells.of_run(run, data, 2).clusters, wanted)
    assert set(wanted) == {0, 1}


def test_without_training_the_clusters_are_the_same(run):
    data = bumps()
    of_run = SameCells.of_run(run, data, 2)
    untrained = SameCells.untrained(data, run.settings, 2)
    np.testing.assert_array_equal(untrained.clusters, of_run.clusters)
    new = bumps(9, seed=5)
    np.testing.assert_array_equal(untrained.predict(new), of_run.predict(new))


def test_new_sequences_are_assigned_without_refitting(run):
    same = SameCells.of_run(run, bumps(), 2)
    np.testing.assert_array_equal(same.predict(bumps()), same.clusters)
    new = bumps(7, seed=2)
    alone = [same.predict(from_arrays([s]))[0] for s in new]
    np.testing.assert_array_equal(same.predict(new), alone)


def test_the_consensus_is_compared_and_not_the_chosen_restart(run):
    data = bumps()
    found = compare(run, data)
    rivals = {rival.name: rival for rival in found.rivals}
    shown, same, chosen = rivals[RUN], rivals[SAME_CELLS], rivals[CHOSEN]
    clusters = SameCells.of_run(run, data, 2).clusters
    assigned = Assigner(run)(data).clusters
    assert shown.ari == agreement(data.labels, assigned)[0] and shown.alike is None
    assert same.ari == agreement(data.labels, clusters)[0]
    assert same.alike == agreement(assigned, clusters)[0]
    assert shown.bits == Assigner(run).score_of_answer(data)
    assert chosen.bits == Assigner(run).score(data) and CONTROL not in rivals
    assert all(-1e-12 <= rival.bits <= 1 + 1e-12 for rival in (same, shown))
    assert "The objective" in found.verdict
    assert any("consensus of" in note for note in found.notes)
    assert all(rival.alike is not None for rival in found.rivals[1:])
    alone = compare(run, data, 0)
    assert all(rival.alike is None for rival in alone.rivals)
    assert not {SAME_CELLS, CHOSEN, CONTROL} & {rival.name for rival in alone.rivals}
    assert alone.rivals[0].bits == chosen.bits and alone.rivals[0].ari == chosen.ari


def test_one_cluster_is_no_trouble(run):
    assert not SameCells.of_run(run, bumps(), 1).clusters.any()


def test_the_table_has_the_agreement_with_the_run_where_it_was_compared(run):
    told = [rival_table(compare(run, bumps(), shown)).headings for shown in (1, 0)]
    assert told[0][-1] == "ARI, run" and told[1] == told[0][:-1]


def test_without_labels_it_is_compared_with_the_run_alone(run):
    bare = bumps().without_labels()
    unlabelled = replace(run, labels=None, label_names=())
    found = compare(unlabelled, bare)
    same = next(rival for rival in found.rivals if rival.name == SAME_CELLS)
    assert same.ari is same.silhouette is None and -1 <= same.alike <= 1


def test_all_networks_vote_on_the_same_copies(run):
    pairs, copies = Assigner(run).pairs(bumps())
    looked = []

    def vote(seen):
        looked.append([read for _, read in seen])
        return np.tile([0, 1], 30)  # the copies of a sequence never agree

    twice = [run.ensemble.parameters[0]] * 2
    bits = votes_score(twice, pairs, run.settings, copies, vote)
    assert bits == pytest.approx(1.0) and len(looked) == 2 * run.settings.selection_pairs
    for first, second in looked:
        np.testing.assert_array_equal(first, second)
    assert not np.array_equal(looked[-1][0], looked[-2][0])  # each pair is drawn anew


@pytest.mark.parametrize(
    ("own", "other", "words"),
    [
        (0.9, 0.5, "adds 0.40 to k-means on the same memory cells (0.50)"),
        (0.5, 0.51, "adds nothing to k-means"),
        (0.5, 0.9, "is 0.40 behind k-means"),
    ],
)
def test_the_part_of_the_objective_is_told(own, other, words):
    assert words in _part_of_objective(own, other)


def test_it_is_only_for_a_consensus_of_networks_whose_blocks_stay(run):
    assert applies(run) and not applies(replace(run, ensemble=None))
    stages = [stage.model_copy(update={"trains": "network"}) for stage in run.settings.stages]
    settings = run.settings.model_copy(update={"stages": tuple(stages)})
    assert not applies(replace(run, settings=settings))
    with pytest.raises(ValueError, match="memory blocks"):
        SameCells.untrained(bumps(), settings, 2)
