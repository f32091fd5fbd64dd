"""Learning curves of the chosen restart and the scores of all restarts, for the page."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from lstmtool.records.run import Run
from lstmtool.report import markup, svg
from lstmtool.report.text import number

CURVES = {
    "objective": "Objective",
    "joint_bits": "Joint information (bits)",
    "entropy": "Entropy (nats)",
    "sigma": "Kernel width σ",
    "gradient_norm": "Gradient norm",
}
LOGARITHMIC = {"sigma", "gradient_norm"}
SIZE = {"width": 640, "height": 330}
MAX_RESTARTS = 400  # with names on hover


def learning_curves(run: Run) -> str:
    """Return a plot per recorded quantity; the objective of every kind of stage has its own."""
    names = recorded(run)
    if not names:
        return ""
    epoch, borders = epochs_through(run)
    plots = []
    for name in names:
        values = np.asarray(run.history[name], dtype=float)
        if name == "objective":
            plots += [
                _curve(title, epoch[own], values[own], [], False)
                for title, own in _by_objective(run)
            ]
        else:
            logarithmic = name in LOGARITHMIC and _is_wide(values)
            plots.append(_curve(CURVES[name], epoch, values, borders.tolist(), logarithmic))
    return f'<div class="plots">{"".join(plots)}</div>'


def _by_objective(run: Run) -> list[tuple[str, np.ndarray]]:
    """Return a title and the rows of every stretch of stages with the same objective and form."""
    count = len(run.history["objective"])
    stage = np.asarray(run.history.get("stage", np.zeros(count)), dtype=int)
    stages = run.settings.stages
    kinds = [
        f"{s.record.title}, {s.record.forms[s.form]}" if s.record.forms else s.record.title
        for s in stages
    ]
    of_row = [kinds[min(max(k, 0), len(kinds) - 1)] for k in stage]
    changes = [k for k in range(1, count) if of_row[k] != of_row[k - 1]]
    stretches = list(pairwise([0, *changes, count]))
    if len(stretches) == 1:
        return [(CURVES["objective"], np.arange(count))]
    return [(f"Objective: {of_row[first]}", np.arange(first, after)) for first, after in stretches]


def _is_wide(values: np.ndarray) -> bool:
    low, high = np.nanmin(values), np.nanmax(values)
    return bool(0 < 10 * low < high)


def _curve(
    title: str, epoch: np.ndarray, values: np.ndarray, borders: list[float], logarithmic: bool
) -> str:
    finite = np.isfinite(values)
    if not finite.any():
        return ""
    drawn = np.log10(np.where(values > 0, values, np.nan)) if logarithmic else values
    ends = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    across = (float(epoch[0]), float(max(epoch[-1], epoch[0] + 1)))
    axes = svg.Axes(across, svg.padded(*ends), **SIZE)
    parts = [svg.frame(axes, "Epoch", powers=logarithmic)]
    parts += [svg.upright(axes, border) for border in borders]
    parts.append(svg.line(axes, epoch, drawn, "curve c0", title))
    first, last = values[finite][0], values[finite][-1]
    label = f"{title} by epoch, from {number(float(first))} to {number(float(last))}"
    return (
        f"<figure>{markup.element('figcaption', title)}{svg.picture(axes, parts, label)}</figure>"
    )


def restarts(run: Run) -> str:
    """Return a plot of the selection score of every restart, the best first; "" of a single one."""
    score = np.asarray(run.restarts.get("score", []), dtype=float)
    if len(score) < 2 or not np.isfinite(score).any():
        return ""
    order = np.argsort(np.where(np.isfinite(score), -score, np.inf), kind="stable")
    control = np.asarray(run.restarts.get("untrained_score", np.full(len(score), np.nan)), float)
    if not run.settings.trains_blocks:
        control = np.full(len(score), np.nan)
    both = np.concatenate([score, control])
    both = both[np.isfinite(both)]
    axes = svg.Axes(
        (0.4, len(score) + 0.6),
        svg.padded(min(0.0, float(both.min())), float(both.max()), 0.08),
        width=640,
        height=320,
    )
    places = svg.ticks(1, len(score), about=min(8, len(score)))
    parts = [
        svg.frame(
            axes,
            "Restarts, best first",
            "Selection score (bits)",
            [p for p in places if p == round(p) and p >= 1],
        )
    ]
    for rank, r in enumerate(order.tolist(), start=1):
        title = f"restart {r + 1}" if len(score) <= MAX_RESTARTS else ""
        chosen = " (chosen)" if r == run.chosen else ""
        for place, values, of in ((1, control, "untrained control of "), (0, score, "")):
            if not np.isfinite(values[r]):
                continue
            x, y = float(axes.across(np.array(rank))), float(axes.down(values[r]))
            said = f"{of}{title}{chosen}: {number(float(values[r]), 2)} bits" if title else ""
            parts.append(svg.mark(place, x, y, said))
            if chosen and not of:
                parts.append(f'<circle class="chosen" cx="{x:.0f}" cy="{y:.0f}" r="16"/>')
    best, worst = number(float(np.nanmax(score)), 2), number(float(np.nanmin(score)), 2)
    label = f"Selection scores of {len(score)} restarts, from {best} down to {worst} bits"
    return f'<figure class="broad">{svg.picture(axes, parts, label)}{_key(control)}</figure>'


def _key(control: np.ndarray) -> str:
    entries = [(svg.mark(0, 0, 0), "trained")]
    if np.isfinite(control).any():
        entries.append((svg.mark(1, 0, 0), "its untrained control"))
    entries.append(('<circle class="chosen" r="12"/>', "chosen"))
    return svg.key(entries)


def recorded(run: Run) -> list[str]:
    """Return the names of the recorded quantities, without those that repeat another."""
    found: list[str] = []
    for name in CURVES:
        values = np.asarray(run.history.get(name, np.nan), dtype=float)
        known = any(np.array_equal(values, run.history[k], equal_nan=True) for k in found)
        if np.isfinite(values).sum() > 1 and not known:
            found.append(name)
    return found


def epochs_through(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Return epochs counted across all stages (E,), and the epochs at which stages begin."""
    epoch = np.asarray(run.history["epoch"], dtype=float)
    steps = np.diff(epoch, prepend=epoch[:1])
    through = epoch + np.cumsum(np.where(steps < 0, epoch - steps, 0.0) * (steps < 0))
    stage = np.asarray(run.history.get("stage", np.zeros(len(epoch))))
    return through, through[np.flatnonzero(np.diff(stage) != 0) + 1]
