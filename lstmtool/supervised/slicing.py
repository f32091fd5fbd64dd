"""Selecting and cutting sequences, and running streams in chunks."""

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
"""Steps run at once in search of a stream's first error; increased as it goes on without one."""


def chosen(strings: Strings, sequences: np.ndarray) -> Strings:
    """Return the sequences with the given indices, in this order."""
    return _taken(strings, strings.starts[sequences], np.diff(strings.starts)[sequences])


def without_first(strings: Strings, n: int) -> Strings:
    """Return the sequences from the n-th on, without copying them."""
    first = int(strings.starts[n])
    inputs, targets, scored, allowed = (part[first:] for part in strings[:4])
    return Strings(inputs, targets, scored, allowed, strings.starts[n:] - first)


def heads(strings: Strings, most: int) -> Strings:
    """Return at most the first `most` steps of every sequence."""
    lengths = np.diff(strings.starts)
    if lengths.max(initial=0) <= most:
        return strings
    return _taken(strings, strings.starts[:-1], np.minimum(lengths, most))


def _taken(strings: Strings, firsts: np.ndarray, lengths: np.ndarray) -> Strings:
    """Return copies of the sequences with the given first rows and lengths, both (n,)."""
    starts = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.arange(starts[-1]) + np.repeat(firsts - starts[:-1], lengths)
    inputs, targets, scored, allowed = (part[rows] for part in strings[:4])
    return Strings(inputs, targets, scored, allowed, starts)


def joined(parts: list[Strings]) -> Strings:
    """Return the sequences of all parts, in their order."""
    if len(parts) == 1:
        return parts[0]
    ends = np.cumsum([0, *(part.starts[-1] for part in parts)])
    starts = [part.starts[:-1] + end for part, end in zip(parts, ends, strict=False)]
    inputs, targets, scored, allowed = (
        np.concatenate([part[n] for part in parts]) for n in range(4)
    )
    return Strings(inputs, targets, scored, allowed, np.concatenate([*starts, ends[-1:]]))


def cut(strings: Strings, first: int, after: int) -> Strings:
    """Return steps `first` to `after`, exclusive, as one sequence, without copying."""
    ends = np.array([0, after - first], dtype=np.int64)
    inputs, targets, scored, allowed = (part[first:after] for part in strings[:4])
    return Strings(inputs, targets, scored, allowed, ends)


def stream(task: Any, rng: np.random.Generator, n_steps: int, done: int = 0) -> Iterator[Strings]:
    """Yield one stream of a task in chunks, until it has `n_steps` steps.

    Chunks are consecutive streams of the task, each as long as the task makes them.

    Parameters
    ----------
    done : int
        Number of steps that the stream already has.
    """
    while done < n_steps:
        chunk = task.sample(rng, 1)
        first = task.overlap if done else 0
        chunk = cut(chunk, first, min(len(chunk.inputs), first + n_steps - done))
        done += len(chunk.inputs)
        yield chunk


def steps_to_first_error(
    rule: Rule, strings: Strings, criterion: Criterion, *, keep_state: bool = False
) -> tuple[int, bool]:
    """Run a stream to its first wrong step; return the number of steps, and if one was wrong."""
    done, size = 0, LOOK_AHEAD
    while done < len(strings.inputs):
        chunk = cut(strings, done, min(done + size, len(strings.inputs)))
        outputs = np.empty_like(chunk.targets)
        rule.run(chunk, outputs, keep_state=keep_state or done > 0)
        wrong = np.flatnonzero(~right_steps(chunk, outputs, criterion))
        if len(wrong):
            return done + int(wrong[0]) + 1, True
        done += len(chunk.inputs)
        size *= 2
    return done, False
