"""Clusters checked by other networks, whose memory blocks stay as they were drawn."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool.clustering import cross_check as module
from lstmtool.clustering.cross_check import with_cross_check
from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.train import train
from tests.clustering.test_consensus_null_test import bumps_at
from tests.training import test_null_test

GROUPS = np.arange(24) % 2


@pytest.fixture(scope="module")
def run_on_groups():
    data = bumps_at(np.where(GROUPS, 0.3, 0.7))
    return data, train(data, test_null_test.settings(network={"outputs": 1}))


def with_clusters(run, clusters):
    """Return the run as if it had found these clusters of one bit."""
    codes = (np.asarray(clusters) > 0).astype(float)[:, None]
    return replace(run, after=replace(run.after, activations=codes))


def test_groups_are_found_again_and_chance_is_not(run_on_groups):
    data, run = run_on_groups
    found = with_cross_check(with_clusters(run, GROUPS), data).cross_check
    assert found.agreement == 1.0
    assert found.gap > 0.6
    chance = np.random.default_rng(0).permutation(GROUPS)
    other = with_cross_check(with_clusters(run, chance), data).cross_check
    assert other.agreement < 0.3
    assert other.gap < 0.3


@pytest.mark.slow
def test_the_better_of_two_recipes_is_kept(run_on_groups, monkeypatch):
    data, run = run_on_groups
    run = with_clusters(run, GROUPS)
    both = {}
    for name in module.OUTPUT_ALONE:
        monkeypatch.setattr(module, "OUTPUT_ALONE", {name: module.OUTPUT_ALONE[name]})
        both[name] = with_cross_check(run, data).cross_check
        assert both[name].recipe == name
        monkeypatch.undo()
    best = max(both.values(), key=lambda check: check.gap)
    assert with_cross_check(run, data).cross_check == best


@pytest.mark.slow
def test_labels_and_threads_do_not_matter(run_on_groups):
    data, run = run_on_groups
    labelled = replace(data, labels=GROUPS, label_names=("a", "b"))
    one = with_cross_check(with_clusters(run, GROUPS), data)
    assert one.cross_check == with_cross_check(one, labelled, threads=2).cross_check


@pytest.mark.parametrize(("precision", "seed"), [("single", 0), ("double", 1), ("double", 2)])
def test_some_of_many_sequences_are_enough(run_on_groups, monkeypatch, precision, seed):
    data, run = run_on_groups
    changes = {"precision": precision, "seed": seed}
    run = replace(run, settings=run.settings.model_copy(update=changes))
    monkeypatch.setattr(module, "MOST_SEQUENCES", 12)
    sizes = []

    def seen(sequences, settings, **options):
        sizes.append(len(sequences))
        return train(sequences, settings, **options)

    monkeypatch.setattr(module, "train", seen)
    assert with_cross_check(with_clusters(run, GROUPS), data).cross_check.agreement == 1.0
    assert sizes == [12, 12]


def test_the_run_stays_as_it_was_where_nothing_can_be_compared(run_on_groups, monkeypatch):
    data, run = run_on_groups
    one = with_clusters(run, np.zeros(24))
    assert with_cross_check(one, data) is one
    rare = with_clusters(run, np.arange(24) < 1)
    assert with_cross_check(rare, data).cross_check is not None
    few = replace(rare, after=replace(rare.after, activations=rare.after.activations[:3]))
    assert with_cross_check(few, from_arrays(list(data)[:3])) is few

    def unsuitable(*_, **__):
        raise DataError("These are too short.")

    monkeypatch.setattr(module, "train", unsuitable)
    assert with_cross_check(with_clusters(run, GROUPS), data).cross_check is None


def test_the_window_and_normalisation_of_the_run_are_kept(run_on_groups):
    _, run = run_on_groups
    inputs = run.settings.inputs.model_copy(update={"window": 30, "normalise": True})
    trained = run.settings.model_copy(update={"inputs": inputs, "seed": 7})
    settings = module._settings(trained, "waveforms", 5)
    assert (settings.inputs.window, settings.inputs.average, settings.seed) == (30, 1, 7)
    assert settings.inputs.normalise
    assert settings.precision == trained.precision
    assert (settings.network.outputs, settings.clusters) == (3, 5)


def test_a_stop_ends_it(run_on_groups):
    data, run = run_on_groups
    stop = Stop()
    stop.set()
    with pytest.raises(Stopped):
        with_cross_check(with_clusters(run, GROUPS), data, stop=stop)
