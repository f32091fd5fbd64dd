"""What networks, tables and a counter play by themselves, and what is said of it."""

import numpy as np
import pytest

from lstmtool.network.topology import Topology
from lstmtool.supervised.composing import (
    Choice,
    compose,
    figures_of,
    judge,
    opening_of,
    play,
    predictor,
)
from lstmtool.supervised.free_run import FreeRun, listen
from lstmtool.supervised.rules.lstm import Lstm, LstmSettings
from lstmtool.supervised.rules.lstm_batch import BatchSettings, LstmBatch
from lstmtool.supervised.stopping import Record
from lstmtool.supervised.tasks.blues import Blues, BluesChords, piece_notes
from lstmtool.supervised.window_tables import WindowTable, counter, judged, songs_for

CHORDS, SONGS = BluesChords(), Blues()
CHOOSE = Choice().notes(np.random.default_rng(0))


def network(task, kind=Lstm, settings=None, seed=0):
    topology = Topology(
        task.n_inputs, task.n_outputs, (1, 1), peepholes=True, error="cross-entropy"
    )
    return kind(topology, settings or LstmSettings(0.1, weights=1.0), np.random.default_rng(seed))


def test_a_counter_plays_the_form_without_error():
    for task in (CHORDS, BluesChords(form="turnaround"), SONGS):
        found = judged(task, counter(task), CHOOSE, np.random.default_rng(0), 10)
        assert (found.chord_steps, found.steps, found.cycles) == (960, 960, 10.0)


@pytest.mark.parametrize(
    ("form", "window", "right"),
    [
        *(("plain", 47, False), ("plain", 48, True), ("plain", 8, False)),
        *(("turnaround", 16, False), ("turnaround", 17, True)),  # C F C C is not F F C A
    ],
)
def test_shorter_windows_do_not_know_the_next_chord(form, window, right):
    task = BluesChords(form=form)
    table = WindowTable(songs_for(task, np.random.default_rng(0)), window)
    found = judged(task, table.predictor(), CHOOSE, np.random.default_rng(0), 3)
    assert (found.chord_steps == found.steps) == right


def test_a_table_gives_the_shares_of_what_followed():
    a, b = np.eye(2)
    table = WindowTable(np.array([[a, a, b, a], [a, a, a, b]]), 2)
    predict = table.predictor()
    np.testing.assert_allclose(predict(a), [2 / 2, 0])  # at the beginning, a always follows a
    np.testing.assert_allclose(predict(a), [1 / 3, 2 / 3])
    np.testing.assert_allclose(predict(b), [1.0, 0.0])
    np.testing.assert_allclose(predict(b), [1.0, 0.0])  # b b was not seen: what follows b
    np.testing.assert_allclose(table.predictor()(np.array([0.5, 0.5])), [0.5, 0.5])


def test_outputs_are_fed_back_after_the_opening():
    rule = network(CHORDS)
    opening = opening_of(CHORDS, np.random.default_rng(0), 5)
    played = play(predictor(rule), opening, 4, lambda y: (y > 0.5).astype(float))
    heard = np.concatenate([opening, played])
    strings = CHORDS.blank(np.array([0, 9]))
    strings.inputs[:] = heard
    outputs = np.zeros_like(strings.targets)
    rule.run(strings, outputs)
    np.testing.assert_array_equal(played, outputs[4:8] > 0.5)


def test_networks_of_batches_play_as_others_do():
    online = network(SONGS)
    batch = network(SONGS, LstmBatch, BatchSettings(0.1))
    batch.parameters[:] = online.parameters
    made = [
        compose(rule, SONGS, np.random.default_rng(1), 6, Choice(2.0)) for rule in (online, batch)
    ]
    assert made[0] == made[1]
    assert made[0].score.n_steps == 48
    assert made[0].score.heard == 24
    assert made[0].judgement.steps == 24
    assert made[0].score.bars[:5] == ("C7", "C7", "C7", "C7", "F7")


def test_one_note_of_the_melody_sounds_by_its_odds():
    y = np.r_[np.full(12, 0.4), np.full(13, 1e-6)]
    y[[3, 12, 14]] = 0.7, 0.8, 0.2  # odds of the melody: 4 and 1/4
    for temperature, share in ((1.0, 16 / 17), (2.0, 4 / 5)):
        choose = Choice(temperature).notes(np.random.default_rng(0))
        drawn = np.array([choose(y) for _ in range(2000)])
        assert (drawn[:, 12:].sum(axis=1) == 1).all()
        assert drawn[:, 12].mean() == pytest.approx(share, abs=0.03)
        assert (drawn[:, :12] == np.eye(12)[3]).all()


def test_a_threshold_lets_the_most_active_note_sound_or_none():
    y = np.r_[np.zeros(12), np.full(13, 0.3)]
    y[20] = 0.4
    rng = np.random.default_rng(0)
    assert Choice(threshold=0.35).notes(rng)(y).nonzero()[0].tolist() == [20]
    assert not Choice(threshold=0.4).notes(rng)(y).any()


def test_what_is_played_is_judged():
    """Ten bars after an opening of two: the eleventh bar has a wrong chord, one bar is new."""
    form = SONGS.chords(96)
    melody = np.concatenate([piece_notes("F Eb F G")] * 12)
    melody[24:32] = piece_notes("C C C C")
    played = np.concatenate([form, melody], axis=1)[16:]
    played[80 - 16 :, 5] = 1.0 - played[80 - 16 :, 5]
    found = judge(SONGS, played, 16)
    assert (found.chord_steps, found.steps, found.cycles) == (64, 80, 64 / 96)
    assert (found.in_scale, found.new_bars, found.distinct_bars) == (1.0, 0.1, 2)
    played[:, 12:] = 0.0
    played[:, 13] = 1.0  # C sharp
    found = judge(SONGS, played, 16)
    assert (found.in_scale, found.new_bars) == (0.0, 1.0)
    assert judge(CHORDS, form[24:], 24).in_scale is None
    assert figures_of(judge(CHORDS, form[24:], 24)) == {
        "chord steps right of 72": 72.0,
        "cycles until the first wrong chord": 0.75,
    }


class Playing(Lstm):
    """Plays the form from some number of songs on."""

    def __init__(self, known_from):
        super().__init__(Topology(12, 12, (1,)), LstmSettings(0.1), np.random.default_rng(0))
        self.known_from, self.learned, self.step = known_from, 0, 0

    def learn(self, strings, outputs, *, update="step"):
        self.learned += strings.count

    def run(self, strings, outputs, *, keep_state=False):
        self.step = self.step + 1 if keep_state else 1
        known = self.learned >= self.known_from
        outputs[:] = CHORDS.chords(self.step + 1)[-1] if known else 0.0


@pytest.mark.parametrize(
    ("known_from", "whole", "solved", "songs", "learned"),
    [(3, False, True, 4, 4), (3, True, True, 4, 11), (50, False, False, 11, 11)],
)
def test_training_ends_once_the_form_is_played(known_from, whole, solved, songs, learned):
    rule, record = Playing(known_from), Record()
    stop = FreeRun(limit=11, every=2, cycles=2, whole=whole)
    stop.train(rule, CHORDS, "step", np.random.default_rng(0), record)
    assert (record.solved, record.sequences, rule.learned) == (solved, songs, learned)
    assert record.figures["chord steps right of 960"] == 960.0 * solved
    assert listen(rule, CHORDS, np.random.default_rng(0), 1).steps == 96
