"""Files of sequences, ``lstmtool-sequences``.

Datasets ``values`` (step, input), ``offsets`` (boundary), and, where there are any, ``labels``
and ``names`` (sequence), ``label_names`` (group); attributes ``sampling_rate`` in Hz and
``attributes``, JSON that says how the data came about.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import h5py
import numpy as np

from lstmtool.errors import DataError
from lstmtool.io import hdf5
from lstmtool.io.kinds import SEQUENCES
from lstmtool.sequences import Sequences


def write_sequences(path: Path | str, sequences: Sequences) -> None:
    """Write sequences to an HDF5 file; equal sequences give equal bytes.

    Raises
    ------
    FileError
        If the file cannot be written; an old file is unchanged.
    """

    def build(file: h5py.File) -> None:
        hdf5.write_header(file, SEQUENCES)
        n_steps, n_inputs = sequences.values.shape
        for axis, length in {"step": n_steps, "input": n_inputs}.items():
            hdf5.add_axis(file, axis, length)
        hdf5.add_axis(file, "boundary", len(sequences.offsets))
        hdf5.add_array(file, "values", sequences.values, ["step", "input"])
        hdf5.add_array(file, "offsets", sequences.offsets, ["boundary"])
        write_labels(file, sequences, len(sequences))
        if sequences.sampling_rate is not None:
            file.attrs["sampling_rate"] = float(sequences.sampling_rate)
        hdf5.add_json(file, "attributes", sequences.attributes)

    hdf5.write_atomically(path, build)


def read_sequences(path: Path | str, max_size: int | None = None) -> Sequences:
    """Read sequences from an HDF5 file.

    Parameters
    ----------
    path : path-like
    max_size : int, optional
        Bytes that may be loaded, instead of 1 GiB or 1000 times the size of the file.

    Raises
    ------
    FileError
        If the file is missing or may not be read.
    DataError
        If it is no file of sequences, or they make no sense (say, NaN in sequence 3, step 17).
    """
    with hdf5.open_reading(path, SEQUENCES, max_size) as root:
        values = root.array("values", (None, None))
        offsets = root.array("offsets", (None,), "integers").astype(np.int64)
        _check_offsets(offsets, len(values))
        rate = root.number("sampling_rate")
        if rate is not None and rate <= 0:
            raise DataError(f"The sampling rate is {rate:g} Hz; it must be positive.")
        return Sequences(
            values=values,
            offsets=offsets,
            sampling_rate=rate,
            attributes=read_object(root, "attributes"),
            **read_labels(root, max(len(offsets) - 1, 0)),
        )


def fingerprint(sequences: Sequences) -> str:
    """Return the SHA-256 of shape, values and offsets: equal data, whatever the file or names."""
    digest = sha256(repr(sequences.values.shape).encode())
    digest.update(np.ascontiguousarray(sequences.values, dtype="<f8").data)
    digest.update(np.ascontiguousarray(sequences.offsets, dtype="<i8").data)
    return digest.hexdigest()


def write_labels(file: h5py.File, labelled: object, n: int) -> None:
    """Write the fields ``labels``, ``label_names`` and ``names`` of a record of N sequences."""
    hdf5.add_axis(file, "sequence", n)
    labels, label_names, names = (getattr(labelled, f) for f in ("labels", "label_names", "names"))
    if labels is not None:
        hdf5.add_array(file, "labels", np.asarray(labels, dtype=np.int64), ["sequence"])
    if label_names:
        hdf5.add_axis(file, "group", len(label_names))
        hdf5.add_texts(file, "label_names", label_names, "group")
    if names:
        hdf5.add_texts(file, "names", names, "sequence")


def read_labels(root: hdf5.Reader, n: int) -> dict:
    """Read the fields that `write_labels` writes, of N sequences."""
    label_names = root.texts("label_names")
    labels = root.array("labels", (n,), "integers") if "labels" in root else None
    if labels is not None and not ((labels >= 0) & (labels < len(label_names))).all():
        raise DataError("A label has no name.", f"there are {len(label_names)} label_names")
    return {
        "labels": None if labels is None else labels.astype(np.int64),
        "label_names": label_names,
        "names": root.texts("names", n),
    }


def read_object(root: hdf5.Reader, name: str) -> dict:
    """Read a JSON object; empty if it is missing."""
    value = root.json(name)
    if not isinstance(value, dict | None):
        raise DataError(f"{name} is not a JSON object.", str(root.path))
    return value or {}


def _check_offsets(offsets: np.ndarray, n_steps: int) -> None:
    """Compare, do not subtract: differences of hostile offsets wrap around and look harmless."""
    out_of_order = np.append(offsets[1:] <= offsets[:-1], False)
    outside = (offsets < 0) | (offsets > n_steps)
    if (out_of_order | outside).any():
        n = int(np.argmax(out_of_order | outside))
        raise DataError(
            "The offsets do not rise from 0 to the number of steps.",
            f"offset {n} is {offsets[n]}; there are {n_steps} steps",
            "Every sequence needs at least one step.",
        )
