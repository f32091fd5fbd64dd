"""Who may write a file: one process at a time, by a lock beside it that ends with the process.

Beside ``run.h5`` lies ``.lstmtool-run.h5.lock`` while it is written. The operating system frees
the lock of a process that was killed; what such a process left behind is removed by whoever next
writes into the folder.
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from lstmtool.errors import FileError, LockedError
from lstmtool.io.naming import fitting

PREFIX = ".lstmtool-"
"""Begins the names of all that lies beside a file only while it is written."""
_LONGEST = 100  # bytes of a file's name within that of its lock
_PAUSE = 0.02  # seconds
_FLAGS = os.O_RDONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)  # no link may lead elsewhere
_LEFT = re.compile(re.escape(PREFIX) + r"(.+?)(?:\.lock|\.[0-9a-f]{8}\.tmp)", re.DOTALL)

FIXES = {
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

GONE = "Change to another folder with `cd`."


@dataclass
class _Hold:
    """A lock of this process, with its descriptor and how many of its parts hold it."""

    lock: Path
    descriptor: int
    holders: int = 1


_held: dict[Path, _Hold] = {}
_guard = Lock()


@contextmanager
def as_file_error(path: Path | str) -> Iterator[None]:
    """Turn what the system says of a file that cannot be written into three lines."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileError):
            raise
        why = error.strerror or str(error)
        fix = FIXES.get(error.errno or 0, "Check the disk, or choose another place.")
        if folder_is_gone():
            why, fix = "The current folder no longer exists.", GONE
        raise FileError(f"Cannot write {path}.", why, fix) from error


def folder_is_gone() -> bool:
    """Whether the current folder was removed."""
    try:
        os.getcwd()
    except OSError:
        return True
    return False


def temporary_name(target: Path, mark: str) -> Path:
    """Return the name of an unfinished file; `mark` is eight hexadecimal digits."""
    return target.with_name(f"{PREFIX}{_short(target.name)}.{mark}.tmp")


@contextmanager
def locked(path: Path | str, wait: float = 0.0, *, alone: bool = False) -> Iterator[None]:
    """Keep other processes from writing a file; this one may ask for it again meanwhile.

    Where the file system cannot lock, nothing is kept from anybody.

    Parameters
    ----------
    path : path-like
        A symbolic link is followed.
    wait : float
        Seconds to wait for another process.
    alone : bool
        Whether the file must not be locked by this process either, e.g. in another thread.

    Raises
    ------
    LockedError
        If another process writes the file.
    FileError
        If the folder may not be written to.
    """
    with as_file_error(path):
        target = Path(os.path.realpath(path))
    end = time.monotonic() + wait
    while not (_hold_again(target, alone) or _hold(path, target)):
        if time.monotonic() >= end:
            raise LockedError(
                f"Another process is writing {path}.",
                fix="Wait until it has ended, or choose another name.",
            )
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        _let_go(target)


def let_go() -> None:
    """Remove all locks, because the process ends at once."""
    while _held:
        _, hold = _held.popitem()
        _free(hold.lock, hold.descriptor)


def _hold_again(target: Path, alone: bool) -> bool:
    with _guard:
        if alone or target not in _held:
            return False
        _held[target].holders += 1
        return True


def _hold(path: Path | str, target: Path) -> bool:
    lock = _lock_of(target)
    with _guard:
        with as_file_error(path):
            descriptor = _try(lock)
        if descriptor is None or target in _held:  # the latter where nothing can be locked
            return False
        _held[target] = _Hold(lock, descriptor)
    _remove_left_behind(target)
    return True


def _let_go(target: Path) -> None:
    with _guard:
        if hold := _held.get(target):  # nothing where `let_go` was quicker
            hold.holders -= 1
            if not hold.holders:
                del _held[target]
                _free(hold.lock, hold.descriptor)


def _lock_of(target: Path) -> Path:
    return target.with_name(f"{PREFIX}{_short(target.name)}.lock")


def _short(name: str) -> str:
    return fitting(name, "", _LONGEST)


def _try(lock: Path) -> int | None:
    """Take the lock and return its descriptor (-1 where nothing can be locked), or None."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows, where nothing is locked
        return -1
    while True:
        descriptor = os.open(lock, _FLAGS, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError:  # some network file systems cannot lock
            _free(lock, descriptor)
            return -1
        if _is_still_there(lock, descriptor):
            return descriptor
        os.close(descriptor)  # its holder removed it between our two steps


def _is_still_there(lock: Path, descriptor: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.stat(lock), os.fstat(descriptor))
    return False


def _free(lock: Path, descriptor: int) -> None:
    """Remove the lock before it is let go: nobody can then hold a lock without a name."""
    if descriptor >= 0:
        with suppress(OSError):
            lock.unlink()
        os.close(descriptor)


def _remove_left_behind(target: Path) -> None:
    """Remove what killed processes left in a folder: unfinished files that nobody is writing."""
    left: dict[str, list[Path]] = {_short(target.name): []}
    with suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX) and (found := _LEFT.fullmatch(entry.name)):
                left.setdefault(found[1], []).append(target.with_name(entry.name))
    for name, paths in left.items():
        own, lock = name == _short(target.name), target.with_name(f"{PREFIX}{name}.lock")
        with suppress(OSError):
            descriptor = -1 if own else _try(lock)
            if own or (descriptor is not None and descriptor >= 0):
                for path in paths:
                    if path.suffix == ".tmp":
                        path.unlink(missing_ok=True)
            if descriptor is not None:
                _free(lock, descriptor)
