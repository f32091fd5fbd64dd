"""Files of clusters, ``lstmtool-clusters``, for use in other programs.

Datasets ``outputs`` (sequence, output), ``clusters`` (sequence) and, where there are any, ``codes``
(sequence, output), ``confidence``, ``density``, ``names`` and ``labels`` (sequence),
``label_names`` (group); attributes ``scores`` and ``source`` (JSON).

Where the sequences are windows of recordings, ``source`` says so (`lstmtool.data.windows`), and for
other programs there are ``recording`` (its number from 0), ``start`` and ``end`` (sequence) in
steps, and a group ``recordings``: ``names``, ``windows``, ``majority`` (recording) and ``shares``
(recording, cluster), the clusters in the order of ``numbers``, with ``sampling_rate`` in Hz if it
is known. They are not read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from lstmtool.data.windows import Windows, windows_of
from lstmtool.io import hdf5
from lstmtool.io.kinds import CLUSTERS
from lstmtool.io.reading import open_reading
from lstmtool.io.sequences import read_labels, read_object, write_labels
from lstmtool.records.recordings import by_recording


@dataclass(frozen=True)
class Clusters:
    """The clusters a network found in N sequences.

    Parameters
    ----------
    outputs : ndarray of shape (N, K)
        Activations of the output units.
    clusters : ndarray of shape (N,), int64
        Cluster of every sequence.
    codes : ndarray of shape (N, K), uint8, or None
        Outputs rounded to bits (BINGO).
    density : ndarray of shape (N,) or None
        Parzen density at every output (NEO).
    confidence : ndarray of shape (N,) or None
        How clearly every sequence belongs to its cluster, between 0 and 1.
    labels : ndarray of shape (N,), int64, or None
        Group of every sequence.
    label_names, names : tuple of str
        Names of the groups and of the sequences; may be empty.
    scores : dict
        Plain JSON values.
    source : dict
        Provenance of the clusters; plain JSON values.
    """

    outputs: np.ndarray
    clusters: np.ndarray
    codes: np.ndarray | None = None
    density: np.ndarray | None = None
    confidence: np.ndarray | None = None
    labels: np.ndarray | None = None
    label_names: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    scores: dict = field(default_factory=dict)
    source: dict = field(default_factory=dict)


def write_clusters(
    path: Path | str, *, outputs: np.ndarray, clusters: np.ndarray, **parts: object
) -> None:
    """Write clusters to an HDF5 file; equal clusters give equal bytes.

    Parameters
    ----------
    **parts
        The other fields of `Clusters`.

    Raises
    ------
    FileError
        If the file cannot be written; an old file is unchanged.
    """
    record = Clusters(outputs, clusters, **parts)  # type: ignore[arg-type]

    def build(file: h5py.File) -> None:
        hdf5.write_header(file, CLUSTERS)
        write_labels(file, record, len(outputs))
        hdf5.add_axis(file, "output", outputs.shape[1])
        hdf5.add_array(file, "outputs", outputs, ["sequence", "output"])
        hdf5.add_array(file, "clusters", np.asarray(clusters, dtype=np.int64), ["sequence"])
        if record.codes is not None:
            hdf5.add_array(file, "codes", record.codes.astype(np.uint8), ["sequence", "output"])
        for name in ("density", "confidence"):
            if (values := getattr(record, name)) is not None:
                hdf5.add_array(file, name, values, ["sequence"])
        windows = windows_of(record.source, len(outputs))
        if windows is not None:
            _write_windows(file, windows, record)
        hdf5.add_json(file, "scores", record.scores)
        hdf5.add_json(file, "source", record.source)

    hdf5.write_atomically(path, build)


def _write_windows(file: h5py.File, windows: Windows, record: Clusters) -> None:
    for name in ("recording", "start", "end"):
        hdf5.add_array(file, name, getattr(windows, name), ["sequence"])
    found = by_recording(windows, record.clusters, record.confidence)
    numbers = np.unique(record.clusters)
    group = hdf5.add_group(file, "recordings")
    hdf5.add_axis(group, "recorded", len(found))
    hdf5.add_axis(group, "cluster", len(numbers))
    axis = ["recorded"]
    hdf5.add_texts(group, "names", windows.recordings, *axis)
    hdf5.add_array(group, "windows", np.array(windows.counts), axis)
    hdf5.add_array(group, "majority", np.array([one.majority for one in found]), axis)
    hdf5.add_array(group, "numbers", numbers, ["cluster"])
    shares = [[one.shares.get(k, 0.0) for k in numbers.tolist()] for one in found]
    hdf5.add_array(group, "shares", np.array(shares), [*axis, "cluster"])
    rate = record.source.get("sampling_rate")
    if isinstance(rate, float):
        group.attrs["sampling_rate"] = rate


def read_clusters(path: Path | str, max_size: int | None = None) -> Clusters:
    """Read clusters from an HDF5 file; `max_size` and errors as for `open_reading`."""
    with open_reading(path, CLUSTERS, max_size) as root:
        outputs = root.array("outputs", (None, None))
        n = len(outputs)
        return Clusters(
            outputs=outputs,
            clusters=root.array("clusters", (n,), "integers"),
            codes=root.array("codes", outputs.shape, "integers") if "codes" in root else None,
            density=root.array("density", (n,)) if "density" in root else None,
            confidence=root.array("confidence", (n,)) if "confidence" in root else None,
            scores=read_object(root, "scores"),
            source=read_object(root, "source"),
            **read_labels(root, n),
        )
