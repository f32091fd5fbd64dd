"""A text plot of the outputs, one symbol per group."""

from __future__ import annotations

import numpy as np

from lstmtool.records.results import Assessment
from lstmtool.records.run import Run
from lstmtool.report.text import minus, shown

SYMBOLS = "o+*^x#%@=&"  # the first four stand for the paper's circle, plus, star and triangle
SEVERAL = "?"
WIDTH, HEIGHT = 33, 13  # of one panel: odd, so that 1/2 has its own row and column
STRIP = 60
LINE = 79  # characters of a legend


def picture(run: Run, assessment: Assessment) -> list[str]:
    """Return the lines of a text plot of the outputs after training (two outputs: before, too).

    One output gives a strip with a line per group, two a plane; for more, clusters are counted.
    """
    n_outputs = run.after.activations.shape[1]
    symbols = _symbols(run, assessment)
    if n_outputs == 1:
        return _strip(run, assessment, symbols)
    if n_outputs == 2:
        return [*_planes(run, symbols), *_legend(run, assessment)]
    return _counts(assessment)


def _symbols(run: Run, assessment: Assessment) -> np.ndarray:
    """One character per sequence, for its group or, without labels, its cluster."""
    groups = run.labels
    if groups is None:
        groups = np.unique(assessment.clusters, return_inverse=True)[1].reshape(-1)
    return np.array(list(SYMBOLS))[groups % len(SYMBOLS)]


def _legend(run: Run, assessment: Assessment) -> list[str]:
    names = [
        f"{SYMBOLS[r.index % len(SYMBOLS)]} {shown(r.name, 20)}" for r in assessment.ranges[:10]
    ]
    more = [f"… {len(assessment.ranges) - 10} more"] if len(assessment.ranges) > 10 else []
    lines = ["clusters:" if run.labels is None else "groups:"]
    for name in [*names, *more, f"{SEVERAL} several"]:
        if len(lines[-1]) + len(name) + 3 > LINE:
            lines.append("")
        lines[-1] += f"   {name}"
    return ["", *lines]


def _planes(run: Run, symbols: np.ndarray) -> list[str]:
    logistic = run.settings.network.output_unit == "logistic"
    planes = []
    for outputs in (run.before.activations, run.after.activations):
        if outputs.shape[1] == 2:
            planes.append(_plane(outputs, symbols, logistic))
    titles = ["after"] if len(planes) == 1 else ["before", "after"]
    head = "   ".join(t.ljust(WIDTH + 2) for t in titles).rstrip()
    return [head, *("   ".join(rows) for rows in zip(*planes, strict=True))]


def _plane(outputs: np.ndarray, symbols: np.ndarray, unit_square: bool) -> list[str]:
    finite = np.isfinite(outputs).all(axis=1)
    cells = np.full((HEIGHT, WIDTH), " ")
    if unit_square:
        cells[HEIGHT // 2, :], cells[:, WIDTH // 2] = "·", "·"
    columns = _place(outputs[finite, 0], WIDTH, unit_square)
    rows = HEIGHT - 1 - _place(outputs[finite, 1], HEIGHT, unit_square)
    for row, column, symbol in zip(rows, columns, symbols[finite], strict=True):
        cells[row, column] = symbol if cells[row, column] in (" ", "·", symbol) else SEVERAL
    edge = "+" + "-" * WIDTH + "+"
    return [edge, *("|" + "".join(row) + "|" for row in cells), edge]


def _place(values: np.ndarray, size: int, unit: bool) -> np.ndarray:
    """Map values from the unit interval, or from their own range, to cells 0 to size - 1."""
    if not len(values):
        return np.zeros(0, dtype=int)
    low, high = (0.0, 1.0) if unit else (values.min(), values.max())
    span = high - low if np.isfinite(high - low) and high > low else 1.0
    return np.clip(np.round((values - low) / span * (size - 1)), 0, size - 1).astype(int)


def _strip(run: Run, assessment: Assessment, symbols: np.ndarray) -> list[str]:
    y = run.after.activations[:, 0]
    finite = np.isfinite(y)
    if not finite.any():
        return ["no output is finite"]
    columns = np.zeros(len(y), dtype=int)
    unit = run.settings.network.output_unit == "logistic"
    columns[finite] = _place(y[finite], STRIP, unit)
    members = _members(run, assessment)
    lines = []
    for r in assessment.ranges[:10]:
        cells = np.full(STRIP, " ")
        inside = (members == r.index) & finite
        cells[columns[inside]] = symbols[inside]
        lines.append(f"{shown(r.name, 14):>14} |{''.join(cells)}|")
    if len(assessment.ranges) > 10:
        lines.append(f"{'':>14}  … {len(assessment.ranges) - 10} more")
    low, high = (0.0, 1.0) if unit else (float(y[finite].min()), float(y[finite].max()))
    left, right = minus(f"{low:.4g}"), minus(f"{high:.4g}")
    return ["after", *lines, f"{'':>14}  {left}{right.rjust(STRIP - len(left))}"]


def _members(run: Run, assessment: Assessment) -> np.ndarray:
    """Index of every sequence's group, or cluster, in the ranges."""
    if run.labels is not None:
        return run.labels
    return np.unique(assessment.clusters, return_inverse=True)[1].reshape(-1)


def _counts(assessment: Assessment) -> list[str]:
    numbers, counts = np.unique(assessment.clusters, return_counts=True)
    longest = max(counts)
    lines = [
        f"{assessment.cluster_names[int(c)]:>14} |{'#' * max(1, round(40 * n / longest))} {n}"
        for c, n in list(zip(numbers, counts, strict=True))[:16]
    ]
    more = [f"{'':>14}  … {len(numbers) - 16} more"] if len(numbers) > 16 else []
    return ["sequences in every cluster", *lines, *more]
