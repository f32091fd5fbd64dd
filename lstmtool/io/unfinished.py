"""Checkpoint files of unfinished runs, ``lstmtool-unfinished``, for `lstmtool train --resume`.

Attributes ``plan`` (JSON: everything that determines the run) and ``index`` (JSON: the values of
every entry, and the type, shape and place of its arrays), dataset ``numbers``: the arrays' bytes.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lstmtool.errors import DataError
from lstmtool.io import hdf5
from lstmtool.io.kinds import UNFINISHED
from lstmtool.io.reading import open_reading
from lstmtool.io.sequences import read_object
from lstmtool.records.run import CheckpointEntry

_TYPES = {"f8": np.dtype("<f8"), "i8": np.dtype("<i8")}


def write_unfinished(
    path: Path | str, plan: dict[str, Any], parts: dict[str, CheckpointEntry]
) -> None:
    """Write the plan and the entries of an unfinished run.

    Raises
    ------
    FileError
        If the file cannot be written; an old file is unchanged.
    """
    index: dict[str, Any] = {}
    pieces, place = [b""], 0
    for name, part in parts.items():
        arrays = {}
        for key, array in part.arrays.items():
            content = np.ascontiguousarray(array).tobytes()
            arrays[key] = [array.dtype.str[1:], list(array.shape), place]
            pieces.append(content)
            place += len(content)
        index[name] = {"values": part.values, "arrays": arrays}

    def build(file: h5py.File) -> None:
        hdf5.write_header(file, UNFINISHED)
        hdf5.add_json(file, "plan", plan)
        hdf5.add_json(file, "index", index)
        hdf5.add_axis(file, "byte", place)
        hdf5.add_array(file, "numbers", np.frombuffer(b"".join(pieces), np.uint8), ["byte"])

    hdf5.write_atomically(path, build)


def read_unfinished(path: Path | str) -> tuple[dict[str, Any], dict[str, CheckpointEntry]]:
    """Read the plan and the entries of an unfinished run.

    Raises
    ------
    FileError
        If the file is missing or not readable.
    DataError
        If it is not an unfinished run, or is damaged.
    """
    with open_reading(path, UNFINISHED) as root:
        plan, index = root.json("plan"), read_object(root, "index")
        if not isinstance(plan, dict):
            raise DataError("The plan is missing.", fix="Remove the file, and train again.")
        content = root.array("numbers", (None,), "integers").astype(np.uint8).tobytes()
        try:
            return plan, {name: _part(entry, content) for name, entry in index.items()}
        except (TypeError, ValueError, KeyError, OverflowError, AttributeError) as error:
            raise DataError(
                "The index is damaged.", str(error)[:200], "Remove the file, and train again."
            ) from error


def _part(entry: dict[str, Any], content: bytes) -> CheckpointEntry:
    arrays = {}
    for key, (kind, shape, place) in entry["arrays"].items():
        count = math.prod(shape)
        if min([0, place, *shape]) < 0:
            raise ValueError(f"{key} has shape {shape} at {place}")
        array = np.frombuffer(content, _TYPES[kind], count, place) if count else np.empty(0, kind)
        arrays[key] = array.reshape(shape).astype(kind)
    return CheckpointEntry(entry["values"], arrays)
