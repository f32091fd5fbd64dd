"""Targets in the same file as their sequences: a group ``supervision``.

Datasets ``targets`` and ``allowed`` (step, output) and ``scored`` (step). Readers of plain
sequences ignore them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from lstmtool.data.sequences import Sequences
from lstmtool.errors import DataError
from lstmtool.io import hdf5
from lstmtool.io.kinds import SEQUENCES
from lstmtool.io.reading import LARGEST_RATIO, open_reading
from lstmtool.io.sequences import write_sequences


def write_supervised(
    path: Path | str, sequences: Sequences, supervision: Mapping[str, np.ndarray]
) -> None:
    """Write sequences with their targets.

    Parameters
    ----------
    supervision : mapping of str to ndarray
        ``targets`` (sum T, K), ``scored`` (sum T,) bool and ``allowed`` (sum T, K) bool.

    Raises
    ------
    FileError
        If the file cannot be written; an old file is unchanged.
    """

    def also(file: h5py.File) -> None:
        group = hdf5.add_group(file, "supervision")
        hdf5.add_axis(group, "output", supervision["targets"].shape[1])
        for name in ("targets", "scored", "allowed"):
            values = supervision[name]
            hdf5.add_array(group, name, values, ["step", "output"][: values.ndim])

    write_sequences(path, sequences, also)


def read_supervision(path: Path | str, max_size: int | None = None) -> dict[str, np.ndarray] | None:
    """Read the targets that `write_supervised` wrote; None if there are none.

    Raises
    ------
    FileError, DataError
        As for `read_sequences`, or if the datasets are inconsistent.
    """
    with open_reading(path, SEQUENCES, max_size) as root:
        if "supervision" not in root:
            return None
        group = root.group("supervision")
        n_steps = root.rows("values", 2, LARGEST_RATIO).shape[0]
        targets = group.array("targets", (n_steps, None)).astype(np.float64)
        if not np.isfinite(targets).all():
            raise DataError("A target is not finite.", str(root.path))
        return {
            "targets": targets,
            "scored": group.array("scored", (n_steps,), "integers").astype(bool),
            "allowed": group.array("allowed", targets.shape, "integers").astype(bool),
        }
