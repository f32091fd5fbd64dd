"""Framewise phonemes: sentences by plain loops, scores, early stopping, what two nets must obey."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool.data.phonemes import TEST, TRAINING, VALIDATION
from lstmtool.errors import DataError, UsageError
from lstmtool.network.topology import Topology
from lstmtool.records.phoneme_review import PhonemeReview
from lstmtool.supervised.early_stopping import EarlyStopping
from lstmtool.supervised.frame_scores import frame_score
from lstmtool.supervised.phoneme_review import WHO, review, who_corrects_whom
from lstmtool.supervised.phoneme_study import QUICK_UNITS, SYSTEMS, TIMIT, plan
from lstmtool.supervised.phoneme_systems import PHONEME_SYSTEMS
from lstmtool.supervised.rules.elman import Elman, Layered
from lstmtool.supervised.rules.lstm_batch import BatchSettings, LstmBatch
from lstmtool.supervised.rules.simple import SimpleSettings
from lstmtool.supervised.slicing import cut
from lstmtool.supervised.tasks import make
from lstmtool.supervised.trials import run_trial
from tests import naive_stack
from tests.supervised.phoneme_cases import frames, task

SOFTMAX = {"output": "softmax", "error": "cross-entropy"}
BOTH = Topology(3, 3, (1, 1), peepholes=True, g="tanh", h="tanh", directions="both", **SOFTMAX)
ONE_WAY = replace(BOTH, directions="forward")


def rule_of(topology, seed=0, **settings):
    made = BatchSettings(**({"rate": 0.02, "weights": 0.8} | settings))
    return LstmBatch(topology, made, np.random.default_rng(seed))


def error_and_ascent(rule, strings):
    outputs = np.zeros_like(strings.targets)
    lanes = np.argsort(-np.diff(strings.starts), kind="stable")
    ascent, error = rule.gradient(strings, lanes, outputs)
    return error, ascent, outputs


# The sentences, by loops.


@pytest.mark.parametrize(("window", "delay"), [(0, 0), (1, 0), (0, 2), (2, 1)])
def test_windows_and_delays(window, delay):
    made = frames()
    found = task(made, window=window, delay=delay)
    rows = np.concatenate(
        [np.arange(*made.sentences.offsets[n : n + 2]) for n in made.of(TRAINING)]
    )
    heard = made.sentences.values[rows]
    z = (made.sentences.values - heard.mean(axis=0)) / heard.std(axis=0)
    strings = found.strings(np.array([3, 1]))
    assert strings.inputs.shape[1] == found.n_inputs == 3 * (2 * window + 1)
    for n, sentence in enumerate((3, 1)):
        first, after = made.sentences.offsets[sentence : sentence + 2]
        own = cut(strings, *strings.starts[n : n + 2])
        assert len(own.inputs) == after - first + delay
        for t in range(len(own.inputs)):
            wanted = []
            for k in range(-window, window + 1):
                there = 0 <= t + k < after - first
                wanted.extend(z[first + t + k] if there else np.zeros(3))
            np.testing.assert_allclose(own.inputs[t], wanted)
            assert own.scored[t] == (t >= delay)
            if t >= delay:
                assert (
                    own.targets[t].tolist() == np.eye(3)[made.classes[first + t - delay]].tolist()
                )
            else:
                assert not own.targets[t].any()
            assert (own.allowed[t] == own.targets[t]).all()


@pytest.mark.parametrize("delay", [0, 2])
def test_pieces_hold_every_frame_once(delay):
    found = task(delay=delay)
    for length in (0, 4):
        seen, rng = {}, np.random.default_rng(0)
        parts = found._parts(rng, length)
        for sentence, first, after in parts:
            assert after - first > delay
            for t in range(first, after):
                seen[sentence, t] = seen.get((sentence, t), 0) + 1
        whole = {
            (n, t)
            for n in found.frames.of(TRAINING)
            for t in range(found.lengths(np.array([n]))[0])
        }
        assert set(seen) == whole
        assert set(seen.values()) == {1}
    pieces = list(found.pieces(np.random.default_rng(1), 4, 3))
    assert sum(p.count for p in pieces) >= len(found.frames.of(TRAINING))
    for piece in pieces:
        firsts = piece.scored[piece.starts[:-1]]
        assert not firsts.any() if delay else firsts.all()


def test_the_task_without_sentences_and_with_bad_options():
    bare = make("phonemes", window=1)
    assert (bare.n_inputs, bare.n_outputs) == (78, 27)
    assert bare.symbols[0][0] == "c0 at t-1"
    with pytest.raises(UsageError, match="needs sentences"):
        bare.sample(np.random.default_rng(0), 1)
    with pytest.raises(UsageError, match="too long"):
        make("phonemes", window=101)
    with pytest.raises(UsageError, match="at least 0"):
        make("phonemes", delay=-1)
    assert task().sample(np.random.default_rng(0), 2).count == 2
    assert task().symbols[0] == ("feature 1", "feature 2", "feature 3")


# Scores, by a loop over frames.


@pytest.mark.parametrize("delay", [0, 1])
def test_scores_are_those_of_a_plain_loop(delay):
    found = task(delay=delay)
    rule, tests = rule_of(ONE_WAY), np.arange(10)
    score = frame_score(rule, found, tests)
    right = speech = speech_right = n = 0
    error, pause = 0.0, found.classes.index("pau")
    for sentence in tests:
        strings = found.strings(np.array([sentence]))
        outputs = np.zeros_like(strings.targets)
        rule.run(strings, outputs)
        first, after = found.frames.sentences.offsets[sentence : sentence + 2]
        for t in range(after - first):
            said, wanted = outputs[t + delay], found.frames.classes[first + t]
            n += 1
            right += said.argmax() == wanted
            error -= np.log(said[wanted])
            if wanted != pause:
                speech += 1
                speech_right += said.argmax() == wanted
    assert score.confusion.sum() == n == len(found.frames.classes)
    assert score.right == pytest.approx(right / n)
    assert score.without(found.frames.pauses) == pytest.approx(speech_right / speech)
    assert score.error == pytest.approx(error / n)


# What two nets must obey.


def exchanged(topology, flat):
    """The same network with its two nets exchanged."""
    size, n = topology.layers[0].size, topology.layers[0].n_outputs
    output = topology.views(flat).output
    output = np.concatenate([output[:, n : 2 * n], output[:, :n], output[:, 2 * n :]], axis=1)
    return np.concatenate([flat[size : 2 * size], flat[:size], output.ravel()])


@pytest.mark.parametrize(
    "topology", [BOTH, Topology(3, 3, (), plain=3, f="logistic", directions="both", **SOFTMAX)]
)
def test_reversal_exchanges_the_two_nets(topology):
    strings = task().strings(np.arange(4))
    backwards = [
        part.copy() for part in (strings.inputs, strings.targets, strings.scored, strings.allowed)
    ]
    for part in backwards:
        for a, b in zip(strings.starts, strings.starts[1:], strict=False):
            part[a:b] = part[a:b][::-1]
    reversed_ = strings._replace(
        **dict(zip(("inputs", "targets", "scored", "allowed"), backwards, strict=True))
    )
    one, other = rule_of(topology), rule_of(topology)
    other.parameters[:] = exchanged(topology, one.parameters)
    error, ascent, _ = error_and_ascent(one, strings)
    same, turned, _ = error_and_ascent(other, reversed_)
    assert same == pytest.approx(error, rel=1e-12)
    np.testing.assert_allclose(turned, exchanged(topology, ascent), rtol=1e-9, atol=1e-12)


def test_without_the_backward_net_it_is_an_lstm():
    strings = task().strings(np.arange(4))
    both, one = rule_of(BOTH), rule_of(ONE_WAY)
    n, size = 2, ONE_WAY.n_hidden
    BOTH.views(both.parameters).output[:, n : 2 * n] = 0.0
    one.parameters[:size] = both.parameters[:size]
    output = BOTH.views(both.parameters).output
    ONE_WAY.views(one.parameters).output[:] = np.delete(output, (n, n + 1), axis=1)
    error, ascent, outputs = error_and_ascent(both, strings)
    alone, own, same = error_and_ascent(one, strings)
    np.testing.assert_allclose(outputs, same, rtol=1e-12)
    assert error == pytest.approx(alone)
    np.testing.assert_allclose(ascent[:size], own[:size], rtol=1e-10, atol=1e-14)
    assert np.abs(ascent[size : 2 * size]).max() == 0.0  # nothing reaches the backward net


@pytest.mark.parametrize(("exact", "kind"), [(True, Layered), (False, Elman)])
def test_plain_units_are_elmans_network(exact, kind):
    """Exact gradients are those through time, truncated ones Elman's."""
    topology = Topology(3, 3, (), plain=4, f="logistic")
    strings = task().strings(np.arange(3))
    rule = rule_of(topology, exact=exact)
    other = kind((3, 4, 3), SimpleSettings(rate=0.1), np.random.default_rng(0))
    other.parameters[:] = rule.parameters
    before, wanted = other.parameters.copy(), np.zeros_like(strings.targets)
    other.learn(strings, wanted, update="batch")
    _, ascent, outputs = error_and_ascent(rule, strings)
    np.testing.assert_allclose(outputs, wanted, rtol=1e-12)
    downhill = (other.parameters - before) / 0.1
    np.testing.assert_allclose(ascent * strings.scored.sum(), downhill, rtol=1e-9, atol=1e-12)


def test_the_published_rule_sums_over_the_frames_of_a_sentence():
    settings = PHONEME_SYSTEMS["phonemes-blstm-published"].settings
    assert (settings.rate, settings.momentum, settings.batch, settings.mean) == (
        *(1e-5, 0.9, 1),
        False,
    )
    strings = task().strings(np.arange(2))
    mean, total = (
        rule_of(ONE_WAY, optimiser="momentum", batch=1, rate=1e-3, mean=mean)
        for mean in (True, False)
    )
    before = total.parameters.copy()
    velocity = np.zeros_like(before)
    for n in range(2):
        _, ascent, _ = error_and_ascent(mean, cut(strings, *strings.starts[n : n + 2]))
        velocity = 0.9 * velocity + 1e-3 * ascent * np.diff(strings.starts)[n]
        mean.parameters[:] += velocity
    total.learn(strings, np.zeros_like(strings.targets))
    np.testing.assert_allclose(total.parameters, mean.parameters, rtol=1e-12)
    assert (total.parameters != before).all()


def test_hidden_steps_are_those_of_the_naive_twin():
    strings = task().strings(np.arange(3))
    rule = rule_of(BOTH)
    seen, at = rule.hidden_steps(strings), 0
    for layer, own in zip(BOTH.layers, seen, strict=True):
        w = {}
        for name, shape in layer.shapes.items():
            w[name] = rule.parameters[at : at + int(np.prod(shape))].reshape(shape)
            at += int(np.prod(shape))
        for a, b in zip(strings.starts, strings.starts[1:], strict=False):
            steps, back = [], -1 if layer.backward else 1
            outputs = naive_stack.run_layer(
                layer, w, strings.inputs[a:b][::back], np.zeros(2), np.zeros(2), steps
            )
            np.testing.assert_allclose(own.outputs[a:b], outputs[::back], rtol=1e-12)
            states = np.array([step["cell_state"] for step in steps])
            np.testing.assert_allclose(own.states[a:b], states[::back], rtol=1e-12)
    plain = Topology(3, 3, (), plain=2, **SOFTMAX)
    assert rule_of(plain).hidden_steps(strings)[0].states is None


def test_who_corrects_whom_by_a_loop():
    found, rule = task(), rule_of(BOTH)
    tests = np.arange(10)
    shares = who_corrects_whom(rule, found, tests)
    assert sum(shares.values()) == pytest.approx(1.0)
    strings = found.strings(tests)
    forward, backward = (seen.outputs for seen in rule.hidden_steps(strings))
    weights = BOTH.views(rule.parameters).output
    counts = dict.fromkeys(WHO.values(), 0)
    for y, z, target in zip(forward, backward, strings.targets, strict=True):
        nets = (
            weights @ [*y, *backward.mean(axis=0), 1.0],
            weights @ [*forward.mean(axis=0), *z, 1.0],
            weights @ [*y, *z, 1.0],
        )
        counts[WHO[tuple(bool(net.argmax() == target.argmax()) for net in nets)]] += 1
    for words, n in counts.items():
        assert shares[words] == pytest.approx(n / len(forward))


# Training.


def system_of(topology=ONE_WAY, limit=3, **stop):
    known = PHONEME_SYSTEMS["phonemes-lstm"]
    return replace(
        known,
        topology=topology,
        settings=BatchSettings(0.03, batch=4),
        stop=EarlyStopping(limit, **({"piece": 4, "at_once": 4, "patience": 50} | stop)),
    )


def test_it_learns_frames_and_shuffled_labels_fall_to_chance():
    feed = Topology(3, 3, (), plain=4, recurrent=False, **SOFTMAX)
    learned = run_trial(system_of(feed, 12), 0, task=task(frames(30))).figures
    assert learned["test frames right"] > 0.9
    made = frames(30, shuffled=True)
    chance = run_trial(system_of(feed, 12), 0, task=task(made)).figures
    rows = np.concatenate([np.arange(*made.sentences.offsets[n : n + 2]) for n in made.of(TEST)])
    most = np.bincount(made.classes[rows]).max() / len(rows)
    assert chance["test frames right"] < most + 0.2


def test_it_goes_on_from_wherever_it_was_kept():
    kept, found = [], task(delay=1)
    system = system_of(limit=2)
    whole = run_trial(system, 3, task=found, keep=lambda entry: kept.append(entry()))
    assert len(kept) > 5
    for entry in (kept[0], kept[1], kept[len(kept) // 2], kept[-1]):
        again = run_trial(system, 3, task=found, kept=entry)
        assert again.parameters.tobytes() == whole.parameters.tobytes()
        assert again.history.tobytes() == whole.history.tobytes()
        assert again.figures == whole.figures


def test_the_best_weights_in_validation_are_kept():
    found = task()
    trial = run_trial(system_of(limit=4), 1, task=found)
    rule = rule_of(ONE_WAY)
    rule.parameters[:] = trial.parameters
    best = frame_score(rule, found, found.frames.of(VALIDATION)).right
    assert best == trial.history[:, 2].max() == trial.figures["validation frames right"]
    assert trial.sequences == len(trial.history) == 4
    assert not trial.solved


def test_it_ends_when_validation_no_longer_improves():
    trial = run_trial(system_of(limit=40, patience=2), 1, task=task())
    assert trial.solved
    rights = trial.history[:, 2]
    assert trial.sequences == np.argmax(rights) + 1 + 2 < 40


# The review and the study.


def test_a_review_is_read_back():
    found, rule = task(delay=1), rule_of(BOTH)
    made = review(rule, found, rule_of(BOTH, seed=1).parameters)
    again = PhonemeReview.from_dict(made.as_dict())
    assert again.as_dict() == made.as_dict()
    tests = found.frames.of(TEST)
    np.testing.assert_array_equal(made.confusion, frame_score(rule, found, tests).confusion)
    one = made.sentence
    assert one.classes[0] == one.said[0] == -1  # the delay
    assert one.nets == ("forward", "backward")
    assert [path.shape for path in one.paths] == [(len(one.classes), 2)] * 2
    assert 0 < min(one.explained) <= max(one.explained) <= 1.0 + 1e-12
    plain = Topology(3, 3, (), plain=1, f="logistic", **SOFTMAX)
    single = review(rule_of(plain), found, rule_of(plain, seed=1).parameters)
    assert single.directions is None
    assert single.sentence.nets == ("forward",)


def test_systems_of_the_study():
    assert {row[3] for row in TIMIT if row[3]} == set(SYSTEMS) == set(QUICK_UNITS)
    tests = [row[2] for row in TIMIT if row[2]]
    assert tests == sorted(tests, reverse=True)  # as published, the best first
    for system, count in plan(True, (), None):
        assert count == 1
        assert 20_000 < system.n_weights < 25_000
    assert [count for _, count in plan(False, ("phonemes-mlp",), None)] == [3]
    for name, system in PHONEME_SYSTEMS.items():
        made = make("phonemes", **system.options)
        assert system.topology.n_inputs == made.n_inputs, name
        assert "from memory" in system.figure or not system.figure


def test_frames_and_networks_that_do_not_fit():
    with pytest.raises(DataError, match="no name"):
        replace(frames(), class_names=("a",))
    with pytest.raises(DataError, match="for training"):
        replace(frames(), parts=np.zeros(10, dtype=int))
    with pytest.raises(UsageError, match="inputs"):
        rule_of(ONE_WAY).hidden_steps(task(window=1).strings(np.arange(2)))
