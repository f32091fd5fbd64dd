"""Files of sweeps, ``lstmtool-sweep``: HDF5 or JSON with every run, or the summary alone as CSV.

HDF5: attribute ``plan`` (JSON) and, along the axis ``setting``, the text of every option tried
(group ``options``), ``command``, ``runs``, ``diverged``, ``collapsed``, and for ``score``,
``ari`` and ``nmi`` the datasets ``q1``, ``median`` and ``q3`` of a group; along ``setting`` and
``seed`` the result of every run (group ``runs_of``); NaN where not applicable.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lstmtool.io import hdf5
from lstmtool.io.atomic import replace_file
from lstmtool.io.kinds import SWEEP
from lstmtool.io.pages import write_text_atomically
from lstmtool.io.reader import Reader
from lstmtool.io.reading import open_reading
from lstmtool.io.sequences import read_object
from lstmtool.io.text import to_json
from lstmtool.text import clean_text, guarded, option_text

ENDINGS = (".h5", ".csv", ".json")
SCORES, QUARTILES = ("score", "ari", "nmi"), ("q1", "median", "q3")
COUNTS = ("runs", "diverged", "collapsed")
OF_RUN = ("score", "ari", "nmi", "objective", "clusters", "outputs", "epochs")


def write_sweep(path: Path, sweep: dict[str, Any]) -> None:
    """Write a sweep in the format given by the path's suffix; equal sweeps give equal bytes.

    Parameters
    ----------
    path : Path
        Ends in one of `ENDINGS`.
    sweep : dict
        ``plan``, ``tried`` (names of options) and ``settings``, each with its ``options``,
        ``command``, ``summary`` and ``records``.

    Raises
    ------
    FileError
        If the file cannot be written; an old file is unchanged.
    """
    ending = path.suffix.lower()
    if ending == ".json":
        text = json.dumps(json.loads(to_json(sweep)), indent=1)
        replace_file(path, text.encode(), b"\n")
    elif ending == ".csv":
        write_text_atomically(path, csv_text(sweep))
    else:
        hdf5.write_atomically(path, lambda file: _build(file, sweep))


def csv_text(sweep: dict[str, Any]) -> str:
    """Return a header and one line per setting; numbers in full, empty where there are none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [f"{score}_{quartile}" for score in SCORES for quartile in QUARTILES]
    writer.writerow([*sweep["tried"], *COUNTS, *names, "command"])
    for setting in sweep["settings"]:
        summary = setting["summary"]
        cells = [
            guarded(clean_text(option_text(setting["options"][name]))) for name in sweep["tried"]
        ]
        cells += [str(summary[name]) for name in COUNTS]
        numbers = [_quartile(summary, score, q) for score in SCORES for q in QUARTILES]
        cells += ["" if np.isnan(number) else repr(number) for number in numbers]
        writer.writerow([*cells, setting["command"]])
    return text.getvalue()


def _quartile(summary: dict[str, Any], score: str, quartile: str) -> float:
    return float("nan") if summary[score] is None else float(summary[score][quartile])


def _build(file: h5py.File, sweep: dict[str, Any]) -> None:
    settings, seeds = sweep["settings"], sweep["plan"]["seeds"]
    hdf5.write_header(file, SWEEP)
    hdf5.add_json(file, "plan", sweep["plan"])
    hdf5.add_axis(file, "setting", len(settings))
    hdf5.add_axis(file, "seed", len(seeds))
    hdf5.add_array(file, "seeds", np.array(seeds, dtype=np.int64), ["seed"])
    hdf5.add_texts(file, "command", [setting["command"] for setting in settings], "setting")
    options = hdf5.add_group(file, "options")
    for name in sweep["tried"]:
        texts = [option_text(setting["options"][name]) for setting in settings]
        hdf5.add_texts(options, name, texts, "setting")
    for name in COUNTS:
        counts = np.array([setting["summary"][name] for setting in settings], dtype=np.int64)
        hdf5.add_array(file, name, counts, ["setting"])
    for score in SCORES:
        group = hdf5.add_group(file, score)
        for quartile in QUARTILES:
            values = np.array([_quartile(s["summary"], score, quartile) for s in settings])
            hdf5.add_array(group, quartile, values, ["setting"])
    runs = hdf5.add_group(file, "runs_of")
    for name in OF_RUN:
        rows = [[record[name] for record in setting["records"]] for setting in settings]
        hdf5.add_array(runs, name, np.array(rows, dtype=np.float64), ["setting", "seed"])


def read_sweep(path: Path | str, max_size: int | None = None) -> dict[str, Any]:
    """Read a sweep from an HDF5 file; `max_size` and errors as for `open_reading`.

    Returns
    -------
    dict
        As `write_sweep` takes it, with the options as texts and in alphabetical order.
    """
    with open_reading(path, SWEEP, max_size) as root:
        seeds = root.array("seeds", (None,), "integers").tolist()
        commands = root.texts("command")
        n, options = len(commands), root.group("options")
        if not n or not seeds:
            raise root.wrong("command", "has no runs")
        tried = list(options.parts())
        texts = {name: options.texts(name, n) for name in tried}
        counts = {name: root.array(name, (n,), "integers").tolist() for name in COUNTS}
        scores = {name: _read_quartiles(root.group(name), n) for name in SCORES}
        runs = root.group("runs_of")
        of_runs = {name: _or_none(runs.array(name, (n, len(seeds)))) for name in OF_RUN}
        plan = read_object(root, "plan")
    settings = [
        {
            "options": {name: texts[name][k] for name in tried},
            "command": commands[k],
            "summary": {name: counts[name][k] for name in COUNTS}
            | {name: scores[name][k] for name in SCORES},
            "records": [
                {"seed": seed} | {name: of_runs[name][k][s] for name in OF_RUN}
                for s, seed in enumerate(seeds)
            ],
        }
        for k in range(n)
    ]
    return {"plan": plan | {"seeds": seeds}, "tried": tried, "settings": settings}


def _read_quartiles(group: Reader, n: int) -> list[dict[str, float] | None]:
    values = np.column_stack([group.array(q, (n,)) for q in QUARTILES])
    known = np.isfinite(values).all(axis=1)
    return [
        dict(zip(QUARTILES, row, strict=True)) if there else None
        for row, there in zip(values.tolist(), known, strict=True)
    ]


def _or_none(values: np.ndarray) -> list[list[float | None]]:
    return [[v if np.isfinite(v) else None for v in row] for row in values.tolist()]
