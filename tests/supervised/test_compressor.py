"""The history compressor: its levels against a twin, gradients, and what rises."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.kernels.supervised.compressor import HALF, Compression, meet, take
from lstmtool.kernels.supervised.updates import Descent
from lstmtool.supervised.chunking_study import plan, run_one, summarise
from lstmtool.supervised.chunking_systems import COMPRESSORS
from lstmtool.supervised.remembering import Remembering, cross_entropy
from lstmtool.supervised.rules.compressor import Compressor, CompressorSettings
from lstmtool.supervised.stopping import Record
from lstmtool.supervised.tasks import make
from lstmtool.supervised.trials import run_trial
from tests.differences import central_difference

S = 4  # symbols: a, x, b1, b2
TASK = make("chunking", lag=2, sequences=4)


def compressor(units=(3, 2), seed=0, **changes):
    settings = replace(CompressorSettings(rate=0.5, spread=1.0), **changes)
    return Compressor((S, *units, S + 1), settings, np.random.default_rng(seed))


def logistic(x):
    return 1 / (1 + np.exp(-x))


class Twin:
    """Levels with matrices, that keep their whole past in lists."""

    def __init__(self, rule):
        self.rule, self.nets = rule, rule._nets
        self.units = [np.zeros(net.n_units) for net in self.nets]
        self.outputs, self.seen = [None] * len(self.nets), [[] for _ in self.nets]
        self.last = [-1] * len(self.nets)

    def weights(self, k):
        net, flat = self.nets[k], self.rule.parameters[slice(*self.rule._starts[k : k + 2])]
        at = net.n_units * (net.n_inputs + net.n_units + 1)
        return flat[:at].reshape(net.n_units, -1), flat[at:].reshape(net.n_outputs, -1)

    def take(self, k, event, now):
        hidden, output = self.weights(k)
        x = event[: self.nets[k].n_inputs]
        self.units[k] = np.tanh(hidden @ np.concatenate([x, self.units[k], [1.0]]))
        net = output @ np.append(self.units[k], 1.0)
        soft = np.exp(net[:S]) / np.exp(net[:S]).sum()
        self.outputs[k] = np.concatenate([soft, logistic(net[S:])])
        self.seen[k].append((now, event.copy()))
        self.last[k] = now

    def advance(self, outcome, now, k=0):
        """Let the level above have it first, if it surprises."""
        elapsed = now - self.last[k]
        event = np.append(outcome, elapsed / (elapsed + HALF) if k else 0.0)
        known = self.outputs[k]
        predicted = S + 1 + (k > 0)
        surprise = known is None or (
            np.abs(event[:predicted] - known[:predicted]).max() > self.rule.settings.threshold
        )
        if surprise and k + 1 < len(self.nets):
            self.advance(outcome, now, k + 1)
        self.take(k, event, now)

    def target(self):
        y, bound = 0.5, self.rule.settings.threshold
        for known in self.outputs:
            if known is None:
                break
            y = known[S]
            if y < bound or y > 1 - bound:
                break
        return y

    def run(self, strings):
        outputs = np.empty_like(strings.targets)
        self.advance(np.append(strings.inputs[0], 0.0), 0)
        for t in range(len(outputs)):
            outputs[t] = np.append(self.outputs[0][:S], self.target())
            self.advance(strings.targets[t], t + 1)
        return outputs


@pytest.mark.parametrize("units", [(3,), (3, 2), (3, 2, 2)])
@pytest.mark.parametrize("threshold", [0.2, 0.45])
def test_a_stream_is_run_as_by_a_twin_without_learning(units, threshold):
    rule, twin_rule = (compressor(units, threshold=threshold) for _ in range(2))
    for made in (rule, twin_rule):  # sure enough that some events do not rise
        made.parameters *= 4.0
    strings, before = TASK.sample(np.random.default_rng(3), 1), rule.parameters.copy()
    outputs, twin = np.empty_like(strings.targets), Twin(twin_rule)
    rule.run(strings, outputs)
    np.testing.assert_allclose(outputs, twin.run(strings), rtol=1e-12)
    np.testing.assert_array_equal(rule.parameters, before)
    for k, seen in enumerate(twin.seen):
        events, times = rule.seen(k)
        assert times.tolist() == [now for now, _ in seen]
        np.testing.assert_allclose(events, [event for _, event in seen])
    np.testing.assert_allclose(rule.own[0], first_alone(twin_rule, strings))


def first_alone(rule, strings):
    """Return what the lowest level alone says of the target at the first step."""
    twin = Twin(rule)
    twin.advance(np.append(strings.inputs[0], 0.0), 0)
    return twin.outputs[0][S]


@pytest.mark.parametrize("k", [0, 1])
@pytest.mark.parametrize("collapse", [False, True])
def test_a_level_descends_along_the_gradient_from_a_state_that_is_not_zero(k, collapse):
    """Cross-entropy of the last event and of what it tells of the level above, through time."""
    rule = compressor(horizon=9, collapse=collapse, rate=1.0)
    rule._levels = rule._make_levels(9)
    level, rng = rule._levels[k], np.random.default_rng(5)
    start, n_told = rng.normal(size=level.net.n_units), level.net.n_outputs - level.n_predicted
    events = rng.random((5, S + 2))
    events[:, :S] = np.eye(S)[rng.integers(S, size=5)]
    told = rng.random(n_told)
    part = slice(*rule._starts[k : k + 2])

    def error(flat):
        twin = Twin(rule)
        kept, rule.parameters[part] = rule.parameters[part].copy(), flat
        twin.units[k] = start.copy()
        for event in events[:-1]:
            twin.take(k, event, 0)
        rule.parameters[part] = kept
        y, target = twin.outputs[k], np.concatenate([events[-1][: level.n_predicted], told])
        soft = -(target[:S] * np.log(y[:S])).sum()
        rest, d = y[S:], target[S:]
        return soft - (d * np.log(rest) + (1 - d) * np.log(1 - rest)).sum()

    before = rule.parameters.copy()
    how = Compression(S, 0.2, Descent(1.0, 0.0, False), True)
    level.trace.units[0] = start
    for now, event in enumerate(events[:-1]):
        take(level, event, now, how)
    last = (level.progress[0] - 1) % len(level.trace.delta)
    level.trace.delta[last, level.n_predicted :] = told - level.outputs[level.n_predicted :]
    largest = meet(level, events[-1], how)
    moved = rule.parameters - before
    predicted = level.outputs[: level.n_predicted]
    assert largest == pytest.approx(np.abs(events[-1][: level.n_predicted] - predicted).max())
    wanted = -central_difference(error, before[part])
    np.testing.assert_allclose(moved[part], wanted, rtol=1e-5, atol=1e-8)
    moved[part] = 0.0
    assert not moved.any()


def test_with_collapse_a_level_tells_the_state_and_the_prediction_of_the_one_above():
    rule = compressor(collapse=True, threshold=0.45)
    rule.run(TASK.sample(np.random.default_rng(0), 1), np.empty((12, S + 1)))
    low, high = rule._levels
    units = high.trace.units[high.progress[0] % len(high.trace.units)]
    wanted = np.concatenate([0.5 * (1 + units), high.outputs]) - low.outputs[S + 1 :]
    found = low.trace.delta[(low.progress[0] - 1) % len(low.trace.delta), S + 1 :]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    assert low.net.n_outputs == S + 1 + 2 + S + 2


def test_learning_repeats_and_resumes():
    strings = [TASK.sample(np.random.default_rng(n), 1) for n in range(3)]
    whole, again = compressor(momentum=0.5), compressor(momentum=0.5)
    for part in strings:
        whole.learn(part, np.empty_like(part.targets))
    again.learn(strings[0], np.empty_like(strings[0].targets))
    other = compressor(momentum=0.5, seed=9)
    for found, kept in zip(other.state, again.state, strict=True):
        found[:] = kept
    for part in strings[1:]:
        other.learn(part, np.empty_like(part.targets))
    assert other.parameters.tobytes() == whole.parameters.tobytes()
    assert whole.n_weights == sum(size for _, (size,), _ in whole.table)


@pytest.mark.parametrize(
    ("units", "changes"),
    [
        ((), {}),
        ((0,), {}),
        ((2,), {"rate": 0.0}),
        ((2,), {"threshold": 0.5}),
        ((2,), {"horizon": 0}),
    ],
)
def test_what_makes_no_sense_is_refused(units, changes):
    with pytest.raises(UsageError):
        compressor(units, **changes)


def test_streams_are_not_carried_nor_learned_at_once():
    strings = TASK.sample(np.random.default_rng(0), 1)
    with pytest.raises(UsageError, match="reset"):
        compressor().run(strings, np.empty_like(strings.targets), keep_state=True)
    with pytest.raises(UsageError, match="after every event"):
        compressor().learn(strings, np.empty_like(strings.targets), update="batch")


def test_the_task_is_as_it_says():
    task = make("chunking", lag=3, sequences=50)
    strings = task.sample(np.random.default_rng(0), 2)
    symbols, ends = strings.inputs.argmax(axis=1), task.ends(strings)
    rows = symbols.reshape(100, 4)
    assert (rows[:, 1:] == [2, 3, 4]).all()
    assert 30 < (rows[:, 0] == 0).sum() < 70
    following = strings.targets[:, :-1].argmax(axis=1)
    assert (following[:-1] == symbols[1:]).all()
    assert following[-1] < 2
    assert (strings.targets[ends, -1] == (rows[:, 0] == 0)).all()
    assert strings.targets[:, -1].sum() == (rows[:, 0] == 0).sum()
    assert strings.allowed[ends, :2].all()
    assert strings.allowed.sum() == 400 + 100 + (rows[:, 0] == 0).sum()
    assert task.symbols[0] == ("a", "x", "b1", "b2", "b3")


def test_noise_replaces_fillers():
    task = make("chunking", lag=4, noise=0.5, sequences=500)
    rows = task.sample(np.random.default_rng(0), 1).inputs.argmax(axis=1).reshape(500, 5)
    assert set(rows[:, 0]) == {0, 1}
    assert 0.3 < (rows[:, 1:] != [2, 3, 4, 5]).mean() < 0.45
    assert set(rows[:, 1:].ravel()) == {2, 3, 4, 5}


def test_cross_entropy_is_that_of_the_next_symbols():
    strings = TASK.sample(np.random.default_rng(0), 1)
    outputs = np.full(strings.targets.shape, 0.25)
    assert cross_entropy(strings, outputs) == pytest.approx(12 * np.log(4.0))


def test_two_levels_learn_what_one_must_forget():
    """Four fillers; within some streams the higher net sees one event a sequence."""
    task = make("chunking", lag=4, sequences=20)
    rule = Compressor((6, 6, 4, 7), CompressorSettings(rate=0.2), np.random.default_rng(1))
    record, stop = Record(), Remembering(limit=800, beyond=40, tests=1)
    looks = stop.trained(rule, task, "step", np.random.default_rng(2), record)
    assert record.solved
    assert record.sequences <= 800
    assert looks[-1]["events"][1] < 1.5 < looks[0]["events"][1]
    assert looks[-1]["cross-entropy"] < 0.3 * looks[0]["cross-entropy"]
    assert record.figures["targets wrong of 20"] <= 2
    assert set(record.figures) >= {"alone", "events of level 2"}


def test_the_study_counts_what_was_solved():
    assert len(plan(False)) == 17 * 14
    assert {n for _, n in plan(True)} == {0, 1, 2}
    small = replace(
        COMPRESSORS[0],
        topology=(4, 3, 2, 5),
        options={"lag": 2, "sequences": 5},
        stop=Remembering(limit=10, tests=1),
    )
    record = run_one(small, 3, 0)
    assert record["sequences"] == 10
    assert [part["stream"] for part in record["seen"]] == [1, 2, 4, 16]
    solved = record | {"solved": True, "seed": 1, "sequences": 6}
    (row,) = summarise([(small, 0), (small, 1)], [record, solved])
    assert (row["solved"], row["networks"], row["needed"]) == (1, 2, [6, 6, 6])


def test_a_trial_goes_on_from_wherever_it_was_kept():
    small = replace(
        COMPRESSORS[0],
        topology=(4, 3, 2, 5),
        options={"lag": 2, "sequences": 5},
        stop=Remembering(limit=20, tests=1),
    )
    kept = []
    whole = run_trial(small, 3, keep=lambda entry: kept.append(entry()))
    assert len(kept) == 4
    for entry in kept[::2]:
        again = run_trial(small, 3, kept=entry)
        assert again.parameters.tobytes() == whole.parameters.tobytes()
        assert again.figures == whole.figures
