"""Cluster assignments of new sequences as a table, CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import numpy as np

from lstmtool import __version__
from lstmtool.records.results import Assignment
from lstmtool.report.run.document import plain
from lstmtool.report.run.recordings import columns, recordings_document
from lstmtool.report.run.tables import Table
from lstmtool.report.text import number, shown
from lstmtool.text import guarded

MAX_ROWS = 40
MAX_OUTPUTS = 2


def assignment_table(
    assignment: Assignment, names: tuple[str, ...], labels: np.ndarray | None, label_names: tuple
) -> Table:
    """Tabulate the first sequences by name or number, group, cluster, confidence and outputs.

    Parameters
    ----------
    names : tuple of str
        One per sequence, or empty.
    """
    y = assignment.outputs.activations
    width = min(y.shape[1], MAX_OUTPUTS)
    group = () if labels is None else ("Group",)
    rows = []
    for n in range(min(len(y), MAX_ROWS)):
        own = () if labels is None else (shown(label_names[labels[n]], 20),)
        cluster = assignment.cluster_names[int(assignment.clusters[n])]
        found = (cluster, number(float(assignment.confidence[n])))
        outputs = (number(float(v)) for v in y[n, :width])
        rows.append((shown(names[n], 26) if names else str(n), *own, *found, *outputs))
    outputs = (f"Output {k + 1}" for k in range(width))
    return Table(("Sequence", *group, "Cluster", "Confidence", *outputs), rows)


def sizes_line(assignment: Assignment) -> str:
    """Return the number of sequences in each cluster, largest first."""
    numbers, counts = np.unique(assignment.clusters, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    parts = [f"{assignment.cluster_names[int(numbers[k])]} ×{counts[k]}" for k in order[:12]]
    more = f", … {len(order) - 12} more" if len(order) > 12 else ""
    clusters = "cluster" if len(order) == 1 else "clusters"
    return f"{counts.sum()} sequences in {len(order)} {clusters}: {', '.join(parts)}{more}"


def csv_text(
    assignment: Assignment, names: tuple[str, ...], labels: np.ndarray | None, label_names: tuple
) -> str:
    """Return a header and one line per sequence; numbers in full, empty where not finite.

    A name that a spreadsheet would read as a formula is prefixed with an apostrophe. Windows have
    columns for their recording, and where they begin and end in it.

    Parameters as in `assignment_table`.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    n_outputs = assignment.outputs.activations.shape[1]
    heading = ["sequence", "name"] if names else ["sequence"]
    heading += ["cluster", "confidence", *(f"output_{k + 1}" for k in range(n_outputs))]
    heading += ["density"] * (assignment.density is not None) + ["label"] * (labels is not None)
    rows = _csv_rows(assignment, names, labels, label_names)
    if assignment.windows is not None:
        of_windows = columns(assignment.windows)
        recordings = map(guarded, of_windows.pop("recording"))
        heading += ["recording", *of_windows]
        own = zip(recordings, *of_windows.values(), strict=True)
        rows = ([*row, *more] for row, more in zip(rows, own, strict=True))
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue()


def _csv_rows(
    assignment: Assignment, names: tuple[str, ...], labels: np.ndarray | None, label_names: tuple
) -> Iterable[list]:
    for n, outputs in enumerate(assignment.outputs.activations):
        numbers = [assignment.confidence[n], *outputs]
        if assignment.density is not None:
            numbers.append(assignment.density[n])
        row: list = [n, guarded(shown(names[n], 10_000))] if names else [n]
        row.append(assignment.cluster_names[int(assignment.clusters[n])])
        row += [repr(float(v)) if np.isfinite(v) else "" for v in numbers]
        yield row + ([] if labels is None else [guarded(shown(label_names[labels[n]], 10_000))])


def assignment_document(
    assignment: Assignment,
    names: tuple[str, ...],
    labels: np.ndarray | None,
    label_names: tuple,
    **about: Any,
) -> dict[str, Any]:
    """Return an assignment as JSON-compatible types, after the entries of `about`."""
    joined = assignment.windows is not None
    return plain(
        {
            "encoding-type": "lstmtool-assignment",
            "encoding-version": "1.0",
            "created-by": f"lstmtool {__version__}",
            **about,
            "n_sequences": len(assignment.clusters),
            "cluster_names": {str(k): name for k, name in assignment.cluster_names.items()},
            "clusters": assignment.clusters,
            "confidence": assignment.confidence,
            "outputs": assignment.outputs.activations,
            "codes": assignment.codes,
            "density": assignment.density,
            "names": names,
            "labels": labels,
            "label_names": label_names,
            **({"recordings": recordings_document(assignment)} if joined else {}),
        }
    )
