"""Echo state networks: states, limits, read-outs, and going on with a series by themselves."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.network.topology import Topology
from lstmtool.supervised import free_running
from lstmtool.supervised.free_running import Continuation, run_freely
from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.rules.block_reservoir import BlockReservoirSettings
from lstmtool.supervised.rules.echo_state import EchoStateSettings, fit
from lstmtool.supervised.rules.feed_forward import FeedForward, FeedForwardSettings
from lstmtool.supervised.rules.lstm_batch import BatchSettings
from lstmtool.supervised.series_study import QUICK_TIMES, plan
from lstmtool.supervised.series_systems import BESIDE
from lstmtool.supervised.stopping import Record
from lstmtool.supervised.target_sequences import Strings
from lstmtool.supervised.tasks import mackey_glass, make
from lstmtool.supervised.tasks.mackey_glass import solve
from lstmtool.supervised.trials import run_trial

SETTINGS = EchoStateSettings(density=0.2, noise=0.1)
SERIES = {"ahead": 1, "euler": True, "squashed": True}


def network(units=8, outputs=1, seed=0, **changes):
    settings = replace(SETTINGS, **changes)
    return make_rule("echo-state", (2, units, outputs), settings, np.random.default_rng(seed))


def strings_of(steps=12, inputs=2, outputs=1, seed=0):
    rng = np.random.default_rng(seed)
    targets = rng.normal(size=(steps, outputs))
    starts = np.array([0, steps // 2, steps])
    allowed = np.zeros(targets.shape, dtype=bool)
    return Strings(rng.normal(size=(steps, inputs)), targets, np.ones(steps, bool), allowed, starts)


def naive_states(rule, inputs, state, noise):
    """x' = (1 - d C a) x + d C tanh(W_in u + W x + W_fb y + noise), with a full matrix."""
    s, w, states = rule.settings, rule.connections(), []
    taken = s.step * s.gain
    for y, extra in zip(inputs, noise, strict=True):
        net = rule._views["input"] + w @ state + rule._views["feedback"] @ y + extra
        state = (1 - taken * s.leak) * state + taken * np.tanh(net)
        states.append(state)
    return np.array(states)


def test_states_are_those_of_plain_algebra_with_and_without_noise():
    rule, strings = network(), strings_of()
    first = np.random.default_rng(1).normal(size=8)
    rule._state[:] = first
    whole = strings._replace(starts=np.array([0, 12]))
    found = rule.states(whole, keep_state=True)
    wanted = naive_states(rule, strings.inputs, first, np.zeros((12, 8)))
    np.testing.assert_allclose(found[:, :-1], wanted, rtol=1e-12)
    assert (found[:, -1] == 1.0).all()
    noise = np.random.default_rng(rule._noise).uniform(-0.1, 0.1, (12, 8))
    found = rule.states(whole, keep_state=False, learning=True)
    wanted = naive_states(rule, strings.inputs, np.zeros(8), noise)
    np.testing.assert_allclose(found[:, :-1], wanted, rtol=1e-12)


@pytest.mark.parametrize("rule", [network(), "echo-blocks"])
def test_a_state_is_reset_for_every_sequence_or_kept(rule):
    if isinstance(rule, str):
        settings = BlockReservoirSettings(input_bias=0.5, forget_bias=1.0, output_bias=-0.5)
        rule = make_rule(rule, (2, 4, 1), settings, np.random.default_rng(0))
    rng, strings = np.random.default_rng(3), strings_of()
    rule._readout[:] = rng.normal(size=rule._readout.shape)
    outputs, parts = np.empty((12, 1)), np.empty((12, 1))
    whole = strings._replace(starts=np.array([0, 12]))
    rule.run(whole, outputs)
    for t in range(12):
        one = Strings(*(part[t : t + 1] for part in strings[:4]), np.array([0, 1]))
        rule.run(one, parts[t : t + 1], keep_state=t > 0)
    np.testing.assert_allclose(parts, outputs, rtol=1e-12)
    rule.run(strings, parts)
    np.testing.assert_allclose(parts[:6], outputs[:6], rtol=1e-12)
    assert not np.allclose(parts[6:], outputs[6:])


def test_connections_are_as_many_and_as_strong_as_asked_for():
    rule = network(units=20, density=0.1)
    w = rule.connections()
    assert (w != 0).sum() == 40
    assert len(np.unique(np.abs(w))) == 2
    assert np.abs(np.linalg.eigvals(w)).max() == pytest.approx(0.79)
    assert [(name, shape) for name, shape, _ in rule.table][-1] == ("readout", (21, 1))
    assert rule.n_weights == 21
    assert rule.state[0] is rule.parameters


def test_both_limits_are_those_of_the_report():
    rule = network(units=6, density=0.5)
    s, w = rule.settings, rule.connections()
    found = rule.stability()
    largest = np.sqrt(np.linalg.eigvalsh(w.T @ w).max())
    assert found.contraction == pytest.approx(abs(1 - s.gain * (s.leak - largest)))
    effective = s.gain * w + (1 - s.gain * s.leak) * np.eye(6)
    assert found.radius == pytest.approx(np.abs(np.linalg.eigvals(effective)).max())
    assert len(found.eigenvalues) == 6


@pytest.mark.parametrize(
    ("radius", "said"), [(0.1, "certain for every"), (0.79, "neither"), (3.0, "no echo states")]
)
def test_the_verdict_on_the_limits(radius, said):
    assert said in network(units=40, radius=radius).stability().words


def test_two_starts_converge_where_echo_states_are_certain():
    rule, strings = network(radius=0.05), strings_of(200)
    assert rule.stability().contraction < 1.0
    ends = []
    for start in (-1.0, 1.0):
        rule._state[:] = start
        ends.append(rule.states(strings, keep_state=True)[-1])
    np.testing.assert_allclose(*ends, atol=1e-12)


def test_a_read_out_solves_the_normal_equations():
    rng = np.random.default_rng(0)
    states, targets = rng.normal(size=(30, 5)), rng.normal(size=(30, 2))
    wanted = np.linalg.solve(states.T @ states, states.T @ targets)
    np.testing.assert_allclose(fit(states, targets, 0.0), wanted)
    wanted = np.linalg.solve(states.T @ states + 0.5 * np.eye(5), states.T @ targets)
    np.testing.assert_allclose(fit(states, targets, 0.5), wanted)


@pytest.mark.parametrize("name", ["echo-state", "echo-blocks"])
def test_only_scored_steps_are_learned(name):
    settings = SETTINGS if name == "echo-state" else BlockReservoirSettings()
    rule = make_rule(name, (2, 6, 1), settings, np.random.default_rng(0))
    strings, fixed = strings_of(40), rule.parameters[: -rule.n_weights].copy()
    strings.scored[:10] = False
    rule.learn(strings, np.empty((40, 1)))
    states = rule.states(strings, keep_state=False, learning=True)[10:]
    wanted = np.linalg.lstsq(states, strings.targets[10:], rcond=None)[0]
    np.testing.assert_allclose(rule._readout, wanted, rtol=1e-6)
    np.testing.assert_array_equal(rule.parameters[: -rule.n_weights], fixed)
    with pytest.raises(UsageError, match="not per step"):
        rule.learn(strings, np.empty((40, 1)), update="step")
    strings.scored[:] = False
    with pytest.raises(UsageError, match="none"):
        rule.learn(strings, np.empty((40, 1)))


@pytest.mark.parametrize(
    ("sizes", "changes"),
    [
        ((1, 0, 1), {}),
        ((1, 5, 1), {"radius": 0.0}),
        ((1, 5, 1), {"ridge": -1.0}),
        ((1, 5, 1), {"leak": 3.0}),
        ((1, 2, 1), {"density": 0.1}),
    ],
)
def test_reservoirs_that_make_no_sense_are_refused(sizes, changes):
    with pytest.raises(UsageError):
        make_rule("echo-state", sizes, replace(SETTINGS, **changes), np.random.default_rng(2))


def test_blocks_need_sizes():
    with pytest.raises(UsageError):
        make_rule("echo-blocks", (1, 0, 1), BlockReservoirSettings(), np.random.default_rng(1))


@dataclass(frozen=True)
class Waves:
    """A cosine, of which three values follow one another linearly."""

    ahead: int
    window: int = 2
    spacing: int = 2
    length: int = 0

    def unsquashed(self, values):
        return values

    def strings(self, steps):
        x = np.cos(0.3 * np.arange(-10, steps + self.ahead))
        columns = [
            x[10 - k * self.spacing : 10 - k * self.spacing + steps] for k in range(self.window)
        ]
        targets = x[10 + self.ahead : 10 + self.ahead + steps][:, None]
        inputs, scored = np.column_stack(columns), np.ones(steps, dtype=bool)
        return Strings(inputs, targets, scored, targets > 9, np.array([0, steps]))


@pytest.mark.parametrize("ahead", [1, 3, 6, 50])
def test_a_network_goes_on_from_its_own_predictions_alone(ahead):
    """A linear rule that is exact goes on exactly, although later values are hidden from it."""
    task, free = Waves(ahead), 20
    w = np.linalg.lstsq(task.strings(60).inputs, task.strings(60).targets, rcond=None)[0]
    series = task.strings(60)
    rule = FeedForward((2, 1, 1), FeedForwardSettings(), np.random.default_rng(0))
    rule.run = lambda s, outputs, keep_state=False: np.copyto(outputs, s.inputs @ w)
    hidden = series.inputs.copy()
    for k in range(2):  # a value at time t + ahead is that of row t's target
        hidden[40 + ahead + 2 * k :, k] = np.nan
    found = run_freely(rule, task, series._replace(inputs=hidden), free)
    np.testing.assert_allclose(found.predicted[0], series.targets[40:, 0], atol=1e-9)
    np.testing.assert_allclose(found.truth[0], series.targets[40:, 0])
    assert found.nrmse().max() < 1e-8


def small_run(name, sizes, settings, stop, seed=0):
    rule = make_rule(name, sizes, settings, np.random.default_rng(seed))
    task, record = make("mackey-glass", **SERIES), Record()
    stop.train(rule, task, "batch", np.random.default_rng(seed), record)
    return record


SMALL = Continuation(length=300, washout=100, blocks=2, read=100, free=5, bound=0.5)


def shorten(monkeypatch):
    """Let series settle less, and be continued less far for pictures."""
    monkeypatch.setattr(mackey_glass, "SETTLING", 60)
    monkeypatch.setattr(free_running, "SHOWN", 5)


def test_a_small_reservoir_goes_on_with_the_series(monkeypatch):
    shorten(monkeypatch)
    settings = EchoStateSettings(density=0.1, ridge=1e-10)
    record = small_run("echo-state", (1, 30, 1), settings, SMALL)
    assert record.solved
    assert record.figures["NRMSE5"] < 0.1
    assert record.figures["contraction"] > 0.0
    again = small_run("echo-state", (1, 30, 1), settings, SMALL)
    assert again.figures == record.figures
    shape = make("mackey-glass", **SERIES)
    net = Topology(shape.n_inputs, 1, (1, 1), output="identity")
    stop = replace(SMALL, limit=2, pieces=4, washout=0)
    record = small_run("lstm-batch", net, BatchSettings(0.01, batch=2), stop)
    assert not record.solved
    assert record.sequences == 2
    assert len(record.history) == 2


def test_euler_has_order_one_and_its_slow_twin():
    finest = solve(1.2, 30, per_unit=256, euler=True)[-1]
    errors = [abs(solve(1.2, 30, per_unit=n, euler=True)[-1] - finest) for n in (8, 16, 32)]
    assert (np.log2(np.array(errors[:-1]) / errors[1:]) > 0.8).all()
    x = [0.9] * 301
    for _ in range(400):
        x.append(x[-1] + 0.1 * (0.2 * x[-301] / (1 + x[-301] ** 10) - 0.1 * x[-1]))
    np.testing.assert_allclose(solve(0.9, 40, 30, euler=True), x[310::10], rtol=1e-12)


def test_squashed_values_come_back():
    plain, squashed = (make("mackey-glass", length=20, squashed=s) for s in (False, True))
    series = [task.sample(np.random.default_rng(0), 1) for task in (plain, squashed)]
    np.testing.assert_allclose(squashed.unsquashed(series[1].inputs), series[0].inputs)
    assert plain.unsquashed(series[0].inputs) is series[0].inputs
    assert np.isfinite(squashed.unsquashed(np.array([5.0]))).all()


def test_the_quick_plan_is_the_full_one_with_less():
    full, quick = plan(False), plan(True)
    assert len(full) == 20 * 12
    assert {s.name for s, _ in quick} < {s.name for s, _ in full}
    assert max(s.stop.limit for s, _ in quick) == QUICK_TIMES
    assert {n for _, n in plan(True, 2)} == {0, 1}


def test_a_trial_goes_on_from_wherever_it_was_kept(monkeypatch):
    shorten(monkeypatch)
    system = next(s for s in BESIDE if s.rule == "lstm-batch")
    shape = replace(system.topology, blocks=(1,))
    stop = replace(SMALL, limit=3, washout=0, length=60, read=20)
    small = replace(system, topology=shape, stop=stop)
    kept = []
    whole = run_trial(small, 3, keep=lambda entry: kept.append(entry()))
    again = run_trial(small, 3, kept=kept[1])
    assert again.parameters.tobytes() == whole.parameters.tobytes()
    assert again.figures == whole.figures
