import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.data.sequences import from_arrays
from lstmtool.errors import UsageError
from lstmtool.records.run import NullTest
from lstmtool.training import null_test as module
from lstmtool.training.null_test import (
    distinct_bits,
    evidence,
    null_test,
    refuse_large,
    variance_within,
    with_null_test,
)
from lstmtool.training.restart import Restart
from lstmtool.training.selection import clusters_of, information_between
from lstmtool.training.setup import prepare
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.train import train, train_restarts
from tests.builders import assert_same, small_sequences


def settings(objective="bingo", epochs=4, **changes):
    nested = recipes.recipe(recipes.default_stages(objective, "stationary"), "stationary")
    nested["stages"] = [stage | {"epochs": epochs} for stage in nested["stages"]]
    nested |= {"restarts": 1, "selection_pairs": 2}
    return recipes.checked(recipes.merge(nested, changes))


def test_the_rank_among_surrogates_is_the_p_value():
    assert NullTest(0.5, (0.1, 0.5, 0.6)).as_good == 2
    assert NullTest(0.5, (0.1, 0.5, 0.6)).p_value == 0.75
    assert NullTest(0.5, (0.1,) * 19).p_value == 0.05


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_the_test_depends_on_the_seed_alone(objective):
    data, chosen = small_sequences(), settings(objective)
    one = null_test(data, chosen, 3)
    assert one == null_test(data.without_labels(), chosen, 3, threads=2)
    assert len(one.surrogates) == 3
    # More surrogates leave those before as they were.
    assert null_test(data, chosen, 2).surrogates == one.surrogates[:2]


def test_the_test_leaves_the_run_as_it_was():
    data, chosen = small_sequences(), settings()
    run = train(data, chosen)
    assert with_null_test(run, data, None) is run
    with_test = with_null_test(run, data, 2)
    assert with_test.null_test == null_test(data, chosen, 2)
    assert_same(with_test.__class__(**{**vars(with_test), "null_test": None}), run)


def test_sets_that_are_too_large_are_refused(monkeypatch):
    data = small_sequences()
    refuse_large(data, 2)
    monkeypatch.setattr(module, "MOST_SEQUENCES", 11)
    refuse_large(data, None)
    with pytest.raises(UsageError, match="at most 11 sequences"):
        refuse_large(data, 2)


def test_a_stop_ends_it():
    stop = Stop()
    stop.set()
    with pytest.raises(Stopped):
        null_test(small_sequences(), settings(), 2, stop=stop)


def test_variance_within_clusters():
    points = np.array([[0.0], [1.0], [10.0], [11.0]])
    halves = np.array([0, 0, 1, 1])
    assert variance_within(points, halves) == pytest.approx(1.0 / 101.0)
    assert variance_within(points, np.zeros(4, int)) == pytest.approx(1.0)
    assert variance_within(points * 1e9 + 5.0, halves) == pytest.approx(1.0 / 101.0)
    assert variance_within(np.zeros((4, 2)), halves) == 1.0
    wide = np.column_stack([points[:, 0], 1000 * points[[0, 2, 1, 3], 0]])
    assert variance_within(wide, np.arange(4)) == pytest.approx(0.0, abs=1e-12)


def restart(parameters):
    return Restart(parameters, parameters, parameters, {}, 0.0, float("nan"))


def test_one_cluster_tells_nothing():
    setup = prepare(small_sequences(), settings())
    alike = restart(np.zeros(setup.network.size))
    assert distinct_bits(setup, alike, np.zeros(12, int)) == 0.0
    assert evidence(setup, [alike, alike]) == 0.0
    assert np.isnan(evidence(setup, []))


def test_restarts_that_agree_are_evidence():
    data, chosen = small_sequences(), settings(restarts=3)
    setup = prepare(data, chosen)
    one, two, three = train_restarts(setup)
    clusters = [
        clusters_of(setup.lanes(setup.network).evaluate(r.parameters)[0], chosen.stages[-1])
        for r in (one, two, three)
    ]
    bits = [distinct_bits(setup, r, c) for r, c in zip((one, two, three), clusters, strict=True)]
    shared = [information_between(clusters[a], clusters[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert evidence(setup, [one, two, three]) == pytest.approx(max(bits) + max(shared))
    own = information_between(clusters[0], clusters[0])
    assert evidence(setup, [one, one]) == pytest.approx(bits[0] + own)
    assert evidence(setup, [one]) == pytest.approx(bits[0])
    assert all(0 <= value <= 2 for value in bits)


@pytest.mark.slow
def test_groups_are_told_from_none():
    rng = np.random.default_rng(0)
    two = from_arrays([rng.normal(0, (1.0, 3.0)[n % 2], 100) for n in range(24)])
    one = from_arrays([rng.normal(0, 1.0, 100) for n in range(24)])
    chosen = settings(epochs=400, network={"outputs": 1})
    assert null_test(two, chosen, 19).p_value == 0.05
    assert null_test(one, chosen, 19).p_value > 0.05
