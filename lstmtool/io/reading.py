"""Opening untrusted HDF5 files."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import h5py

from lstmtool.errors import DataError, FileError
from lstmtool.io.checksum import is_whole, refuse_damaged
from lstmtool.io.kinds import check_kind, refuse_other_format
from lstmtool.io.limits import UNPACKED
from lstmtool.io.reader import Budget, Reader, damaged
from lstmtool.io.superblock import SIZE, mended
from lstmtool.text import clean_text

LARGEST = 1 << 30
"""Maximum bytes loaded from one of our files."""
LARGEST_RATIO = 1000
"""Highest decompression ratio of a file."""


@contextmanager
def open_reading(
    path: Path | str, encoding_type: str | None = None, max_size: int | None = None
) -> Iterator[Reader]:
    """Open one of our files and check that it is of the wanted kind.

    Parameters
    ----------
    encoding_type : str, optional
        Such as ``lstmtool-run``; by default any of our kinds.
    max_size : int, optional
        Limit on the bytes loaded; default 128 MiB beyond the file size, at most 1 GiB.

    Yields
    ------
    Reader
        Of the root group. The file is added to any DataError raised inside.

    Raises
    ------
    FileError
        If the file is missing, not a regular file, or not readable.
    DataError
        If it is not HDF5, of another kind, written by a newer version, or damaged. If a kind is
        given, the checksum is verified first.
    """
    if encoding_type is not None:  # not for mere identification
        _stored_size(Path(path), encoding_type)
        refuse_damaged(path)
    with open_any(path, max_size, LARGEST) as root:
        check_kind(path, root.text("encoding-type"), root.text("encoding-version"), encoding_type)
        yield root


@contextmanager
def open_any(
    path: Path | str, max_size: int | None = None, largest: int | None = None
) -> Iterator[Reader]:
    """Open an HDF5 file from any program, as `open_reading` does ours.

    At most `max_size` bytes are loaded; by default 1000 times the file size, at most 128 MiB beyond
    it, and at most `largest`.
    """
    path = Path(path)
    size = _stored_size(path)
    limit = min(LARGEST_RATIO * size, size + UNPACKED) if max_size is None else max_size
    if max_size is None and largest is not None:
        limit = min(limit, largest)
    with damaged(path, "the file"):
        file = _opened(path)
    with file, _naming(path):
        yield Reader(path, file, Budget(limit, size))


def _opened(path: Path) -> h5py.File:
    """Open a file, even one of ours that h5py before 3.16 wrote with a wrong superblock."""
    try:
        return h5py.File(path, "r", locking=False)
    except OSError:
        if is_whole(path) is not True:
            raise
        content = path.read_bytes()
        with suppress(ValueError):  # no superblock at the start
            return h5py.File(io.BytesIO(mended(content[:SIZE]) + content[SIZE:]), "r")
        raise


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Add the file to DataErrors that do not name it."""
    try:
        yield
    except DataError as error:
        if str(path) not in str(error):
            where = f"{path}: {error.where}" if error.where else str(path)
            raise DataError(error.what, where, error.fix) from error
        raise


def _stored_size(path: Path, wanted: str | None = None) -> int:
    """Return the file size, after checks that need no HDF5 library."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise FileError(f"{path} is {kind}.", fix="Name a file that lstmtool wrote.")
        with open(path, "rb") as file:
            file.read(1)
    except FileNotFoundError:
        raise FileError(f"There is no file {path}.", fix="Is the name right?") from None
    except (OSError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"Cannot read {clean_text(str(path))}.", reason) from error
    if not h5py.is_hdf5(os.fspath(path)):
        if status.st_size:
            refuse_other_format(path, wanted)
        what = "is empty" if status.st_size == 0 else "is not an HDF5 file, or is truncated"
        raise DataError(f"{path} {what}.", fix="Name a file that lstmtool wrote.")
    return status.st_size
