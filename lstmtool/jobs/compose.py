"""What `lstmtool compose` does: run a trained network by itself, and write its music."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lstmtool.jobs.files import new_file, say_path

if TYPE_CHECKING:
    from lstmtool.records.score import Score
    from lstmtool.supervised.composing import Composition


@dataclass(frozen=True)
class ComposeRequest:
    """What the user asked for."""

    network: Path
    output: Path | None
    wav: Path | None
    bars: int
    temperature: float | None
    threshold: float | None
    tempo: float
    seed: int
    force: bool
    as_json: bool


def compose_to_files(request: ComposeRequest) -> None:
    """Compose, and write a MIDI file, a sound, or both.

    Raises
    ------
    UsageError
        If the file is neither, or mido is not installed.
    DataError
        If the network was not trained on blues.
    FileError
        If a file cannot be written.
    """
    target = request.output or new_file(None, "blues", request.force, ".mid")
    _check_endings(target, request)
    files = [target, *filter(None, [request.wav])]
    files = [new_file(path, "", request.force) for path in files]
    if target.suffix.lower() != ".wav":
        from lstmtool.io.midi import mido_package

        mido_package()  # missing, it is missing before the network plays
    made = _composed(request)
    for path in files:
        _write(path, made.score, request.tempo)
    if request.as_json:
        import json

        document = asdict(made.judgement) | {
            "notes": [note._asdict() for note in made.score.notes],
            "files": [str(path) for path in files],
        }
        click.echo(json.dumps(document, indent=1, allow_nan=False))
        return
    click.echo(sentence(made))
    for path in files:
        say_path(path)


def _check_endings(target: Path, request: ComposeRequest) -> None:
    from lstmtool.errors import UsageError

    if target.suffix.lower() not in (".mid", ".midi", ".wav"):
        raise UsageError(
            f"{target} is neither a MIDI file nor a sound.",
            fix="Give it a name that ends in .mid or .wav.",
        )
    if request.wav is None:
        return
    if request.wav.suffix.lower() != ".wav":
        raise UsageError(f"{request.wav} does not end in .wav.")
    if request.wav.absolute() == target.absolute():
        raise UsageError("--output and --wav must be different files.", fix="Leave --wav out.")


def _composed(request: ComposeRequest) -> Composition:
    import numpy as np

    from lstmtool.errors import DataError, UsageError
    from lstmtool.io.trained import read_trained
    from lstmtool.supervised.composing import Choice, compose
    from lstmtool.supervised.evaluate import trained_network
    from lstmtool.supervised.tasks.blues import Blues, BluesChords

    trained = read_trained(request.network)
    task, rule = trained_network(trained)
    if not isinstance(task, BluesChords):
        raise DataError(
            f"The network was trained on {trained.task}, not on blues.",
            str(request.network),
            "Make one with `lstmtool learn blues` or `lstmtool learn blues-chords`.",
        )
    given = request.temperature is not None or request.threshold is not None
    if given and not isinstance(task, Blues):
        raise UsageError(
            "--temperature and --threshold are for melodies, and the network plays chords alone."
        )
    choice = Choice(request.temperature or 1.0, request.threshold)
    return compose(rule, task, np.random.default_rng(request.seed), request.bars, choice)


def _write(path: Path, score: Score, tempo: float) -> None:
    if path.suffix.lower() == ".wav":
        from lstmtool.data.sounds import wav_bytes
        from lstmtool.data.synthesis import RATE, synthesise
        from lstmtool.io.atomic import replace_file

        step = 60.0 / tempo / 2.0  # an eighth
        replace_file(path, wav_bytes(synthesise(score.notes, score.n_steps, step), RATE))
        return
    from lstmtool.io.midi import write_midi

    write_midi(path, score, tempo)


def sentence(made: Composition) -> str:
    """Return what can be said of a composition."""
    found, bars = made.judgement, made.score.n_steps // made.score.steps_per_bar
    chords = f"{found.chord_steps} of {found.steps} steps with the chord of the form"
    said = f"{bars} bars; composed by the network: {chords}"
    if found.in_scale is None:
        return f"{said}."
    return (
        f"{said}, {100 * found.in_scale:.0f} % of the melody in the scale, "
        f"{100 * (found.new_bars or 0.0):.0f} % of the bars not in the training songs."
    )
