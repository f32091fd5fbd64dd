"""Cutting and joining sequences: some of a set, streams piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmtool.supervised.scoring import right_steps
from lstmtool.supervised.target_sequences import Strings

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule
    from lstmtool.supervised.target_sequences import Criterion

LOOK_AHEAD = 100
"""Steps run at once when a stream's first error is looked for; more once it holds on."""


def chosen(strings: Strings, sequences: np.ndarray) -> Strings:
    """Return some of the sequences, in the given order."""
    return _taken(strings, strings.starts[sequences], np.diff(strings.starts)[sequences])


def without_first(strings: Strings, n: int) -> Strings:
    """Return the sequences from the n-th on, without copying them."""
    first = int(strings.starts[n])
    inputs, targets, scored, allowed = (part[first:] for part in strings[:4])
    return Strings(inputs, targets, scored, allowed, strings.starts[n:] - first)


def heads(strings: Strings, most: int) -> Strings:
    """Return the first steps of every sequence, at most so many."""
    lengths = np.diff(strings.starts)
    if lengths.max(initial=0) <= most:
        return strings
    return _taken(strings, strings.starts[:-1], np.minimum(lengths, most))


def _taken(strings: Strings, firsts: np.ndarray, lengths: np.ndarray) -> Strings:
    """Sequences of the given first rows and lengths, both (n,), copied one after the other."""
    starts = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.arange(starts[-1]) + np.repeat(firsts - starts[:-1], lengths)
    inputs, targets, scored, allowed = (part[rows] for part in strings[:4])
    return Strings(inputs, targets, scored, allowed, starts)


def cut(strings: Strings, first: int, after: int) -> Strings:
    """Return some steps as one sequence, without copying them."""
    ends = np.array([0, after - first], dtype=np.int64)
    inputs, targets, scored, allowed = (part[first:after] for part in strings[:4])
    return Strings(inputs, targets, scored, allowed, ends)


def stream(task: Any, rng: np.random.Generator, n_steps: int, done: int = 0) -> Iterator[Strings]:
    """Yield one stream of a task, piece by piece, until it has that many steps.

    Pieces are streams of the task, one after the other, each as long as the task makes them.

    Parameters
    ----------
    task : Task
    rng : numpy.random.Generator
    n_steps : int
    done : int
        Steps of the stream that there are already.
    """
    while done < n_steps:
        piece = task.sample(rng, 1)
        first = task.overlap if done else 0
        piece = cut(piece, first, min(len(piece.inputs), first + n_steps - done))
        done += len(piece.inputs)
        yield piece


def steps_to_first_error(
    rule: Rule, strings: Strings, criterion: Criterion, *, keep_state: bool = False
) -> tuple[int, bool]:
    """Run one stream; return the steps done, the wrong one included, and whether there was one."""
    done, size = 0, LOOK_AHEAD
    while done < len(strings.inputs):
        piece = cut(strings, done, min(done + size, len(strings.inputs)))
        outputs = np.empty_like(piece.targets)
        rule.run(piece, outputs, keep_state=keep_state or done > 0)
        wrong = np.flatnonzero(~right_steps(piece, outputs, criterion))
        if len(wrong):
            return done + int(wrong[0]) + 1, True
        done += len(piece.inputs)
        size *= 2
    return done, False
