"""Outputs before and after training, as in figures 2 to 5 of the paper, for the page.

Points that lie on one another are one mark, larger and with their number; it says on hover which
sequences they are.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from lstmtool.objectives.clusters import binary_codes
from lstmtool.records.results import Assessment, Curve
from lstmtool.records.run import Outputs, Run
from lstmtool.report import marks, markup, svg
from lstmtool.report.run.contents import sequence_name
from lstmtool.report.run.tables import epochs
from lstmtool.report.text import number, shown

MAX_PAIRED = 5  # outputs drawn in pairs
MAX_STRIPS = 12  # groups with their own line
MAX_MARKS = 240  # of a plot, and fewer of many
NEAR = 14.0  # distance at which points are one mark; doubled until there are not too many
NAMED = 4  # sequences of a mark
COUNTED = 12  # marks of a plot with their number beside them
LOGISTIC = (0.0, 0.5, 1.0)
UNIT = (-0.06, 1.06)  # the unit interval with room for marks


class Mark(NamedTuple):
    """Sequences of one group that lie on one another in a plot."""

    x: float
    y: float
    place: int  # of the group
    members: np.ndarray


class Names(NamedTuple):
    """What is said of sequences on hover."""

    run: Run
    assessment: Assessment
    sure: np.ndarray
    drawn: list[marks.Group]

    def of(self, members: np.ndarray, group: str) -> str:
        """Return the names of some sequences, their cluster and group, and their confidence."""
        clusters = np.unique(self.assessment.clusters[members])
        found = ", ".join(self.assessment.cluster_names[int(c)] for c in clusters[:NAMED])
        found += ", …" * (len(clusters) > NAMED)
        names = ", ".join(sequence_name(self.run, int(n), 30) for n in members[:NAMED])
        more = f" and {len(members) - NAMED} more" if len(members) > NAMED else ""
        own = f"{group}, " if self.run.labels is not None else ""
        told = f"cluster {found}" if len(clusters) == 1 else f"clusters {found}"
        if len(members) == 1:
            return f"{names}: {own}{told}, confidence {number(float(self.sure[members[0]]), 2)}"
        return f"{len(members)} sequences: {own}{told}: {names}{more}"


def section(run: Run, assessment: Assessment, sure: np.ndarray) -> str:
    """Return plots of the outputs before and after training, with a legend.

    Of one output these are lines with the Parzen density above, of two a plane, in the unit square
    for logistic outputs, of more all pairs of the first `MAX_PAIRED`.
    """
    names = Names(run, assessment, sure, marks.groups(run, assessment))
    sides = [("Before training", run.before), (f"After training ({epochs(run)} epochs)", run.after)]
    width = run.after.activations.shape[1]
    if width == 1:
        curves = [assessment.curves.get(side) for side in ("before", "after")]
        plots = [
            _strips(title, side.activations[:, 0], curve, names)
            for (title, side), curve in zip(sides, curves, strict=True)
        ]
        body = f'<div class="clusters two">{"".join(plots)}</div>'
    elif width == 2:
        plots = [_plane(title, side, (0, 1), names, MAX_MARKS) for title, side in sides]
        body = f'<div class="clusters two">{"".join(plots)}</div>'
    else:
        body = _all_pairs(sides, names)
    return body + _legend(names)


def _all_pairs(sides: list[tuple[str, Outputs]], names: Names) -> str:
    (before, early), (after, late) = sides
    many = late.activations.shape[1] > 3
    first = markup.element("h3", before) + _pairs(early, names)
    last = markup.element("h3", after) + _pairs(late, names)
    if many:
        return last + markup.details(before, _pairs(early, names))
    return first + last


def _pairs(side: Outputs, names: Names) -> str:
    count = min(side.activations.shape[1], MAX_PAIRED)
    pairs = list(combinations(range(count), 2)) or [(0, 0)]
    most = MAX_MARKS // (1 if len(pairs) <= 3 else 3)
    return f'<div class="plots">{"".join(_plane("", side, p, names, most) for p in pairs)}</div>'


def _plane(title: str, side: Outputs, pair: tuple[int, int], names: Names, most: int) -> str:
    pair = min(pair[0], side.activations.shape[1] - 1), min(pair[1], side.activations.shape[1] - 1)
    x, y = (side.activations[:, k].astype(float) for k in pair)
    run, size = names.run, 640
    logistic = run.settings.network.output_unit == "logistic"
    ends = [UNIT, UNIT] if logistic else [_ends(x), _ends(y)]
    axes = svg.Axes(ends[0], ends[1], width=size, height=size, top=24)
    only = list(LOGISTIC) if logistic else None
    across, up = (f"Output {k + 1}" for k in pair)
    parts = [svg.frame(axes, across, up, only, only)]
    if logistic:
        parts.append(_halves(axes, side, pair))
    found = gathered(axes, x, y, names.drawn, most)
    parts += [_mark(one, names) for one in found] + _counts(axes, found)
    if not found:
        parts.append(svg.text("no output is finite", size / 2, size / 2, "middle"))
    label = f"{title or 'Outputs'}, output {pair[1] + 1} against output {pair[0] + 1}: " + _seen(
        found, names
    )
    caption = markup.element("figcaption", title) if title else ""
    return f"<figure>{caption}{svg.picture(axes, parts, label)}</figure>"


def _ends(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return svg.padded(float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)


def _halves(axes: svg.Axes, side: Outputs, pair: tuple[int, int]) -> str:
    """Return the line between the halves and, of two outputs, the number of every code."""
    middle, base = float(axes.across(np.array(0.5))), axes.height - axes.bottom
    made = [f'<path class="grid" d="M{middle:.0f},{axes.top}V{base}"/>']
    if side.activations.shape[1] == 2:
        finite = np.isfinite(side.activations).all(axis=1)
        codes = binary_codes(side.activations)[0][finite]
        for bits in ((0, 0), (0, 1), (1, 0), (1, 1)):
            count = int((codes == bits).all(axis=1).sum()) if len(codes) else 0
            at = (
                axes.across(np.array(0.25 + 0.5 * bits[0])),
                axes.down(np.array(0.25 + 0.5 * bits[1])),
            )
            words = f"{bits[0]}{bits[1]}: {count}"
            made.append(svg.text(words, float(at[0]), float(at[1]), "middle", "back"))
    return "".join(made)


def gathered(
    axes: svg.Axes, x: np.ndarray, y: np.ndarray, drawn: list[marks.Group], most: int
) -> list[Mark]:
    """Return marks of the finite points of every group, those that are near one another as one."""
    at = np.column_stack([axes.across(x), axes.down(y)])
    finite = np.isfinite(at).all(axis=1)
    near = NEAR
    while True:
        found = [
            mark
            for group in drawn
            for mark in _gathered(at, np.flatnonzero(group.members & finite), group.place, near)
        ]
        if len(found) <= max(most, len(drawn)) or near > axes.width:
            return found
        near *= 1.5


def _gathered(at: np.ndarray, left: np.ndarray, place: int, near: float) -> list[Mark]:
    found = []
    while len(left):
        close = ((at[left] - at[left[0]]) ** 2).sum(axis=1) <= near**2
        own = left[close]
        x, y = at[own].mean(axis=0)
        found.append(Mark(float(x), float(y), place, own))
        left = left[~close]
    return found


def _mark(one: Mark, names: Names) -> str:
    group = next(g.name for g in names.drawn if g.place == one.place)
    size = min(2.2, len(one.members) ** 0.25)
    return svg.mark(one.place, one.x, one.y, names.of(one.members, group), size)


def _counts(axes: svg.Axes, found: list[Mark]) -> list[str]:
    """Write the numbers of the largest marks beside them, where they cover no other number."""
    several = sorted((one for one in found if len(one.members) > 1), key=lambda m: -len(m.members))
    made: list[str] = []
    taken: list[tuple[float, float]] = []
    for one in several[:COUNTED]:
        inwards = -1 if one.x > axes.width / 2 else 1
        for side, shift in ((inwards, 8), (inwards, -22), (inwards, 38), (-inwards, 8)):
            x, y = one.x + side * 34, one.y + shift
            if all(abs(x - a) > 70 or abs(y - b) > 24 for a, b in taken):
                taken.append((x, y))
                words, anchor = f"×{len(one.members)}", "start" if side > 0 else "end"
                made.append(svg.text(words, x, y, anchor, f"count {svg.colour(one.place)}"))
                break
    return made


def _seen(found: list[Mark], names: Names) -> str:
    """Say in how many places the points of every group lie."""
    said = []
    for group in names.drawn[:MAX_STRIPS]:
        own = [len(one.members) for one in found if one.place == group.place]
        places = "one place" if len(own) == 1 else f"{len(own)} places"
        said.append(f"{shown(group.name, 30)}: {sum(own)} sequences in {places}")
    return "; ".join(said)


def _strips(title: str, y: np.ndarray, curve: Curve | None, names: Names) -> str:
    """Return a line per group with its outputs, surplus groups on the last, and the density."""
    logistic = names.run.settings.network.output_unit == "logistic"
    ends = UNIT if logistic else _ends(y if curve is None else curve.points)
    drawn = names.drawn
    lines = min(len(drawn), MAX_STRIPS)
    axes = svg.Axes(ends, (-lines + 0.2, 0.8), left=24, right=24, height=84 + 74 * lines, top=10)
    heights = np.zeros(len(y))
    for group in drawn:
        heights[group.members] = -min(group.place, lines - 1)
    parts = [svg.frame(axes, "Output", y_ticks=[])]
    for k in range(lines):
        at = float(axes.down(np.array(-k)))
        parts.append(f'<path class="grid" d="M24,{at:.0f}H616"/>')
        last = k == lines - 1 < len(drawn) - 1
        name = "others" if last else next((g.name for g in drawn if g.place == k), "")
        parts.append(svg.text(name, 30, at - 22))
    found = gathered(axes, np.asarray(y, dtype=float), heights, drawn, MAX_MARKS)
    parts += [_mark(one, names) for one in found] + _counts(axes, found)
    label = f"{title}, a line of outputs per group: {_seen(found, names)}"
    above = "" if names.run.settings.makes_codes else _density(title, ends, curve)
    return (
        f"<figure>{markup.element('figcaption', title)}{above}"
        f"{svg.picture(axes, parts, label)}</figure>"
    )


def _density(title: str, ends: tuple[float, float], curve: Curve | None) -> str:
    if curve is None:
        return markup.element("p", "No density: the outputs have no spread.", "soft")
    highest = float(curve.density.max())
    axes = svg.Axes(ends, (0.0, 1.05 * highest or 1.0), left=24, right=24, height=230, bottom=34)
    base = np.zeros(len(curve.points))
    parts = [
        svg.frame(axes, y_ticks=[]),
        svg.band(axes, curve.points, base, curve.density, "band c0"),
        svg.line(axes, curve.points, curve.density, "curve c0"),
        svg.text("Parzen density", 34, 30),
    ]
    return svg.picture(axes, parts, f"{title}: Parzen density of the outputs")


def _legend(names: Names) -> str:
    """Return the marks with the names of their groups."""
    entries = [
        (svg.mark(g.place, 0, 0), g.name or "(no name)") for g in names.drawn[: marks.MAX_NAMES]
    ]
    if len(names.drawn) > marks.MAX_NAMES:
        entries.append(("", f"… {len(names.drawn) - marks.MAX_NAMES} more"))
    return svg.key(entries)
