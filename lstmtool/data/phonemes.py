"""Sentences of speech as frames, each with the class of the phone that is spoken in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np

from lstmtool.data.cepstra import cepstra, feature_names, frame_count, middles, with_differences
from lstmtool.data.sequences import BLOCK, Sequences, SequenceSource, block_edges
from lstmtool.errors import DataError

TRAINING, VALIDATION, TEST = 0, 1, 2
PARTS = ("training", "validation", "test")
FEWEST = 10
"""Sentences of which each part gets at least one."""
BEYOND, SHORT = 0.1, 1.0
"""Seconds by which labels may go on after a sound, or end before it."""
PAUSE = "pau"

# Stressed vowels and their weakened forms, and soft consonants, which are written twice, in the
# voice msu_ru_nsh_clunits.
_OF_VOWELS = {"aa": "a", "ay": "a", "ae": "e", "ee": "e", "ii": "i", "oo": "o", "uu": "u"} | {
    "ur": "u",
    "yy": "y",
    "sch": "sh",
}
FOLD = _OF_VOWELS | {2 * letter: letter for letter in "bdfghklmnprstvz"}
"""The 27 classes of that voice's 51 labels; labels that are not here are classes of their own."""
KEPT = (*"abcdefghijklmnoprstuvyz", "ch", PAUSE, "sh", "zh")
VOICE = frozenset({*FOLD, *KEPT} - {"o"})


class Spoken(NamedTuple):
    """A recorded sentence and its phones."""

    name: str
    samples: np.ndarray  # (T,) float64
    rate: float  # in Hz
    ends: np.ndarray  # (P,) seconds at which each phone ends
    labels: tuple[str, ...]  # (P,)


class FrameSource(ABC):
    """Sentences with a class at every frame, in memory or on disk.

    Attributes
    ----------
    sentences : SequenceSource
        Lengths, names and attributes; only `read` has the features.
    class_names : tuple of str
        Labels of the classes.
    parts : ndarray of shape (n,), int64
        Whether a sentence is in the TRAINING, VALIDATION or TEST part.
    """

    sentences: SequenceSource
    class_names: tuple[str, ...]
    parts: np.ndarray

    @abstractmethod
    def read(self, first: int, after: int) -> tuple[np.ndarray, np.ndarray]:
        """Return features (T, X) and classes (T,) of frames `first` to `after`, exclusive."""

    def of(self, part: int) -> np.ndarray:
        """Return the indices of the sentences of a part."""
        return np.flatnonzero(self.parts == part)

    @property
    def pauses(self) -> np.ndarray:
        """Which classes are pauses, shape (K,) bool."""
        return np.array([name in (PAUSE, "sil", "h#", "sp") for name in self.class_names])

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation (X,) of the features of the training sentences.

        Frames are added one after the other, so what is read at once does not matter.
        """
        training, offsets = self.of(TRAINING), self.sentences.offsets
        n_frames = self.sentences.lengths[training].sum()

        def mean(of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
            total = np.zeros(self.sentences.n_inputs)
            for n in training:
                values = of(self.read(int(offsets[n]), int(offsets[n + 1]))[0])
                total = np.concatenate([total[None], values]).sum(axis=0)
            return total / n_frames

        centre = mean(lambda values: values)
        return centre, np.sqrt(mean(lambda values: (values - centre) ** 2))

    def fingerprint(self) -> str:
        """Return the SHA-256 of features, classes, lengths and parts."""
        digest, offsets = sha256(), self.sentences.offsets
        for first, after in block_edges(offsets, self.sentences.n_inputs, BLOCK):
            for numbers in self.read(int(offsets[first]), int(offsets[after])):
                digest.update(np.ascontiguousarray(numbers).data)
        return digest.hexdigest() + sha256(offsets.tobytes() + self.parts.tobytes()).hexdigest()


@dataclass(frozen=True)
class LabelledFrames(FrameSource):
    """Sentences with a class at every frame, in memory.

    Parameters
    ----------
    sentences : Sequences
        Features of all frames, sentence after sentence.
    classes : ndarray of shape (S,), int64
        Class of every frame, an index into `class_names`.
    class_names, parts
        See `FrameSource`.
    """

    sentences: Sequences
    classes: np.ndarray
    class_names: tuple[str, ...]
    parts: np.ndarray

    def __post_init__(self) -> None:
        if self.classes.shape != (len(self.sentences.values),):
            raise DataError("Every frame needs a class.")
        refuse_unnamed(self.classes, self.class_names)
        refuse_parts(self.parts, len(self.sentences))

    def read(self, first: int, after: int) -> tuple[np.ndarray, np.ndarray]:
        """See `FrameSource.read`."""
        return self.sentences.values[first:after], self.classes[first:after]


def refuse_unnamed(classes: np.ndarray, names: Sequence[str]) -> None:
    """Raise DataError if a class has no name."""
    if classes.min() < 0 or classes.max() >= len(names):
        raise DataError("A class has no name.", f"there are {len(names)} names")


def refuse_parts(parts: np.ndarray, n: int) -> None:
    """Raise DataError unless each of n sentences has a part, and each part a sentence."""
    if parts.shape != (n,):
        raise DataError("Every sentence needs a part.")
    if set(np.unique(parts)) != {TRAINING, VALIDATION, TEST}:
        raise DataError(
            "There must be sentences for training, for validation and for the test.",
            f"{', '.join(f'{(parts == n).sum()} {name}' for n, name in enumerate(PARTS))}",
        )


def from_spoken(
    spoken: Iterable[Spoken], *, unfolded: bool = False, source: str = "recordings"
) -> LabelledFrames:
    """Return the frames of recorded sentences, the last tenth of each ten for the test.

    Frames after the end of the last phone are left out.

    Parameters
    ----------
    unfolded : bool
        Whether every label is a class. Otherwise `FOLD` joins those of the voice it is for;
        labels of others are as they are.
    source : str
        What the sentences are, for the attributes.

    Raises
    ------
    DataError
        If there are fewer than ten sentences, or labels do not fit their sound.
    """
    names, coefficients, labels = [], [], []
    for one in spoken:
        found, own = frames_of(one)
        names.append(one.name)
        coefficients.append(found)
        labels.append(own)
    if len(names) < FEWEST:
        raise DataError(
            f"{len(names)} sentences are too few.",
            fix=f"At least {FEWEST} are needed, for training, validation and test.",
        )
    made = from_labels(names, coefficients, labels, default_parts(len(names)), source=source)
    return made if unfolded else folded(made)


def frames_of(spoken: Spoken) -> tuple[np.ndarray, list[str]]:
    """Return the coefficients (frames, 13) int16 of a sentence, and the label of every frame."""
    check_labels(spoken)
    n_frames = frame_count(len(spoken.samples), spoken.rate)
    phone = np.searchsorted(spoken.ends, middles(n_frames), side="right")
    n_frames = int((phone < len(spoken.labels)).sum())
    if n_frames == 0:
        raise DataError("A sentence is shorter than one frame.", spoken.name, "Remove it.")
    found = cepstra(spoken.samples, spoken.rate)[:n_frames]
    return found, [spoken.labels[p] for p in phone[:n_frames]]


def check_labels(spoken: Spoken) -> None:
    """Refuse labels whose times do not rise, or do not fit the sound.

    Raises
    ------
    DataError
        Naming the sentence.
    """
    name, ends, seconds = spoken.name, spoken.ends, len(spoken.samples) / spoken.rate
    if len(ends) == 0:
        raise DataError("There are no labels.", name, "Remove it.")
    rising = np.diff(ends, prepend=0.0) >= 0.0
    if not (np.isfinite(ends) & rising).all():
        wrong = int(np.argmin(np.isfinite(ends) & rising))
        raise DataError(
            "The times of the labels do not rise.",
            f"{name}: label {wrong + 1} ({spoken.labels[wrong]}) ends at {ends[wrong]:g} s",
            "Correct or remove it.",
        )
    if not seconds - SHORT <= ends[-1] <= seconds + BEYOND:
        raise DataError(
            "The labels do not fit the sound.",
            f"{name}: the last label ends at {ends[-1]:.3f} s, the sound at {seconds:.3f} s",
            "Correct or remove it.",
        )


def default_parts(n: int) -> np.ndarray:
    """Return the parts: of ten sentences the last tests, of twenty the ninth validates."""
    at = np.arange(n)
    return np.where(at % 10 == 9, TEST, np.where(at % 20 == 8, VALIDATION, TRAINING))


def from_labels(
    names: Sequence[str],
    coefficients: Sequence[np.ndarray],
    labels: Sequence[Sequence[str]],
    parts: np.ndarray,
    source: str,
    credit: str = "",
) -> LabelledFrames:
    """Return the frames of sentences whose coefficients and labels are known.

    Parameters
    ----------
    coefficients : sequence of ndarray of shape (frames, 13)
        See `lstmtool.data.cepstra.cepstra`.
    labels : sequence of sequence of str
        Label of every frame.
    """
    class_names = tuple(sorted({label for own in labels for label in own}))
    index = {name: n for n, name in enumerate(class_names)}
    classes = np.array([index[label] for own in labels for label in own], dtype=np.int64)
    attributes: dict[str, Any] = {"generator": "phonemes", "source": source}
    attributes |= {"credit": credit} if credit else {}
    sentences = Sequences(
        np.concatenate([with_differences(one) for one in coefficients]),
        np.cumsum([0, *map(len, coefficients)]),
        names=tuple(names),
        sampling_rate=100.0,
        attributes=attributes | {"inputs": list(feature_names())},
    )
    return LabelledFrames(sentences, classes, class_names, np.asarray(parts, dtype=np.int64))


def folded(phonemes: LabelledFrames) -> LabelledFrames:
    """Join the classes of the voice by `FOLD`; other sets of labels are returned as they are."""
    if not set(phonemes.class_names) <= VOICE:
        return phonemes
    names = tuple(sorted({FOLD.get(name, name) for name in phonemes.class_names}))
    into = np.array([names.index(FOLD.get(name, name)) for name in phonemes.class_names])
    return replace(phonemes, classes=into[phonemes.classes], class_names=names)
