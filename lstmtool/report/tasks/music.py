"""Music on a page: the score as a piano roll, and a sound to hear."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import numpy as np

from lstmtool.data.sounds import wav_bytes
from lstmtool.data.synthesis import synthesise
from lstmtool.records.score import Note, Score
from lstmtool.report import markup, svg
from lstmtool.report.run.tables import Table
from lstmtool.report.text import number

NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
BARS_IN_ROW, STEP, PITCH, LEFT, TOP = 12, 8, 9, 44, 30
HEARD_BARS, STEP_SECONDS, RATE = 12, 0.17, 8000  # of the sound, which is part of the page
EXPLAINED = (
    "Time runs to the right, pitch upwards; every column of lines is a bar, under the chord that "
    "belongs there. Blue: chord; orange: melody. The network heard the notes on grey, and composed "
    "all others: its outputs are its next inputs."
)


def section(score: Score, played: Mapping[str, float]) -> str:
    """Return the section of a page on what a network composes."""
    per_row = BARS_IN_ROW * score.steps_per_bar
    rows = [
        _row(score, first, min(first + per_row, score.n_steps))
        for first in range(0, score.n_steps, per_row)
    ]
    table = Table(("", "Value"), [(name, _figure(value)) for name, value in played.items()])
    return markup.section(
        "What it composes",
        *rows,
        markup.element("p", EXPLAINED, "soft"),
        player(score),
        markup.table(table, "What it composes"),
    )


def _figure(value: float) -> str:
    return f"{int(value):,}" if float(value).is_integer() else number(value, 3)


def _row(score: Score, first: int, after: int) -> str:
    """Return a piano roll of some steps as SVG."""
    pitches = [note.pitch for note in score.notes] or [60]
    low, high = min(pitches), max(pitches)
    width = LEFT + (BARS_IN_ROW * score.steps_per_bar) * STEP + 10
    height = TOP + (high - low + 1) * PITCH + 8

    def across(step: int) -> int:
        return LEFT + (step - first) * STEP

    parts = []
    heard = min(score.heard, after) - first
    if heard > 0:
        extent = f'width="{heard * STEP}" height="{height - TOP - 8}"'
        parts.append(f'<rect class="heard" x="{LEFT}" y="{TOP}" {extent}/>')
    for pitch in range(low, high + 1):
        if NAMES[pitch % 12] == "C":
            y = TOP + (high - pitch + 1) * PITCH
            parts.append(f'<path class="grid" d="M{LEFT},{y}H{across(after)}"/>')
            parts.append(svg.text(f"C{pitch // 12 - 1}", LEFT - 8, y, "end"))
    for step in range(first, after + 1, score.steps_per_bar):
        parts.append(f'<path class="grid" d="M{across(step)},{TOP}V{height - 8}"/>')
        if step < after:
            parts.append(svg.text(score.bars[step // score.steps_per_bar], across(step) + 4, 22))
    parts += [_bar(note, across(note.start), high) for note in _within(score, first, after)]
    label = f"Piano roll of steps {first + 1} to {after}"
    return svg.picture(svg.Axes((0, 1), (0, 1), width, height), parts, label)


def _within(score: Score, first: int, after: int) -> list[Note]:
    return [note for note in score.notes if first <= note.start < after]


def _bar(note: Note, x: int, high: int) -> str:
    name = f"{NAMES[note.pitch % 12]}{note.pitch // 12 - 1}"
    y = TOP + (high - note.pitch) * PITCH
    return (
        f'<rect class="block c{note.voice}" x="{x}" y="{y}" width="{note.length * STEP - 1}" '
        f'height="{PITCH - 1}"><title>{name}</title></rect>'
    )


def player(score: Score) -> str:
    """Return a player of the first bars that the network composed."""
    bar = score.steps_per_bar
    first = -(-score.heard // bar) * bar
    after = min(first + HEARD_BARS * bar, score.n_steps)
    notes = [note._replace(start=note.start - first) for note in _within(score, first, after)]
    samples = synthesise(notes, after - first, STEP_SECONDS, RATE)
    data = base64.b64encode(wav_bytes(np.asarray(samples), RATE)).decode()
    words = f"Bars {first // bar + 1} to {after // bar}, {(after - first) * STEP_SECONDS:.0f} s"
    return (
        f'<audio controls preload="none" src="data:audio/wav;base64,{data}"></audio>'
        f"{markup.element('p', words, 'soft')}"
    )
