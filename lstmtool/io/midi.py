"""MIDI files of scores, written with the optional package mido."""

from __future__ import annotations

import io
from pathlib import Path
from types import ModuleType

from lstmtool.errors import UsageError
from lstmtool.io.atomic import replace_file
from lstmtool.records.score import Score

TICKS = 480  # of a quarter note
STEPS_PER_QUARTER = 2
PROGRAMS = (0, 11)  # General MIDI: piano for chords, vibraphone for the melody
LOUDNESS = (64, 96)


def mido_package() -> ModuleType:
    """Return the package mido.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        import mido
    except ImportError:
        raise UsageError(
            "Writing MIDI files needs the package mido.",
            fix="Install it with `pip install 'lstmtool[music]'`, or write -o NAME.wav.",
        ) from None
    return mido


def midi_bytes(score: Score, tempo: float) -> bytes:
    """Return a MIDI file with a track for each voice; equal scores give equal bytes.

    Parameters
    ----------
    tempo : float
        Quarter notes per minute.
    """
    mido = mido_package()
    file = mido.MidiFile(ticks_per_beat=TICKS)
    step = TICKS // STEPS_PER_QUARTER
    first = mido.MidiTrack()
    first.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo)))
    first.append(mido.MetaMessage("time_signature", numerator=4, denominator=4))
    file.tracks.append(first)
    for voice in sorted({note.voice for note in score.notes}):
        events = []
        for note in score.notes:
            if note.voice == voice:
                events.append((note.start * step, 1, note.pitch))
                events.append(((note.start + note.length) * step, 0, note.pitch))
        track = mido.MidiTrack()
        track.append(mido.Message("program_change", channel=voice, program=PROGRAMS[voice]))
        now = 0
        for at, on, pitch in sorted(events):  # at the same time, notes end before others begin
            track.append(
                mido.Message(
                    "note_on" if on else "note_off",
                    channel=voice,
                    note=pitch,
                    velocity=LOUDNESS[voice] if on else 0,
                    time=at - now,
                )
            )
            now = at
        file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def write_midi(path: Path | str, score: Score, tempo: float) -> None:
    """Write a score as a MIDI file.

    Raises
    ------
    UsageError
        If mido is not installed.
    FileError
        If the file cannot be written; an old file is unchanged.
    """
    replace_file(path, midi_bytes(score, tempo))
