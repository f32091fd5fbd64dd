"""Twelve-bar blues: predict the next chord, and the next note of a melody above it.

A step is an eighth note, a bar has eight steps, and a form twelve bars. There is one unit for each
note, 1 while it sounds; nothing marks where a note ends, so that two eighths of the same pitch are
a quarter. Chords are sevenths, with all their notes moved into one octave; melodies move in the
octave above it, from its C to the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least

SOURCE = "Eck and Schmidhuber 2002"
FORMS = {
    "plain": "C C C C F F C C G F C C",
    "turnaround": "C F C C F F C A D G C G",
}
"""Chords of the bars. In the plain form C lasts for 48 steps, from the eleventh bar of one cycle to
the fourth of the next, so that no shorter window shows when the chord changes."""
BAR, BARS = 8, 12
CYCLE = BAR * BARS
PITCHES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
N_CHORD, N_MELODY = 12, 13
SEVENTHS = {"C": 0, "F": 5, "G": 7, "A": 9, "D": 2}
SCALE = ("C", "Eb", "F", "G", "Bb")
"""Minor pentatonic scale, of which all melodies are."""
PIECES = {  # quarter notes; c is the C an octave above C
    "C": ("C Eb F G", "Bb G F Eb"),
    "F": ("F G Bb c", "c Bb G F"),
    "G": ("G Bb c Bb", "F Eb F G"),
    "A": ("C Eb G Eb", "G Eb C Bb"),
    "D": ("F Eb C F", "c F G F"),
}
"""One-bar melodies over each chord. Those of the publication are not printed; these are ours."""


def chord_notes(root: str) -> np.ndarray:
    """Return which of the twelve notes sound in a seventh chord, shape (12,)."""
    notes = np.zeros(N_CHORD)
    notes[[(SEVENTHS[root] + interval) % 12 for interval in (0, 4, 7, 10)]] = 1.0
    return notes


def piece_notes(piece: str) -> np.ndarray:
    """Return the notes (8, 13) of a one-bar melody."""
    bar = np.zeros((BAR, N_MELODY))
    for step, name in enumerate(np.repeat(piece.split(), BAR // len(piece.split()))):
        bar[step, 12 if name == "c" else PITCHES.index(str(name))] = 1.0
    return bar


def in_scale() -> np.ndarray:
    """Return which of the thirteen melody notes are in the scale, shape (13,) bool."""
    return np.array([PITCHES[k % 12] in SCALE for k in range(N_MELODY)])


@dataclass(frozen=True)
class BluesChords(Task):
    """Predict the chord of the next step of a twelve-bar blues; all songs are the same.

    A song is some cycles of the form, after which it would begin again. The criterion says which
    notes sound: every output is on the right side of 0.5.

    Parameters
    ----------
    form : {"plain", "turnaround"}
        C C C C, F F C C, G F C C or C F C C, F F C A, D G C G. Both are ours.
    cycles : int
        Cycles of a song.
    """

    name: ClassVar[str] = "blues-chords"
    title: ClassVar[str] = "Chords of a twelve-bar blues"
    source: ClassVar[str] = f"{SOURCE}, experiment 1"

    form: str = "plain"
    cycles: int = 2

    def __post_init__(self) -> None:
        at_least(1, cycles=self.cycles)
        if self.form not in FORMS:
            raise UsageError(f"There is no form {self.form!r}.", fix=f"Forms: {', '.join(FORMS)}.")

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs: the notes that sound; outputs: those of the next step."""
        return PITCHES, PITCHES

    @property
    def criterion(self) -> Criterion:
        """Every output is within 0.5 of its target."""
        return Criterion(WITHIN, 0.5)

    @property
    def roots(self) -> list[str]:
        """Root of the chord of every bar."""
        return FORMS[self.form].split()

    def chords(self, n_steps: int) -> np.ndarray:
        """Return the chord notes (n_steps, 12) from the first step of the form on."""
        cycle = np.repeat([chord_notes(root) for root in self.roots], BAR, axis=0)
        return np.resize(cycle, (n_steps, N_CHORD))

    def songs(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Draw the notes of songs, shape (count, steps + 1, notes); the last step begins again."""
        return np.repeat(self.chords(self.cycles * CYCLE + 1)[None], count, axis=0)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw songs; chords alone do not differ."""
        at_least(1, count=count)
        strings = self.blank(np.arange(count + 1) * self.cycles * CYCLE)
        songs = self.songs(rng, count)
        strings.inputs[:] = songs[:, :-1].reshape(strings.inputs.shape)
        strings.targets[:] = songs[:, 1:].reshape(strings.targets.shape)
        strings.scored[:] = True
        return strings


@dataclass(frozen=True)
class Blues(BluesChords):
    """Predict chord and melody of the next step of a twelve-bar blues.

    The melody of every bar is one of two pieces that go with its chord, each with probability 1/2:
    there are 4096 melodies of one cycle. A step with a choice cannot be predicted, so that no song
    is right at every step; `lstmtool compose` and the report judge what a network plays.
    """

    name: ClassVar[str] = "blues"
    title: ClassVar[str] = "Chords and melody of a twelve-bar blues"
    source: ClassVar[str] = f"{SOURCE}, experiment 2"

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Notes of the chord, then those of the melody."""
        above = tuple(f"{PITCHES[k % 12]}{5 + k // 12}" for k in range(N_MELODY))
        notes = tuple(f"{name}4" for name in PITCHES) + above
        return notes, notes

    def songs(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Draw a piece for every bar of every song."""
        chords = super().songs(rng, count)
        bars = [np.stack([piece_notes(piece) for piece in PIECES[root]]) for root in self.roots]
        n_bars = self.cycles * BARS + 1
        chosen = rng.integers(0, 2, (count, n_bars))
        melody = np.concatenate([bars[n % BARS][chosen[:, n]] for n in range(n_bars)], axis=1)
        return np.concatenate([chords, melody[:, : chords.shape[1]]], axis=2)
