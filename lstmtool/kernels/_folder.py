"""The folder for compiled kernels, and whether it can be used.

It is named by a hash of the text of all kernels: Numba's disk cache sees edits in the file of a
compiled function, not in the files it calls.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from numba import config as numba_config

config: Any = numba_config  # its names are made at run time
logger = logging.getLogger("lstmtool")


def cache_folder() -> Path:
    """Return the folder for kernels of this text.

    Raises
    ------
    OSError
        If the user has no home folder, or the current folder is gone.
    """
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    text = b"".join(path.read_bytes() for path in sources)
    mode = "-checked" if config.BOUNDSCHECK else ""
    return _base() / (sha256(text).hexdigest()[:12] + mode)


def _base() -> Path:
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(named).absolute() / "lstmtool"
    from platformdirs import user_cache_dir

    try:
        found = user_cache_dir("lstmtool", appauthor=False)
    except RuntimeError:
        found = "~"
    if found.startswith("~"):
        raise OSError(errno.ENOENT, "this user has no home folder")
    return Path(found).absolute()


FOLDER: Path | None = None
NO_FOLDER = ""
"""Why there is none."""
try:
    FOLDER = cache_folder()
except OSError as error:
    NO_FOLDER = error.strerror or str(error)


def make_folder(inner: str | Path) -> None:
    """Make a folder inside `FOLDER`, and see whether files can be made in it.

    Raises
    ------
    OSError
        If not, or if `refuse_folders_of_others` refuses it.
    """
    for folder in _folders_down_to(inner):
        os.makedirs(folder, mode=0o775, exist_ok=True)
    refuse_folders_of_others(inner)
    TemporaryFile(dir=inner).close()


def refuse_folders_of_others(inner: str | Path) -> None:
    """Refuse to load machine code from a folder where another user may have put it.

    Raises
    ------
    PermissionError
        If a folder, from that of all versions of lstmtool inwards, belongs neither to the user nor
        to root, or if everybody may write to it.
    """
    if not hasattr(os, "getuid"):
        return
    for folder in _folders_down_to(inner):
        try:
            found = os.stat(folder)
        except FileNotFoundError:
            return
        if found.st_uid not in (os.getuid(), 0):
            raise PermissionError(errno.EPERM, f"{folder} belongs to another user")
        if found.st_mode & stat.S_IWOTH:
            raise PermissionError(errno.EPERM, f"everybody may write to {folder}")


def _folders_down_to(inner: str | Path) -> tuple[Path, Path, Path]:
    if FOLDER is None:
        raise OSError(errno.ENOENT, NO_FOLDER)
    return FOLDER.parent, FOLDER, Path(inner)


said: set[str] = set()
"""Kinds of trouble that have been logged."""


def say_once(kind: str, text: str) -> None:
    """Log a warning, if there was none of its kind yet."""
    if kind not in said:
        said.add(kind)
        logger.warning(text)


def say_cannot_be_kept(error: Exception) -> None:
    """Warn that the next process will compile again."""
    where = f" in {FOLDER}" if FOLDER else ""
    say_once(
        "kept",
        f"Compiled kernels cannot be kept{where}: {reason(error)}. "
        "Set NUMBA_CACHE_DIR to a folder that you can write to.",
    )


def reason(error: Exception) -> str:
    """Return what the operating system says, or the error itself."""
    return getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
