"""`lstmtool gen-data TASK`: samples of a classic task, inputs and targets in one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lstmtool.data.sequences import Sequences
    from lstmtool.supervised.target_sequences import Strings
    from lstmtool.supervised.tasks.base import Task

DEFAULT_COUNT = 20
YES_OR_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
LARGEST = 1_000_000_000
"""Largest number in an option of a task, since what it makes must fit in memory."""


def options_of(name: str, settings: Iterable[str]) -> dict[str, Any]:
    """Return a task's options given as ``NAME=VALUE``.

    Raises
    ------
    UsageError
        If an option has no value, or should have a number and has not.
    """
    from lstmtool.errors import UsageError
    from lstmtool.supervised.tasks import task_class

    kinds: dict[str, Any] = {f.name: type(f.default) for f in fields(task_class(name))}
    options: dict[str, Any] = {}
    for setting in settings:
        option, equals, text = setting.partition("=")
        if not equals:
            raise UsageError(
                f"{setting!r} is not NAME=VALUE.",
                fix=f"Options of {name}: {', '.join(_with_defaults(name)) or 'none'}.",
            )
        try:
            kind = kinds.get(option, str)
            options[option] = YES_OR_NO[text.lower()] if kind is bool else kind(text)
        except KeyError:
            raise UsageError(f"The option {option} must be yes or no, got {text!r}.") from None
        except ValueError:
            kind = "a whole number" if kinds[option] is int else "a number"
            raise UsageError(f"The option {option} must be {kind}, got {text!r}.") from None
        if not isinstance(options[option], str) and not abs(options[option]) <= LARGEST:
            raise UsageError(f"The option {option} must be at most {LARGEST:,}, got {text:.40}.")
    return options


@contextmanager
def opened_task(
    name: str, options: dict[str, Any], folder: Path, *, stream: bool = False
) -> Iterator[Task]:
    """Yield a task of the given options; phonemes with its sentences.

    Sentences of a large file, or of any file with `stream`, are copied to an unnamed file in the
    folder, and read from there while the context lasts.

    Raises
    ------
    UsageError
        If there is no such task, an option is invalid, or there is no file to stream.
    DataError, FileError
        If the file of sentences cannot be used, or its copy cannot be written.
    """
    from lstmtool.errors import UsageError
    from lstmtool.supervised.tasks import make
    from lstmtool.supervised.tasks.phonemes import Phonemes

    task = make(name, **options)
    data = task.data if isinstance(task, Phonemes) else ""
    if stream and not data:
        raise UsageError(
            "--stream reads the sentences of phonemes from a file.",
            f"task {name}, without a file",
            "Name one by `--set data=FILE`, or leave --stream out.",
        )
    if not isinstance(task, Phonemes):
        yield task
        return
    from lstmtool.io.phonemes import is_large, read_phonemes, spool_phonemes
    from lstmtool.io.shipped import phonemes

    if not (stream or (data and is_large(data))):
        yield task.of(read_phonemes(data) if data else phonemes())
        return
    from lstmtool.io.spool import spool
    from lstmtool.jobs.files import say
    from lstmtool.jobs.progress import with_bar

    with spool(folder) as file:
        frames = spool_phonemes(data, file, lambda blocks, n: with_bar(blocks, "reading", n))
        n_frames = int(frames.sentences.offsets[-1])
        size = f"{8e-6 * n_frames * frames.sentences.n_inputs:.1f} MB"
        say(f"{len(frames.sentences)} sentences ({size}) stay on disk and are read piece by piece.")
        yield task.of(frames)


def _with_defaults(name: str) -> list[str]:
    from lstmtool.supervised.tasks import task_class

    return [f"{field.name}={field.default}" for field in fields(task_class(name))]


def write_task(path: Path, task: Task, seed: int, count: int | None) -> dict[str, Any]:
    """Draw sequences of a task, write them with their targets, and return a summary.

    Without a count, there are twenty sequences, or one stream.
    """
    import numpy as np

    from lstmtool.io.supervision import write_supervised

    count = count or (1 if task.is_stream else DEFAULT_COUNT)
    strings = task.sample(np.random.default_rng(seed), count)
    sequences = _sequences(task, strings, seed)
    parts = {name: getattr(strings, name) for name in ("targets", "scored", "allowed")}
    write_supervised(path, sequences, parts)
    return {
        "file": str(path),
        "n_sequences": count,
        "lengths": [int(sequences.lengths.min()), int(sequences.lengths.max())],
        "scored": int(strings.scored.sum()),
        **sequences.attributes,
    }


def _sequences(task: Task, strings: Strings, seed: int) -> Sequences:
    from lstmtool.data.sequences import Sequences

    inputs, outputs = task.symbols
    about = {
        "generator": task.name,
        "options": asdict(task),
        "inputs": list(inputs),
        "outputs": list(outputs),
        "source": task.source,
        "seed": seed,
    }
    return Sequences(strings.inputs, strings.starts, attributes=about)


def summary(task: Task, made: dict[str, Any]) -> str:
    """Return a summary in three lines."""
    shortest, longest = made["lengths"]
    steps = str(shortest) if shortest == longest else f"{shortest} to {longest}"
    what = "stream" if task.is_stream else "sequence"
    plural = "" if made["n_sequences"] == 1 else "s"
    options = "".join(f", {name} {value}" for name, value in made["options"].items())
    return "\n".join(
        [
            f"{task.title}: {made['n_sequences']} {what}{plural} of {steps} steps, "
            f"{made['scored']} of them scored ({task.name}{options}, seed {made['seed']})",
            f"  inputs: {', '.join(made['inputs'])}",
            f"  outputs: {', '.join(made['outputs'])}",
        ]
    )
