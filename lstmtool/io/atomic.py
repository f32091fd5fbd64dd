"""Whole files or none: write beside the target, flush to the disk, then replace it at once."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from lstmtool.errors import FileError
from lstmtool.io.locks import as_file_error, locked, temporary_name

WAIT = 1.0  # seconds for another process that writes the same file


def replace_file(
    path: Path | str, *content: bytes | memoryview, check: Callable[[Path], None] | None = None
) -> None:
    """Write the whole content, part by part, to the path, or leave everything there as it was.

    A symbolic link is followed: the file that it names is replaced, not the link.

    Parameters
    ----------
    path : path-like
    *content : bytes-like
    check : callable, optional
        Looks at the new file, whole and on the disk, before it takes its place; what it raises
        keeps the old one.

    Raises
    ------
    FileError
        If the folder does not exist or may not be written to, the disk is full, or the path names
        something that is not a file. The old file is unchanged and no temporary file is left.
    LockedError
        If another process writes the same file.
    """
    with as_file_error(path):
        target = Path(os.path.realpath(path))
        _refuse_all_but_files(target)
        with locked(path, WAIT), _temporary(target) as temporary:
            _write_through(temporary, content)
            if check is not None:
                check(temporary)
            os.replace(temporary, target)
        _sync_folder(target.parent)


def check_room(path: Path | str, size: int) -> None:
    """Find out now whether a file of so many bytes could be written, not after hours of work.

    Raises
    ------
    FileError
        As `replace_file` would. Nothing is left behind.
    """
    with as_file_error(path):
        target = Path(os.path.realpath(path))
        _refuse_all_but_files(target)
        with locked(path, WAIT), _temporary(target) as temporary, open(temporary, "xb") as file:
            take_room(file, size)


def take_room(file: BinaryIO, size: int) -> None:
    """Take so many bytes of the disk for an open file; OSError where it has not so many."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, max(1, size))
    else:  # pragma: no cover - macOS and Windows, where it shows only once the file is filled
        file.write(b"x")


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """Give the name of an unfinished file, which is gone afterwards whatever happens."""
    temporary = temporary_name(target, uuid4().hex[:8])
    try:
        yield temporary
    finally:
        with suppress(OSError):
            temporary.unlink()


def _refuse_all_but_files(target: Path) -> None:
    """Refuse a device or a pipe: replacing /dev/null, say, would remove it for everyone."""
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(target.stat().st_mode):
            raise FileError(f"{target} is not a file.", fix="Name a file to write.")


def _write_through(path: Path, content: tuple[bytes | memoryview, ...]) -> None:
    with open(path, "xb") as file:
        file.writelines(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name itself last through a power cut; where folders cannot be synced, go on."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
