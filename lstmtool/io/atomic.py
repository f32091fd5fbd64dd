"""Whole files or none: write beside the target, flush to the disk, then replace it at once."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from lstmtool.errors import FileError

TEMPORARY_PREFIX = ".lstmtool-"
"""Begins the name of every unfinished file; what a killed process leaves is known by it."""

_FIXES = {
    errno.ENOENT: "Make the folder first, or choose another name.",
    errno.ENOTDIR: "Make the folder first, or choose another name.",
    errno.EACCES: "Choose a folder that you may write to.",
    errno.EPERM: "Choose a folder that you may write to.",
    errno.EROFS: "Choose a folder that you may write to.",
    errno.ENOSPC: "Free some space, or choose another disk.",
    errno.EDQUOT: "Free some space, or choose another disk.",
    errno.EFBIG: "Raise the limit on file sizes, or choose another disk.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}


def replace_file(path: Path | str, content: bytes) -> None:
    """Write the whole content to the path, or leave everything there as it was.

    A symbolic link is followed: the file that it names is replaced, not the link.

    Raises
    ------
    FileError
        If the folder does not exist or may not be written to, the disk is full, or the path names
        something that is not a file. The old file is unchanged and no temporary file is left.
    """
    with _as_file_error(path):
        target = Path(os.path.realpath(path))
        _refuse_all_but_files(target)
        temporary = target.with_name(f"{TEMPORARY_PREFIX}{os.getpid()}-{uuid4().hex[:8]}.tmp")
        try:
            _write_through(temporary, content)
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(target.parent)


@contextmanager
def _as_file_error(path: Path | str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, FileError):
            raise
        fix = _FIXES.get(error.errno or 0, "Check the disk, or choose another place.")
        raise FileError(f"Cannot write {path}.", error.strerror or str(error), fix) from error


def _refuse_all_but_files(target: Path) -> None:
    """Refuse a device or a pipe: replacing /dev/null, say, would remove it for everyone."""
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(target.stat().st_mode):
            raise FileError(f"{target} is not a file.", fix="Name a file to write.")


def _write_through(path: Path, content: bytes) -> None:
    with open(path, "xb") as file:
        file.write(content)
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
