"""Music by tables: the next notes are those that followed the last steps in the training songs."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmtool.supervised.composing import (
    OPENING,
    Choose,
    Judgement,
    Predict,
    judge,
    opening_of,
    play,
)
from lstmtool.supervised.tasks.blues import CYCLE, N_CHORD

if TYPE_CHECKING:
    from lstmtool.supervised.tasks.blues import BluesChords

WINDOWS = {
    "order-2 Markov model": 2,
    "table of the last 8 steps": 8,
    "table of the last 16 steps": 16,
    "table of the last 48 steps": 48,
}
START = b""
"""Stands before a song's first step."""
SONGS = 200
"""Training songs of the tables of melodies; all songs of chords are the same."""


class WindowTable:
    """Counts of what followed every sequence of n steps, with fewer steps at a song's beginning.

    What followed no such window in the songs is what follows the longest of its endings that was
    seen there.
    """

    def __init__(self, songs: np.ndarray, n: int) -> None:
        self.n = n
        self.followers: dict[tuple[bytes, ...], Counter[bytes]] = defaultdict(Counter)
        for song in songs:
            steps = [START, *(step.tobytes() for step in song)]
            for t in range(2, len(steps)):
                past = tuple(steps[max(0, t - n) : t])
                for length in {len(past), *range(1, min(n, 3))}:
                    self.followers[past[-length:]][steps[t]] += 1

    def predictor(self) -> Predict:
        """Return a function from the notes of a step to the shares of the next step's notes."""
        past: deque[bytes] = deque([START], maxlen=self.n)

        def predict(notes: np.ndarray) -> np.ndarray:
            past.append(notes.tobytes())
            seen = tuple(past)
            while seen and seen not in self.followers:
                seen = seen[1:]
            found = self.followers[seen] if seen else Counter({notes.tobytes(): 1})
            steps = np.array([np.frombuffer(step) for step in found])
            counts = np.array(list(found.values()), dtype=float)
            return counts @ steps / counts.sum()

        return predict


def counter(task: BluesChords) -> Predict:
    """Return a hand-written player of the chords, which counts steps."""
    done, form = 0, task.chords(CYCLE)

    def predict(notes: np.ndarray) -> np.ndarray:
        nonlocal done
        done += 1
        return np.concatenate([form[done % CYCLE], np.zeros(len(notes) - N_CHORD)])

    return predict


def judged(task: BluesChords, predict: Predict, choose: Choose, rng: Any, cycles: int) -> Judgement:
    """Judge some cycles that a predictor plays after the opening of a song."""
    opening = opening_of(task, rng)
    return judge(task, play(predict, opening, cycles * CYCLE, choose), OPENING)


def songs_for(task: BluesChords, rng: np.random.Generator) -> np.ndarray:
    """Return the songs that tables are made of, shape (songs, steps, notes)."""
    songs = task.sample(rng, 1 if task.n_inputs == N_CHORD else SONGS)
    steps = np.split(songs.inputs, songs.starts[1:-1])
    return np.stack(steps)
