"""Verification of a new HDF5 file against what was written, before it replaces an old one."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from lstmtool.errors import FileError
from lstmtool.io.reader import H5PY_ERRORS
from lstmtool.text import clean_text

_BLOCK = 1 << 20  # bytes


def refuse_unlike(path: Path | str, made: Path, written: h5py.File) -> None:
    """Refuse a file that HDF5 cannot read back unchanged.

    Parameters
    ----------
    path : path-like
        Final path of the file, named in the error.
    made : Path
        Temporary path of the file.
    written : h5py.File
        What was written into it, still open.

    Raises
    ------
    FileError
        If it cannot be opened, or an object, an attribute or a value differs.
    """
    try:
        with h5py.File(made, "r", locking=False) as file:
            different = _first_difference(written, file)
    except H5PY_ERRORS as error:
        different = clean_text(str(error))[:200]
    if different:
        versions = f"h5py {h5py.__version__}, HDF5 {h5py.version.hdf5_version}"
        raise FileError(
            f"Cannot write {path}: the new file cannot be read back.",
            f"{different} ({versions})",
            "Check the disk, or install another h5py: `pip install --upgrade h5py`.",
        )


def _first_difference(written: h5py.Group, read: h5py.Group) -> str:
    """Describe the first difference between two groups; empty if there is none."""
    names: list[str] = []
    written.visit(names.append)
    found: list[str] = []
    read.visit(found.append)
    if names != found:
        return "it has other members than were written"
    for name in ("/", *names):
        if not _is_equal(written[name], read[name]):
            return f"{clean_text(name)} is not what was written"
    return ""


def _is_equal(written: h5py.HLObject, read: h5py.HLObject) -> bool:
    if type(written) is not type(read) or list(written.attrs) != list(read.attrs):
        return False
    if not all(_is_same(written.attrs[name], read.attrs[name]) for name in written.attrs):
        return False
    return not isinstance(written, h5py.Dataset) or _has_same_values(written, read)


def _has_same_values(written: h5py.Dataset, read: h5py.Dataset) -> bool:
    if (written.shape, written.dtype) != (read.shape, read.dtype):
        return False
    size = written.id.get_storage_size()
    if size != read.id.get_storage_size():
        return False
    if not size:  # an axis
        return True
    if not written.shape:
        return _is_same(written[()], read[()])
    rows = max(1, _BLOCK * len(written) // written.nbytes)
    return all(
        _is_same(written[first : first + rows], read[first : first + rows])
        for first in range(0, len(written), rows)
    )


def _is_same(written: object, read: object) -> bool:
    """Whether values are equal byte by byte; references need only be readable."""
    one, other = np.asarray(written), np.asarray(read)
    if one.dtype.hasobject:
        return other.dtype == one.dtype
    return one.dtype == other.dtype and one.tobytes() == other.tobytes()
