"""Files that commands read and write: their names, and messages about them."""

from __future__ import annotations

import os
from pathlib import Path

import click

from lstmtool.jobs.screen import loudness


def say(text: str, always: bool = False) -> None:
    """Print a line on stderr without control characters, unless the command is to be quiet."""
    if not always and loudness() < 0:
        return
    from lstmtool.text import clean_text

    click.echo(clean_text(text), err=True)


def say_path(path: Path, err: bool = False) -> None:
    """Print the path of a new file, alone on a line.

    Control characters are left out even without a terminal, since a log is shown in one later.
    """
    from lstmtool.text import clean_text

    click.echo(clean_text(str(path)), err=err)


def new_file(path: Path | None, stem: str, force: bool, suffix: str = ".h5") -> Path:
    """Return the file to write: the named one, or a numbered default that does not exist yet.

    Raises
    ------
    UsageError
        If the named file exists and `force` is not set.
    FileError
        If the folder does not exist.
    """
    from lstmtool.errors import FileError, UsageError

    if path is None:
        paths = (numbered(Path(stem), n, suffix) for n in range(1, 1_000_000))
        return _writable(next(path for path in paths if not path.exists()))
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", fix="Name a file in it.")
    if path.exists() and not force:
        raise UsageError(f"{path} exists.", fix="Choose another name, or use --force.")
    if not path.absolute().parent.is_dir():
        raise FileError(
            f"The folder {path.absolute().parent} does not exist.", fix="Create it first."
        )
    return _writable(path)


def refuse_same(data: Path, target: Path, words: str = "DATA and FILE") -> None:
    """Refuse to overwrite the data that are read, even with --force.

    Raises
    ------
    UsageError
        If the target is the data, or the file that they are in; `words` names both.
    FileError
        If there are no such data.
    """
    from lstmtool.errors import UsageError
    from lstmtool.io.formats.detect import split_path

    if os.path.realpath(target) == os.path.realpath(split_path(data)[0]):
        raise UsageError(f"{words} must be different files.", f"{target}", "Choose another name.")


def numbered(stem: Path, number: int, suffix: str) -> Path:
    """Return the first, second, ... name to try."""
    from lstmtool.io.naming import fitting

    return stem.with_name(fitting(stem.name, f"{'' if number == 1 else f'-{number}'}{suffix}"))


def file_beside(path: Path | None, target: Path, suffix: str, force: bool) -> Path:
    """Return the file to write: the named one, or `target` with another suffix.

    Raises
    ------
    UsageError, FileError
        As for `new_file`.
    """
    if path is not None:
        return new_file(path, "", force)
    from lstmtool.io.naming import beside, without_ending

    return (
        beside(target, suffix)
        if force
        else new_file(None, str(without_ending(target)), False, suffix)
    )


def _writable(path: Path) -> Path:
    """Refuse a folder that cannot be written now, not after hours of training."""
    from os import W_OK, access

    from lstmtool.errors import FileError

    folder = path.absolute().parent
    if not access(folder, W_OK):
        raise FileError(f"The folder {folder} cannot be written.", fix="Choose another with -o.")
    return path


def newest(encoding_type: str, make_with: str, *others: str) -> Path:
    """Return the newest file of a kind in the current folder, and name it on stderr.

    Parameters
    ----------
    encoding_type : str
        Kind of file.
    make_with : str
        Command that makes such a file, for the message.
    *others : str
        Other kinds that are accepted.

    Raises
    ------
    FileError
        If there is none.
    """
    from lstmtool.errors import FileError
    from lstmtool.io.locate import encoding_type as kind_of

    found = [p for p in Path().glob("*.h5") if kind_of(p) in (encoding_type, *others)]
    if not found:
        kind = encoding_type.removeprefix("lstmtool-")
        raise FileError(
            f"There is no {kind} file in this folder.",
            str(Path.cwd()),
            f"Make one with `{make_with}`, or name a file.",
        )
    path = max(found, key=lambda p: (p.stat().st_mtime_ns, p.name))
    say(f"Reading {path}")
    return path
