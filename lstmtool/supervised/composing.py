"""Music that a network composes: its outputs are its next inputs; and what can be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lstmtool.records.score import Score, notes_of
from lstmtool.supervised.rules.lstm import Lstm, LstmSettings
from lstmtool.supervised.rules.lstm_batch import LstmBatch
from lstmtool.supervised.slicing import cut
from lstmtool.supervised.target_sequences import Strings
from lstmtool.supervised.tasks.blues import (
    BAR,
    BARS,
    CYCLE,
    N_CHORD,
    PIECES,
    in_scale,
    piece_notes,
)

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule
    from lstmtool.supervised.tasks.blues import BluesChords

OPENING = 24
"""Steps of a song that a network hears before it plays on by itself."""
MIDDLE_C = 60
"""MIDI pitch of the lowest note of chords."""
ON = 0.5
"""Activation above which a note of the chord sounds."""

Predict = Callable[[np.ndarray], np.ndarray]
"""From the notes of a step to the activations of the next step's notes."""
Choose = Callable[[np.ndarray], np.ndarray]
"""From activations to notes, 0 or 1."""


@dataclass(frozen=True)
class Choice:
    """How activations become notes: chords by a threshold of 0.5, one melody note at most.

    Parameters
    ----------
    temperature : float
        The melody note is drawn with probabilities proportional to the odds y / (1 - y) of the
        activations y, to the power of 1 / temperature: as if exactly one note sounded.
    threshold : float, optional
        In place of drawing, the most active melody note sounds if it is above this; else none.
    """

    temperature: float = 1.0
    threshold: float | None = None

    def notes(self, rng: np.random.Generator) -> Choose:
        """Return the function that chooses notes."""

        def choose(y: np.ndarray) -> np.ndarray:
            notes = np.zeros_like(y)
            notes[:N_CHORD] = y[:N_CHORD] > ON
            if len(y) > N_CHORD:
                at = self._melody_note(y[N_CHORD:], rng)
                if at >= 0:
                    notes[N_CHORD + at] = 1.0
            return notes

        return choose

    def _melody_note(self, y: np.ndarray, rng: np.random.Generator) -> int:
        if self.threshold is not None:
            best = int(y.argmax())
            return best if y[best] > self.threshold else -1
        y = np.clip(y, 1e-12, 1.0 - 1e-12)
        logits = (np.log(y) - np.log1p(-y)) / self.temperature
        weights = np.exp(logits - logits.max())
        return int(rng.choice(len(y), p=weights / weights.sum()))


def predictor(rule: Rule) -> Predict:
    """Return a function that runs a network by one step, from a reset on."""
    if isinstance(rule, LstmBatch):  # it keeps no state from call to call
        online = Lstm(rule.topology, LstmSettings(1.0), np.random.default_rng(0))
        online.parameters[:] = rule.parameters
        rule = online
    step = Strings(
        np.zeros((1, rule.n_inputs)),
        np.zeros((1, rule.n_outputs)),
        np.zeros(1, dtype=bool),
        np.zeros((1, rule.n_outputs), dtype=bool),
        np.array([0, 1], dtype=np.int64),
    )
    outputs, begun = np.zeros((1, rule.n_outputs)), False

    def predict(notes: np.ndarray) -> np.ndarray:
        nonlocal begun
        step.inputs[0] = notes
        rule.run(step, outputs, keep_state=begun)
        begun = True
        return outputs[0]

    return predict


def play(predict: Predict, opening: np.ndarray, n_steps: int, choose: Choose) -> np.ndarray:
    """Hear the opening (O, notes), then play on; return the n_steps notes after it."""
    y = np.zeros(opening.shape[1])
    for notes in opening:
        y = predict(notes)
    played = np.zeros((n_steps, opening.shape[1]))
    for t in range(n_steps):
        played[t] = choose(y)
        if t + 1 < n_steps:
            y = predict(played[t])
    return played


def opening_of(task: BluesChords, rng: np.random.Generator, n_steps: int = OPENING) -> np.ndarray:
    """Return the first steps of a song."""
    song = task.sample(rng, 1)
    return cut(song, 0, n_steps).inputs.copy()


@dataclass(frozen=True)
class Composition:
    """What a network composed, as a score, and what can be said of it."""

    score: Score
    judgement: Judgement


def compose(
    rule: Rule, task: BluesChords, rng: np.random.Generator, bars: int, choice: Choice
) -> Composition:
    """Let a network play on after the opening of a song, until the given number of bars is full."""
    opening = opening_of(task, rng, min(OPENING, bars * BAR))
    n_steps = bars * BAR - len(opening)
    played = play(predictor(rule), opening, n_steps, choice.notes(rng))
    return Composition(
        score_of(task, np.concatenate([opening, played]), len(opening)),
        judge(task, played, len(opening)),
    )


def score_of(task: BluesChords, sounding: np.ndarray, heard: int) -> Score:
    """Return what sounds at every step as a score."""
    n_notes = sounding.shape[1]
    voices = (np.arange(n_notes) >= N_CHORD).astype(int)
    pitches = MIDDLE_C + np.arange(n_notes)
    n_bars = -(-len(sounding) // BAR)
    names = tuple(f"{task.roots[n % BARS]}7" for n in range(n_bars))
    return Score(notes_of(sounding, pitches, voices, BAR), len(sounding), BAR, names, heard)


@dataclass(frozen=True)
class Judgement:
    """What can be said of notes played after an opening.

    Attributes
    ----------
    chord_steps : int
        Steps with exactly the notes of the form's chord.
    steps : int
        All steps.
    cycles : float
        Cycles of the form until the first wrong chord; all, if there is none.
    in_scale : float or None
        Of the melody notes played, the share in the scale; None without a melody.
    new_bars : float or None
        Share of whole bars whose melody is none of the training songs' pieces.
    distinct_bars : int or None
        Number of different bars of melody.
    last_in_scale, last_new_bars : float or None
        The same shares in the last cycle, which show whether the melody drifts.
    """

    chord_steps: int
    steps: int
    cycles: float
    in_scale: float | None = None
    new_bars: float | None = None
    distinct_bars: int | None = None
    last_in_scale: float | None = None
    last_new_bars: float | None = None


def judge(task: BluesChords, played: np.ndarray, first: int = OPENING) -> Judgement:
    """Compare notes played with the form and the pieces.

    Parameters
    ----------
    played : ndarray of shape (steps, notes)
        Notes that follow the opening.
    first : int
        Step of the form that they begin with: the length of the opening.
    """
    form = task.chords(first + len(played))[first:]
    right = (played[:, :N_CHORD] == form).all(axis=1)
    wrong = np.flatnonzero(~right)
    until = len(played) if not len(wrong) else int(wrong[0])
    chords = int(right.sum()), len(played), until / CYCLE
    melody = played[:, N_CHORD:]
    first_bar = -first % BAR
    n_bars = max(0, len(melody) - first_bar) // BAR
    if not n_bars * melody.shape[1]:
        return Judgement(*chords)
    bars = melody[first_bar : first_bar + n_bars * BAR].reshape(n_bars, -1)
    known = {piece_notes(piece).tobytes() for pair in PIECES.values() for piece in pair}
    new = np.array([bar.tobytes() not in known for bar in bars])
    return Judgement(
        *chords,
        _share_in_scale(melody),
        float(new.mean()),
        len(np.unique(bars, axis=0)),
        _share_in_scale(melody[-CYCLE:]),
        float(new[-CYCLE // BAR :].mean()),
    )


def _share_in_scale(melody: np.ndarray) -> float:
    return float(melody[:, in_scale()].sum() / max(melody.sum(), 1.0))


def figures_of(found: Judgement) -> dict[str, float]:
    """Return what can be said of music, by name."""
    shown = {
        f"chord steps right of {found.steps}": found.chord_steps,
        "cycles until the first wrong chord": found.cycles,
        "melody notes in the scale": found.in_scale,
        "bars not in the training songs": found.new_bars,
        "different bars of melody": found.distinct_bars,
        "melody notes in the scale, last cycle": found.last_in_scale,
        "bars not in the training songs, last cycle": found.last_new_bars,
    }
    return {name: float(value) for name, value in shown.items() if value is not None}
