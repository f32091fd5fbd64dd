"""Scoring of a network's outputs by a task's criterion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lstmtool.kernels.supervised.criteria import find_right

if TYPE_CHECKING:
    from lstmtool.supervised.target_sequences import Criterion, Strings


def right_steps(strings: Strings, outputs: np.ndarray, criterion: Criterion) -> np.ndarray:
    """Return which steps are right, shape (S,) bool; unscored steps count as right."""
    right = np.empty(len(outputs), dtype=bool)
    find_right(
        criterion.kind,
        criterion.bound,
        outputs,
        strings.targets,
        strings.allowed,
        strings.scored,
        right,
    )
    return right


def right_sequences(strings: Strings, outputs: np.ndarray, criterion: Criterion) -> np.ndarray:
    """Return which sequences are right at all their scored steps, shape (n,) bool."""
    return _over_sequences(np.logical_and, right_steps(strings, outputs, criterion), strings)


def judged(strings: Strings, exempt: int) -> Strings:
    """Return the strings with the first steps of every sequence not scored."""
    if not exempt:
        return strings
    place = np.arange(len(strings.scored)) - np.repeat(strings.starts[:-1], np.diff(strings.starts))
    return strings._replace(scored=strings.scored & (place >= exempt))


def largest_errors(strings: Strings, outputs: np.ndarray) -> np.ndarray:
    """Return the largest absolute error of every sequence at its scored steps, shape (n,).

    NaN counts as an infinite error.
    """
    errors = np.abs(outputs - strings.targets).max(axis=1)
    errors = np.where(np.isnan(errors), np.inf, errors) * 1.0
    return _over_sequences(np.maximum, np.where(strings.scored, errors, 0.0), strings)


def mean_squared_errors(strings: Strings, outputs: np.ndarray) -> np.ndarray:
    """Return the squared error of every sequence (n,), averaged over scored steps and outputs."""
    squared = np.where(strings.scored, ((outputs - strings.targets) ** 2).mean(axis=1), 0.0)
    steps = _over_sequences(np.add, strings.scored.astype(float), strings)
    return _over_sequences(np.add, squared, strings) / np.maximum(steps, 1.0)


def squared_errors(strings: Strings, outputs: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return the sum of the scored steps' squared errors (means over outputs), and their number.

    Parameters
    ----------
    steps : ndarray of shape (m,)
        Number of initial steps that count in each of the first m sequences.
    """
    starts = strings.starts[: len(steps) + 1]
    last, lengths = int(starts[-1]), np.diff(starts)
    place = np.arange(last) - np.repeat(starts[:-1], lengths)
    counts = strings.scored[:last] & (place < np.repeat(steps, lengths))
    squared = (outputs[:last][counts] - strings.targets[:last][counts]) ** 2
    return np.array([squared.mean(axis=1).sum(), float(counts.sum())])


def _over_sequences(join: np.ufunc, steps: np.ndarray, strings: Strings) -> np.ndarray:
    """Reduce the values of the steps of every sequence; none may be empty."""
    return join.reduceat(steps, strings.starts[:-1])
