"""Sequences in JSON, as `lstmtool convert` writes them.

An object with ``encoding-type``, ``sequences``, a list of objects with ``values`` (a list of steps,
each a list of numbers, null where missing) and, if present, ``name`` and ``label``;
``label_names``, ``sampling_rate`` and ``attributes``.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from lstmtool import __version__
from lstmtool.data.sequences import Sequences
from lstmtool.errors import DataError
from lstmtool.io.formats.raw import Raw
from lstmtool.io.formats.text import open_text
from lstmtool.io.kinds import SEQUENCES, VERSION, check_kind
from lstmtool.io.text import from_json, to_json


def to_document(sequences: Sequences) -> str:
    """Return sequences as a JSON document, one line per sequence."""
    head = {
        "encoding-type": SEQUENCES,
        "encoding-version": VERSION,
        "created-by": f"lstmtool {__version__}",
        "label_names": list(sequences.label_names),
        "sampling_rate": sequences.sampling_rate,
        "attributes": sequences.attributes,
    }
    lines = [to_json(_entry(sequences, n)) for n in range(len(sequences))]
    start = to_json(head)[:-1]
    return f'{start}, "sequences": [\n' + ",\n".join(lines) + "\n]}\n"


def _entry(sequences: Sequences, n: int) -> dict:
    entry: dict = {}
    if sequences.names:
        entry["name"] = sequences.names[n]
    if sequences.labels is not None:
        entry["label"] = sequences.label_names[sequences.labels[n]]
    return entry | {"values": sequences[n]}


def read_json(path: Path) -> Raw:
    """Read sequences that `to_document` wrote."""
    try:
        with open_text(path) as file:
            document = from_json(file.read())
    except DataError:
        raise
    except ValueError as error:
        raise DataError(f"{path} is not JSON.", str(error)[:200]) from None
    if not isinstance(document, dict):
        raise DataError(f"{path} is not a JSON object.", fix="`lstmtool convert` writes JSON.")
    kind, version = document.get("encoding-type"), document.get("encoding-version")
    check_kind(
        path,
        kind if isinstance(kind, str) else None,
        version if isinstance(version, str) else None,
        SEQUENCES,
    )
    entries = document.get("sequences")
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise DataError("sequences is not a list of objects.", str(path))
    return _raw(path, document, entries)


def _raw(path: Path, document: dict, entries: list[dict]) -> Raw:
    labelled = any("label" in entry for entry in entries)
    names = document.get("label_names")
    rate = document.get("sampling_rate")
    if rate is not None and (
        isinstance(rate, bool) or not isinstance(rate, int | float) or rate <= 0
    ):
        raise DataError("sampling_rate is not a positive number.", str(path))
    attributes = document.get("attributes")
    raw = Raw(
        arrays=[_values(path, n, entry) for n, entry in enumerate(entries)],
        places=[f"{path}, sequence {n + 1}" for n in range(len(entries))],
        names=[str(e.get("name", n + 1)) for n, e in enumerate(entries)],
        labels=[None if e.get("label") is None else str(e["label"]) for e in entries]
        if labelled
        else None,
        sampling_rate=None if rate is None else float(rate),
        attributes=attributes if isinstance(attributes, dict) else {},
    )
    if not any("name" in entry for entry in entries):
        raw.names = []
    if (
        labelled
        and isinstance(names, list)
        and set(raw.labels or []) - {None} <= set(map(str, names))
    ):
        raw.label_names = tuple(map(str, names))
    return raw


def _values(path: Path, n: int, entry: dict) -> np.ndarray:
    rows = entry.get("values")
    where = f"{path}, sequence {n + 1}"
    if not isinstance(rows, list) or not rows:
        raise DataError("values is not a list of steps.", where)
    steps = [row if isinstance(row, list) else [row] for row in rows]
    if not steps[0]:
        raise DataError("Its first step has no inputs.", where)
    for k, step in enumerate(steps):
        if len(step) != len(steps[0]):
            raise DataError(
                f"Step {k + 1} has {len(step)} inputs, the first has {len(steps[0])}.", where
            )
        for value in step:
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int | float)
            ):
                raise DataError(
                    f"{json.dumps(value)[:40]} is not a number.", f"{where}, step {k + 1}"
                )
    try:
        return np.array([[np.nan if v is None else v for v in step] for step in steps], dtype=float)
    except OverflowError:
        raise DataError("A number is too large.", where) from None
