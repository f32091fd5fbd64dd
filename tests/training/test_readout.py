"""Output units trained alone, on discriminants of altered copies."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.clustering.assess import assess
from lstmtool.data.sequences import from_arrays
from lstmtool.kernels import epochs
from lstmtool.network.layout import initial_parameters
from lstmtool.objectives import registry
from lstmtool.training import readout
from lstmtool.training.batch import run_objective
from lstmtool.training.readout import (
    Components,
    Discriminants,
    ReadCache,
    some,
    train_output_layer,
)
from lstmtool.training.setup import prepare, stage_network
from lstmtool.training.stage import Stop
from lstmtool.training.train import train
from tests.objectives.polar import POLAR


def bumps(n=24, seed=0):
    """Return two groups: one bump or two in every sequence, at times that vary; and the groups."""
    rng, t = np.random.default_rng(seed), np.arange(40)
    groups = np.arange(n) % 2
    sequences = []
    for group in groups:
        centres = rng.uniform(8, 16, 1 + group) + 14 * np.arange(1 + group)
        bump = np.exp(-0.5 * ((t[:, None] - centres) / 2.5) ** 2).sum(axis=1)
        sequences.append(bump + rng.normal(0, 0.05, len(t)))
    return from_arrays(sequences), groups


def settings_for(objective="bingo", **changes):
    nested = recipes.recipe(recipes.default_stages(objective, "shapes"), "shapes")
    small = {"network": {"blocks": (1,) * 8, "outputs": 1 if objective == "bingo" else 2}}
    return recipes.checked(recipes.merge(nested, {**small, "restarts": 2, **changes}))


def problem(objective="bingo", n=24):
    setup = prepare(bumps(n)[0], settings_for(objective))
    rng = np.random.default_rng(1)
    parameters = initial_parameters(setup.network, setup.settings.initial, setup.n_steps, rng)
    return setup, parameters


def copies_of_points(rng, spread=0.1):
    """Return M copies (M, N, R) of points that differ along five of six axes."""
    points = rng.normal(0, [3.0, 2.0, 1.0, 1.0, 0.5, 0.0], (30, 6))
    noise = rng.normal(0, spread * np.array([1, 5, 1, 9, 1, 0]), (7, 30, 6))
    noise[0] = 0.0
    return points + noise


def test_discriminants_are_those_of_their_definition():
    read = copies_of_points(np.random.default_rng(0))
    found = Discriminants.of(Components.of(read), 3)
    places = found(read)
    np.testing.assert_allclose(places[0].mean(axis=0), 0.0, atol=1e-12)
    within = np.zeros((3, 3))
    for n in range(30):  # the covariance of the copies of one sequence
        apart = places[:, n] - places[:, n].mean(axis=0)
        within += apart.T @ apart / 6 / 30
    total = places[0].T @ places[0] / 30
    np.testing.assert_allclose(total, np.eye(3), atol=1e-10)
    np.testing.assert_allclose(within, np.diag(found.scatter), atol=0.01)  # but for the ridge
    assert (np.diff(found.scatter) > 0).all()


def test_output_units_trained_on_components_tell_groups():
    """As those do that are trained on what the memory blocks give, of which these are."""
    rng = np.random.default_rng(0)
    groups = np.arange(40) % 2
    points = np.where(groups, 2.0, -2.0)[:, None] * [1.0, -1.0, 0.5] + rng.normal(0, 0.3, (40, 3))
    copies = points + np.concatenate([np.zeros((1, 40, 3)), rng.normal(0, 0.6, (6, 40, 3))])
    setup, _ = problem()
    stages = setup.settings.stages
    components = Components.of(copies).values

    def net(points, seed=3):
        rng = np.random.default_rng(seed)
        return readout.trained_on_components([setup.network] * 2, points, stages, rng, Stop())

    found = net(components)
    assert found.shape == (40, 1)
    told = found[:, 0] > 0
    assert (told == groups).all() or (told != groups).all()
    np.testing.assert_array_equal(found, net(components))
    np.testing.assert_allclose(found, net(components + 5.0), atol=1e-6)
    assert (found != net(components, 4)).any()


def by_numpy(network, weights, places, stage, rng):
    """Do what the compiled loop over epochs does, epoch by epoch."""
    learning, work, options, history = readout._buffers(network, weights, places, stage)
    together, output = stage.record.copies, learning.weights.output
    d_output, no_errors = learning.gradient.output, np.zeros((0, 1, work.net.shape[1]))
    orders = [rng.permutation(len(places))[:together] for _ in history]
    for order, record in zip(orders, history, strict=True):
        for k, copy in enumerate(order):
            work.read[:, k::together] = places[copy].T
        work.net[:] = output @ work.read
        run_objective(options, work, learning.state.sigma, rng, record, Stop().flag)
        assert epochs.output_errors(learning, work, no_errors, record)
        d_output[:, :-1] -= 2.0 * stage.decay * output[:, :-1]
        epochs.update(learning, work, options)
    return output, history


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_the_compiled_loop_over_epochs_is_that_of_its_twin(objective):
    setup, _ = problem(objective)
    rng = np.random.default_rng(4)
    places = np.concatenate([rng.normal(size=(7, 24, 3)), np.ones((7, 24, 1))], axis=2)
    for stage in setup.settings.stages:
        network = stage_network(setup, stage)
        weights = rng.normal(size=(network.settings.outputs, 4))
        found = readout._trained(network, weights, places, stage, np.random.default_rng(5), Stop())
        expected = by_numpy(network, weights, places, stage, np.random.default_rng(5))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)
        assert (found[0] != weights).all()
        stop = Stop()
        stop.set()
        stopped, rows = readout._trained(
            network, weights, places, stage, np.random.default_rng(5), stop
        )
        np.testing.assert_array_equal(stopped, weights)
        assert len(rows) == 0


def test_no_direction_has_less_scatter_than_the_first():
    rng = np.random.default_rng(1)
    read = copies_of_points(rng)
    first = Discriminants.of(Components.of(read), 1)(read)[:, :, 0]

    def scatter(places):
        return np.mean(np.var(places, axis=0, ddof=1)) / np.var(places[0])

    for _ in range(200):
        others = read[:, :, :5] @ rng.normal(0, 1, 5)
        assert scatter(first) < 1.01 * scatter(others)


def test_fewer_sequences_than_directions_are_no_trouble():
    read = copies_of_points(np.random.default_rng(2))[:, :3]
    found = Discriminants.of(Components.of(read), 10)
    assert np.isfinite(found(read)).all() and len(found.scatter) <= 10
    constant = Discriminants.of(Components.of(np.ones((3, 5, 4))), 2)
    np.testing.assert_array_equal(constant(np.ones((3, 5, 4))), 0.0)


def test_output_weights_give_the_net_inputs_of_the_discriminants_weights():
    rng = np.random.default_rng(3)
    read = copies_of_points(rng)
    found, weights = Discriminants.of(Components.of(read), 4), rng.normal(0, 1, (2, 5))
    output = found.output_weights(weights)
    np.testing.assert_allclose(
        read @ output[:, :-1].T + output[:, -1],
        found(read) @ weights[:, :-1].T + weights[:, -1],
        atol=1e-10,
    )


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_memory_blocks_stay_and_the_objective_improves(objective):
    setup, parameters = problem(objective)
    stage = setup.settings.stages[-1].model_copy(update={"epochs": 60})
    way = {"stop": Stop(), "cache": ReadCache()}
    state = train_output_layer(setup, setup.network, parameters, stage, (5, 1), afresh=True, **way)
    n_hidden = setup.network.n_hidden
    np.testing.assert_array_equal(state.parameters[:n_hidden], parameters[:n_hidden])
    assert (state.parameters[n_hidden:] != parameters[n_hidden:]).all()
    assert state.ended and not state.lost and state.epochs == 60
    values = stage.record.sign * state.history[:, 0]
    assert values[-10:].mean() > values[:10].mean()
    again = train_output_layer(setup, setup.network, parameters, stage, (5, 1), afresh=True, **way)
    np.testing.assert_array_equal(state.parameters, again.parameters)


def test_a_stage_begins_where_the_one_before_ended():
    setup, parameters = problem()
    stage = setup.settings.stages[0]
    way = {"stop": Stop(), "cache": ReadCache()}
    first = train_output_layer(setup, setup.network, parameters, stage, (5,), afresh=True, **way)
    none = stage.model_copy(update={"epochs": 0})
    after = train_output_layer(
        setup, setup.network, first.parameters, none, (5,), afresh=False, **way
    )
    lanes = setup.lanes(setup.network)
    np.testing.assert_allclose(
        lanes.evaluate(after.parameters)[0], lanes.evaluate(first.parameters)[0], atol=1e-4
    )


def test_weight_decay_makes_weights_smaller():
    setup, parameters = problem()
    sizes = []
    for decay in (0.0, 0.1):
        stage = setup.settings.stages[0].model_copy(update={"decay": decay})
        state = train_output_layer(
            setup, setup.network, parameters, stage, (5,),
            stop=Stop(), afresh=True, cache=ReadCache(),
        )  # fmt: skip
        net, _ = setup.lanes(setup.network).evaluate(state.parameters)
        sizes.append(net.std())
    assert sizes[1] < 0.5 * sizes[0]


def test_an_objective_written_in_python_trains_output_units(monkeypatch):
    monkeypatch.setitem(registry._KNOWN, "polar", POLAR)
    setup, parameters = problem()
    stage = setup.settings.stages[0].model_copy(update={"epochs": 40, "objective": "polar"})
    state = train_output_layer(
        setup, setup.network, parameters, stage, (5,), stop=Stop(), afresh=True, cache=ReadCache()
    )
    values = state.history[:, 0]
    assert not state.lost and values[-5:].mean() > values[:5].mean()


def test_what_is_not_finite_is_lost():
    setup, parameters = problem()
    parameters[0] = np.nan
    state = train_output_layer(
        setup, setup.network, parameters, setup.settings.stages[0], (5,),
        stop=Stop(), afresh=True, cache=ReadCache(),
    )  # fmt: skip
    assert state.lost == "diverged" and state.ended


def test_of_many_sequences_some_are_copied(monkeypatch):
    setup, parameters = problem(n=60)
    whole = setup.lanes(setup.network).evaluate(parameters)[1]
    monkeypatch.setattr(readout, "MOST_COPIED", 20)
    stage, rng = setup.settings.stages[0], np.random.default_rng(0)
    read = readout.read_of_copies(setup, setup.network, parameters, stage, rng, Stop())
    assert read.shape == (7, 20, setup.network.n_read)
    drawn = np.sort(np.random.default_rng(0).permutation(60)[:20])
    np.testing.assert_allclose(read[0], whole[drawn], rtol=1e-5, atol=1e-6)


def test_chosen_sequences_are_in_order_of_length():
    sequences = from_arrays([np.arange(n, dtype=float) for n in (3, 9, 5, 7)])
    setup = prepare(sequences, settings_for("bingo", inputs={"differences": False}))
    chosen = some(setup.data, np.array([0, 2, 3]))
    assert chosen.lengths.tolist() == [3, 5, 7] and chosen.order.tolist() == [2, 1, 0]
    assert chosen.values is setup.data.values


def test_what_is_read_is_kept_for_the_next_stage_of_the_same_copies():
    stages = settings_for().stages
    cache, calls = ReadCache(), []

    def read():
        calls.append(1)
        return np.ones(1)

    hidden = np.arange(3.0)
    for stage in stages:  # which differ in objective and epochs alone
        cache.get(stage, hidden, read)
    assert len(calls) == 1
    cache.get(stages[0], hidden + 1, read)
    cache.get(stages[0].model_copy(update={"warp": 0.1}), hidden + 1, read)
    assert len(calls) == 3


def test_shapes_are_found_and_the_run_is_its_own_control():
    sequences, groups = bumps(40, seed=1)
    run = train(replace(sequences, labels=groups, label_names=("one", "two")), settings_for())
    assert assess(run).after.ari > 0.8
    np.testing.assert_array_equal(run.untrained.net_inputs, run.after.net_inputs)
    assert set(run.history["stage"]) == {0.0, 1.0}
    again = train(sequences, settings_for(), threads=2)
    np.testing.assert_array_equal(run.parameters, again.parameters)
