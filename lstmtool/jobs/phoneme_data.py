"""What `lstmtool gen-data phonemes` does: frames of speech with a class each, in one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import say_path

if TYPE_CHECKING:
    from lstmtool.data.phonemes import LabelledFrames


def make_phonemes(path: Path, folder: Path | None, unfolded: bool, as_json: bool) -> None:
    """Write the frames of a folder of recordings, or of the shipped sentences.

    Raises
    ------
    DataError, FileError, UsageError
        As `lstmtool.io.phonemes.read_spoken`.
    """
    from lstmtool.data.phonemes import from_spoken
    from lstmtool.io import shipped
    from lstmtool.io.phonemes import read_spoken, write_phonemes

    if folder is None:
        made = shipped.phonemes(unfolded=unfolded)
    else:
        made = from_spoken(read_spoken(folder), unfolded=unfolded)
    write_phonemes(path, made)
    if as_json:
        click.echo(json.dumps(document(path, made), indent=2))
        return
    click.echo(summary(made))
    say_path(path)


def sizes(made: LabelledFrames) -> dict[str, tuple[int, int]]:
    """Return the sentences and frames of every part."""
    from lstmtool.data.phonemes import PARTS

    found = {}
    for part, name in enumerate(PARTS):
        sentences = made.of(part)
        found[name] = len(sentences), int(made.sentences.lengths[sentences].sum())
    return found


def document(path: Path, made: LabelledFrames) -> dict[str, Any]:
    """Return what was made as JSON values."""
    lengths = made.sentences.lengths
    return {
        "file": str(path),
        "n_sequences": len(made.sentences),
        "lengths": [int(lengths.min()), int(lengths.max())],
        "classes": list(made.class_names),
        "parts": {name: {"sentences": n, "frames": m} for name, (n, m) in sizes(made).items()},
        **made.sentences.attributes,
    }


def summary(made: LabelledFrames) -> str:
    """Return what was made in a few lines."""
    found, pauses = sizes(made), made.pauses[made.classes].mean()
    lines = [
        f"{len(made.sentences)} sentences of {len(made.classes):,} frames, "
        f"{made.sentences.n_inputs} features, {len(made.class_names)} classes "
        f"({made.sentences.attributes['source']}); pauses are {100 * pauses:.1f} % of the frames"
    ]
    lines += [f"  {name}: {n} sentences, {m:,} frames" for name, (n, m) in found.items()]
    lines.append(f"  classes: {' '.join(made.class_names)}")
    if made.sentences.attributes["source"] == "shipped":
        lines.append(
            "These are 80 of 620 sentences; `--from` reads all of them (see data/PHONEMES.md)."
        )
    return "\n".join(lines)
