"""The sequences of a run, found again beside it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lstmtool.jobs.files import say

if TYPE_CHECKING:
    from lstmtool.data.sequences import Sequences
    from lstmtool.records.run import Run

MAX_NUMBERS = 20_000_000  # values, and bytes of a file, that are read unasked
MAX_BYTES = 500_000_000


class Found(NamedTuple):
    """The sequences or, if they are not to be had, a sentence on why."""

    sequences: Sequences | None
    why: str = ""


def look_for(run: Run, source: Path, data: Path | None) -> Found:
    """Look for the sequences that a run was trained on, for its page.

    Parameters
    ----------
    data : Path or None
        The file that the user named. Errors about it are raised, those about others are said.

    Raises
    ------
    LstmtoolError
        If the named file cannot be read, or has other sequences.
    """
    from lstmtool.errors import LstmtoolError
    from lstmtool.text import clean_text

    if data is not None:
        return Found(sequences_of(run, source, data))
    named = clean_text(str(run.source.get("file", ""))) or "The data"
    path = trained_on_file(run, source)
    if path is None:
        return Found(None, f"{named}: not found beside the run or here; --data says where it is.")
    if _is_large(run, path):
        return Found(None, f"{named}: too large to be read unasked; --data {named} reads it.")
    try:
        found = _matching(run, path)
    except LstmtoolError as error:
        return Found(None, f"{named}: could not be read: {clean_text(str(error))}")
    if found is None:
        return Found(None, f"{named}: not the sequences that the run was trained on any more.")
    return Found(found)


def sequences_of(run: Run, source: Path, data: Path | None) -> Sequences:
    """Read the sequences that a run was trained on, from a named file or the one beside the run.

    Raises
    ------
    FileError
        If no file is named and there is none beside the run.
    DataError
        If the file has other sequences.
    """
    from lstmtool.errors import DataError, FileError

    path = data or trained_on_file(run, source)
    if path is None:
        named = str(run.source.get("file", "")) or "a file that it does not name"
        raise FileError(
            f"The run was trained on {named}, which is not here.",
            f"looked in {source.parent.absolute()} and {Path.cwd()}",
            "Name it with --data.",
        )
    found = _matching(run, path)
    if found is None:
        raise DataError(
            "These are not the sequences that the run was trained on.",
            f"data {path}, run {source}",
            _how_to_name(run),
        )
    return found


def _matching(run: Run, path: Path) -> Sequences | None:
    for sequences in _readings(run, path):
        same = run.source.get("sha256") == sequences.attributes["sha256"]
        if same and sequences.lengths.tolist() == run.lengths.tolist():
            return sequences
    return None


def _readings(run: Run, path: Path) -> Iterator[Sequences]:
    """Read sequences in every way that may give those of the run.

    An lstmtool file may hold them already processed; other files are read with the options of the
    run's data.
    """
    from lstmtool.cli.repeat_reading import parse
    from lstmtool.io.formats.load import is_own_file
    from lstmtool.jobs.train import read_data

    words = run.source.get("reading")
    if not words or is_own_file(path):
        yield read_data(path, {})
    if words:
        reading = parse(words)
        say(f"{path.name}: read like the run's data, with {shlex.join(map(str, words))}.")
        yield read_data(path, reading)


def _is_large(run: Run, path: Path) -> bool:
    """Whether reading a file takes long, or it is none."""
    from lstmtool.io.formats.detect import split_path

    file = split_path(path)[0]
    size = file.stat().st_size if file.is_file() else 0 if file.is_dir() else MAX_BYTES + 1
    numbers = int(run.lengths.sum()) * len(run.preprocessing.mean)
    return size > MAX_BYTES or numbers > MAX_NUMBERS


def _how_to_name(run: Run) -> str:
    reading = run.source.get("reading")
    if not isinstance(reading, list):
        return "Name the right ones with --data."
    options = shlex.join(map(str, reading))
    return (
        f"Name those with --data; `lstmtool convert DATA FILE.h5 {options}` makes a file of them."
    )


def trained_on_file(run: Run, source: Path) -> Path | None:
    """Return the file or folder that the run was trained on, next to the run or here.

    Only its name counts, not its folder, with the path inside the file, if any.
    """
    named = str(run.source.get("file", ""))
    found = (_beside(folder, named) for folder in (source.parent, Path()))
    return next(filter(None, found), None)


def _beside(folder: Path, named: str) -> Path | None:
    """Return a file or folder of this name, perhaps with a path in it, ``x.h5:/path``."""
    whole = Path(named).name
    if whole not in ("", "..") and (folder / whole).exists():
        return folder / whole
    ends = (k for k, character in enumerate(named) if character == ":")
    heads = (k for k in ends if "/" not in named[:k] and (folder / named[:k]).is_file())
    end = next(heads, None)
    return None if end is None else Path(f"{folder / named[:end]}{named[end:]}")
