import numpy as np
import pytest

from lstmtool.errors import DataError
from lstmtool.records.run import CheckpointEntry
from lstmtool.training import stage as stage_state
from lstmtool.training.batch import SequenceBatch, new_optimiser_state, stage_options
from lstmtool.training.checkpoint import _entry_of_stage, _stage_of
from lstmtool.training.restart import drawn, generators
from lstmtool.training.setup import prepare
from lstmtool.training.stage import RestartLog, StagePlan, StageState, Stop, run_stage
from tests.builders import small_sequences
from tests.training.test_train import small

RUNAWAY = {"rate": 0.1, "output_rate": 0.1, "form": "literal"}
IDENTITY = {"h": "identity", "g": "identity"}


def one(epochs, objective="bingo", log=None, **changes):
    """Run one course of small sequences and return it."""
    setup = prepare(small_sequences(), small(objective, **changes))
    stage = setup.settings.stages[0]
    draw, learn, *_ = generators(0, 0)
    way = StagePlan(SequenceBatch(setup.network, setup.data), stage_options(stage), stage, epochs)
    return run_stage(log or RestartLog(), drawn(setup, draw), way, learn, Stop())


@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_long_histories_are_thinned_evenly_and_keep_the_last_row(monkeypatch, chunk):
    whole = one(150)
    assert whole.kept_epochs.tolist() == list(range(1, 151))
    monkeypatch.setattr(stage_state, "MOST_ROWS", 20)
    monkeypatch.setattr(stage_state, "LARGEST_CHUNK", chunk)
    thin = one(150)
    assert thin.every == 8
    assert thin.kept_epochs.tolist() == [*range(1, 151, 8), 150]
    assert thin.epochs == 150
    np.testing.assert_array_equal(thin.history, whole.history[thin.kept_epochs - 1])
    np.testing.assert_array_equal(thin.parameters, whole.parameters)


def test_a_course_without_epochs_has_no_history():
    assert len(one(0).history) == len(one(0).kept_epochs) == 0


@pytest.mark.parametrize("stop_at", [1, 3, 5])
def test_a_course_goes_on_to_the_same_numbers(stop_at):
    """Also where a stage ends by itself, which it tells from all objectives before."""
    stage = {"stop_below": 0.05, "patience": 8}
    whole, kept = one(200, stage=stage), []
    assert one(200, stage=stage, log=RestartLog(keep=kept.append)).ended
    again = one(200, stage=stage, log=RestartLog(kept[stop_at]))
    for name in ("epochs", "every", "recent", "earlier", "best_value", "generator"):
        assert getattr(again, name) == getattr(whole, name)
    np.testing.assert_array_equal(again.history, whole.history)
    np.testing.assert_array_equal(again.parameters, whole.parameters)


def test_a_stage_of_another_network_is_damaged():
    kept = []
    one(60, log=RestartLog(keep=kept.append), network={"blocks": [1, 1, 1]})
    with pytest.raises(DataError, match="unfinished run is damaged"):
        one(60, log=RestartLog(kept[0]))


@pytest.mark.parametrize("sample", [None, (4, 6)])
def test_samples_go_on_as_they_would_have(sample):
    kept = []
    whole = one(60, "neo", stage={"sample": sample}, log=RestartLog(keep=kept.append))
    again = one(60, "neo", stage={"sample": sample}, log=RestartLog(kept[0]))
    assert kept[0][0].epochs < 60
    np.testing.assert_array_equal(again.history, whole.history)
    assert again.parameters.tobytes() == whole.parameters.tobytes()
    drawn = whole.generator != kept[0][0].generator
    assert drawn == (sample is not None)


def runaway(epochs=2000):
    return one(epochs, "neo", recipe="literal", stage=RUNAWAY, network=IDENTITY)


def test_a_collapse_is_seen_within_100_epochs_and_the_best_moment_kept():
    lost = runaway()
    assert lost.lost == "collapsed"
    assert np.isfinite(lost.parameters).all()
    seen = [n for n, row in enumerate(lost.history) if row[0] < -30]  # the spread is exp(-30)
    assert lost.epochs - seen[0] <= 100
    assert lost.best_value < -lost.history[-1, 0]
    setup = prepare(small_sequences(), small("neo", recipe="literal", network=IDENTITY))
    net, _ = SequenceBatch(setup.network, setup.data).evaluate(lost.parameters)
    assert net.std() > 1e-6 * np.abs(net).max()


def test_without_the_guard_a_collapse_goes_unseen(monkeypatch):
    monkeypatch.setattr(stage_state, "_collapsed", lambda net: False)
    lost = runaway()
    assert not lost.lost
    assert lost.epochs == 2000
    setup = prepare(small_sequences(), small("neo", recipe="literal", network=IDENTITY))
    net, _ = SequenceBatch(setup.network, setup.data).evaluate(lost.parameters)
    assert net.std() <= 1e-9 * np.abs(net).max()


def test_snapshots_do_not_change_later():
    kept = []
    one(60, log=RestartLog(keep=kept.append))
    first, last = kept[0][0], kept[-1][0]
    assert (first.epochs, last.epochs) == (10, 60)
    assert (first.learner.parameters != last.learner.parameters).any()
    assert isinstance(first, StageState)
    assert new_optimiser_state(first.parameters).parameters is not first.learner.parameters


def test_a_course_whose_rows_do_not_fit_its_epochs_is_refused():
    values, arrays = _entry_of_stage(one(20))
    assert _stage_of(CheckpointEntry(values, arrays)).epochs == 20
    for epochs, every in ((21, 1), (20, 0), (20, 2)):
        with pytest.raises(ValueError, match="rows of"):
            _stage_of(CheckpointEntry(values | {"epochs": epochs, "every": every}, arrays))
