from dataclasses import replace

import numpy as np
import pytest

from lstmtool.clustering import certainty as module
from lstmtool.clustering.assess import assess
from lstmtool.clustering.assign import Assigner
from lstmtool.clustering.certainty import certainty, members
from lstmtool.records.run import Outputs
from tests.builders import small_ensemble, small_run, small_sequences
from tests.clustering.test_assign import STAGES, trained


@pytest.mark.parametrize("stages", STAGES, ids="-".join)
def test_the_training_set_is_as_sure_as_when_it_is_assigned(stages):
    run = trained(*stages)
    told = assess(run)
    expected = Assigner(run)(small_sequences()).confidence
    np.testing.assert_allclose(certainty(run, told), expected, rtol=1e-6)


def test_a_consensus_counts_its_restarts():
    run = small_ensemble(small_run())
    told = assess(run)
    assert certainty(run, told).tolist() == told.consensus.answer.confidence.tolist()


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_without_a_cluster_there_is_no_confidence_and_no_member(objective):
    run = small_run(objective)
    y = run.after.activations.copy()
    y[3] = np.nan
    run = replace(run, after=Outputs(y, y))
    told = assess(run)
    sure = certainty(run, told)
    assert np.flatnonzero(np.isnan(sure)).tolist() == [3]
    found = members(run, told, sure)
    assert sorted(np.concatenate([one.order for one in found]).tolist()) == [
        n for n in range(12) if n != 3
    ]
    nowhere = np.full_like(y, np.nan)
    run = replace(run, after=Outputs(nowhere, nowhere))
    assert members(run, assess(run), certainty(run, assess(run))) == ()


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_members_stand_in_order_with_a_sure_one_near_the_centre(objective):
    run = small_run(objective, n=30)
    told = assess(run)
    sure = certainty(run, told)
    for one in members(run, told, sure):
        assert one.name == told.cluster_names[one.cluster]
        assert set(one.order) == set(np.flatnonzero(told.clusters == one.cluster))
        assert (np.diff(sure[one.order]) <= 0).all()
        surer = one.order[: (len(one.order) + 1) // 2]
        centre = run.after.net_inputs[one.order].mean(axis=0)
        far = {int(n): np.abs(run.after.net_inputs[n] - centre).sum() for n in surer}
        assert one.exemplar == min(far, key=far.get)


def test_outputs_without_spread_are_one_sure_cluster():
    run = small_run("neo")
    y = np.full_like(run.after.activations, 0.5)
    run = replace(run, after=Outputs(y, y))
    assert certainty(run, assess(run)).tolist() == [1.0] * 12


def test_an_exemplar_needs_no_finite_output_of_the_chosen_restart():
    assert module._exemplar(np.full((4, 1), np.nan), np.array([2, 0])) == 2
