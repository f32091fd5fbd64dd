"""Sequences of possibly different lengths, as a flat array with offsets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from lstmtool.errors import DataError

BLOCK = 2_000_000
"""Size of a block of sequences, in numbers."""


class SequenceSource(ABC):
    """Sequences in memory, or in a file and read block by block; see `Sequences`."""

    offsets: np.ndarray
    labels: np.ndarray | None
    label_names: tuple[str, ...]
    names: tuple[str, ...]
    sampling_rate: float | None
    attributes: dict

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Steps of every sequence, shape (N,)."""
        return np.diff(self.offsets)

    @property
    @abstractmethod
    def n_inputs(self) -> int:
        """Values per step, D."""

    def name(self, n: int) -> str:
        """Return sequence n's number and, if it has one, name, for messages."""
        return f"{n} ({self.names[n]})" if self.names else str(n)

    def blocks(self, size: int = BLOCK) -> Iterator[Sequences]:
        """Yield the sequences in blocks of at most `size` numbers or of one sequence."""
        for first, after in block_edges(self.offsets, self.n_inputs, size):
            yield self._block(first, after)

    @abstractmethod
    def _block(self, first: int, after: int) -> Sequences:
        """Return sequences `first` to `after`, exclusive."""


@dataclass(frozen=True)
class Sequences(SequenceSource):
    """N sequences of D values per step; `lstmtool.as_sequences` makes them from arrays and frames.

    Parameters
    ----------
    values : ndarray of shape (sum T, D), float64
        All sequences, one after the other.
    offsets : ndarray of shape (N + 1,), int64
        Sequence n is ``values[offsets[n]:offsets[n + 1]]``.
    labels : ndarray of shape (N,), int64, optional
        Group of every sequence, an index into `label_names`. Used only for scores and figures.
    label_names : tuple of str
        Names of the groups.
    names : tuple of str
        One name per sequence, or empty.
    sampling_rate : float, optional
        Steps per second, in Hz.
    attributes : dict
        How the data were made (generator, options, origin) and, if known, the names of the D
        ``inputs``; plain JSON values.

    Raises
    ------
    DataError
        If the fields are inconsistent, a sequence is empty, or a value is not finite.
    """

    values: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray | None = None
    label_names: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    sampling_rate: float | None = None
    attributes: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = np.ascontiguousarray(self.values, dtype=np.float64)
        # Kernels would be compiled again for read-only arrays, e.g. of a memory-mapped file.
        offsets = np.require(self.offsets, np.int64, ["C", "W"])
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "offsets", offsets)
        if values.ndim != 2 or values.shape[1] == 0:
            raise DataError(f"Values must be (steps, inputs), got shape {values.shape}.")
        if offsets.ndim != 1 or offsets.size < 2:
            raise DataError("There are no sequences.", fix="Give three or more, or one to assign.")
        if offsets[0] != 0 or offsets[-1] != len(values):
            raise DataError("Offsets do not cover the values from first to last step.")
        if (offsets[1:] <= offsets[:-1]).any():  # differences of hostile offsets could wrap around
            raise DataError(
                "A sequence is empty.",
                f"sequence {self.name(int(np.argmax(offsets[1:] <= offsets[:-1])))}",
                "Remove it; every sequence needs at least one step.",
            )
        refuse_not_finite(values, offsets, self.name)
        for name in ("labels", "names"):
            part = getattr(self, name)
            if part is not None and len(part) not in (0, len(self)):
                raise DataError(f"There are {len(part)} {name} for {len(self)} sequences.")
        if self.labels is not None and not len(self.labels):
            object.__setattr__(self, "labels", None)
        if self.labels is not None:
            labels = np.ascontiguousarray(self.labels, dtype=np.int64)
            object.__setattr__(self, "labels", labels)
            if labels.min() < 0 or labels.max() >= len(self.label_names):
                raise DataError("A label has no name.", f"{len(self.label_names)} label names")

    def __getitem__(self, n: int) -> np.ndarray:
        if not -len(self) <= n < len(self):
            raise IndexError(n)
        n %= len(self)
        return self.values[self.offsets[n] : self.offsets[n + 1]]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[n] for n in range(len(self)))

    @property
    def n_inputs(self) -> int:
        """Values per step, D."""
        return self.values.shape[1]

    def _block(self, first: int, after: int) -> Sequences:
        if after - first == len(self):
            return self
        start, stop = self.offsets[first], self.offsets[after]
        return replace(
            self,
            values=self.values[start:stop],
            offsets=self.offsets[first : after + 1] - start,
            labels=None if self.labels is None else self.labels[first:after],
            names=self.names[first:after],
        )

    def without_labels(self) -> Sequences:
        """Return the same sequences without labels."""
        return replace(self, labels=None, label_names=())

    def first(self, n_steps: int | None) -> Sequences:
        """Return the first `n_steps` steps of every sequence; with None, all.

        Raises
        ------
        DataError
            If a sequence has fewer steps.
        """
        if n_steps is None:
            return self
        refuse_shorter(self, n_steps)
        cut = from_arrays([s[:n_steps] for s in self])
        return replace(self, values=cut.values, offsets=cut.offsets)


def block_edges(offsets: np.ndarray, n_inputs: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield index ranges of blocks of at most `size` numbers or of one sequence."""
    first, n_steps = 0, max(1, size // n_inputs)
    while first < len(offsets) - 1:
        far = int(np.searchsorted(offsets, offsets[first] + n_steps, "right"))
        after = max(far - 1, first + 1)
        yield first, after
        first = after


def windows(sequences: SequenceSource, n_steps: int | None) -> Iterator[Sequences]:
    """Yield blocks of the first steps of every sequence; raises as `Sequences.first`."""
    if n_steps is not None:
        refuse_shorter(sequences, n_steps)
    for block in sequences.blocks():
        yield block.first(n_steps)


def refuse_shorter(sequences: SequenceSource, n_steps: int) -> None:
    """Raise DataError if a sequence has fewer steps than the window."""
    if (sequences.lengths < n_steps).any():
        n = int(np.argmin(sequences.lengths))
        raise DataError(
            f"The window of {n_steps} steps is longer than a sequence.",
            f"sequence {sequences.name(n)} has {sequences.lengths[n]} steps",
            "Use a shorter --window, or leave the sequence out.",
        )


def refuse_not_finite(values: np.ndarray, offsets: np.ndarray, name: Callable[[int], str]) -> None:
    """Raise DataError, with the position, if a value is not finite.

    Parameters
    ----------
    name : callable
        Returns the name of sequence n for the message.
    """
    bad = ~np.isfinite(values)
    if bad.any():
        step, column = np.argwhere(bad)[0]
        n = int(np.searchsorted(offsets, step, side="right")) - 1
        raise DataError(
            f"{bad.sum()} value{'s are' if bad.sum() > 1 else ' is'} not finite.",
            f"first: sequence {name(n)}, step {step - offsets[n]}, "
            f"input {column}, value {values[step, column]}",
            "Remove or replace missing values before training.",
        )


def from_arrays(arrays: Iterable[np.ndarray], **parts: object) -> Sequences:
    """Make sequences from arrays of shape (T,) or (T, D), which may differ in T.

    Parameters
    ----------
    arrays : iterable of array-like
        One array per sequence.
    **parts
        The other fields of `Sequences`.

    Raises
    ------
    DataError
        If the arrays differ in D, or are not one- or two-dimensional.
    """
    rows = [np.atleast_1d(np.asarray(a, dtype=np.float64)) for a in arrays]
    if not rows:
        raise DataError("There are no sequences.", fix="Give three or more, or one to assign.")
    rows = [r[:, None] if r.ndim == 1 else r for r in rows]
    for n, r in enumerate(rows):
        if r.ndim != 2 or r.shape[1] != rows[0].shape[1]:
            raise DataError(
                f"Sequence {n} has shape {r.shape}, the first has {rows[0].shape[1]} inputs.",
                fix="Every sequence must be (steps,) or (steps, inputs) with the same inputs.",
            )
    offsets = np.concatenate([[0], np.cumsum([len(r) for r in rows])])
    return Sequences(np.concatenate(rows), offsets, **parts)  # type: ignore[arg-type]
