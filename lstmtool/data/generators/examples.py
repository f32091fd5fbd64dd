"""Small synthetic sets to play with: tones, heartbeats, gestures, and windows of machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.data.windows import ATTRIBUTE, Windows

PITCHES = {"low": 220.0, "middle": 440.0, "high": 880.0}
"""Of the tones, in Hz."""
# Height, time in beats and width of the P wave, Q, R, S and the T wave.
BEATS = {
    "normal": ((0.15, -0.2, 0.03), (-0.1, -0.04, 0.01), (1.0, 0.0, 0.012), (-0.2, 0.04, 0.012),
               (0.3, 0.28, 0.05)),
    "ventricular": ((1.0, 0.02, 0.05), (-0.6, 0.16, 0.05), (-0.35, 0.36, 0.07)),
    "ST elevated": ((0.15, -0.2, 0.03), (-0.1, -0.04, 0.01), (1.0, 0.0, 0.012),
                    (0.35, 0.12, 0.06), (0.4, 0.26, 0.06)),
}  # fmt: skip
GESTURES = ("circle", "swipe", "shake", "figure eight")
STATES = ("idle", "running", "worn")
WINDOW = 100  # steps of a machine's window


def tones(rng: np.random.Generator) -> Sequences:
    """Return 36 tones of three pitches, of varied timbre, phase and loudness, at 8 kHz."""
    rate, arrays, labels = 8000, [], np.repeat(np.arange(len(PITCHES)), 12)
    time = np.arange(200) / rate
    for label in labels:
        pitch = list(PITCHES.values())[label] * rng.uniform(0.98, 1.02)
        heights = (1.0, *rng.uniform(0.0, 0.2, 3))
        tone = sum(
            height * np.sin(2 * np.pi * (pitch * (k + 1) * time + rng.uniform()))
            for k, height in enumerate(heights)
        )
        arrays.append(tone * rng.uniform(0.5, 1.0) + rng.normal(0, 0.02, len(time)))
    return _labelled(arrays, labels, tuple(PITCHES), float(rate))


def heartbeats(rng: np.random.Generator) -> Sequences:
    """Return 45 beats of an electrocardiogram, of three kinds, at 125 Hz, aligned at the R wave."""
    rate, arrays, labels = 125, [], np.repeat(np.arange(len(BEATS)), 15)
    for label in labels:
        time = np.arange(-40, 80) / rate
        beat = np.zeros(len(time))
        for height, at, width in list(BEATS.values())[label]:
            height, width = height * rng.uniform(0.8, 1.2), width * rng.uniform(0.85, 1.15)
            centre = at * rng.uniform(0.93, 1.07)
            beat += height * np.exp(-0.5 * ((time - centre) / width) ** 2)
        drift = 0.05 * np.sin(2 * np.pi * (0.3 * time + rng.uniform()))
        arrays.append(beat + drift + rng.normal(0, 0.02, len(time)))
    return _labelled(arrays, labels, tuple(BEATS), float(rate))


def gestures(rng: np.random.Generator) -> Sequences:
    """Return 40 gestures of four kinds, of 60 to 100 steps: acceleration in three axes at 50 Hz."""
    arrays, labels = [], np.repeat(np.arange(len(GESTURES)), 10)
    for label in labels:
        n = int(rng.integers(60, 101))
        t = np.linspace(0, 1, n) ** rng.uniform(0.9, 1.1)
        arrays.append(_gesture(GESTURES[label], t, rng) + rng.normal(0, 0.05, (n, 3)))
    made = _labelled(arrays, labels, GESTURES, 50.0)
    return replace(made, attributes=made.attributes | {"inputs": ["x", "y", "z"]})


def _gesture(kind: str, t: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the acceleration (T, 3) of one gesture, over a time from 0 to 1."""
    size, turn = rng.uniform(0.8, 1.2), 2 * np.pi * t
    rest = np.zeros(len(t))
    bump = np.exp(-0.5 * ((t - 0.5) / 0.18) ** 2)
    moves = {
        "circle": (np.cos(2 * turn), np.sin(2 * turn), rest),
        "swipe": (-2.0 * np.gradient(bump, t) / 5, rest, 0.3 * bump),
        "shake": (0.2 * np.sin(7 * turn), rest, 1.2 * np.sin(7 * turn)),
        "figure eight": (np.sin(2 * turn), np.sin(4 * turn), rest),
    }
    envelope = np.minimum(1.0, 6 * np.minimum(t, 1 - t))
    return np.stack(moves[kind], axis=1) * size * envelope[:, None]


def machines(rng: np.random.Generator) -> Sequences:
    """Return 60 windows of six recordings of machines that idle, run, and run with a worn bearing.

    Vibration and current, at 200 Hz. Each recording passes from one state to another.
    """
    journeys = ((0, 1), (1, 2), (0, 1), (1, 1), (1, 2), (0, 2))
    arrays, labels, counts = [], [], []
    for first, second in journeys:
        changes = int(rng.integers(3, 8))
        states = [first] * changes + [second] * (10 - changes)
        arrays += [_window(state, rng) for state in states]
        labels += states
        counts.append(len(states))
    names = tuple(f"machine-{k + 1}" for k in range(len(journeys)))
    steps = tuple(WINDOW * count for count in counts)
    windows = Windows(names, steps, tuple(counts), WINDOW, WINDOW)
    made = _labelled(arrays, np.array(labels), STATES, 200.0)
    told = {"inputs": ["vibration", "current"], ATTRIBUTE: windows.attribute()}
    numbered = tuple(f"{names[k]}[{n % 10 + 1}]" for n, k in enumerate(windows.recording))
    return replace(made, names=numbered, attributes=made.attributes | told)


def _window(state: int, rng: np.random.Generator) -> np.ndarray:
    """Return vibration and current (T, 2) of a machine in one state."""
    time = np.arange(WINDOW) / 200
    vibration = rng.normal(0, 0.05, WINDOW)
    current = rng.normal(0.2, 0.03, WINDOW)
    if STATES[state] != "idle":
        vibration += 0.4 * np.sin(2 * np.pi * (25 * time + rng.uniform()))
        current += 0.8 + 0.1 * np.sin(2 * np.pi * (5 * time + rng.uniform()))
    if STATES[state] == "worn":
        for hit in np.arange(rng.uniform(0, 0.08), time[-1], 0.08):
            after = np.maximum(0.0, time - hit)
            ringing = np.exp(-after / 0.01) * np.sin(2 * np.pi * 80 * after)
            vibration += 1.5 * np.where(time >= hit, ringing, 0.0)
    return np.stack([vibration, current], axis=1)


def _labelled(
    arrays: list[np.ndarray], labels: np.ndarray, names: tuple[str, ...], rate: float
) -> Sequences:
    numbers = [int((labels[:n] == label).sum()) + 1 for n, label in enumerate(labels)]
    return from_arrays(
        arrays,
        labels=labels,
        label_names=names,
        names=tuple(f"{names[k]}-{number}" for k, number in zip(labels, numbers, strict=True)),
        sampling_rate=rate,
    )


MAKERS: dict[str, Callable[[np.random.Generator], Sequences]] = {
    "tones": tones,
    "heartbeats": heartbeats,
    "gestures": gestures,
    "machines": machines,
}
