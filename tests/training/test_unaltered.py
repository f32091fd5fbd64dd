from dataclasses import replace

import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.config import Stage
from lstmtool.data.sequences import from_arrays
from lstmtool.network.compute import FORWARD_ALONE
from lstmtool.training.batch import SequenceBatch
from lstmtool.training.restart import drawn
from lstmtool.training.setup import TrainingSetup, prepare, stage_network
from lstmtool.training.train import train
from lstmtool.training.unaltered import Unaltered


def bumps(n=24):
    """Two groups, of sequences of different lengths."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(30, 60, n)
    places = np.where(np.arange(n) % 2, 0.3, 0.7)
    return from_arrays(
        [
            np.exp(-0.5 * (12 * (np.linspace(0, 1, t) - at)) ** 2) + 0.1 * rng.normal(size=t)
            for t, at in zip(lengths, places, strict=True)
        ]
    )


def settings_for(objective="bingo"):
    base = recipes.recipe(recipes.default_stages(objective, "shapes"), "shapes")
    return recipes.checked(recipes.merge(base, {"restarts": 3}))


@pytest.fixture
def problem():
    setup = prepare(bumps(), settings_for())
    return setup, drawn(setup, np.random.default_rng(1))


def test_outputs_and_their_bits_are_those_of_a_batch(problem):
    setup, flat = problem
    net, read = setup.lanes(setup.network).evaluate(flat)
    unaltered = Unaltered(setup)
    found = unaltered.evaluated(setup.network, flat)
    np.testing.assert_array_equal(found.net, net)
    assert found.net.strides == net.strides  # sums over them have the same bits, too
    pairs, none = setup.lanes(setup.network, 2), Stage(augmentation="none")
    assert found.information == pairs.information(flat, none, 1, np.random.default_rng(0))
    some = np.array([3, 4, 11])
    np.testing.assert_array_equal(unaltered.read(setup.network, flat, some), read[some])


def test_memory_blocks_run_again_only_when_they_change(problem, monkeypatch):
    setup, flat = problem
    made, lanes = [], TrainingSetup.lanes
    monkeypatch.setattr(
        TrainingSetup, "lanes", lambda *arguments: made.append(1) or lanes(*arguments)
    )
    unaltered, one = Unaltered(setup), setup.settings.stages[0].model_copy(update={"outputs": 1})
    other = stage_network(setup, one)
    narrow = flat[: other.size].copy()
    for network, parameters in ((setup.network, flat), (other, narrow)) * 2:
        unaltered.evaluated(network, parameters)
    assert len(made) == 1
    changed = flat.copy()
    changed[0] += 0.5
    net = unaltered.net(setup.network, changed)
    assert len(made) == 2
    np.testing.assert_array_equal(net, lanes(setup, setup.network).evaluate(changed)[0])
    assert (net != unaltered.net(setup.network, flat)).any()


def test_what_does_not_fit_in_memory_runs_every_time(problem):
    setup, flat = problem

    class Stream:
        made = 0

        def lanes(self, network, copies, compute, stop):
            self.made += 1
            return SequenceBatch(network, setup.data, copies, compute, stop)

    stream = Stream()
    streamed = Unaltered(replace(setup, stream=stream))
    assert not streamed.kept
    found, kept = streamed.evaluated(setup.network, flat), Unaltered(setup)
    np.testing.assert_array_equal(found.net, kept.net(setup.network, flat))
    assert found.information == kept.evaluated(setup.network, flat).information
    streamed.net(setup.network, flat)
    assert stream.made == 3


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_every_restart_runs_the_sequences_once(objective, monkeypatch):
    whole, evaluate = [], SequenceBatch.evaluate

    def counted(self, parameters):
        whole.append(len(self.data.order))
        return evaluate(self, parameters)

    monkeypatch.setattr(SequenceBatch, "evaluate", counted)
    data = bumps()
    run = train(data, settings_for(objective))
    assert whole == [24] * 4  # and once for the chosen one's outputs
    setup = prepare(data, settings_for(objective))
    for flat, net in zip(run.ensemble.parameters, run.ensemble.net_inputs, strict=True):
        again = evaluate(setup.lanes(setup.network), flat)[0]
        np.testing.assert_array_equal(net, again.astype(np.float32))


def test_of_many_sequences_the_copies_of_some_tell_what_they_share(monkeypatch):
    sizes, information = [], SequenceBatch.information

    def counted(self, *arguments):
        sizes.append(len(self.data.order))
        return information(self, *arguments)

    data, settings = bumps(), settings_for()
    whole = train(data, settings).shared_bits
    monkeypatch.setattr("lstmtool.training.train.MOST_COPIED", 10)
    monkeypatch.setattr(SequenceBatch, "information", counted)
    found = train(data, settings).shared_bits
    assert set(sizes) == {10}
    assert found == pytest.approx(whole, abs=0.3)
    assert found != whole


def test_nothing_is_kept_for_a_backward_pass_that_there_is_not():
    setup = prepare(bumps(), settings_for())
    assert setup.compute.checkpoint_states == FORWARD_ALONE
    assert prepare(bumps(), settings_for(), 5).compute.checkpoint_states == 5
    trained = recipes.checked(recipes.recipe(("bingo",), "stationary"))
    assert prepare(bumps(), trained).compute.checkpoint_states == "auto"
    long = setup.lanes(setup.network).stack.first.trace
    whole = SequenceBatch(setup.network, setup.data).stack.first.trace
    assert long.sources.nbytes < 0.5 * whole.sources.nbytes
