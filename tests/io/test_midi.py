"""MIDI files, read back by the package that wrote them; notes from what sounds at every step."""

import io
import sys

import numpy as np
import pytest

from lstmtool.errors import FileError, UsageError
from lstmtool.io.midi import midi_bytes, write_midi
from lstmtool.records.score import Note, Score, notes_of

SCORE = Score(
    (Note(60, 0, 4, 0), Note(64, 0, 2, 0), Note(72, 2, 1, 1), Note(72, 3, 1, 1)), 4, 4, ("C7",), 0
)


def test_what_sounds_on_is_one_note_until_the_next_bar():
    on = np.array([[1, 0], [1, 1], [0, 1], [0, 1], [1, 1], [1, 0]], dtype=float)
    found = notes_of(on, np.array([60, 72]), np.array([0, 1]), 4)
    assert found == (
        Note(60, 0, 2, 0),
        Note(72, 1, 3, 1),
        Note(60, 4, 2, 0),
        Note(72, 4, 1, 1),
    )


def test_notes_survive_the_file():
    mido = pytest.importorskip("mido")
    data = midi_bytes(SCORE, 120.0)
    assert data == midi_bytes(SCORE, 120.0)
    file = mido.MidiFile(file=io.BytesIO(data))
    assert file.length == pytest.approx(1.0)  # four eighths at 120 quarters per minute
    found, now, open_notes = [], 0, {}
    for message in mido.merge_tracks(file.tracks):
        now += message.time
        if message.type == "note_on":
            open_notes[message.channel, message.note] = now
        elif message.type == "note_off":
            begun = open_notes.pop((message.channel, message.note))
            found.append(Note(message.note, begun // 240, (now - begun) // 240, message.channel))
    assert not open_notes
    assert sorted(found) == sorted(SCORE.notes)


def test_a_file_that_cannot_be_written_is_refused(tmp_path):
    pytest.importorskip("mido")
    write_midi(tmp_path / "a.mid", SCORE, 120.0)
    assert (tmp_path / "a.mid").read_bytes()[:4] == b"MThd"
    with pytest.raises(FileError):
        write_midi(tmp_path / "none" / "a.mid", SCORE, 120.0)


def test_without_mido_there_is_advice(monkeypatch):
    monkeypatch.setitem(sys.modules, "mido", None)
    with pytest.raises(UsageError, match="needs the package mido"):
        midi_bytes(SCORE, 120.0)
