"""Write locks: one process at a time, by a lock file that is released when the process ends.

While ``run.h5`` is being written, ``.lstmtool-run.h5.lock`` lies next to it. The operating system
releases the lock of a killed process; its leftover files are removed by the next process that
writes to the folder.
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
"""Prefix of all files that exist only while another is being written."""
_LONGEST = 100  # bytes of a file's name used in the name of its lock
_PAUSE = 0.02  # seconds
_BRIEFLY = 0.1  # seconds: a process that removes what others left holds their locks for less
_FLAGS = os.O_RDONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)  # do not follow links
_LEFT = re.compile(re.escape(PREFIX) + r"(.+?)(?:\.lock|\.[0-9a-f]{8}\.tmp)", re.DOTALL)

FIXES = {
    errno.ENOENT: "Make the folder first, or choose another name.",
    errno.ENOTDIR: "Make the folder first, or choose another name.",
    errno.EACCES: "Choose a writable folder.",
    errno.EPERM: "Choose a writable folder.",
    errno.EROFS: "Choose a writable folder.",
    errno.ENOSPC: "Free some space, or choose another disk.",
    errno.EDQUOT: "Free some space, or choose another disk.",
    errno.EFBIG: "Raise the limit on file sizes, or choose another disk.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}

GONE = "Change to another folder with `cd`."


@dataclass
class _Hold:
    """A lock of this process: its file descriptor and the number of holders."""

    lock: Path
    descriptor: int
    holders: int = 1


_held: dict[Path, _Hold] = {}
_guard = Lock()


@contextmanager
def as_file_error(path: Path | str) -> Iterator[None]:
    """Turn an OSError on writing a file into a FileError with a reason and a fix."""
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
    """Return the name of a temporary file; `mark` is eight hexadecimal digits."""
    return target.with_name(f"{PREFIX}{_short(target.name)}.{mark}.tmp")


@contextmanager
def locked(path: Path | str, wait: float = 0.0, *, alone: bool = False) -> Iterator[None]:
    """Lock a file against writing by other processes; re-entrant within this one.

    On file systems without locks this does nothing.

    Parameters
    ----------
    path : path-like
        Symbolic links are followed.
    wait : float
        Seconds to wait for another process.
    alone : bool
        Also fail if this process already holds the lock, e.g. in another thread.

    Raises
    ------
    LockedError
        If another process is writing the file.
    FileError
        If the folder is not writable.
    """
    with as_file_error(path):
        target = Path(os.path.realpath(path))
    end = time.monotonic() + max(wait, _BRIEFLY)
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
    """Remove all locks, because the process is about to end."""
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
    lock = target.with_name(f"{PREFIX}{_short(target.name)}.lock")
    with _guard:
        with as_file_error(path):
            descriptor = _try(lock)
        if descriptor is None or target in _held:  # the latter without locks
            return False
        _held[target] = _Hold(lock, descriptor)
    _remove_left_behind(target)
    return True


def _let_go(target: Path) -> None:
    with _guard:
        if hold := _held.get(target):  # none if `let_go` came first
            hold.holders -= 1
            if not hold.holders:
                del _held[target]
                _free(hold.lock, hold.descriptor)


def _short(name: str) -> str:
    return fitting(name, "", _LONGEST)


def _try(lock: Path) -> int | None:
    """Take the lock and return its descriptor (-1 without locks), or None if it is held."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows has no locks
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
        os.close(descriptor)  # its holder removed it meanwhile


def _is_still_there(lock: Path, descriptor: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.stat(lock), os.fstat(descriptor))
    return False


def _free(lock: Path, descriptor: int) -> None:
    """Remove the lock file before releasing it, so that nobody can lock a nameless file."""
    if descriptor >= 0:
        with suppress(OSError):
            lock.unlink()
        os.close(descriptor)


def _remove_left_behind(target: Path) -> None:
    """Remove temporary files that killed processes left in a folder."""
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
