"""The clusters of recordings that were cut into windows, as a table, CSV and JSON."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np

from lstmtool.data.windows import Windows
from lstmtool.records.recordings import RecordingClusters, by_recording
from lstmtool.records.results import Assignment
from lstmtool.report.run.tables import Table
from lstmtool.report.text import shown
from lstmtool.text import guarded

MAX_ROWS = 40
MAX_LISTED = 4  # clusters of a recording


def recordings_of(assignment: Assignment) -> tuple[RecordingClusters, ...]:
    """Return the recordings that the sequences were cut from; none if they were not cut."""
    if assignment.windows is None:
        return ()
    return by_recording(assignment.windows, assignment.clusters, assignment.confidence)


def recordings_table(assignment: Assignment) -> Table:
    """Tabulate the first recordings: windows, majority, and the shares of the largest clusters."""
    rows: list[tuple[str, ...]] = []
    for one in recordings_of(assignment)[:MAX_ROWS]:
        names = assignment.cluster_names
        listed = [f"{names[k]} {share:.0%}" for k, share in one.shares.items()]
        more = [f"… {len(listed) - MAX_LISTED} more"] if len(listed) > MAX_LISTED else []
        told = ", ".join([*listed[:MAX_LISTED], *more])
        rows.append((shown(one.name, 30), str(len(one.clusters)), names[one.majority], told))
    return Table(("Recording", "Windows", "Majority", "Shares"), rows)


def recordings_csv(assignment: Assignment) -> str:
    """Return a header and a line for every recording, with the share of every cluster."""
    numbers = sorted(assignment.cluster_names)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    shares = (f"share_{assignment.cluster_names[k]}" for k in numbers)
    writer.writerow(["recording", "windows", "majority", *shares])
    for one in recordings_of(assignment):
        name = guarded(shown(one.name, 10_000))
        majority = assignment.cluster_names[one.majority]
        own = [repr(one.shares.get(k, 0.0)) for k in numbers]
        writer.writerow([name, len(one.clusters), majority, *own])
    return text.getvalue()


def recordings_document(assignment: Assignment) -> list[dict[str, Any]]:
    """Return what `recordings_csv` has, with the timeline of every recording, as JSON values."""
    made, windows = [], assignment.windows
    for one in recordings_of(assignment):
        assert windows is not None
        own = slice(one.first, one.first + len(one.clusters))
        timeline = columns(windows)
        del timeline["recording"]
        made.append(
            {
                "name": one.name,
                "windows": len(one.clusters),
                "majority": one.majority,
                "shares": {str(k): share for k, share in one.shares.items()},
                **{name: values[own] for name, values in timeline.items()},
                "clusters": one.clusters,
            }
        )
    return made


def columns(windows: Windows) -> dict[str, list[Any]]:
    """Return recording, start and end of every window by the names of their columns.

    Starts and ends are in steps and, if the sampling rate is known, in seconds.
    """
    made: dict[str, list[Any]] = {
        "recording": [windows.recordings[k] for k in windows.recording],
        "start": windows.start.tolist(),
        "end": windows.end.tolist(),
    }
    for name, steps in (("start", windows.start), ("end", windows.end)):
        times = windows.seconds(np.asarray(steps))
        if times is not None:
            made[f"{name}_seconds"] = times.tolist()
    return made
