"""The sequences of every cluster, drawn over one another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.clustering.certainty import Members
from lstmtool.clustering.matching import rate_of
from lstmtool.records.run import Run
from lstmtool.report import markup, svg
from lstmtool.report.run import sounds
from lstmtool.report.run.contents import Contents, sequence_name, with_confidence
from lstmtool.report.text import number, shown

MAX_CLUSTERS = 16  # the largest ones are drawn
MAX_INPUTS = 6
MAX_LINES = 60  # of a panel
FEWEST_LINES = 12  # rather than which each line is drawn more coarsely
BUDGET = 650_000  # bytes of all lines
BYTES = 5.5, 100  # of a point, and of a line's name
GRID = 600  # steps at which medians are computed
FEW = 4  # clusters, drawn larger, and lines, drawn darker
UNSURE = 3  # sequences named


class Scales(NamedTuple):
    """What all panels share."""

    time: float  # of a step, in the unit of the horizontal axis
    unit: str
    ranges: tuple[tuple[float, float], ...]  # of every input
    cut: bool  # whether some values lie beyond them
    steps: int  # of the longest sequence
    lines: int
    columns: int


def section(run: Run, found: Contents) -> str:
    """Return the section, with a part for every cluster."""
    largest = sorted(found.members, key=lambda one: -len(one.order))[:MAX_CLUSTERS]
    drawn = [one for one in found.members if one in largest]
    scales = _scales(run, found, len(drawn))
    parts = [_cluster(run, found, one, scales, len(drawn)) for one in drawn]
    shape = " two" if len(drawn) <= FEW else ""
    shape = " wide" if found.sequences.n_inputs > 1 else shape
    return markup.section(
        "The sequences of every cluster",
        f'<p class="soft key">{_key()}</p>',
        f'<div class="clusters{shape}">{"".join(parts)}</div>',
        markup.element("p", " ".join(_notes(run, found, scales, len(drawn))), "soft"),
    )


def _key() -> str:
    swatches = {
        "member": "one sequence",
        "band": "between the quartiles of its cluster",
        "median": "median",
        "exemplar": "nearest to the centre, of the surer half",
    }
    return " ".join(
        f'<span class="entry"><svg class="swatch c0" viewBox="0 0 40 20" aria-hidden="true">'
        f"{_swatch(css)}</svg> {words}</span>"
        for css, words in swatches.items()
    )


def _swatch(css: str) -> str:
    data = "M0,2H40V18H0Z" if css == "band" else "M0,10H40"
    return f'<path class="{css}" d="{data}"/>'


def _scales(run: Run, found: Contents, n_clusters: int) -> Scales:
    steps = int(found.sequences.lengths.max())
    time, unit = time_axis(rate_of(run.source), steps)
    panels = max(1, n_clusters) * min(MAX_INPUTS, found.sequences.n_inputs)
    room = BUDGET / panels
    columns = int(np.clip((room / FEWEST_LINES - BYTES[1]) / (2 * BYTES[0]), 30, svg.COLUMNS))
    size = BYTES[0] * min(steps, 2 * columns) + BYTES[1]
    lines = int(np.clip(room / size, FEWEST_LINES, MAX_LINES))
    ends = [_ends(values) for values in found.sequences.values.T[:MAX_INPUTS]]
    ranges = tuple(svg.padded(low, high) for low, high, _ in ends)
    return Scales(time, unit, ranges, any(cut for *_, cut in ends), steps, lines, columns)


def time_axis(rate: float | None, steps: int) -> tuple[float, str]:
    """Return the time of a step, and its unit: step, s or ms."""
    if rate is None:
        return 1.0, "step"
    seconds = steps / rate
    return (1.0 / rate, "s") if seconds >= 1 else (1000.0 / rate, "ms")


def _ends(values: np.ndarray) -> tuple[float, float, bool]:
    """Return the range of values or, if a few lie far out, of all but one in 500."""
    low, high = float(values.min()), float(values.max())
    inner = np.quantile(values, [0.001, 0.999])
    if high / 4 - low / 4 > inner[1] - inner[0] > 0:
        return float(inner[0]), float(inner[1]), True
    return low, high, False


def _cluster(run: Run, found: Contents, one: Members, scales: Scales, n_drawn: int) -> str:
    place = colour_of(run, found, one)
    size = len(one.order)
    count = "1 sequence" if size == 1 else f"{size} sequences"
    lines = _lines(one, scales.lines)
    panels = [
        _panel(run, found, one, k, lines, scales)
        for k in range(min(MAX_INPUTS, found.sequences.n_inputs))
    ]
    heading = (
        f"<h3>{svg.swatch(svg.mark(place, 0, 0))} {markup.element('b', f'Cluster {one.name}')} "
        f"{markup.element('span', count, 'soft')}</h3>"
    )
    sound, rate = "", rate_of(run.source)
    if rate is not None and sounds.are_sounds(found.sequences, rate):
        name = sequence_name(run, one.exemplar)
        sound = sounds.player(name, found.sequences[one.exemplar], rate, n_drawn)
    words = markup.element("p", " ".join(_caption(run, found, one, len(lines))), "soft")
    return (
        f'<article class="cluster {svg.colour(place)}">{heading}'
        f'<div class="panels">{"".join(panels)}</div>{words}{sound}</article>'
    )


def colour_of(run: Run, found: Contents, one: Members) -> int:
    """Return which colour a cluster has: as in the outputs, that of its group if there are any."""
    if run.labels is None:
        return found.members.index(one)
    return int(np.bincount(run.labels[one.order]).argmax())


def _lines(one: Members, most: int) -> np.ndarray:
    """Return the members drawn: evenly from the surest to the least sure, and the exemplar."""
    if len(one.order) <= most:
        return one.order
    chosen = one.order[np.linspace(0, len(one.order) - 1, most).round().astype(int)]
    if one.exemplar not in chosen:
        chosen[0] = one.exemplar
    return chosen


def _caption(run: Run, found: Contents, one: Members, n_lines: int) -> list[str]:
    size = len(one.order)
    said = []
    if n_lines < size:
        said.append(f"{n_lines} of {size} drawn, evenly from the surest to the least sure.")
    if size > 1:
        said.append(f"Nearest to the centre: {with_confidence(run, one.exemplar, found.sure)}.")
    said += _unsure(run, found, one)
    if run.labels is not None:
        groups, counts = np.unique(run.labels[one.order], return_counts=True)
        ranked = sorted(zip(-counts, groups, strict=True))[:4]
        names = [f"{shown(run.label_names[g], 30)} ×{-c}" for c, g in ranked]
        more = ", …" if len(groups) > len(ranked) else ""
        said.append(f"Groups of the file: {', '.join(names)}{more}.")
    return said


def _unsure(run: Run, found: Contents, one: Members) -> list[str]:
    sure = found.sure[one.order]
    if len(sure) < 2:
        return []
    lowest = float(np.nanmin(sure)) if np.isfinite(sure).any() else float("nan")
    if lowest >= 0.995:
        return ["All are sure, with a confidence of 1.00."]
    last = one.order[::-1][: min(UNSURE, len(sure) - 1)]
    last = last[found.sure[last] < 0.995]
    names = ", ".join(with_confidence(run, int(n), found.sure) for n in last)
    return [f"Least sure: {names}."] if names else []


def _panel(
    run: Run, found: Contents, one: Members, k: int, lines: np.ndarray, scales: Scales
) -> str:
    data, name = found.sequences, found.inputs[k] if found.inputs else ""
    end = scales.time * max(1, scales.steps - 1)
    axes = svg.Axes((0.0, end), scales.ranges[k])
    parts = [svg.frame(axes, _axis(scales.unit))]
    few, many = len(lines) <= 3 * FEW, len(lines) > 6 * FEW
    css = "member few" if few else "member many" if many else "member"
    for n in lines:
        if n != one.exemplar:
            parts.append(_member(run, found, int(n), k, axes, scales, css))
    steps, quartiles = over_steps([data[n][:, k] for n in one.order])
    if len(one.order) >= 4:
        parts.append(svg.band(axes, steps * scales.time, quartiles[0], quartiles[2], "band"))
    parts.append(_member(run, found, one.exemplar, k, axes, scales, "exemplar"))
    if len(one.order) > 2:
        parts.append(svg.line(axes, steps * scales.time, quartiles[1], "median", "median"))
    of = f", {name}" if name else ""
    label = (
        f"Cluster {one.name}{of}: {len(lines)} of {len(one.order)} sequences over one another, "
        f"{_range_words(quartiles[1])}"
    )
    caption = markup.element("figcaption", name) if name else ""
    return f"<figure>{caption}{svg.picture(axes, parts, label)}</figure>"


def _axis(unit: str) -> str:
    return "Step" if unit == "step" else f"Time ({unit})"


def _range_words(median: np.ndarray) -> str:
    low, high = (number(float(f(median)), 2) for f in (np.min, np.max))
    return f"their median between {low} and {high}"


def _member(
    run: Run, found: Contents, n: int, k: int, axes: svg.Axes, scales: Scales, css: str
) -> str:
    values = found.sequences[n][:, k]
    times = np.arange(len(values)) * scales.time
    steps = "1 step" if len(values) == 1 else f"{len(values)} steps"
    title = f"{with_confidence(run, n, found.sure)}, {steps}"
    kept = svg.thinned(times, np.clip(values, *scales.ranges[k]), scales.columns)
    return svg.line(axes, *kept, css, title)


def over_steps(sequences: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return steps, and the quartiles (3, steps) there of those sequences that reach them.

    They end where fewer than half of the sequences go on. Of many steps `GRID` are used.
    """
    lengths = np.sort([len(s) for s in sequences])
    end = int(lengths[len(lengths) // 2])
    steps = np.unique(np.linspace(0, end - 1, min(end, GRID)).round().astype(int))
    values = np.full((len(sequences), len(steps)), np.nan)
    for row, s in zip(values, sequences, strict=True):
        own = steps < len(s)
        row[own] = s[steps[own]]
    return steps, np.nanpercentile(values, [25, 50, 75], axis=0)


def _notes(run: Run, found: Contents, scales: Scales, n_drawn: int) -> list[str]:
    data, said = found.sequences, []
    if n_drawn < len(found.members):
        rest = len(found.members) - n_drawn
        said.append(f"Drawn are the {n_drawn} largest clusters; {rest} smaller ones are not.")
    if data.n_inputs > MAX_INPUTS:
        said.append(f"Drawn are the first {MAX_INPUTS} of {data.n_inputs} inputs.")
    if run.settings.inputs.window:
        said.append("Only the steps that the network reads are drawn.")
    if data.lengths.min() < data.lengths.max():
        said.append(
            "Every sequence has its own length; median and quartiles end where fewer than half "
            "of a cluster's sequences go on."
        )
    if scales.steps > 2 * scales.columns:
        said.append(
            f"Sequences of more than {2 * scales.columns} steps are drawn by the lowest and the "
            f"highest value in each of {scales.columns} parts."
        )
    if scales.cut:
        said.append("A few values lie beyond the plots.")
    said.append("The same scales throughout. In brackets: the confidence of a sequence's cluster.")
    said.append("Names appear where the pointer rests on a line.")
    return said
