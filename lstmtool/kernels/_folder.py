"""The folder for compiled kernels, and whether it can be used.

Its name is a hash of the text of all kernels, since Numba's disk cache notices edits in the file of
a compiled function, but not in the files that it calls.
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

config: Any = numba_config  # its attributes are made at run time
logger = logging.getLogger("lstmtool")


def cache_folder() -> Path:
    """Return the folder for kernels with this text.

    Raises
    ------
    OSError
        If the user has no home folder, or the current folder no longer exists.
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
"""Why there is no folder, if so."""
try:
    FOLDER = cache_folder()
except OSError as error:
    NO_FOLDER = error.strerror or str(error)


def make_folder(inner: str | Path) -> None:
    """Make a folder inside `FOLDER`, and check that files can be written in it.

    Raises
    ------
    OSError
        If they cannot, or `refuse_folders_of_others` refuses the folder.
    """
    for folder in _folders_down_to(inner):
        os.makedirs(folder, mode=0o775, exist_ok=True)
    refuse_folders_of_others(inner)
    TemporaryFile(dir=inner).close()


def refuse_folders_of_others(inner: str | Path) -> None:
    """Refuse to load machine code from a folder that another user may have written to.

    Raises
    ------
    PermissionError
        If a folder, from lstmtool's own inwards, belongs neither to the user nor to root, or
        anybody may write to it.
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
            raise PermissionError(errno.EPERM, f"anybody may write to {folder}")


def _folders_down_to(inner: str | Path) -> tuple[Path, Path, Path]:
    if FOLDER is None:
        raise OSError(errno.ENOENT, NO_FOLDER)
    return FOLDER.parent, FOLDER, Path(inner)


said: set[str] = set()
"""Kinds of problems already logged."""


def say_once(kind: str, text: str) -> None:
    """Log a warning, unless one of its kind was logged before."""
    if kind not in said:
        said.add(kind)
        logger.warning(text)


def say_cannot_be_kept(error: Exception) -> None:
    """Warn that the next process will compile again."""
    where = f" in {FOLDER}" if FOLDER else ""
    say_once(
        "kept",
        f"Compiled kernels cannot be cached{where}: {reason(error)}. "
        "Set NUMBA_CACHE_DIR to a folder that you can write to.",
    )


def reason(error: Exception) -> str:
    """Return the operating system's message, or the error itself."""
    return getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
