"""What the output units of a consensus' networks learned from."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool.clustering import learned_from
from lstmtool.clustering.learned_from import OutputTraining, components_of_members
from lstmtool.objectives.clusters import agreement
from lstmtool.training import readout, restart
from lstmtool.training.consensus import consensus
from lstmtool.training.setup import prepare
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.train import train
from tests.clustering.test_consensus_null_test import bumps_at
from tests.training.test_readout import settings_for

DATA = bumps_at(np.where(np.arange(24) % 2, 0.3, 0.7))
CHOSEN = np.array([1, 4, 20])


@pytest.fixture(scope="module", params=["bingo", "neo"])
def run(request):
    return train(DATA, settings_for(request.param, restarts=3))


def components(run, members=(0, 2), stop=None, threads=1):
    setup = prepare(DATA, run.settings)
    return components_of_members(run, setup, np.array(members), CHOSEN, threads, stop or Stop())


def test_what_training_kept_is_what_is_found_again(run):
    kept = run.ensemble.components
    assert [own.shape[:2] for own in kept] == [(7, 24)] * 3
    forgotten = replace(run, ensemble=replace(run.ensemble, components=()))
    some = replace(run, ensemble=replace(run.ensemble, components=(kept[0], None, None)))
    for other in (run, forgotten, some):
        found = components(other, threads=2)
        for own, member in zip(found, (0, 2), strict=True):
            np.testing.assert_array_equal(own, kept[member][:, CHOSEN])


def test_of_a_large_set_the_chosen_sequences_alone_are_read(run, monkeypatch):
    for module in (learned_from, restart):
        monkeypatch.setattr(module, "MOST_KEPT", 20)
    large = train(DATA, run.settings)
    assert large.ensemble.components == (None,) * 3
    np.testing.assert_array_equal(large.ensemble.parameters, run.ensemble.parameters)
    sizes, read_of_copies = [], readout.read_of_copies

    def seen(*arguments):
        sizes.append(read_of_copies(*arguments).shape[1])
        return read_of_copies(*arguments)

    monkeypatch.setattr(readout, "read_of_copies", seen)
    found = components(large)
    assert sizes == [3, 3]
    assert [own.shape[:2] for own in found] == [(7, 3)] * 2


def test_output_units_learn_again_what_the_run_found(run):
    points = components_of_members(
        run, prepare(DATA, run.settings), np.arange(3), np.arange(24), 1, Stop()
    )
    training = OutputTraining.of(prepare(DATA, run.settings))
    nets = np.stack([training.nets(own, np.random.default_rng(0), Stop()) for own in points])
    assert nets.shape == run.ensemble.net_inputs.shape
    found = consensus(training.clusters(nets), np.arange(3), 2, seed=0)
    assert agreement(np.arange(24) % 2, found.clusters)[0] > 0.8


def test_a_stop_ends_it(run):
    stop = Stop()
    stop.set()
    forgotten = replace(run, ensemble=replace(run.ensemble, components=()))
    with pytest.raises(Stopped):
        components(forgotten, stop=stop)
    training = OutputTraining.of(prepare(DATA, run.settings))
    with pytest.raises(Stopped):
        training.nets(run.ensemble.components[0], np.random.default_rng(0), stop)
