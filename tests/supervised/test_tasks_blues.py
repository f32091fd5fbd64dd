"""Twelve-bar blues, note by note."""

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.supervised.tasks import make
from lstmtool.supervised.tasks.blues import (
    FORMS,
    PIECES,
    PITCHES,
    SCALE,
    chord_notes,
    in_scale,
    piece_notes,
)

SEVENTHS = {
    "C": {"C", "E", "G", "Bb"},
    "F": {"F", "A", "C", "Eb"},
    "G": {"G", "B", "D", "F"},
    "A": {"A", "C#", "E", "G"},
    "D": {"D", "F#", "A", "C"},
}


@pytest.mark.parametrize("root", SEVENTHS)
def test_chords_are_sevenths_within_an_octave(root):
    assert {PITCHES[k] for k in np.flatnonzero(chord_notes(root))} == SEVENTHS[root]


@pytest.mark.parametrize(("form", "longest"), [("plain", 48), ("turnaround", 16)])
def test_the_longest_run_of_a_chord(form, longest):
    song = make("blues-chords", form=form, cycles=3).sample(np.random.default_rng(0), 1).inputs
    changes = np.flatnonzero((np.diff(song, axis=0) != 0).any(axis=1))
    assert np.diff(changes).max() == longest
    assert set(FORMS[form].split()) <= set(PIECES)


@pytest.mark.parametrize("name", ["blues-chords", "blues"])
def test_the_target_is_the_next_step_and_the_last_one_begins_again(name):
    task = make(name, cycles=2)
    strings = task.sample(np.random.default_rng(0), 3)
    assert strings.starts.tolist() == [0, 192, 384, 576]
    for first in strings.starts[:-1]:
        np.testing.assert_array_equal(
            strings.inputs[first + 1 : first + 192], strings.targets[first : first + 191]
        )
        assert strings.targets[first + 191, :12].tolist() == chord_notes("C").tolist()
    assert strings.scored.all()
    np.testing.assert_array_equal(task.chords(192), strings.inputs[:192, :12])


def test_every_bar_has_one_of_the_two_pieces_of_its_chord():
    task = make("blues", cycles=1)
    strings = task.sample(np.random.default_rng(0), 60)
    songs = strings.inputs[:, 12:].reshape(60, 12, 8, 13)
    for bar, root in enumerate(FORMS["plain"].split()):
        seen = {song[bar].tobytes() for song in songs}
        assert seen == {piece_notes(piece).tobytes() for piece in PIECES[root]}
    assert len({song.tobytes() for song in songs}) > 55  # of 4096
    assert (strings.inputs[:, 12:].sum(axis=1) == 1).all()
    assert not (strings.inputs[:, 12:].any(axis=0) & ~in_scale()).any()


def test_melodies_are_quarter_notes_of_a_pentatonic_scale():
    bar = piece_notes("Bb G F Eb")
    assert [int(k) for k in bar.argmax(axis=1)] == [10, 10, 7, 7, 5, 5, 3, 3]
    assert piece_notes("c Bb G F")[0].argmax() == 12
    assert {PITCHES[k % 12] for k in np.flatnonzero(in_scale())} == set(SCALE)
    assert in_scale()[12]


def test_the_information_of_a_choice_bounds_the_cross_entropy():
    """With the true probabilities of every note, a choice costs ln 2 for each of two units."""
    task = make("blues", cycles=1)
    strings = task.sample(np.random.default_rng(0), 50)
    first = strings.targets[:, 12:].reshape(50, 96, 13)[:, 7::8]  # the first notes of bars
    p = np.clip(first.mean(axis=0), 1e-9, 1 - 1e-9)
    cost = -(first * np.log(p) + (1 - first) * np.log(1 - p)).sum() / 50
    assert 12 * np.log(2) < cost < 2 * 12 * np.log(2) + 0.1


@pytest.mark.parametrize("options", [{"form": "waltz"}, {"cycles": 0}])
def test_other_forms_are_refused(options):
    with pytest.raises(UsageError):
        make("blues", **options)
