"""Files of training runs, ``lstmtool-run``: everything in a `lstmtool.records.run.Run`, exactly.

Attributes ``config`` (the settings), ``parameter_table``, ``source``, ``notes``, ``provenance``
(JSON), ``chosen`` and, if known, ``shared_bits``, ``null_test`` and ``cross_check`` (JSON);
datasets ``parameters`` and ``initial_parameters`` (parameter), ``lengths``, ``labels``, ``names``
(sequence), ``label_names`` (group); groups ``preprocessing``, ``history`` (one column per
dataset, one row per record), ``restarts`` (one row per restart), and ``outputs/before``,
``outputs/after``, ``outputs/untrained`` (sequence, output). Runs with a consensus have a group
``ensemble``: ``parameters`` (member, parameter), ``net_inputs`` (member, sequence, output), in
single precision, ``scores`` and ``restarts`` (member).

For other programs, a group ``weights`` repeats ``parameters`` as a matrix for each kind of unit,
such as ``weights/input_gate``: a row for each unit; a column for each input, for each output of a
cell or plain unit at t - 1, for each gate if these are read, and for the bias. A dataset
``clusters`` (sequence) has the cluster of every sequence, -1 for none. Neither is read.
"""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lstmtool.config import NetworkSettings
from lstmtool.data.preprocessing import Preprocessing
from lstmtool.errors import DataError
from lstmtool.io import hdf5
from lstmtool.io.checks import check_finite, check_settings, check_table
from lstmtool.io.kinds import RUN
from lstmtool.io.reader import Reader
from lstmtool.io.reading import open_reading
from lstmtool.io.sequences import read_labels, read_object, write_labels
from lstmtool.records.run import (
    CrossCheck,
    Ensemble,
    NullTest,
    Outputs,
    ParameterTable,
    Run,
    named_parts,
)


def write_run(path: Path | str, run: Run, clusters: np.ndarray | None = None) -> None:
    """Write a run to an HDF5 file; equal runs give equal bytes.

    Parameters
    ----------
    clusters : ndarray of shape (N,), optional
        Of the sequences, for other programs.

    Raises
    ------
    FileError
        If the file cannot be written; an old file is unchanged.
    """

    def build(file: h5py.File) -> None:
        hdf5.write_header(file, RUN)
        hdf5.add_json(file, "config", run.settings.model_dump(mode="json"))
        for name in ("source", "notes", "provenance", "parameter_table"):
            hdf5.add_json(file, name, getattr(run, name))
        file.attrs["chosen"] = int(run.chosen)
        if run.shared_bits is not None:
            file.attrs["shared_bits"] = float(run.shared_bits)
        if run.null_test is not None:
            hdf5.add_json(file, "null_test", vars(run.null_test))
        if run.cross_check is not None:
            hdf5.add_json(file, "cross_check", vars(run.cross_check))
        write_labels(file, run, len(run.lengths))
        hdf5.add_array(file, "lengths", run.lengths, ["sequence"])
        _write_parameters(file, run)
        _write_preprocessing(hdf5.add_group(file, "preprocessing"), run.preprocessing)
        _write_columns(hdf5.add_group(file, "history"), run.history, "record")
        _write_columns(hdf5.add_group(file, "restarts"), run.restarts, "restart")
        _write_outputs(file, run)
        if clusters is not None:
            hdf5.add_array(file, "clusters", clusters, ["sequence"])
        if run.ensemble is not None:
            _write_ensemble(hdf5.add_group(file, "ensemble"), run.ensemble)

    hdf5.write_atomically(path, build)


def read_run(path: Path | str, max_size: int | None = None) -> Run:
    """Read a run from an HDF5 file; `max_size` and errors as for `open_reading`."""
    with open_reading(path, RUN, max_size) as root:
        settings = check_settings("TrainSettings", root.json("config"), root.text("created-by"))
        lengths = root.array("lengths", (None,), "integers").astype(np.int64)
        if not (lengths.size and (lengths > 0).all()):
            raise DataError("There are no sequences, or a sequence is empty.")
        shape = (len(lengths), settings.network.outputs)
        outputs = root.group("outputs")
        parameters = root.array("parameters", (None,))
        initial = root.array("initial_parameters", parameters.shape)
        table = check_table(root.json("parameter_table"), parameters.size)
        table, parameters, initial = _without_absent(settings.network, table, parameters, initial)
        kept = _read_restarts(root)
        ensemble = None
        if "ensemble" in root:
            counts = len(next(iter(kept["restarts"].values()))), len(parameters)
            ensemble = _read_ensemble(root.group("ensemble"), *counts, shape)
        return Run(
            settings=settings,
            preprocessing=_read_preprocessing(root),
            parameters=check_finite("parameters", parameters),
            initial_parameters=check_finite("initial_parameters", initial),
            parameter_table=table,
            history=_read_columns(root.group("history")),
            before=_read_outputs(outputs.group("before"), shape),
            after=_read_outputs(outputs.group("after"), shape),
            untrained=_read_outputs(outputs.group("untrained"), shape),
            **kept,
            lengths=lengths,
            **read_labels(root, len(lengths)),
            source=read_object(root, "source"),
            notes=_read_notes(root),
            provenance=read_object(root, "provenance"),
            shared_bits=root.number("shared_bits"),
            null_test=_read_null_test(root),
            cross_check=_read_cross_check(root),
            ensemble=ensemble,
        )


def _without_absent(
    network: NetworkSettings, table: ParameterTable, *vectors: np.ndarray
) -> tuple[Any, ...]:
    """Leave out of flat vectors what the network has not: earlier versions kept zeros there."""
    absent = set() if network.forget_gate else {"forget_gate"}
    if not network.peepholes:
        absent |= {"input_gate_peephole", "forget_gate_peephole", "output_gate_peephole"}
    kept, at, places = [], 0, []
    for name, shape, offset in table:
        if name in absent:
            continue
        size = int(np.prod(shape))
        places.append(np.arange(offset, offset + size))
        kept.append((name, shape, at))
        at += size
    if len(kept) == len(table):
        return table, *vectors
    chosen = np.concatenate(places) if places else np.empty(0, np.int64)
    return kept, *(vector[chosen] for vector in vectors)


def _write_parameters(file: h5py.File, run: Run) -> None:
    hdf5.add_axis(file, "parameter", len(run.parameters))
    hdf5.add_array(file, "parameters", run.parameters, ["parameter"])
    hdf5.add_array(file, "initial_parameters", run.initial_parameters, ["parameter"])
    _write_weights(hdf5.add_group(file, "weights"), run)


def _write_weights(group: h5py.Group, run: Run) -> None:
    for name, values in named_parts(run.parameters, run.parameter_table).items():
        axes = [f"{name}_row", f"{name}_column"][: values.ndim]
        for axis, length in zip(axes, values.shape, strict=True):
            hdf5.add_axis(group, axis, length)
        hdf5.add_array(group, name, values, axes)


def _write_preprocessing(group: h5py.Group, preprocessing: Preprocessing) -> None:
    hdf5.add_json(group, "settings", preprocessing.settings.model_dump(mode="json"))
    # The matrix is square, but netCDF requires distinct axis names.
    hdf5.add_axis(group, "feature", len(preprocessing.mean))
    hdf5.add_axis(group, "network_input", len(preprocessing.mean))
    hdf5.add_array(group, "mean", preprocessing.mean, ["feature"])
    hdf5.add_array(group, "matrix", preprocessing.matrix, ["feature", "network_input"])


def _read_preprocessing(root: Reader) -> Preprocessing:
    group = root.group("preprocessing")
    mean = check_finite("preprocessing/mean", group.array("mean", (None,)))
    matrix = check_finite("preprocessing/matrix", group.array("matrix", (mean.size, mean.size)))
    settings = check_settings("InputSettings", group.json("settings"), root.text("created-by"))
    return Preprocessing(settings, mean, matrix)


def _write_columns(group: h5py.Group, columns: dict[str, np.ndarray], axis: str) -> None:
    """Write columns of equal length and their order, since HDF5 sorts by name."""
    hdf5.add_json(group, "columns", list(columns))
    hdf5.add_axis(group, axis, max((len(column) for column in columns.values()), default=0))
    for name in sorted(columns):
        hdf5.add_array(group, name, columns[name], [axis])


def _read_columns(group: Reader) -> dict[str, np.ndarray]:
    names = group.json("columns")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError("The list of columns is missing or not a list of names.")
    columns: dict[str, np.ndarray] = {}
    for name in names:
        length = len(next(iter(columns.values()))) if columns else None
        columns[name] = group.array(name, (length,))
    return columns


def _write_outputs(file: h5py.File, run: Run) -> None:
    group = hdf5.add_group(file, "outputs")
    hdf5.add_axis(group, "output", run.after.net_inputs.shape[1])
    for moment in ("before", "after", "untrained"):
        outputs, part = getattr(run, moment), hdf5.add_group(group, moment)
        hdf5.add_array(part, "net_inputs", outputs.net_inputs, ["sequence", "output"])
        hdf5.add_array(part, "activations", outputs.activations, ["sequence", "output"])


def _read_outputs(group: Reader, shape: tuple[int, int]) -> Outputs:
    """Read outputs, finite or not: reports say which sequences overflowed."""
    return Outputs(group.array("net_inputs", shape), group.array("activations", shape))


def _write_ensemble(group: h5py.Group, ensemble: Ensemble) -> None:
    hdf5.add_axis(group, "member", len(ensemble.restarts))
    hdf5.add_axis(group, "output", ensemble.net_inputs.shape[2])
    hdf5.add_array(group, "parameters", ensemble.parameters, ["member", "parameter"])
    net_inputs = ensemble.net_inputs.astype(np.float32)
    hdf5.add_array(group, "net_inputs", net_inputs, ["member", "sequence", "output"])
    hdf5.add_array(group, "scores", ensemble.scores, ["member"])
    hdf5.add_array(group, "restarts", ensemble.restarts, ["member"])


def _read_ensemble(
    group: Reader, n_restarts: int, n_parameters: int, shape: tuple[int, int]
) -> Ensemble:
    restarts = group.array("restarts", (None,), "integers").astype(np.int64)
    if len(restarts) < 2 or not (np.diff(restarts) > 0).all() or restarts[0] < 0:
        raise DataError("The restarts of the ensemble are not two or more numbers, ascending.")
    if restarts[-1] >= n_restarts:
        raise DataError(f"The ensemble has a restart {restarts[-1]}, of {n_restarts}.")
    members = len(restarts)
    with np.errstate(over="ignore"):
        net_inputs = group.array("net_inputs", (members, *shape)).astype(np.float32)
    return Ensemble(
        parameters=check_finite(
            "ensemble/parameters", group.array("parameters", (members, n_parameters))
        ),
        net_inputs=check_finite("ensemble/net_inputs", net_inputs).astype(np.float32),
        scores=check_finite("ensemble/scores", group.array("scores", (members,))),
        restarts=restarts,
    )


def _read_restarts(root: Reader) -> dict[str, Any]:
    restarts, chosen = _read_columns(root.group("restarts")), root.number("chosen")
    n_restarts = len(next(iter(restarts.values()), ()))
    if chosen is None or chosen not in range(n_restarts):
        raise DataError(f"The chosen restart is {chosen}, of {n_restarts}.")
    return {"restarts": restarts, "chosen": int(chosen)}


def _read_notes(root: Reader) -> tuple[str, ...]:
    notes = root.json("notes") or []
    if not isinstance(notes, list):
        raise DataError("notes is not a JSON list.")
    return tuple(str(note) for note in notes)


def _read_null_test(root: Reader) -> NullTest | None:
    values = root.json("null_test")
    if values is None:
        return None
    numbers = values if isinstance(values, dict) else {}
    found, surrogates = numbers.get("found"), numbers.get("surrogates")
    listed = surrogates if isinstance(surrogates, list) and surrogates else [None]
    every = [value for value in (found, *listed) if type(value) in (int, float)]
    if len(every) < 1 + len(listed) or not all(map(isfinite, every)):
        raise DataError("null_test is not a finite number and a list of such numbers.")
    return NullTest(float(every[0]), tuple(map(float, every[1:])))


def _read_cross_check(root: Reader) -> CrossCheck | None:
    values = root.json("cross_check")
    if values is None:
        return None
    found = values if isinstance(values, dict) else {}
    name, *numbers = (found.get(field) for field in ("recipe", "agreement", "gap"))
    real = [float(v) for v in numbers if isinstance(v, float | int) and isfinite(v)]
    more = found.get("more", 0)  # older files have none
    if len(real) < 2 or not isinstance(name, str) or type(more) is not int or more < 0:
        raise DataError("cross_check is not a recipe, two finite numbers and a number of clusters.")
    return CrossCheck(name, real[0], real[1], more)
