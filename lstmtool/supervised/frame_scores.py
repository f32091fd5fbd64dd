"""Scores of a network that classifies frames: counts of what was said for what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule
    from lstmtool.supervised.target_sequences import Strings
    from lstmtool.supervised.tasks.phonemes import LoadedPhonemes

AT_ONCE = 32
"""Sentences that are run together."""
SMALLEST = 1e-300


class FrameScore(NamedTuple):
    """What a network said of the frames of some sentences."""

    confusion: np.ndarray  # (K, K) int64: frames of class i that were called class j
    error: float  # mean cross-entropy of a frame

    @property
    def right(self) -> float:
        """Fraction of frames that are right."""
        return share_right(self.confusion)

    def without(self, classes: np.ndarray) -> float:
        """Return the fraction right of the frames of other classes than these, (K,) bool."""
        return share_right(self.confusion, ~classes)


def share_right(confusion: np.ndarray, among: np.ndarray | None = None) -> float:
    """Return the fraction of frames that are right, of all classes or of some, (K,) bool."""
    among = np.ones(len(confusion), dtype=bool) if among is None else among
    return float(confusion.diagonal()[among].sum() / max(confusion[among].sum(), 1))


def frame_score(rule: Rule, task: LoadedPhonemes, sentences: np.ndarray) -> FrameScore:
    """Run a network over whole sentences and count what it says."""
    n_classes = len(task.classes)
    confusion, error = np.zeros((n_classes, n_classes), dtype=np.int64), 0.0
    for strings in in_batches(task, sentences):
        outputs = np.zeros_like(strings.targets)
        rule.run(strings, outputs)
        counts, own = count(strings, outputs)
        confusion += counts
        error += own
    return FrameScore(confusion, error / max(int(confusion.sum()), 1))


def in_batches(task: LoadedPhonemes, sentences: np.ndarray) -> Iterator[Strings]:
    """Yield sentences in batches of about equal lengths."""
    order = sentences[np.argsort(-task.lengths(sentences), kind="stable")]
    for n in range(0, len(order), AT_ONCE):
        yield task.strings(order[n : n + AT_ONCE])


def count(strings: Strings, outputs: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the confusion (K, K) of the scored steps, and the sum of their cross-entropies."""
    rows, n_classes = strings.scored, strings.targets.shape[1]
    wanted, said = strings.targets[rows].argmax(axis=1), outputs[rows].argmax(axis=1)
    counts = np.bincount(wanted * n_classes + said, minlength=n_classes * n_classes)
    chosen = outputs[rows][np.arange(len(wanted)), wanted]
    error = -np.log(np.maximum(chosen, SMALLEST)).sum()
    return counts.reshape(n_classes, n_classes), float(error)
