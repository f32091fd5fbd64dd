"""What an agent does, in figures: a maze and its path, a pole in both modes, cells over time."""

from __future__ import annotations

from math import cos, sin

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lstmtool.records.acting import ANGLE, GOAL, PLACE, ActingReview, Episode, X
from lstmtool.report import marks

SNAPSHOTS = 8
"""Positions of a cart that are drawn of an episode."""
LOOKS = ("-", "--")
"""Line styles of the two episodes."""


def maze(episodes: tuple[Episode, ...], length: int) -> Figure:
    """Draw the maze and the agent's way through it, a row for every episode."""
    figure = Figure(figsize=(8.0, 1.35 * len(episodes)), layout="constrained")
    for ax, episode in zip(figure.subplots(len(episodes), 1), episodes, strict=True):
        _walls(ax, length)
        goes_north = episode.states[0, GOAL] == 0.0
        ax.plot(length, 1 if goes_north else -1, "*", color=marks.COLOURS[2], markersize=12)
        x, y = _way(episode, length)
        ax.plot(x, y, color=marks.COLOURS[0], linewidth=1.2)
        ax.plot(x[-1:], y[-1:], "o", color=marks.COLOURS[1], markersize=4)
        told = f"{episode.name}: last reward {episode.reward:g} after {episode.steps:,} steps"
        ax.set_title(told, loc="left", fontsize=9)
    return figure


def _walls(ax: Axes, length: int) -> None:
    for x, y in (*((k, 0) for k in range(length + 1)), (length, 1), (length, -1)):
        shade = "#e8f1fa" if x == 0 else "#fdf0e3" if x == length else "#f4f4f4"
        ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=shade, edgecolor="#bbbbbb"))
    ax.set_xlim(-0.7, length + 0.7)
    ax.set_ylim(-1.7, 1.7)
    ax.set_axis_off()


def _way(episode: Episode, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the way's points; it drifts downwards in the corridor, so that returns can be seen."""
    x = episode.states[:, PLACE].astype(float)
    y = 0.3 - 0.6 * np.arange(len(x)) / max(1, len(x) - 1) if len(x) > length + 1 else 0.0 * x
    if episode.steps == len(x) and episode.actions[-1] in (0, 2) and x[-1] == length:
        x, y = np.append(x, length), np.append(y, 1.0 if episode.actions[-1] == 0 else -1.0)
    return x, y


def pole(episodes: tuple[Episode, ...]) -> Figure:
    """Draw carts and poles at some steps of every episode, and place and angle over time."""
    figure = Figure(figsize=(8.0, 2.5 * len(episodes)), layout="constrained")
    grid = figure.subplots(2 * len(episodes), 1, height_ratios=(1.0, 1.3) * len(episodes))
    for k, episode in enumerate(episodes):
        carts, course = grid[2 * k], grid[2 * k + 1]
        told = f"{episode.name}: stood for {episode.steps:,} steps"
        carts.set_title(told, loc="left", fontsize=9)
        _carts(carts, episode)
        marks.thin_axes(course)
        course.plot(episode.states[:, X], color=marks.COLOURS[0], label="place in m")
        degrees = np.degrees(episode.states[:, ANGLE])
        course.plot(degrees, color=marks.COLOURS[1], linewidth=0.9, label="angle in degrees")
        right = episode.actions == 1
        course.plot(np.flatnonzero(right), np.full(right.sum(), -13.0), "|", color=marks.INK,
                    markersize=3, label="action “right”")  # fmt: skip
        course.legend(
            frameon=False, fontsize=8, ncols=3, loc="lower right", bbox_to_anchor=(1.0, 1.0)
        )
    grid[-1].set_xlabel("Step")
    return figure


def _carts(ax: Axes, episode: Episode) -> None:
    """Draw carts side by side; angles are those of the poles, times three."""
    steps = np.linspace(0, len(episode.states) - 1, SNAPSHOTS).astype(int)
    for k, t in enumerate(steps):
        at, angle = 1.4 * k + 0.2 * episode.states[t, X], 3.0 * episode.states[t, ANGLE]
        ax.add_patch(Rectangle((at - 0.3, -0.2), 0.6, 0.2, color="#8aa9c4"))
        ax.plot([at, at + sin(angle)], [0.0, cos(angle)], color=marks.COLOURS[1], linewidth=2)
        ax.text(1.4 * k, -0.5, f"step {t}", ha="center", fontsize=7)
    ax.set_xlim(-0.8, 1.4 * SNAPSHOTS - 0.6)
    ax.set_ylim(-0.6, 1.1)
    ax.set_aspect("equal")
    ax.set_axis_off()


def cells(episodes: tuple[Episode, ...], actions: tuple[str, ...]) -> Figure:
    """Draw the states of the cells and the advantages over both episodes."""
    figure = Figure(figsize=(8.0, 4.6), layout="constrained")
    state, advantage = figure.subplots(2, 1, sharex=True)
    for episode, look in zip(episodes, LOOKS, strict=False):
        for ax, values, names in (
            (state, episode.cells, [f"cell {c + 1}" for c in range(episode.cells.shape[1])]),
            (advantage, episode.advantages, actions),
        ):
            for k, name in enumerate(names):
                ax.plot(values[:, k], color=marks.COLOURS[k % len(marks.COLOURS)], linewidth=1.3,
                        linestyle=look, label=f"{name}, {episode.name}")  # fmt: skip
    for ax, title in ((state, "Cell states"), (advantage, "Advantages of the actions")):
        marks.thin_axes(ax)
        ax.set_title(title, loc="left", fontsize=10)
        ax.legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5))
    advantage.set_xlabel("Step")
    return figure


def figures(review: ActingReview, episodes: tuple[Episode, ...]) -> list[tuple[Figure, str]]:
    """Return the figures of two episodes, each with a caption."""
    styles = f"Solid: {episodes[0].name}; dashed: {episodes[1].name}."
    if review.length:
        first = (
            maze(episodes, review.length),
            "The maze from above; the star is the goal. Blue: the start, where the goal is seen; "
            "orange: the junction. The line is the agent's way.",
        )
    else:
        first = (
            pole(episodes),
            "Carts and poles at some steps, the angles three times as large as they are; below, "
            "the course. In mode B the action “right” pushes to the left.",
        )
    if not episodes[0].cells.size:
        return [first]
    return [first, (cells(episodes, review.actions), styles)]
