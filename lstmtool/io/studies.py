"""Files of studies, ``lstmtool-study``: the four experiments on many data sets.

Attribute ``plan`` (JSON: seeds, restarts, sounds) and one group for every experiment, with the
attributes ``summary`` and ``settings`` (JSON), datasets of one value for every data set (``seed``,
``recipe``, ``chosen``, ``clusters`` and ``possible`` bits of the chosen run, ``control_chosen``,
``fresh_ari``, ``literal_ari``, ``true_features_ari``, ``splittable``, and a group ``baselines``) or
for every restart of it (``ari``, ``score``, ``objective``, ``epochs``, ``control_ari``,
``control_score``), and the outputs of the typical data set: groups ``typical/default`` and
``typical/literal`` with ``before`` and ``after`` (sequence, output).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import DTypeLike

from lstmtool.io import hdf5
from lstmtool.io.kinds import STUDY
from lstmtool.io.reader import Reader
from lstmtool.io.reading import open_reading
from lstmtool.io.sequences import read_labels, read_object, write_labels
from lstmtool.records.run import Run

# Datasets, and their keys in records; non-finite numbers are NaN.
_PER_DATA_SET: dict[str, DTypeLike] = {
    "seed": np.int64,
    "chosen": np.int64,
    "clusters": np.int64,
    "possible": np.float64,
    "control_chosen": np.int64,
    "splittable": np.bool_,
    "fresh_ari": np.float64,
    "literal_ari": np.float64,
    "true_features_ari": np.float64,
    "seconds": np.float64,
}
_PER_RESTART: dict[str, tuple[str, DTypeLike]] = {
    "ari": ("aris", np.float64),
    "score": ("scores", np.float64),
    "objective": ("objectives", np.float64),
    "epochs": ("epochs", np.int64),
    "control_ari": ("control_aris", np.float64),
    "control_score": ("control_scores", np.float64),
}


class TypicalOutputs(NamedTuple):
    """What a study keeps of the runs on an experiment's typical data set.

    Parameters
    ----------
    default, literal : tuple of ndarray of shape (N, K)
        Activations of the output units before and after training.
    labels : dict
        ``labels``, ``label_names`` and ``names``.
    """

    default: tuple[np.ndarray, np.ndarray]
    literal: tuple[np.ndarray, np.ndarray]
    labels: dict[str, Any]


def write_study(
    path: Path | str, study: dict[str, Any], typical: dict[str, tuple[Run, Run]]
) -> None:
    """Write a study to an HDF5 file; equal studies give equal bytes.

    Parameters
    ----------
    study : dict
        ``plan``, ``experiments`` (each with its ``experiment``, ``settings``, ``records`` and
        ``summary``) and optionally ``provenance``. Times in it are written.
    typical : dict of str to (Run, Run)
        For every experiment the default and the literal run on its typical data set.

    Raises
    ------
    FileError
        If the file cannot be written; an old file is unchanged.
    """

    def build(file: h5py.File) -> None:
        hdf5.write_header(file, STUDY)
        hdf5.add_json(file, "plan", study["plan"])
        hdf5.add_json(file, "provenance", study.get("provenance", {}))
        for part in study["experiments"]:
            group = hdf5.add_group(file, part["experiment"])
            _write_records(group, part)
            if part["experiment"] in typical:
                _write_typical(hdf5.add_group(group, "typical"), *typical[part["experiment"]])

    hdf5.write_atomically(path, build)


def _write_records(group: h5py.Group, part: dict[str, Any]) -> None:
    records = part["records"]
    hdf5.add_json(group, "summary", part["summary"])
    hdf5.add_json(group, "settings", part["settings"])
    hdf5.add_axis(group, "data_set", len(records))
    hdf5.add_axis(group, "restart", len(records[0]["aris"]))
    for name, kind in _PER_DATA_SET.items():
        if all(name in record for record in records):
            values = np.array([record[name] for record in records], dtype=kind)
            hdf5.add_array(group, name, values, ["data_set"])
    hdf5.add_texts(group, "recipe", [record["recipe"] for record in records], "data_set")
    for name, (key, kind) in _PER_RESTART.items():
        values = np.array([record[key] for record in records], dtype=kind)
        hdf5.add_array(group, name, values, ["data_set", "restart"])
    baselines = hdf5.add_group(group, "baselines")
    for name in records[0]["baselines"]:
        values = np.array([record["baselines"][name] for record in records], dtype=np.float64)
        hdf5.add_array(baselines, name, values, ["data_set"])


def _write_typical(group: h5py.Group, default: Run, literal: Run) -> None:
    write_labels(group, default, len(default.lengths))
    for name, run in (("default", default), ("literal", literal)):
        part = hdf5.add_group(group, name)
        hdf5.add_axis(part, "output", run.after.activations.shape[1])
        for moment in ("before", "after"):
            values = getattr(run, moment).activations
            hdf5.add_array(part, moment, values, ["sequence", "output"])


def read_study(
    path: Path | str, max_size: int | None = None
) -> tuple[dict[str, Any], dict[str, TypicalOutputs]]:
    """Read a study from an HDF5 file; `max_size` and errors as for `open_reading`.

    Returns
    -------
    study : dict
        ``plan`` and ``experiments``, each with its ``experiment``, ``settings`` and ``records``.
    typical : dict of str to TypicalOutputs
        By experiment.
    """
    with open_reading(path, STUDY, max_size) as root:
        plan = read_object(root, "plan")
        names = [name for name in plan.get("experiments", root.parts()) if str(name) in root]
        parts, typical = [], {}
        for name in map(str, names):
            group = root.group(name)
            settings = read_object(group, "settings")
            parts.append(
                {"experiment": name, "settings": settings, "records": _read_records(group, name)}
            )
            if "typical" in group:
                typical[name] = _read_typical(group.group("typical"))
        if not parts:
            raise root.wrong("plan", "names no experiment in the file")
    return {"plan": plan, "experiments": parts}, typical


def _read_records(group: Reader, name: str) -> list[dict[str, Any]]:
    n = len(group.array("seed", (None,), "integers"))
    columns = {key: _plain(group.array(key, (n,))) for key in _PER_DATA_SET if key in group} | {
        "recipe": list(group.texts("recipe", n))
    }
    if "true_features_ari" not in columns:
        columns["true_features_ari"] = [None] * n
    restarts = {
        key: _plain(group.array(part, (n, None))) for part, (key, _) in _PER_RESTART.items()
    }
    counts = {len(row) for rows in restarts.values() for row in rows}
    chosen = [*columns["chosen"], *columns["control_chosen"]]
    if len(counts) != 1 or not all(0 <= k < min(counts) for k in chosen):
        raise group.wrong("chosen", "is no restart")
    baselines, ways = group.group("baselines"), read_object(group, "summary").get("ways", {})
    named = [key for key in ways if key in baselines] or list(baselines.parts())
    rivals = {key: _plain(baselines.array(key, (n,))) for key in named}
    return [
        {"experiment": name}
        | {key: values[k] for key, values in (columns | restarts).items()}
        | {"baselines": {key: values[k] for key, values in rivals.items()}}
        for k in range(n)
    ]


def _plain(values: np.ndarray) -> list[Any]:
    """Return lists of JSON types, None where not finite."""
    if values.ndim > 1:
        return [_plain(row) for row in values]
    return [None if isinstance(v, float) and not np.isfinite(v) else v for v in values.tolist()]


def _read_typical(group: Reader) -> TypicalOutputs:
    n = len(group.group("default").array("after", (None, None)))
    labels = read_labels(group, n)
    if labels["labels"] is None:
        raise group.wrong("labels", "is missing")
    default, literal = (_read_sides(group.group(name), n) for name in ("default", "literal"))
    return TypicalOutputs(default, literal, labels)


def _read_sides(group: Reader, n: int) -> tuple[np.ndarray, np.ndarray]:
    before = group.array("before", (n, None))
    return before, group.array("after", before.shape)
