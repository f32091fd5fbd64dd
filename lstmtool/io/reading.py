"""Opening HDF5 files that anybody may have made."""

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
from lstmtool.io.text import clean_text

LARGEST = 1 << 30
"""Bytes that may be loaded from one file of ours."""
LARGEST_RATIO = 1000
"""Bytes that a file may hold for every byte stored."""


@contextmanager
def open_reading(
    path: Path | str, encoding_type: str | None = None, max_size: int | None = None
) -> Iterator[Reader]:
    """Open one of our files for reading and check that it is of the kind that is wanted.

    Parameters
    ----------
    path : path-like
    encoding_type : str, optional
        Such as ``lstmtool-run``; by default every kind of ours.
    max_size : int, optional
        Bytes that may be loaded, instead of 128 MiB beyond the size of the file, or 1 GiB.

    Yields
    ------
    Reader
        Of the root group. An error of the data that is raised inside names the file.

    Raises
    ------
    FileError
        If the file is missing, is not a file, or may not be read.
    DataError
        If it is not HDF5, of another kind, written by a newer version, or damaged. A kind that is
        wanted has its checksum held to its bytes first.
    """
    if encoding_type is not None:  # not where files are only told apart
        _stored_size(Path(path), encoding_type)
        refuse_damaged(path)
    with open_any(path, max_size, LARGEST) as root:
        check_kind(path, root.text("encoding-type"), root.text("encoding-version"), encoding_type)
        yield root


@contextmanager
def open_any(
    path: Path | str, max_size: int | None = None, largest: int | None = None
) -> Iterator[Reader]:
    """Open an HDF5 file that anybody wrote, as `open_reading` does one of ours.

    At most `max_size` bytes may be loaded; by default 1000 times the size of the file, no more than
    128 MiB beyond it, and no more than `largest`.
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
    """Open a file, also one of ours that h5py before 3.16 once wrote with a wrong superblock."""
    try:
        return h5py.File(path, "r", locking=False)
    except OSError:
        if is_whole(path) is not True:
            raise
        content = path.read_bytes()
        with suppress(ValueError):  # it begins in another way
            return h5py.File(io.BytesIO(mended(content[:SIZE]) + content[SIZE:]), "r")
        raise


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Add the file to errors of the data that do not know where the data came from."""
    try:
        yield
    except DataError as error:
        if str(path) not in str(error):
            where = f"{path}: {error.where}" if error.where else str(path)
            raise DataError(error.what, where, error.fix) from error
        raise


def _stored_size(path: Path, wanted: str | None = None) -> int:
    """Check that HDF5 can be expected here, before the HDF5 library sees the file."""
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
        what = "is empty" if status.st_size == 0 else "is not an HDF5 file, or is cut short"
        raise DataError(f"{path} {what}.", fix="Name a file that lstmtool wrote.")
    return status.st_size
