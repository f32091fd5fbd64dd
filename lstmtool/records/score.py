"""Scores: notes with their times."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Note(NamedTuple):
    """A note; times are in steps."""

    pitch: int  # as in MIDI: 60 is middle C
    start: int
    length: int
    voice: int  # 0 for chords, 1 for a melody


class Score(NamedTuple):
    """Notes of a piece."""

    notes: tuple[Note, ...]
    n_steps: int
    steps_per_bar: int
    bars: tuple[str, ...]  # name of the chord that belongs in every bar
    heard: int  # first steps, which were given; the rest was composed


def notes_of(
    sounding: np.ndarray, pitches: np.ndarray, voices: np.ndarray, steps_per_bar: int
) -> tuple[Note, ...]:
    """Return the notes of a matrix of what sounds at every step, in the order of their starts.

    What sounds on is one note, but every bar strikes anew.

    Parameters
    ----------
    sounding : ndarray of shape (steps, K)
        1 where a note sounds.
    pitches, voices : ndarray of shape (K,)
        Pitch and voice of each column.
    """
    on = sounding > 0.5
    before = np.zeros_like(on)
    before[1:] = on[:-1]
    before[::steps_per_bar] = False
    after = np.zeros_like(on)
    after[:-1] = on[1:]
    after[steps_per_bar - 1 :: steps_per_bar] = False
    notes = []
    for k in range(on.shape[1]):
        starts = np.flatnonzero(on[:, k] & ~before[:, k])
        ends = np.flatnonzero(on[:, k] & ~after[:, k]) + 1
        notes += [
            Note(int(pitches[k]), int(a), int(b - a), int(voices[k]))
            for a, b in zip(starts, ends, strict=True)
        ]
    return tuple(sorted(notes, key=lambda note: (note.start, note.voice, note.pitch)))
