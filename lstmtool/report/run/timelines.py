"""Recordings that were cut into windows: their values, with the clusters as a band below."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from lstmtool.clustering.training_set import training_assignment
from lstmtool.data.windows import Windows
from lstmtool.records.recordings import RecordingClusters
from lstmtool.records.results import Assessment, Assignment
from lstmtool.records.run import Run
from lstmtool.report import markup, svg
from lstmtool.report.run.contents import Contents
from lstmtool.report.run.members import colour_of, time_axis
from lstmtool.report.run.recordings import MAX_ROWS, recordings_of, recordings_table
from lstmtool.report.text import number, shown

MAX_DRAWN = 24  # recordings
TALL, BAND = 190, 34  # units of height of a plot, and of the band in it
MAX_NAMES = 12  # clusters in the key


def section(run: Run, assessment: Assessment, found: Contents | None) -> str:
    """Return the section; "" if the sequences are no windows of recordings."""
    assignment = training_assignment(run, assessment)
    recordings, windows = recordings_of(assignment), assignment.windows
    if windows is None:
        return ""
    table = markup.table(recordings_table(assignment), "Clusters of every recording")
    if len(recordings) > MAX_ROWS:
        rest = len(recordings) - MAX_ROWS
        more = f"{rest} more recording{'s' * (rest > 1)}: lstmtool report --export FILE.csv"
        table += markup.element("p", more, "soft")
    plots = "" if found is None else _plots(run, assignment, recordings, windows, found)
    return markup.section("Recordings", plots, table)


def _plots(
    run: Run,
    assignment: Assignment,
    recordings: tuple[RecordingClusters, ...],
    windows: Windows,
    found: Contents,
) -> str:
    colours = {one.cluster: colour_of(run, found, one) for one in found.members}
    first = f" ({found.inputs[0]})" if found.inputs else ""
    plots = [
        _plot(k, one, assignment, windows, found, colours)
        for k, one in enumerate(recordings[:MAX_DRAWN])
    ]
    said = [f"Every recording{first}; the band below shows the cluster of every window."]
    if len(recordings) > MAX_DRAWN:
        said.append(f"Drawn are the first {MAX_DRAWN} of {len(recordings)} recordings.")
    if windows.hop < windows.length:
        said.append("Windows overlap: each is shown until the next begins.")
    key = [
        (svg.path("M-14-9H14V9H-14Z", f"block {svg.colour(place)}"), f"cluster {one.name}")
        for one, place in list(zip(found.members, colours.values(), strict=True))[:MAX_NAMES]
    ]
    return (
        f'<div class="clusters two">{"".join(plots)}</div>{svg.key(key)}'
        f"{markup.element('p', ' '.join(said), 'soft')}"
    )


def _plot(
    k: int,
    one: RecordingClusters,
    assignment: Assignment,
    windows: Windows,
    found: Contents,
    colours: dict[int, int],
) -> str:
    steps = windows.steps[k]
    time, unit = time_axis(windows.sampling_rate, steps)
    values = joined(k, one, windows, found)
    known = values[np.isfinite(values)]
    low, high = svg.padded(float(known.min()), float(known.max()))
    below = high - (high - low) / (1 - (BAND + 8) / TALL)
    axes = svg.Axes(
        (0.0, time * max(1, steps - 1)), (below, high), height=TALL + 84, top=20, bottom=64
    )
    inside = [t for t in svg.ticks(low, high, about=4) if low <= t <= high]
    parts = [
        svg.frame(axes, "Step" if unit == "step" else f"Time ({unit})", y_ticks=inside),
        svg.line(axes, np.arange(steps) * time, values, "wave"),
        *_band(one, assignment, windows, axes, time, colours),
    ]
    shares = ", ".join(
        f"cluster {assignment.cluster_names[c]} {share:.0%}" for c, share in one.shares.items()
    )
    label = f"{shown(one.name, 40)}: {len(one.clusters)} windows, {shares}"
    caption = markup.element("figcaption", shown(one.name, 40))
    return f"<figure>{caption}{svg.picture(axes, parts, label)}</figure>"


def joined(k: int, one: RecordingClusters, windows: Windows, found: Contents) -> np.ndarray:
    """Return the first input of recording k by step, NaN where no window lies."""
    values = np.full(windows.steps[k], np.nan)
    for n in range(one.first, one.first + len(one.clusters)):
        own, start = found.sequences[n][:, 0], int(windows.start[n])
        values[start : start + len(own)] = own
    return values


def _band(
    one: RecordingClusters,
    assignment: Assignment,
    windows: Windows,
    axes: svg.Axes,
    time: float,
    colours: dict[int, int],
) -> list[str]:
    """Return a block for every stretch of adjoining windows with the same cluster."""
    count, base, made = len(one.clusters), axes.height - axes.bottom, []
    adjoin = windows.hop <= windows.length
    stretches = groupby(range(count), key=lambda w: (one.clusters[w], 0 if adjoin else w))
    for (cluster, _), stretch in stretches:
        own = list(stretch)
        first, last = one.first + own[0], one.first + own[-1]
        until = windows.end[last]
        if own[-1] < count - 1:
            until = min(until, windows.start[last + 1])
        left, right = axes.across(np.array([windows.start[first], until]) * time)
        sure = assignment.confidence[first : last + 1]
        mean = float(sure.mean()) if np.isfinite(sure).all() else float("nan")
        name = assignment.cluster_names[int(cluster)]
        numbers = f"{own[0] + 1}" if len(own) == 1 else f"{own[0] + 1} to {own[-1] + 1}"
        title = f"window{'s' * (len(own) > 1)} {numbers}: cluster {name} ({number(mean, 2)})"
        css = f"block {svg.colour(colours[cluster])}" if cluster in colours else "block"
        data = f"M{left:.0f},{base - BAND}H{right:.0f}V{base}H{left:.0f}Z"
        made.append(svg.path(data, css, title))
    return made
