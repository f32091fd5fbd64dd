"""Self-describing HDF5 files, written atomically and reproducibly.

Every file has the root attributes ``encoding-type``, ``encoding-version`` and ``created-by``, and
a checksum after its end (see `lstmtool.io.checksum`).
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
from lstmtool.io.readback import refuse_unlike
from lstmtool.io.superblock import SIZE, mended
from lstmtool.io.text import encode_texts, to_json

# HDF5 1.8 and later read these files; from this format on, metadata have checksums.
_FORMAT = (h5py.h5f.LIBVER_V18, h5py.h5f.LIBVER_V110)
_BLOCK = 1 << 20
_LARGEST_ATTRIBUTE = 32 << 10


def write_atomically(path: Path | str, build: Callable[[h5py.File], None]) -> None:
    """Build an HDF5 file in memory, then write it atomically.

    In memory, because HDF5 that runs out of disk space crashes or leaves valid-looking files of
    zeros. The new file is read back before it replaces an old one. Its bytes depend only on what
    `build` writes: no times are stored.

    Parameters
    ----------
    build : callable
        Fills the empty file it is given; it creates groups with `add_group`.

    Raises
    ------
    FileError
        If the file cannot be written or read back; an old file is unchanged.
    """
    with _in_memory() as file:
        build(file)
        file.flush()
        image = memoryview(file.id.get_file_image())
        content = mended(image[:SIZE].tobytes()), image[SIZE:]
        replace_file(
            path, *content, trailer(*content), check=lambda made: refuse_unlike(path, made, file)
        )


def _in_memory() -> h5py.File:
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fapl_core(_BLOCK, False)
    access.set_libver_bounds(*_FORMAT)
    access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    creation.set_obj_track_times(False)
    name = uuid4().hex.encode()  # HDF5 identifies in-memory files by name
    return h5py.File(h5py.h5f.create(name, h5py.h5f.ACC_TRUNC, creation, access))


def write_header(file: h5py.File, encoding_type: str) -> None:
    """Write the root attributes that identify the file."""
    add_text(file, "encoding-type", encoding_type)
    add_text(file, "encoding-version", VERSION)
    add_text(file, "created-by", f"lstmtool {__version__}")


def add_group(group: h5py.Group, name: str) -> h5py.Group:
    """Create a group without its creation time, which h5py before 3.15 stores."""
    creation = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    creation.set_obj_track_times(False)
    return h5py.Group(h5py.h5g.create(group.id, name.encode(), gcpl=creation))


def add_text(node: h5py.Group | h5py.Dataset, name: str, text: str) -> None:
    """Write a string attribute, fixed-length UTF-8."""
    (encoded,) = encode_texts([text])
    node.attrs.create(name, encoded, dtype=h5py.string_dtype("utf-8", max(1, len(encoded))))


def add_json(group: h5py.Group, name: str, value: Any) -> None:
    """Write a value as a JSON attribute, or as a dataset if it is too long for one."""
    text = to_json(value)
    if len(text) <= _LARGEST_ATTRIBUTE:
        add_text(group, name, text)
    else:
        dtype = h5py.string_dtype("utf-8", len(text))
        group.create_dataset(name, data=np.array(text.encode(), dtype), track_times=False)


def add_axis(group: h5py.Group, name: str, length: int) -> None:
    """Name an axis for the datasets of this group and its subgroups.

    The name is a dimension scale without values, as in netCDF-4; it takes no space in the file.
    """
    scale = group.create_dataset(name, shape=(length,), dtype="f4", track_times=False)
    scale.make_scale(f"This is a netCDF dimension but not a netCDF variable. {length:10d}")


def add_array(group: h5py.Group, name: str, values: np.ndarray, axes: Iterable[str]) -> None:
    """Write numbers along named axes, which must exist in this group or one above it.

    Booleans become 0 and 1 with an attribute that says so, as in xarray, since netCDF has no
    boolean type.
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
