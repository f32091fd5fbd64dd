import numpy as np
import pytest

from lstmtool.clustering import at_work as module
from lstmtool.clustering.activations import activities
from lstmtool.clustering.assign import Assigner
from lstmtool.clustering.at_work import at_work
from lstmtool.clustering.certainty import Members
from lstmtool.errors import DataError
from lstmtool.network.stack import numbers_of_step
from tests.builders import small_sequences
from tests.clustering.test_activations import FAMILY, random_run

CLUSTERS = (
    Members(0, "00", np.array([4, 0, 2, 6]), 2),
    Members(1, "01", np.array([1, 3, 5]), 1),
)


@pytest.mark.parametrize("network", ["several cells", "two layers"])
def test_mean_states_are_means_over_the_sequences_that_go_on(network):
    run, data = random_run(FAMILY[network])
    work = at_work(run, data, CLUSTERS)
    assert work.averaged == (4, 3)
    seen = list(activities(Assigner(run), data))
    for activity, one in zip(work.exemplars, CLUSTERS, strict=True):
        for mine, other in zip(activity.panels, seen[one.exemplar].panels, strict=True):
            np.testing.assert_allclose(mine.values, other.values, rtol=1e-9)
    for cell in work.cells:
        for one, mean in zip(CLUSTERS, cell.means, strict=True):
            states = [_state(seen[n], cell) for n in one.order]
            lengths = sorted(map(len, states))
            assert len(mean) == lengths[len(lengths) // 2]
            for t, value in enumerate(mean):
                going = [s[t] for s in states if len(s) > t]
                assert 2 * len(going) >= len(states)
                assert value == pytest.approx(sum(going) / len(going), abs=1e-9)


def _state(activity, cell):
    (panel,) = (p for p in activity.panels if p.kind == "cell_state" and p.layer == cell.layer)
    return panel.values[:, panel.names.index(cell.name)]


def test_cells_that_differ_most_come_first():
    calm = [np.array([[0.0, 5.0, 1.0]] * 4)] * 2
    moved = [np.array([[1.0, 5.0, 1.2], [1.0, 5.0, 0.8]] * 2)] * 2
    cells = module._ranked([("", f"block {k}") for k in (1, 2, 3)], [calm, moved])
    assert [cell.name for cell in cells] == ["block 1", "block 3", "block 2"]
    assert cells[0].difference > cells[1].difference > cells[2].difference == 0.0


def test_few_sequences_stand_for_many(monkeypatch):
    run, data = random_run(FAMILY["as usual"])
    monkeypatch.setattr(module, "MOST", 2)
    assert at_work(run, data, CLUSTERS).averaged == (2, 2)
    monkeypatch.setattr(module, "NUMBERS", 1)
    work = at_work(run, data, CLUSTERS)
    assert work.averaged == (1, 1)
    alone = _state(work.exemplars[0], work.cells[0])
    np.testing.assert_allclose(work.cells[0].means[0], alone)


def test_the_exemplar_is_among_those_chosen_evenly():
    one = Members(0, "0", np.arange(100), 37)
    chosen = module._spread(one, 5).tolist()
    assert chosen[0] == 37
    assert len(set(chosen)) == 5
    assert max(np.diff(sorted(chosen))) < 40


def test_without_clusters_there_is_nothing_to_show():
    run, data = random_run(FAMILY["as usual"])
    assert at_work(run, data, ()) is None


def test_averaged_steps_are_counted():
    run, _ = random_run(FAMILY["as usual"], {"average": 2})
    assert at_work(run, small_sequences(7, seed=4), CLUSTERS).step == 2


def test_sequences_too_long_to_keep_everything_are_refused(monkeypatch):
    run, data = random_run(FAMILY["as usual"])
    longest = int(data.lengths.max()) * numbers_of_step(Assigner(run).network.levels)
    monkeypatch.setattr(module, "LARGEST", longest)
    assert at_work(run, data, CLUSTERS) is not None
    monkeypatch.setattr(module, "LARGEST", longest - 1)
    with pytest.raises(DataError, match="too long"):
        at_work(run, data, CLUSTERS)
