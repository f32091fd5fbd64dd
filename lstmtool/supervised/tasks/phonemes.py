"""Framewise phonemes: which class of phone is spoken in every frame of a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lstmtool.data.cepstra import feature_names
from lstmtool.data.phonemes import KEPT, TRAINING
from lstmtool.errors import UsageError
from lstmtool.supervised.target_sequences import MOST_ACTIVE, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least

if TYPE_CHECKING:
    from lstmtool.data.phonemes import FrameSource


@dataclass(frozen=True)
class Phonemes(Task):
    """Say in every frame of a sentence which class of phone is spoken.

    Inputs are features of the frame, with mean 0 and standard deviation 1 over the training
    sentences. Outputs are the classes' probabilities; the most probable one counts.

    Parameters
    ----------
    data : str
        File made by `lstmtool gen-data phonemes`; the shipped sentences if empty.
    window : int
        Frames on either side that are inputs, too.
    delay : int
        Frames that the network hears before it answers. The first `delay` outputs are not scored,
        and as many frames of zeros follow the sentence.
    """

    name: ClassVar[str] = "phonemes"
    title: ClassVar[str] = "Framewise phonemes"
    source: ClassVar[str] = "Graves and Schmidhuber 2005, on other speech"

    data: str = ""
    window: int = 0
    delay: int = 0

    def __post_init__(self) -> None:
        at_least(0, window=self.window, delay=self.delay)
        if self.window > 100 or self.delay > 1000:
            raise UsageError(
                f"A window of {self.window} frames or a delay of {self.delay} is too long.",
                fix="Choose a window up to 100, and a delay up to 1000.",
            )

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features of a frame."""
        return feature_names()

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return tuple(sorted(KEPT))

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs: the features of each frame in the window; outputs: the classes."""
        return tuple(
            f"{name} at t{k:+d}" if k else name
            for k in range(-self.window, self.window + 1)
            for name in self.features
        ), self.classes

    @property
    def criterion(self) -> Criterion:
        """The output of the frame's class is the most active one."""
        return Criterion(MOST_ACTIVE, 0.0)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw training sentences, without repetition up to their number.

        Raises
        ------
        UsageError
            If it has no sentences; see `of`.
        """
        raise UsageError(
            "The task phonemes needs sentences.", fix="`lstmtool gen-data phonemes` makes a file."
        )

    def of(self, frames: FrameSource) -> LoadedPhonemes:
        """Return the task with the sentences that its networks learn and are tested on."""
        options = {field.name: getattr(self, field.name) for field in fields(Phonemes)}
        return LoadedPhonemes(**options, frames=frames)


@dataclass(frozen=True, eq=False)
class LoadedPhonemes(Phonemes):
    """The task with its sentences; see `Phonemes.of`."""

    frames: FrameSource = None  # type: ignore[assignment]

    @property
    def features(self) -> tuple[str, ...]:
        """See `Phonemes.features`; other sentences may have others."""
        n, known = self.frames.sentences.n_inputs, feature_names()
        return known if n == len(known) else tuple(f"feature {k + 1}" for k in range(n))

    @property
    def classes(self) -> tuple[str, ...]:
        """See `Phonemes.classes`."""
        return self.frames.class_names

    @cached_property
    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation (X,) of the features over the training sentences."""
        mean, deviation = self.frames.moments()
        return mean, np.maximum(deviation, 1e-6)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """See `Phonemes.sample`."""
        at_least(1, count=count)
        sentences = self.frames.of(TRAINING)
        return self.strings(rng.choice(sentences, count, replace=count > len(sentences)))

    def lengths(self, sentences: np.ndarray) -> np.ndarray:
        """Return the steps of whole sentences, with those of the delay."""
        return self.frames.sentences.lengths[sentences] + self.delay

    def strings(
        self,
        sentences: np.ndarray,
        first: np.ndarray | None = None,
        after: np.ndarray | None = None,
    ) -> Strings:
        """Return sentences, or a piece of each.

        Parameters
        ----------
        sentences : ndarray of int, shape (n,)
        first, after : ndarray of int, shape (n,), optional
            First step of each piece, and the one after its last. A piece's first `delay` steps are
            not scored, since the network has not heard their frames.
        """
        first = np.zeros(len(sentences), dtype=np.int64) if first is None else first
        after = self.lengths(sentences) if after is None else after
        starts = np.concatenate([[0], np.cumsum(after - first)])
        strings = self.blank(starts)
        own = np.repeat(np.arange(len(sentences)), after - first)
        step = np.arange(starts[-1]) - starts[own] + first[own]
        length = self.frames.sentences.lengths[sentences]
        low, high = np.maximum(first - self.window, 0), np.minimum(after + self.window, length)
        inputs, classes = self._read(sentences, low, np.maximum(low, high))
        begin = np.cumsum(np.maximum(low, high) - low) - np.maximum(low, high)  # of each sentence
        n_features = self.frames.sentences.n_inputs
        for k in range(2 * self.window + 1):
            at = step + k - self.window
            there = (at >= 0) & (at < length[own])
            columns = slice(k * n_features, (k + 1) * n_features)
            strings.inputs[there, columns] = inputs[(begin[own] + at)[there]]
        strings.scored[:] = step >= first[own] + self.delay
        rows = np.flatnonzero(strings.scored)
        said = classes[(begin[own] + step)[rows] - self.delay]
        strings.targets[rows, said] = 1.0
        strings.allowed[rows, said] = True
        return strings

    def _read(
        self, sentences: np.ndarray, first: np.ndarray, after: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return standardised features and classes of frames of each sentence, concatenated."""
        begin = self.frames.sentences.offsets[sentences]
        edges = zip((begin + first).tolist(), (begin + after).tolist(), strict=True)
        values, classes = zip(*(self.frames.read(*one) for one in edges), strict=True)
        mean, deviation = self._moments
        return (np.concatenate(values) - mean) / deviation, np.concatenate(classes)

    def pieces(self, rng: np.random.Generator, length: int, at_once: int) -> Iterator[Strings]:
        """Yield all training sentences once in random order, `at_once` pieces at a time.

        Pieces that are yielded together are about equally long.

        Parameters
        ----------
        length : int
            Steps of a piece; the cuts are elsewhere every time. Whole sentences if 0.
        """
        parts = self._parts(rng, length)
        parts = parts[rng.permutation(len(parts))]
        parts = parts[np.argsort(parts[:, 1] - parts[:, 2], kind="stable")]
        for n in rng.permutation(-(-len(parts) // at_once)):
            yield self.strings(*parts[n * at_once : (n + 1) * at_once].T)

    def _parts(self, rng: np.random.Generator, length: int) -> np.ndarray:
        """Return sentence, first step and end of every piece, shape (pieces, 3)."""
        rows = []
        training = self.frames.of(TRAINING)
        for n, total in zip(training.tolist(), self.lengths(training).tolist(), strict=True):
            cuts = np.array([0, total])
            if length > self.delay:
                begin = int(rng.integers(self.delay + 1, length + 1))
                cuts = np.array([0, *range(begin, total - self.delay, length), total])
            rows.append(np.column_stack([np.full(len(cuts) - 1, n), cuts[:-1], cuts[1:]]))
        return np.concatenate(rows)
