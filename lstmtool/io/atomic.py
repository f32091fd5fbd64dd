"""Atomic writes: write a temporary file next to the target, sync it, then rename it."""

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

WAIT = 1.0  # seconds to wait for another process writing the same file


def replace_file(
    path: Path | str, *content: bytes | memoryview, check: Callable[[Path], None] | None = None
) -> None:
    """Write all of the content to the path, or leave the old file unchanged.

    Symbolic links are followed: the target is replaced, not the link.

    Parameters
    ----------
    *content : bytes-like
        Written in this order.
    check : callable, optional
        Called with the path of the complete new file; if it raises, the old file is kept.

    Raises
    ------
    FileError
        If the folder does not exist or is not writable, the disk is full, or the path is not a
        regular file. The old file is unchanged and no temporary file is left.
    LockedError
        If another process is writing the same file.
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
    """Check in advance that a file of `size` bytes could be written.

    Raises
    ------
    FileError
        As for `replace_file`. Nothing is left behind.
    """
    with as_file_error(path):
        target = Path(os.path.realpath(path))
        _refuse_all_but_files(target)
        with locked(path, WAIT), _temporary(target) as temporary, open(temporary, "xb") as file:
            take_room(file, size)


def take_room(file: BinaryIO, size: int) -> None:
    """Allocate `size` bytes on disk for an open file, or raise OSError."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, max(1, size))
    else:  # pragma: no cover - macOS and Windows cannot allocate in advance
        file.write(b"x")


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """Yield the name of a temporary file, which is removed afterwards in any case."""
    temporary = temporary_name(target, uuid4().hex[:8])
    try:
        yield temporary
    finally:
        with suppress(OSError):
            temporary.unlink()


def _refuse_all_but_files(target: Path) -> None:
    """Refuse devices and pipes: replacing /dev/null, say, would remove it for everyone."""
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(target.stat().st_mode):
            raise FileError(f"{target} is not a file.", fix="Name a file to write.")


def _write_through(path: Path, content: tuple[bytes | memoryview, ...]) -> None:
    with open(path, "xb") as file:
        file.writelines(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Sync the folder, so that the rename survives a power cut, where the system allows it."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
