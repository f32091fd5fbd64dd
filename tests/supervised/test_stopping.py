from dataclasses import replace
from functools import reduce
from typing import ClassVar

import numpy as np
import pytest

from lstmtool.errors import DataError, UsageError
from lstmtool.kernels.supervised.lstm_records import ENDED, LEARNING, TESTING
from lstmtool.names import ACTING
from lstmtool.supervised.free_run import FreeRun
from lstmtool.supervised.frozen import FrozenTest
from lstmtool.supervised.rules import KEPT
from lstmtool.supervised.rules.base import Rule
from lstmtool.supervised.rules.guessing import Guessing
from lstmtool.supervised.rules.lstm import Lstm
from lstmtool.supervised.rules.lstm_batch import BatchSettings
from lstmtool.supervised.slicing import (
    chosen,
    cut,
    heads,
    steps_to_first_error,
    stream,
    without_first,
)
from lstmtool.supervised.stopping import (
    BothSets,
    Guesses,
    Record,
    Streams,
    WholeRange,
    Window,
    illegal_accepted,
    right_in_parts,
)
from lstmtool.supervised.systems import SYSTEMS, find_system, published_for
from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from lstmtool.supervised.tasks import TASKS, WORLDS, make
from lstmtool.supervised.tasks.reber import letters
from lstmtool.supervised.trials import generators, run_trial


class Scripted(Rule):
    """Right from a given sequence or stream on, and wrong before; learns nothing."""

    n_inputs = n_outputs = 1
    n_weights = 1

    def __init__(self, right_from):
        self.right_from, self.seen, self.parameters = right_from, 0, np.zeros(1)

    def fill(self, strings, outputs, shift):
        outputs[:] = strings.targets + shift

    def run(self, strings, outputs, *, keep_state=False):
        self.fill(strings, outputs, 0.0 if self.seen >= self.right_from else 9.0)

    def learn(self, strings, outputs, *, update="step"):
        for n in range(len(strings.starts) - 1):
            rows = slice(strings.starts[n], strings.starts[n + 1])
            outputs[rows] = strings.targets[rows] + (0.0 if self.seen >= self.right_from else 9.0)
            self.seen += 1

    def learn_stream(self, strings, outputs, criterion, *, keep_state=False):
        self.seen += not keep_state
        self.run(strings, outputs)
        return len(outputs) if self.seen >= self.right_from else 3


class Constant:
    """A task whose only target is 0, in sequences of three steps."""

    criterion = Criterion(WITHIN, 0.5)
    lowest, highest, overlap, letters = 1, 4, 0, "a"

    def counted(self, *counts):
        return self.sample(np.random.default_rng(0), 1)

    def brief(self):
        return self

    def sample(self, rng, count):
        steps = 3 * count
        return Strings(
            rng.random((steps, 1)),
            np.zeros((steps, 1)),
            np.ones(steps, dtype=bool),
            np.ones((steps, 1), dtype=bool),
            np.arange(0, steps + 1, 3),
        )

    def sets(self, rng, size):
        return self.sample(rng, size), self.sample(rng, size)

    def every(self):
        return self.sample(np.random.default_rng(0), 4)

    def of(self, ns):
        return self.sample(np.random.default_rng(0), len(ns))


def trained(stop, right_from, limit_of_rng=0):
    record, rule = Record(), Scripted(right_from)
    stop.train(rule, Constant(), "sequence", np.random.default_rng(limit_of_rng), record)
    return record


def test_a_window_ends_with_the_first_run_of_right_sequences():
    stop = Window(limit=1000, size=20, chunk=7, tests=5)
    record = trained(stop, right_from=33)
    assert (record.solved, record.sequences) == (True, 53)
    assert record.figures["wrong of 5"] == 0
    assert trained(replace(stop, wrong=2), 33).sequences == 51
    assert trained(replace(stop, mean_error=0.5, wrong=2), 33).sequences == 52  # 9 / 20 < 0.5
    assert not trained(stop, right_from=2000).solved


def test_both_sets_must_be_right():
    record = trained(BothSets(limit=100, size=8), right_from=20)
    assert (record.solved, record.sequences) == (True, 20)
    assert record.figures == {"training set right": 1.0, "test set right": 1.0}
    record = trained(BothSets(limit=100, size=8), right_from=1000)
    assert (record.solved, record.sequences) == (False, 100)
    assert record.figures == {"training set right": 0.0, "test set right": 0.0}


def test_both_sets_are_tested_after_every_string_and_the_last_wrong_one_first():
    runs = []

    class AllButOne(Scripted):
        """Right at all strings but the last of a set, until it has learned often enough."""

        def run(self, strings, outputs, *, keep_state=False):
            runs.append(strings.count)
            outputs[:] = strings.targets
            if self.seen < self.right_from and strings.inputs[-1] == self.last:
                outputs[-1] += 9.0

    rule, rng, record = AllButOne(9), np.random.default_rng(0), Record()
    rule.last = Constant().sets(np.random.default_rng(0), 8)[0].inputs[-1]
    BothSets(limit=50, size=8).train(rule, Constant(), "sequence", rng, record)
    assert (record.solved, record.sequences) == (True, 9)
    # The first look finds the wrong string; the next ones run that alone, until it is right.
    looks, after = [1, 8] + [1] * 7 + [1, 8, 8], [8, 8, 8]
    assert runs == [*looks[:9], 8, *looks[9:], *after]


def test_a_whole_range_is_tested_further_and_goes_on():
    stop = WholeRange(limit=100, chunk=10, furthest=30, beyond=10, looks=2)
    record = trained(stop, right_from=25)
    assert (record.solved, record.sequences) == (True, 40)
    none = {"illegal strings accepted": 0.0}
    assert record.figures == {"right to n": 30.0, "right to n, best": 30.0} | none
    assert trained(stop, right_from=1000).figures == {"right to n": 0.0}


@pytest.mark.parametrize(
    ("reached", "best", "kept"), [([5, 9, 7], 9, 1.0), ([5, 4, 5], 5, 0.0), ([5, 30], 30, 1.0)]
)
def test_of_longer_training_the_best_state_is_kept(reached, best, kept):
    """Two looks; the second is not taken where the furthest n is reached at the first."""

    class Reaching(WholeRange):
        def reach(self, rule, task):
            seen.append(rule.parameters[0])
            return reached[len(seen) - 1]

    class Counting(Scripted):
        def learn(self, strings, outputs, *, update="step"):
            super().learn(strings, outputs, update=update)
            self.parameters += 1.0

    seen, record, rule = [], Record(), Counting(0)
    stop = Reaching(limit=100, chunk=10, furthest=30, beyond=10, looks=2)
    stop.train(rule, Constant(), "sequence", np.random.default_rng(0), record)
    assert record.figures.pop("illegal strings accepted") == 0.0
    assert record.figures == {"right to n": 5.0, "right to n, best": best}
    assert rule.parameters[0] - seen[0] == kept


@pytest.mark.parametrize(("limit", "solved", "count"), [(10_000, True, None), (5, False, 5)])
def test_guessing_ends_once_all_are_right(limit, solved, count):
    published = find_system("parity-guessing-a2-")
    task = make("parity", shortest=8, longest=9)
    settings = replace(published.settings, limit=3)
    rule = Guessing(published.topology, settings, np.random.default_rng(0))
    record = Record()
    stop = Guesses(limit=limit, size=30, tests=20)
    stop.train(rule, task, "step", np.random.default_rng(1), record)
    assert record.solved == solved
    assert record.sequences == (count or record.sequences) > 3
    assert (record.figures["wrong of 20"] < 5) == solved


class Foretelling(Scripted):
    """Right up to a step of a string, then wrong; or all symbols legal, always."""

    n_inputs, n_outputs = 4, 4

    def __init__(self, right_steps=None):
        super().__init__(0)
        self.right_steps, self.done = right_steps, 0

    def run(self, strings, outputs, *, keep_state=False):
        outputs[:] = 1.0
        if self.right_steps is not None:
            self.done = self.done if keep_state else 0
            firsts = np.repeat(strings.starts[:-1], np.diff(strings.starts))
            right = self.done + np.arange(len(outputs)) - firsts < self.right_steps
            outputs[right] = strings.targets[right]
            self.done += len(outputs)


def test_long_strings_are_run_in_parts():
    task = make("anbncn")
    assert right_in_parts(Foretelling(300_001), task, 100_000)
    assert not right_in_parts(Foretelling(300_000), task, 100_000)
    assert not right_in_parts(Foretelling(10), task, 100_000)


@pytest.mark.parametrize(
    ("steps", "streamed", "reached"),
    [(32, 0, 10), (32, 1000, 10), (3 * 40 + 1, 1000, 40), (3001, 1000, 1000), (9, 1000, 2)],
)
def test_strings_of_twice_the_n_are_streamed_as_long_as_they_are_right(steps, streamed, reached):
    stop = WholeRange(limit=0, furthest=10, streamed=streamed)
    assert stop.reach(Foretelling(steps), make("anbncn")) == reached


def test_illegal_strings_that_are_accepted_are_counted():
    assert illegal_accepted(Foretelling(100_000), make("anbncn"), 50) == 0
    assert illegal_accepted(Foretelling(), make("anbncn"), 50) == 6


def test_streams_are_tested_one_by_one():
    stop = Streams(limit=50, steps=12, tests=2, test_steps=30)
    record = trained(stop, right_from=4)
    assert (record.solved, record.sequences) == (True, 4)
    assert record.figures["longest test stream"] == 30
    assert record.history[:, 2].tolist() == [0.25, 0.25, 0.25, 1.0]
    assert trained(stop, right_from=100).sequences == 50


class Listening(Streams):
    """Counts the streams that go on after what they began with."""

    gone_on: ClassVar[int] = 0

    def _learn_on(self, rule, task, rng, done):
        steps, errors = super()._learn_on(rule, task, rng, done)
        Listening.gone_on += steps > done
        return steps, errors


class OneByOne(Lstm):
    """Leaves every stream that is begun to the stop rule."""

    learn_openings = Rule.learn_openings


@pytest.mark.parametrize(
    ("options", "steps", "test_steps"),
    [({"bound": 0.4}, 30, 40), ({"bound": 0.55}, 400, 300), ({"bound": 0.9}, 250, 500)],
    ids=["short", "some go on", "most go on"],
)
def test_streams_begun_together_are_streams_one_by_one(options, steps, test_steps):
    published = find_system("pfg")
    settings = replace(published.settings, rate=0.003, momentum=0.5, weights=0.5)
    stop = Listening(limit=60, steps=steps, tests=2, test_steps=test_steps, together=7)
    records, rules = [], []
    Listening.gone_on = 0
    for kind in (Lstm, OneByOne):
        rule = kind(published.topology, settings, np.random.default_rng(4))
        record = Record()
        stop.train(rule, make("pfg", **options), "step", np.random.default_rng(5), record)
        records.append(record)
        rules.append(rule)
    assert records[0].sequences == records[1].sequences
    assert (records[0].solved, records[0].figures) == (records[1].solved, records[1].figures)
    assert records[0].history[-1, 0] == records[0].sequences
    np.testing.assert_array_equal(rules[0].parameters, rules[1].parameters)
    assert (Listening.gone_on > 0) == (steps > 30)
    steps_done = [  # over all streams, from the shares told of those that were begun together
        (np.diff(record.history[:, 0], prepend=0) * record.history[:, 2]).sum() * steps
        for record in records
    ]
    assert steps_done[0] == pytest.approx(steps_done[1])
    errors = [  # of all steps, each of which is scored
        np.diff(record.history[:, 0], prepend=0) * record.history[:, 2] * record.history[:, 1]
        for record in records
    ]
    assert errors[0].sum() == pytest.approx(errors[1].sum())


def cut_after(strings, n):
    """The first n sequences."""
    last = strings.starts[: n + 1][-1]
    return Strings(*(part[:last] for part in strings[:4]), strings.starts[: n + 1])


def test_what_goes_on_where_streams_are_begun_together():
    """Learned and tested one after the other, each from the reset network, by other calls."""
    task, published = make("msd", shortest=2, extra=3, intervals=4), find_system("msd")
    settings = replace(published.settings, rate=0.01, momentum=0.5, weights=0.5)
    criterion = Criterion(WITHIN, 1.9)
    rule, other = (Lstm(published.topology, settings, np.random.default_rng(1)) for _ in range(2))
    training, tests = (task.sample(np.random.default_rng(n), 200) for n in (2, 3))
    ends, at = set(), 0
    while at < 200:
        pair = (training, tests)
        rest = [cut_after(without_first(strings, at), 5) for strings in pair]
        begun, outputs, unended = rule.learn_openings(*rest, criterion)
        ends.add(unended)
        for n, (learned, right) in enumerate(begun):
            piece, test = (cut(strings, *strings.starts[n : n + 2]) for strings in rest)
            wanted = np.zeros_like(piece.targets)
            assert other.learn_stream(piece, wanted, criterion) == learned
            rows = slice(rest[0].starts[n], rest[0].starts[n] + learned)
            np.testing.assert_array_equal(outputs[rows], wanted[:learned])
            end = np.abs(wanted[learned - 1] - piece.targets[learned - 1]) < criterion.bound
            if n == len(begun) - 1 and unended == LEARNING:
                assert end and learned == len(piece.inputs)
                break
            assert not end
            done, failed = steps_to_first_error(other, test, criterion)
            assert failed == (n < len(begun) - 1 or unended == ENDED)
            assert not failed or right == done - 1
        at += len(begun)
        np.testing.assert_array_equal(rule.parameters, other.parameters)
    assert ends == {ENDED, LEARNING, TESTING}


def test_openings_are_cut_short():
    strings = make("continual-reber", length=20).sample(np.random.default_rng(0), 3)
    short = heads(strings, 5)
    assert short.starts.tolist() == [0, 5, 10, 15]
    for part, whole in zip(short[:4], strings[:4], strict=True):
        for n in range(3):
            first = strings.starts[n]
            np.testing.assert_array_equal(part[5 * n : 5 * n + 5], whole[first : first + 5])
    assert heads(strings, 10_000) is strings


@pytest.mark.parametrize("name", [name for name in TASKS if make(name).is_stream])
def test_brief_streams_are_the_same_source(name):
    brief = make(name).brief()
    lengths = np.diff(brief.sample(np.random.default_rng(0), 20).starts)
    assert lengths.max() <= 125
    assert np.diff(make(name).sample(np.random.default_rng(0), 1).starts)[0] > 300
    assert brief.brief() == brief


def test_a_stream_has_the_steps_that_are_asked_for():
    pieces = list(stream(Constant(), np.random.default_rng(0), 7))
    assert [len(piece.inputs) for piece in pieces] == [3, 3, 1]


def test_joined_streams_of_delays_share_a_spike():
    """Every spike ends an interval of 10 or 11 steps, over the joints, too."""
    pieces = list(stream(make("msd", intervals=3), np.random.default_rng(0), 200))
    spikes = np.flatnonzero(np.concatenate([piece.inputs for piece in pieces]))
    scored = np.flatnonzero(np.concatenate([piece.scored for piece in pieces]))
    targets = np.concatenate([piece.targets for piece in pieces])
    assert sum(len(piece.inputs) for piece in pieces) == 200
    assert scored.tolist() == spikes[1:].tolist()
    assert np.diff(spikes).tolist() == (10 + targets[scored, 0]).tolist()


def test_the_first_error_is_found_in_whatever_piece_it_is():
    strings = Constant().sample(np.random.default_rng(0), 200)
    targets = np.zeros((600, 1))
    for wrong in (0, 99, 100, 345, 599):
        targets[:] = 0.0
        targets[wrong] = 5.0

        class One(Scripted):
            def fill(self, strings, outputs, shift):
                outputs[:] = 0.0

        marked = strings._replace(targets=targets)
        found = steps_to_first_error(One(0), marked, Constant.criterion)
        assert found == (wrong + 1, True)
    assert steps_to_first_error(Scripted(0), strings, Constant.criterion) == (600, False)


def test_pieces_are_whole_sequences():
    strings = Constant().sample(np.random.default_rng(0), 5)
    turned = chosen(strings, np.array([3, 1]))
    assert turned.inputs[:3].tolist() == strings.inputs[9:12].tolist()
    assert turned.inputs[3:].tolist() == strings.inputs[3:6].tolist()
    assert cut(strings, 2, 7).inputs.tolist() == strings.inputs[2:7].tolist()


def test_a_history_does_not_grow_without_end():
    record = Record()
    for n in range(1, 50_001):
        record.add(n, 0.5, 0.0)
    assert 1000 <= len(record.history) <= 2000
    assert (np.diff(record.history[:, 0]) == record.every).all()


def test_trials_are_of_a_seed_and_a_number():
    small = replace(SYSTEMS["anbn"], stop=WholeRange(limit=300, furthest=12, looks=0))
    one, same, other = (run_trial(small, 5, number) for number in (0, 0, 1))
    assert one.parameters.tobytes() == same.parameters.tobytes()
    assert one.history.tobytes() == same.history.tobytes()
    assert one.parameters.tobytes() != other.parameters.tobytes()
    assert (one.initial != one.parameters).any()


STOPS = {
    "both sets": ("reber-3x2-0.5", BothSets(limit=60, size=20)),
    "window": ("adding-100", Window(limit=60, size=20, tests=10, chunk=10)),
    "whole range": ("anbn", WholeRange(limit=60, chunk=10, furthest=12, looks=2)),
    "streams": ("continual-reber", Streams(limit=12, steps=30, test_steps=30, together=3)),
    "batches": ("reber-3x2-0.5", BothSets(limit=60, size=20)),
    "free run": ("blues-chords-batch", FreeRun(limit=3, every=1, played=1)),
    "frozen": ("boolean-functions-batch", FrozenTest(limit=9, every=3, tests=2, chunk=3)),
    "filter": ("anbncn-kalman", WholeRange(limit=30, chunk=5, furthest=6, looks=0)),
}


@pytest.mark.parametrize("name", STOPS)
def test_a_trial_goes_on_from_wherever_it_was_kept(name):
    known, stop = STOPS[name]
    system, kept = replace(SYSTEMS[known], stop=stop), []
    if name in ("free run", "frozen"):  # few cells, short sequences, kernels that are compiled
        changes = {"settings": BatchSettings(rate=0.01, batch=1)}
        changes["topology"] = replace(system.topology, blocks=(1,))
        changes["options"] = {"cycles": 1} if name == "free run" else {"length": 4}
        system = replace(system, **changes)
    if name == "batches":
        settings = BatchSettings(rate=0.01, batch=4)
        system = replace(system, rule="lstm-batch", settings=settings, update="batch")
    whole = run_trial(system, 3, keep=lambda entry: kept.append(entry()))
    assert len(kept) > 2
    for entry in (kept[0], kept[1], kept[-1]):
        again = run_trial(system, 3, kept=entry)
        assert again.parameters.tobytes() == whole.parameters.tobytes()
        assert again.history.tobytes() == whole.history.tobytes()
        assert (again.figures, again.solved, again.sequences) == (
            whole.figures,
            whole.solved,
            whole.sequences,
        )


def test_learning_beyond_the_range_goes_on_from_any_look():
    class Counting(Scripted):
        @property
        def state(self):
            return [self.parameters]

        def learn(self, strings, outputs, *, update="step"):
            super().learn(strings, outputs, update=update)
            self.parameters += 1.0

    class Reaching(WholeRange):
        def reach(self, rule, task):
            return [5, 4, 9, 7, 8][int(rule.parameters[0]) - 1]

    def ended(entry, kept):
        rule = Counting(0)
        record = Record(keep=lambda entry: kept.append(entry()), kept=entry)
        stop = Reaching(limit=100, chunk=10, furthest=30, beyond=10, looks=4)
        stop.train(rule, Constant(), "sequence", np.random.default_rng(0), record)
        return record.figures, rule.parameters[0], record.sequences

    kept = []
    whole = ended(None, kept)
    assert (whole[0]["right to n, best"], whole[1]) == (9.0, 3.0)
    assert len(kept) == 5
    assert [ended(entry, []) for entry in kept] == [whole] * 5


@pytest.mark.parametrize("part", ["rule/0", "own/wrong", "rows"])
def test_what_was_kept_and_does_not_fit_is_refused(part):
    known, stop = STOPS["window"]
    system, kept = replace(SYSTEMS[known], stop=stop), []
    run_trial(system, 3, keep=lambda entry: kept.append(entry()))
    kept[2].arrays[part] = kept[2].arrays[part].ravel()[:2]
    with pytest.raises(DataError, match="damaged"):
        run_trial(system, 3, kept=kept[2])


def test_generators_of_trials_differ():
    draws = [g.random() for n in range(3) for g in generators(7, n)]
    assert len(set(draws)) == 6


@pytest.mark.parametrize("name", SYSTEMS)
def test_published_systems_fit_their_tasks_and_have_the_published_weights(name):
    found = find_system(name)
    task = make(found.task, **found.options)
    if found.rule in ("guessing", *KEPT):
        assert found.weights in (0, found.n_weights)  # 0 if it is not published
        return
    if isinstance(found.topology, tuple) and found.study != "classic":
        assert (found.topology[0], found.topology[2]) == (task.n_inputs, task.n_outputs)
        return
    if isinstance(found.topology, tuple):
        _, hidden, outputs = found.topology
        assert found.n_weights == found.weights + hidden + outputs  # published without biases
        return
    assert (found.topology.n_inputs, found.topology.n_outputs) == (task.n_inputs, task.n_outputs)
    if found.task == "phonemes":  # as many weights as in the publication, within a hundredth
        assert abs(found.n_weights - 100_000) < 1000
        return
    beside = {"anbncn": 18, "anbncn-kalman": 18}  # see their notes
    beside |= {"reber-3x2-0.5-ours": 7, "reber-4x1-0.5-ours": 7}
    beside |= {"order-2-batch": 604, "adding-100-batch": 87}  # nothing of such a network
    assert found.study != "classic" or found.n_weights == found.weights + beside.get(name, 0)


def test_systems_that_are_not_as_published_say_so():
    ours = [name for name, s in SYSTEMS.items() if s.ours and s.task not in ACTING]
    endings = ("-ours", "-kalman", "-batch", "-tolerant", "-cross-entropy", "-exchanged")
    varied = [name for name in SYSTEMS if name.endswith(endings) or "-ours-" in name]
    assert sorted([*ours, "anbncn-kalman"]) == sorted(varied)  # that one was published
    for name in ours:
        own = SYSTEMS[name]
        if own.rival:
            continue
        published = SYSTEMS[reduce(str.removesuffix, endings, name)]
        assert not published.ours
        assert (published.task, published.figure) == (own.task, own.figure)


def test_what_differs_from_the_publication_is_told():
    assert SYSTEMS["adding-1000-kalman"].ours == (
        "a Kalman filter estimates all weights together, in place of descent along the gradient; "
        "input gates start at -6, -8; "
        "the output unit is the identity in place of a logistic function"
    )
    assert SYSTEMS["msd-kalman"].ours.endswith("; forget gates start at 3; output gates start at 0")
    assert SYSTEMS["order-3-kalman"].ours.endswith("in place of descent along the gradient")


def test_both_sets_are_drawn_as_published(monkeypatch):
    """Training strings are picked from the training set; none of the test set is learned."""
    learned, task = [], make("reber")

    class Listening(Scripted):
        def learn(self, strings, outputs, *, update="step"):
            learned.append(strings)
            super().learn(strings, outputs, update=update)

    record, rng = Record(), np.random.default_rng(3)
    train, test = task.sets(np.random.default_rng(3), 30)
    BothSets(limit=60, size=30).train(Listening(1000), task, "sequence", rng, record)
    of_train, of_test = ({letters(s, n) for n in range(s.count)} for s in (train, test))
    assert [picked.count for picked in learned] == [1] * 60
    assert {letters(picked, 0) for picked in learned} <= of_train
    assert not of_train & of_test


def test_unknown_systems_are_refused_with_a_suggestion():
    with pytest.raises(UsageError, match="Did you mean 'anbncn'"):
        find_system("anbnc")
    assert published_for("adding") is SYSTEMS["adding-100"]
    assert published_for("mackey-glass") is SYSTEMS["echo-state-17"]
    assert published_for("tutorial-delay") is None
    assert {s.task for s in SYSTEMS.values()} <= set(TASKS | WORLDS)
