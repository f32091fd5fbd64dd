"""Sections on a network that classifies frames of speech: confusions, states, who corrects whom."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstmtool.records.phoneme_review import PhonemeReview, Sentence
from lstmtool.report import marks, markup
from lstmtool.report.run.tables import Table
from lstmtool.report.text import number, shown

MISTAKES = 12  # of the table
FRAME = 0.01  # seconds between frames


def percent(share: float) -> str:
    """Return a share in per cent, with a digit after the point."""
    return f"{100.0 * share:.1f} %"


def sections(review: PhonemeReview) -> list[str]:
    """Return the sections as HTML."""
    one = review.sentence
    found = [
        markup.section(
            "Confusions",
            markup.picture(
                confusion(review),
                "Share of the frames of every class that are called each class",
                "Rows are classes of the test frames, columns what they are called; darker where "
                "more of a row's frames are.",
            ),
            markup.table(mistakes(review), "Most frequent mistakes"),
        ),
        markup.section(
            "States over a sentence",
            markup.picture(
                over_time(one, review.class_names),
                "States of the liveliest units over the beginning of a sentence",
                f"The first {len(one.classes)} frames of the test sentence {shown(one.name, 60)}. "
                "States of the units of each net that vary most, and the probability of the "
                "frame's class; a mark below shows where another class is called.",
            ),
            markup.picture(
                paths(one, review.class_names),
                "States along their two directions of most variance",
                "The states of all units together, along the two directions in which they vary "
                "most over the sentence. Points are frames, named where a phone begins.",
            ),
        ),
    ]
    if review.directions is not None:
        found.append(
            markup.section(
                "Who corrects whom",
                markup.table(directions(review), "Share of frames by who is right"),
                markup.element(
                    "p",
                    "Alone, the outputs read one net, and for the other its mean over all frames.",
                    "soft",
                ),
            )
        )
    return found


def directions(review: PhonemeReview) -> Table:
    """Tabulate the share of frames by which net is right."""
    rows: list[tuple[str, ...]] = [
        (words, percent(share)) for words, share in (review.directions or {}).items()
    ]
    return Table(("Who is right", "Share of the test frames"), rows)


def mistakes(review: PhonemeReview) -> Table:
    """Tabulate the most frequent mistakes."""
    counts = review.confusion.copy()
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:MISTAKES]
    of_class = review.confusion.sum(axis=1)
    rows: list[tuple[str, ...]] = []
    for place in order:
        i, j = divmod(int(place), len(counts))
        if counts[i, j]:
            names = (shown(review.class_names[i], 24), shown(review.class_names[j], 24))
            rows.append((*names, f"{counts[i, j]:,}", percent(counts[i, j] / of_class[i])))
    return Table(("Class", "Called", "Frames", "Of the class's frames"), rows)


def confusion(review: PhonemeReview) -> Figure:
    """Draw the share of each class's frames that are called each class."""
    counts, names = review.confusion, [marks.drawable(name) for name in review.class_names]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = 1.6 + 0.21 * len(names)
    figure = Figure(figsize=(size, size), layout="constrained")
    ax = figure.subplots()
    ax.imshow(np.sqrt(shares), cmap="Blues", vmin=0.0, vmax=1.0)
    small = 8 if len(names) <= 40 else 6
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(range(len(names)), labels=names, fontsize=small)
        axis.set_tick_params(length=0)
        for text in axis.get_ticklabels():
            text.set_parse_math(False)
    ax.set_xlabel("Called")
    ax.set_ylabel("Class")
    ax.spines[:].set_visible(False)
    return figure


def over_time(one: Sentence, class_names: tuple[str, ...]) -> Figure:
    """Draw states of both nets, the class's probability and mistakes, above each other."""
    n_rows = len(one.nets) + 1
    figure = Figure(figsize=(8.0, 1.7 * n_rows), layout="constrained")
    axes = figure.subplots(n_rows, 1, sharex=True, squeeze=False)[:, 0]
    time = np.arange(len(one.classes)) * FRAME
    for ax, net, states in zip(axes, one.nets, one.states, strict=False):
        marks.thin_axes(ax)
        ax.set_title(f"{net.capitalize()} net: states", loc="left", fontsize=10)
        for k in range(states.shape[1]):
            ax.plot(time, states[:, k], color=marks.COLOURS[k % len(marks.COLOURS)], linewidth=1.0)
    ax = axes[-1]
    marks.thin_axes(ax)
    ax.set_title("Probability of the frame's class", loc="left", fontsize=10)
    ax.plot(time, one.probability, color=marks.COLOURS[0], linewidth=1.0)
    wrong = (one.classes != one.said) & (one.said >= 0)
    ax.plot(time[wrong], np.full(wrong.sum(), -0.06), "|", color=marks.COLOURS[1], markersize=5)
    ax.set_ylim(-0.12, 1.22)
    ax.set_yticks([0.0, 0.5, 1.0])
    ax.set_xlabel("Seconds")
    for ax in axes:
        for start in begins(one):
            ax.axvline(start * FRAME, color=marks.GRID, linewidth=0.6, zorder=0)
    for start, after in phones(one):
        name = marks.drawable(class_names[one.classes[start]])
        axes[-1].text((start + after) / 2 * FRAME, 1.1, name, ha="center", fontsize=7)
    return figure


def begins(one: Sentence) -> list[int]:
    """Return the frames at which another class begins."""
    return [start for start, _ in phones(one)]


def phones(one: Sentence) -> list[tuple[int, int]]:
    """Return the first frame and the one after the last of every run of a class."""
    edges = [0, *(np.flatnonzero(np.diff(one.classes)) + 1).tolist(), len(one.classes)]
    runs = list(pairwise(edges))
    return [(a, b) for a, b in runs if b > a and one.classes[a] >= 0]


def paths(one: Sentence, class_names: tuple[str, ...]) -> Figure:
    """Draw the states of each net as a path in the plane."""
    figure = Figure(figsize=(4.2 * len(one.nets), 4.0), layout="constrained")
    axes = figure.subplots(1, len(one.nets), squeeze=False)[0]
    for ax, net, path, share in zip(axes, one.nets, one.paths, one.explained, strict=True):
        marks.thin_axes(ax)
        title = f"{net.capitalize()} net, {number(100 * share, 0)} % of the variance"
        ax.set_title(title, loc="left", fontsize=10)
        _path(ax, one, path, class_names)
    return figure


def _path(ax: Axes, one: Sentence, path: np.ndarray, class_names: tuple[str, ...]) -> None:
    ax.plot(path[:, 0], path[:, 1], color=marks.GRID, linewidth=0.8, zorder=1)
    time = np.arange(len(path))
    ax.scatter(path[:, 0], path[:, 1], c=time, cmap="viridis", s=6, zorder=2)
    for start, after in phones(one):
        if after - start >= 4:
            name = marks.drawable(class_names[one.classes[start]])
            ax.annotate(name, path[start], fontsize=7, xytext=(2, 2), textcoords="offset points")
