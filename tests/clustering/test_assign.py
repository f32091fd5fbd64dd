from dataclasses import replace

import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.clustering import assign as assignment
from lstmtool.clustering.assess import assess
from lstmtool.clustering.assign import Assigner, joined
from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError
from lstmtool.records.run import Outputs
from lstmtool.training.train import train
from tests.builders import assert_same, small_run, small_sequences


def trained(*stages, data=None, **changes):
    nested = recipes.recipe(stages)
    nested["stages"] = [stage | {"epochs": 6} for stage in nested["stages"]]
    nested = recipes.merge(nested, {"restarts": 2, "selection_pairs": 2} | changes)
    return train(data or small_sequences(), recipes.checked(nested))


STAGES = [("bingo",), ("consistency", "neo", "neo")]


@pytest.mark.parametrize("stages", STAGES, ids="-".join)
@pytest.mark.parametrize("scaling", ["none", "standardise", "whiten"])
@pytest.mark.parametrize("differences", [False, True])
def test_the_training_set_gets_its_own_outputs_and_clusters(stages, scaling, differences):
    data = small_sequences(n_inputs=2)
    inputs = {"scaling": scaling, "normalise": True, "differences": differences}
    run = trained(*stages, data=data, inputs=inputs)
    found = Assigner(run)(data)
    np.testing.assert_allclose(found.outputs.net_inputs, run.after.net_inputs, rtol=1e-9)
    np.testing.assert_allclose(found.outputs.activations, run.after.activations, rtol=1e-9)
    told = assess(run)
    assert found.clusters.tolist() == told.clusters.tolist()
    assert found.cluster_names == told.cluster_names
    if told.codes is None:
        np.testing.assert_allclose(found.density, told.density, rtol=1e-6)
    else:
        assert found.codes.tolist() == told.codes.tolist()


@pytest.mark.parametrize("stages", STAGES, ids="-".join)
def test_nothing_is_fitted_to_the_new_sequences(stages):
    run, new = trained(*stages), small_sequences(9, seed=5)
    together = Assigner(run)(new)
    alone = [Assigner(run)(from_arrays([new[n]])) for n in range(len(new))]
    assert_same(joined(alone).clusters, together.clusters)
    np.testing.assert_allclose(
        joined(alone).outputs.activations, together.outputs.activations, rtol=1e-12
    )
    np.testing.assert_allclose(joined(alone).confidence, together.confidence, rtol=1e-9)


@pytest.mark.parametrize("stages", STAGES, ids="-".join)
def test_batches_and_slabs_do_not_show(monkeypatch, stages):
    run, new = trained(*stages), small_sequences(30, seed=5)
    whole = Assigner(run)(new)
    monkeypatch.setattr(assignment, "NUMBERS", 200)
    monkeypatch.setattr(assignment, "KERNELS", 1)
    assert_same(Assigner(run)(new).clusters, whole.clusters)
    np.testing.assert_allclose(Assigner(run)(new).confidence, whole.confidence, rtol=1e-12)


def test_confidence_of_a_code_is_its_probability():
    run, data = trained("bingo"), small_sequences()
    found = Assigner(run)(data)
    for n, p in enumerate(run.after.activations):
        of_codes = {(a, b): (p[0] if a else 1 - p[0]) * (p[1] if b else 1 - p[1])
                    for a in (0, 1) for b in (0, 1)}  # fmt: skip
        assert found.confidence[n] == pytest.approx(max(of_codes.values()), rel=1e-6)
        assert tuple(found.codes[n]) == max(of_codes, key=of_codes.get)


def test_confidence_of_neo_is_the_share_of_the_density_that_belongs_to_the_cluster():
    run = trained("consistency", "neo", "neo")
    told, y = assess(run), run.after.activations[:, 0]
    new = small_sequences(7, seed=3)
    found = Assigner(run)(new)
    for n, point in enumerate(found.outputs.activations[:, 0]):
        kernels = np.exp(-0.5 * ((point - y) / told.after.sigma) ** 2)
        cluster = told.clusters[np.argmin(np.abs(point - y))]
        assert found.clusters[n] == cluster
        total = kernels.sum()
        assert found.confidence[n] == pytest.approx(kernels[told.clusters == cluster].sum() / total)
        height = total / len(y) / told.after.sigma / np.sqrt(2 * np.pi)
        assert found.density[n] == pytest.approx(height)


def neo_with_outputs(values):
    """A run of NEO whose training outputs are given, on as many sequences."""
    run, y = trained("consistency", "neo", "neo"), np.asarray(values, dtype=float)[:, None]
    return replace(run, after=Outputs(y, y), lengths=np.ones(len(y), dtype=int))


def test_far_from_all_training_outputs_the_nearest_cluster_is_named_without_overflow():
    run = neo_with_outputs([0, 0.1, 0.2, 5, 5.1, 5.2])
    modes = Assigner(run)._modes
    clusters, confidence, density = modes.assign(np.array([[1e3], [-1e200], [0.1], [np.nan]]))
    assert clusters.tolist() == [1, 0, 0, -1]
    np.testing.assert_allclose(confidence, [1, 1, 1, np.nan])
    assert density[0] == density[1] == 0
    assert density[2] > 0.1


def test_training_outputs_that_are_all_the_same_are_one_cluster():
    modes = Assigner(neo_with_outputs([2.0] * 5))._modes
    clusters, confidence, density = modes.assign(np.array([[2.0], [9.0]]))
    assert clusters.tolist() == [0, 0]
    assert confidence.tolist() == [1, 1]
    assert np.isnan(density).all()


def test_without_a_finite_training_output_neo_has_no_clusters():
    with pytest.raises(DataError, match="finite"):
        Assigner(neo_with_outputs([np.nan] * 5))


@pytest.mark.parametrize("stages", STAGES, ids="-".join)
def test_outputs_that_overflow_belong_to_no_cluster(stages):
    run = trained(*stages, inputs={"square": False, "scaling": "none"}, network={"g": "identity"})
    found = Assigner(run)(from_arrays([[0.1, 0.2], [1e308, -1e308, 1e308, 1e308]]))
    assert found.clusters[0] >= 0
    if found.clusters[1] < 0:
        assert np.isnan(found.confidence[1])


def test_another_number_of_inputs_is_refused():
    with pytest.raises(DataError, match="has 3 inputs per step, the run was trained on 1") as error:
        Assigner(trained("bingo"))(small_sequences(n_inputs=3))
    assert error.value.exit_code == 3


def shrunk(run):
    name, shape, offset = run.parameter_table[0]
    table = [(name, (shape[0], shape[1] - 1), offset), *run.parameter_table[1:]]
    return replace(run, parameter_table=table)


@pytest.mark.parametrize(
    "damage",
    [
        lambda run: replace(run, parameters=run.parameters[:-1]),
        lambda run: replace(run, parameters=np.append(run.parameters, 0.0)),
        shrunk,
        lambda run: replace(run, preprocessing=small_run().preprocessing.__class__(
            run.preprocessing.settings, np.zeros(3), np.eye(3))),
        lambda run: replace(run, settings=run.settings.model_copy(update={
            "network": run.settings.network.model_copy(update={"blocks": (10**12, 10**12)})})),
        lambda run: replace(run, settings=run.settings.model_copy(update={
            "network": run.settings.network.model_copy(update={"outputs": 40})})),
        lambda run: replace(run, lengths=run.lengths[:1]),
    ],
)  # fmt: skip
def test_a_run_whose_parts_do_not_fit_is_refused(damage):
    with pytest.raises(DataError):
        Assigner(damage(trained("bingo")))


def test_a_sequence_shorter_than_the_window_is_refused():
    data = from_arrays([np.random.default_rng(n).normal(size=9) for n in range(8)])
    run = trained("bingo", data=data, inputs={"window": 5})
    with pytest.raises(DataError, match="Sequence 1 has 4 steps, fewer than the run's window of 5"):
        Assigner(run)(from_arrays([np.ones(6), np.ones(4)]))


@pytest.mark.parametrize("stages", STAGES, ids="-".join)
def test_a_consensus_votes_alike_on_sequences_alone_and_together(stages):
    run, new = trained(*stages, consensus=True), small_sequences(9, seed=5)
    assert run.ensemble.restarts.tolist() == [0, 1]
    together = Assigner(run)(new)
    assert together.alternative == 1 and together.codes is together.density is None
    alone = joined([Assigner(run)(from_arrays([new[n]])) for n in range(len(new))])
    assert_same(alone.clusters, together.clusters)
    assert_same(alone.confidence, together.confidence)
    assert alone.alternative == 1
    assert_same(Assigner(run, alternative=0)(new).outputs, together.outputs)


@pytest.mark.parametrize("stages", STAGES, ids="-".join)
def test_what_overflows_does_not_vote(stages, monkeypatch):
    run, new = trained(*stages, consensus=True), small_sequences(9, seed=5)
    assigner = Assigner(run)
    before, of_all = assigner(new), assigner._net_inputs

    def overflown(sequences, parameters):
        nets = of_all(sequences, parameters)
        nets[:, 0], nets[1, 1] = np.nan, np.inf
        return nets

    monkeypatch.setattr(assigner, "_net_inputs", overflown)
    found = assigner(new)
    assert found.clusters[0] == -1 and np.isnan(found.confidence[0])
    assert found.cluster_names[-1] == "not finite"
    assert found.clusters[1] != -1 and found.confidence[1] <= 0.5
    assert_same(found.clusters[2:], before.clusters[2:])
