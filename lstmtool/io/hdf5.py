"""Self-describing HDF5 files: written whole and the same every time, read with suspicion.

Every file has the root attributes ``encoding-type``, ``encoding-version`` and ``created-by``, and
a checksum behind its end (see `lstmtool.io.checksum`).
Dimension scales name the axes, so that xarray opens the files with named dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import h5py
import numpy as np

from lstmtool import __version__
from lstmtool.io.atomic import replace_file
from lstmtool.io.checksum import trailer
from lstmtool.io.kinds import VERSION
from lstmtool.io.reader import Reader, Rows
from lstmtool.io.reading import LARGEST_RATIO, open_reading
from lstmtool.io.text import clean_text, encode_texts, to_json

__all__ = [
    "LARGEST_RATIO",
    "Reader",
    "Rows",
    "add_array",
    "add_axis",
    "add_json",
    "add_text",
    "add_texts",
    "clean_text",
    "open_reading",
    "write_atomically",
    "write_header",
]

# HDF5 1.10 and later read these files; from v108 on, the format guards its structure by checksums.
_FORMAT = ("v108", "v110")
_BLOCK = 1 << 20
_LARGEST_ATTRIBUTE = 32 << 10


def write_atomically(path: Path | str, build: Callable[[h5py.File], None]) -> None:
    """Build an HDF5 file in memory and put it in place in one step.

    In memory, because HDF5 that runs out of disk leaves valid-looking files full of zeros or
    crashes. The bytes depend only on what `build` writes: no times are stored.

    Parameters
    ----------
    path : path-like
    build : callable
        Fills the open, empty file that it is given.

    Raises
    ------
    FileError
        If the file cannot be written; an old file is unchanged.
    """
    image = _image(build)
    replace_file(path, image, trailer(image))


def _image(build: Callable[[h5py.File], None]) -> bytes:
    options = {"backing_store": False, "block_size": _BLOCK, "libver": _FORMAT}
    name = uuid4().hex  # in no file; HDF5 opens a name but once, in all threads together
    with h5py.File(name, "w", driver="core", **options) as file:
        build(file)
        file.flush()
        return file.id.get_file_image()


def write_header(file: h5py.File, encoding_type: str) -> None:
    """Write the root attributes that say what the file is."""
    add_text(file, "encoding-type", encoding_type)
    add_text(file, "encoding-version", VERSION)
    add_text(file, "created-by", f"lstmtool {__version__}")


def add_text(node: h5py.Group | h5py.Dataset, name: str, text: str) -> None:
    """Write a string attribute, fixed-length UTF-8."""
    (encoded,) = encode_texts([text])
    node.attrs.create(name, encoded, dtype=h5py.string_dtype("utf-8", max(1, len(encoded))))


def add_json(group: h5py.Group, name: str, value: Any) -> None:
    """Write a value as a JSON attribute, or as a dataset where it is too long for one."""
    text = to_json(value)
    if len(text) <= _LARGEST_ATTRIBUTE:
        add_text(group, name, text)
    else:
        dtype = h5py.string_dtype("utf-8", len(text))
        group.create_dataset(name, data=np.array(text.encode(), dtype), track_times=False)


def add_axis(group: h5py.Group, name: str, length: int) -> None:
    """Name an axis for the datasets of this group and of the groups below it.

    The name is a dimension scale without numbers of its own, as netCDF-4 writes them; it takes no
    room in the file.
    """
    scale = group.create_dataset(name, shape=(length,), dtype="f4", track_times=False)
    scale.make_scale(f"This is a netCDF dimension but not a netCDF variable. {length:10d}")


def add_array(group: h5py.Group, name: str, values: np.ndarray, axes: Iterable[str]) -> None:
    """Write numbers with named axes; the axes must be there, in this group or one above it.

    Truth values become 0 and 1 with an attribute that says so, as xarray has it, since netCDF
    knows no truth values.
    """
    values = np.asarray(values)
    if values.dtype == bool:
        _add_dataset(group, name, values.astype(np.int8), axes)
        add_text(group[name], "dtype", "bool")
    else:
        _add_dataset(group, name, values, axes)


def add_texts(group: h5py.Group, name: str, texts: Iterable[str], axis: str) -> None:
    """Write strings, fixed-length UTF-8, along a named axis."""
    encoded = encode_texts(texts)
    dtype = h5py.string_dtype("utf-8", encoded.itemsize)
    _add_dataset(group, name, encoded.astype(dtype), [axis])


def _add_dataset(group: h5py.Group, name: str, values: np.ndarray, axes: Iterable[str]) -> None:
    dataset = group.create_dataset(name, data=values, dtype=values.dtype, track_times=False)
    for dimension, axis in zip(dataset.dims, axes, strict=True):
        dimension.attach_scale(_find_axis(group, axis))


def _find_axis(group: h5py.Group, axis: str) -> h5py.Dataset:
    while axis not in group and group.name != "/":
        group = group.parent
    return group[axis]
