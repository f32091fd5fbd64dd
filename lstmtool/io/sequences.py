"""Files of sequences, ``lstmtool-sequences``.

Datasets ``values`` (step, input), ``offsets`` (boundary) and, if present, ``labels``
and ``names`` (sequence), ``label_names`` (group); attributes ``sampling_rate`` in Hz and
``attributes``, JSON that says how the data were made. For targets, see
`lstmtool.io.supervision`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lstmtool.data.sequences import Sequences, SequenceSource, refuse_not_finite
from lstmtool.errors import DataError
from lstmtool.io import hdf5
from lstmtool.io.kinds import SEQUENCES
from lstmtool.io.reader import Reader, Rows
from lstmtool.io.reading import LARGEST_RATIO, open_reading


def write_sequences(
    path: Path | str, sequences: Sequences, also: Callable[[h5py.File], None] | None = None
) -> None:
    """Write sequences to an HDF5 file; equal sequences give equal bytes.

    Parameters
    ----------
    also : callable, optional
        Called with the open file, whose axes exist by then, to write further datasets.

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
        if also is not None:
            also(file)

    hdf5.write_atomically(path, build)


def read_sequences(path: Path | str, max_size: int | None = None) -> Sequences:
    """Read sequences from an HDF5 file; `max_size` and errors as for `open_reading`."""
    with open_reading(path, SEQUENCES, max_size) as root:
        values = root.array("values", (None, None))
        offsets = _read_offsets(root, len(values))
        rest = _read_all_but_values(root, max(len(offsets) - 1, 0))
        return Sequences(values, offsets, **rest)


def _read_offsets(root: Reader, n_steps: int) -> np.ndarray:
    offsets = root.array("offsets", (None,), "integers").astype(np.int64)
    _check_offsets(offsets, n_steps)
    return offsets


def _read_all_but_values(root: Reader, n: int) -> dict[str, Any]:
    rate = root.number("sampling_rate")
    if rate is not None and rate <= 0:
        raise DataError(f"The sampling rate is {rate:g} Hz; it must be positive.")
    about = {"sampling_rate": rate, "attributes": read_object(root, "attributes")}
    return about | read_labels(root, n)


@dataclass(frozen=True)
class SequenceFile(SequenceSource):
    """An open file of sequences whose values are read block by block.

    Reading raises a DataError that names the sequence if values are unreadable or not finite.

    Parameters
    ----------
    rows : Rows
        The values, of shape (sum T, D).
    offsets, labels, label_names, names, sampling_rate, attributes
        As in `Sequences`.
    """

    rows: Rows
    offsets: np.ndarray
    labels: np.ndarray | None
    label_names: tuple[str, ...]
    names: tuple[str, ...]
    sampling_rate: float | None
    attributes: dict

    @property
    def n_inputs(self) -> int:
        """Values per step, D."""
        return self.rows.shape[1]

    def _block(self, first: int, after: int) -> Sequences:
        start, stop = int(self.offsets[first]), int(self.offsets[after])
        values, offsets = self.rows.read(start, stop), self.offsets[first : after + 1] - start
        refuse_not_finite(values, offsets, lambda n: self.name(first + n))
        return Sequences(
            values,
            offsets,
            labels=None if self.labels is None else self.labels[first:after],
            label_names=self.label_names,
            names=self.names[first:after],
            sampling_rate=self.sampling_rate,
            attributes=self.attributes,
        )


@contextmanager
def open_sequences(path: Path | str) -> Iterator[SequenceFile]:
    """Open a file of sequences whose values may not fit in memory.

    Lengths, labels and names are read at once, values block by block. Errors are those of
    `read_sequences`, but only the block being read must be finite and fit in memory.
    """
    with open_reading(path, SEQUENCES) as root:
        yield sequences_of(root)


def sequences_of(root: Reader) -> SequenceFile:
    """Return the sequences of an open file; errors are those of `open_sequences`."""
    rows = root.rows("values", 2, LARGEST_RATIO)
    n_steps, n_inputs = rows.shape
    offsets = _read_offsets(root, n_steps)
    if not n_inputs or len(offsets) < 2 or (offsets[0], offsets[-1]) != (0, n_steps):
        raise DataError(
            "Offsets do not cover the values from first to last step.",
            f"{len(offsets)} offsets; values have shape {rows.shape}",
        )
    return SequenceFile(rows, offsets, **_read_all_but_values(root, len(offsets) - 1))


class Fingerprint:
    """SHA-256 of shape, values and offsets, independent of the file and of names.

    Parameters
    ----------
    n_steps, n_inputs : int
        Shape of all values together.
    """

    def __init__(self, n_steps: int, n_inputs: int) -> None:
        self._digest = sha256(repr((n_steps, n_inputs)).encode())

    def add(self, values: np.ndarray) -> None:
        """Add the next values, of shape (steps, inputs)."""
        self._digest.update(np.ascontiguousarray(values, dtype="<f8").data)

    def text(self, offsets: np.ndarray) -> str:
        """Return the fingerprint after all values have been added."""
        digest = self._digest.copy()
        digest.update(np.ascontiguousarray(offsets, dtype="<i8").data)
        return digest.hexdigest()


def fingerprint(sequences: Sequences) -> str:
    """Return the SHA-256 of shape, values and offsets, independent of the file and of names."""
    made = Fingerprint(*sequences.values.shape)
    made.add(sequences.values)
    return made.text(sequences.offsets)


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


def read_labels(root: Reader, n: int) -> dict:
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


def read_object(root: Reader, name: str) -> dict:
    """Read a JSON object; empty if it is missing."""
    value = root.json(name)
    if not isinstance(value, dict | None):
        raise DataError(f"{name} is not a JSON object.", str(root.path))
    return value or {}


def _check_offsets(offsets: np.ndarray, n_steps: int) -> None:
    """Check by comparisons, since differences of hostile offsets can wrap around."""
    out_of_order = np.append(offsets[1:] <= offsets[:-1], False)
    outside = (offsets < 0) | (offsets > n_steps)
    if (out_of_order | outside).any():
        n = int(np.argmax(out_of_order | outside))
        raise DataError(
            "The offsets do not rise from 0 to the number of steps.",
            f"offset {n} is {offsets[n]}; there are {n_steps} steps",
            "Every sequence needs at least one step.",
        )
