"""Files of networks trained with targets, ``lstmtool-trained``.

Attributes ``task``, ``rule``, ``update``, ``counted`` (text), ``options``, ``topology``,
``settings``, ``figures``, ``parameter_table``, ``provenance`` (JSON), ``seed``, ``solved``,
``sequences``, ``n_weights``; datasets ``initial_parameters`` and ``parameters`` (parameter), and
``history`` (row, column) with the columns sequences, error, right.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from lstmtool.errors import DataError
from lstmtool.io import hdf5
from lstmtool.io.checks import check_finite, check_table
from lstmtool.io.kinds import TRAINED
from lstmtool.io.reader import Reader
from lstmtool.io.reading import open_reading
from lstmtool.io.sequences import read_object
from lstmtool.records.task_run import HISTORY_COLUMNS, TaskRun

_TEXTS = ("task", "rule", "update", "counted")
_OBJECTS = ("options", "topology", "settings", "figures", "provenance")
_NUMBERS = ("seed", "sequences", "n_weights")


def write_trained(path: Path | str, trained: TaskRun) -> None:
    """Write a trained network to an HDF5 file; equal networks give equal bytes.

    Raises
    ------
    FileError
        If the file cannot be written; an old file is unchanged.
    """

    def build(file: h5py.File) -> None:
        hdf5.write_header(file, TRAINED)
        for name in _TEXTS:
            hdf5.add_text(file, name, getattr(trained, name))
        for name in (*_OBJECTS, "parameter_table"):
            hdf5.add_json(file, name, getattr(trained, name))
        for name in (*_NUMBERS, "solved"):
            file.attrs[name] = int(getattr(trained, name))
        hdf5.add_axis(file, "parameter", len(trained.parameters))
        for name in ("initial_parameters", "parameters"):
            hdf5.add_array(file, name, getattr(trained, name), ["parameter"])
        hdf5.add_axis(file, "row", len(trained.history))
        hdf5.add_axis(file, "column", len(HISTORY_COLUMNS))
        hdf5.add_array(file, "history", trained.history, ["row", "column"])

    hdf5.write_atomically(path, build)


def read_trained(path: Path | str, max_size: int | None = None) -> TaskRun:
    """Read a trained network from an HDF5 file; `max_size` and errors as for `open_reading`."""
    with open_reading(path, TRAINED, max_size) as root:
        parameters = check_finite("parameters", root.array("parameters", (None,)))
        initial = root.array("initial_parameters", parameters.shape)
        return TaskRun(
            task=_text(root, "task"),
            rule=_text(root, "rule"),
            update=_text(root, "update"),
            counted=_text(root, "counted"),
            options=read_object(root, "options"),
            topology=read_object(root, "topology"),
            settings=read_object(root, "settings"),
            figures=read_object(root, "figures"),
            provenance=read_object(root, "provenance"),
            seed=_whole(root, "seed"),
            sequences=_whole(root, "sequences"),
            n_weights=_whole(root, "n_weights"),
            solved=bool(_whole(root, "solved")),
            history=root.array("history", (None, len(HISTORY_COLUMNS))).astype(np.float64),
            initial_parameters=check_finite("initial_parameters", initial),
            parameters=parameters,
            parameter_table=check_table(root.json("parameter_table"), parameters.size),
        )


def _text(root: Reader, name: str) -> str:
    text = root.text(name)
    if text is None:
        raise DataError(f"The attribute {name} is missing.")
    return text


def _whole(root: Reader, name: str) -> int:
    number = root.number(name)
    if number is None or number != int(number):
        raise DataError(f"The attribute {name} is missing, or not a whole number.")
    return int(number)
