"""Checkpoint files of unfinished runs, ``lstmtool-unfinished``, for `train` and `learn --resume`.

Attributes ``plan`` (JSON: everything that determines the run) and ``index`` (JSON: the values of
every entry, and the type, shape and place of its arrays), dataset ``numbers``: the arrays' bytes.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lstmtool import __version__
from lstmtool.errors import DataError, FileError, UsageError
from lstmtool.io import hdf5
from lstmtool.io.kinds import UNFINISHED
from lstmtool.io.locate import encoding_type
from lstmtool.io.naming import beside
from lstmtool.io.partial import read_header
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


def newest_unfinished(command: str, ending: str) -> Path:
    """Return the file that the newest unfinished run of a command here is to become.

    Raises
    ------
    FileError
        If there is none.
    """
    told = {path: _header(path) for path in Path().glob(f"*{ending}")}
    found = [path for path, header in told.items() if header.get("command", "train") == command]
    if not found:
        raise FileError(
            "There is no unfinished run in this folder.",
            str(Path.cwd()),
            "Repeat the options of the run, with -o FILE, or leave --resume out.",
        )
    path = max(found, key=lambda p: (p.stat().st_mtime_ns, p.name))
    named = path.with_name(Path(str(told[path].get("target"))).name or "run")
    kept_there = beside(named, ending) == path
    return named if kept_there else path.with_name(f"{path.name[: -len(ending)]}.h5")


def read_parts(
    path: Path, command: str
) -> tuple[dict[str, Any], dict[str, CheckpointEntry]] | None:
    """Return what decides an unfinished run and what there is of it, if there is any.

    Raises
    ------
    DataError, FileError
        If it cannot be read.
    UsageError
        If another command or another version of lstmtool wrote it.
    """
    if not path.exists():
        return None
    document, parts = read_unfinished(path)
    if (made := document.get("command", "train")) != command:
        raise UsageError(
            f"{path} is an unfinished run of `lstmtool {made!s:.40}`.", fix="Choose another name."
        )
    if document.get("version") != __version__:
        raise UsageError(
            f"{path} was begun by lstmtool {document.get('version')!s:.40}.",
            f"this is {__version__}, which may compute otherwise",
            "Use that version, or start over with --force.",
        )
    return document, parts


def _header(path: Path) -> dict[str, Any]:
    """Return what an unfinished run says of itself; of another file, that no command made it."""
    if path.suffix == ".jsonl":
        return {"command": ""} | read_header(path)
    return read_unfinished(path)[0] if encoding_type(path) == UNFINISHED else {"command": ""}
