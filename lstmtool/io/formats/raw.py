"""Sequences as read from a file, with missing values, and their conversion to `Sequences`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.errors import DataError
from lstmtool.text import clean_text

Say = Callable[[str], None]


@dataclass
class Raw:
    """The contents of one file or folder.

    Parameters
    ----------
    arrays : list of ndarray of shape (T, D), float64
        NaN where a value is missing.
    places : list of str
        Position of each sequence in the file, for messages: ``line 7``.
    names : list of str
        Names of the sequences, or empty.
    labels : list of (str or None), or None
        Group of every sequence; None where unknown.
    label_names : tuple of str, optional
        Groups in the order given by the file, if it lists them.
    inputs : tuple of str
        Names of the D inputs, or empty.
    sampling_rate : float, optional
        In Hz.
    attributes : dict
        Plain JSON values.
    """

    arrays: list[np.ndarray]
    places: list[str]
    names: list[str] = field(default_factory=list)
    labels: list[str | None] | None = None
    label_names: tuple[str, ...] | None = None
    inputs: tuple[str, ...] = ()
    sampling_rate: float | None = None
    attributes: dict = field(default_factory=dict)

    def place(self, n: int) -> str:
        """Describe where sequence n is: its place and its name, if any."""
        name = f" (sequence {self.names[n]!r})" if self.names else ""
        return f"{self.places[n]}{name}"

    def input(self, column: int) -> str:
        """Name the input of a column, counted from 1."""
        return f"input {column + 1}" + (f" ({self.inputs[column]})" if self.inputs else "")

    def subset(self, kept: Iterable[int]) -> None:
        """Keep only these sequences, in this order; repetitions are allowed."""
        kept = list(kept)
        self.arrays = [self.arrays[n] for n in kept]
        self.places = [self.places[n] for n in kept]
        self.names = [self.names[n] for n in kept] if self.names else []
        self.labels = None if self.labels is None else [self.labels[n] for n in kept]


def to_sequences(raw: Raw, say: Say) -> Sequences:
    """Check raw sequences and convert them.

    Parameters
    ----------
    raw : Raw
        Without missing values.
    say : callable
        Called with each message for the user.

    Raises
    ------
    DataError
        If there are no sequences, one is empty, or they differ in their number of inputs.
    """
    check_shapes(raw)
    labels, label_names = _numbered(raw, say)
    attributes = dict(raw.attributes)
    if raw.inputs:
        attributes["inputs"] = [clean_text(name) for name in raw.inputs]
    return from_arrays(
        raw.arrays,
        labels=labels,
        label_names=label_names,
        names=tuple(clean_text(name) for name in raw.names),
        sampling_rate=raw.sampling_rate,
        attributes=attributes,
    )


def check_shapes(raw: Raw) -> None:
    """Refuse empty data, empty sequences, and unequal numbers of inputs."""
    if not raw.arrays:
        raise DataError("There are no sequences in it.")
    width = raw.arrays[0].shape[1]
    for n, array in enumerate(raw.arrays):
        if array.shape[1] != width:
            raise DataError(
                f"Sequences differ in their inputs: {array.shape[1]} per step here, "
                f"{width} in {raw.places[0]}.",
                raw.place(n),
                "Every sequence needs the same inputs.",
            )
        if not array.size:
            raise DataError(
                "A sequence is empty.", raw.place(n), "Remove it; every sequence needs a step."
            )


def _numbered(raw: Raw, say: Say) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return labels as numbers (N,) and the groups' names; None if some are unknown."""
    if raw.labels is None:
        return None, ()
    unknown = [n for n, label in enumerate(raw.labels) if label is None]
    if unknown:
        if len(unknown) < len(raw.labels):
            say(
                f"{len(unknown)} of {len(raw.labels)} sequences have no label "
                f"(first: {raw.place(unknown[0])}), so none is kept."
            )
        return None, ()
    texts = [clean_text(label or "") for label in raw.labels]
    names = tuple(map(clean_text, raw.label_names or ())) or tuple(ordered(set(texts)))
    numbers = {name: k for k, name in reversed(list(enumerate(names)))}
    return np.array([numbers[text] for text in texts], dtype=np.int64), names


def ordered(names: Iterable[str]) -> list[str]:
    """Sort names, numerically if all are numbers."""
    names = list(names)
    try:
        return sorted(names, key=lambda name: (float(name), name))
    except ValueError:
        return sorted(names)


def counted(n: int, what: str) -> str:
    """Return a count with its noun: ``1 sequence``, ``2 sequences``."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"
