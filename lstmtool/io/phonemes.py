"""Recorded sentences with phone labels: folders of sounds and label files, and files of frames.

Label files have the name of their sound with another suffix, in the same folder or in another one,
such as ``lab`` beside ``wav``. Three kinds are read:

* ``.lab`` of Festival: a line ``#``, then per phone its end in seconds, a number, and a label
* ``.lab`` of HTK: per phone its start and end in units of 100 ns, and a label
* ``.phn`` of TIMIT: per phone its first sample and the one after its last, and a label

Frames lie in a file of sequences, ``lstmtool-sequences``, with a group ``phonemes``: datasets
``classes`` (step), ``class_names`` (class) and ``parts`` (sentence).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from lstmtool.data.phonemes import (
    FrameSource,
    LabelledFrames,
    Spoken,
    refuse_parts,
    refuse_unnamed,
)
from lstmtool.data.sequences import Sequences
from lstmtool.errors import DataError, FileError
from lstmtool.io import hdf5
from lstmtool.io.audio import LOWEST_RATE, audio_files, read_samples, soundfile_package
from lstmtool.io.kinds import SEQUENCES
from lstmtool.io.reader import Reader
from lstmtool.io.reading import LARGEST_RATIO, open_reading
from lstmtool.io.sequences import SequenceFile, read_sequences, sequences_of, write_sequences
from lstmtool.io.spool import FileSpool
from lstmtool.text import clean_text

SUFFIXES = (".lab", ".phn")
LARGE = 1 << 29
"""Bytes of features that are better left on disk."""
HTK = 1e-7
"""Seconds of HTK's unit of time."""


def read_spoken(folder: Path) -> Iterator[Spoken]:
    """Read the sounds of a folder and its subfolders with their labels, in order of their names.

    Raises
    ------
    FileError
        If the folder does not exist, is not one, or a label file cannot be read.
    DataError
        If it has no sounds, a sound has no labels, or either is unusable.
    UsageError
        If soundfile is not installed.
    """
    soundfile = soundfile_package()
    sounds = audio_files(folder)
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.name[0] != ".":
            by_stem[path.stem].append(path)
    for path in sounds:
        name = clean_text(path.relative_to(folder).as_posix())
        labels = _labels_of(path, by_stem[path.stem], name)
        samples, rate = read_samples(soundfile, path)
        if rate < LOWEST_RATE:
            raise DataError(f"{rate:g} samples per second are too few.", str(path), "Remove it.")
        yield Spoken(name, samples[:, 0].copy(), rate, *read_labels(labels, rate))


def _labels_of(sound: Path, candidates: list[Path], name: str) -> Path:
    """Return the label file of a sound: in its folder, in one beside that, or the only one."""
    for near in (sound.parent, sound.parent.parent):
        found = [c for c in candidates if near in (c.parent, c.parent.parent)]
        found = [c for c in found if c.parent == near] or found
        if len(found) == 1:
            return found[0]
    if len(candidates) == 1:
        return candidates[0]
    what = "There is no label file" if not candidates else "There are several label files"
    raise DataError(
        f"{what} for a sound.",
        name,
        f"Put {sound.stem}.lab or {sound.stem}.phn beside it, or remove the sound.",
    )


def read_labels(path: Path, rate: float) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the end of every phone in seconds, and its label.

    Parameters
    ----------
    rate : float
        Sampling rate of the sound in Hz.

    Raises
    ------
    FileError
        If the file cannot be read.
    DataError
        If a line is not as it should be; it names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise FileError(f"{path} cannot be read.", clean_text(str(error))[-120:]) from None
    header = next((n for n, line in enumerate(lines) if line.strip() == "#"), None)
    xwaves = header is not None and path.suffix.lower() == ".lab"
    column, unit = (0, 1.0) if xwaves else (1, 1 / rate if path.suffix.lower() == ".phn" else HTK)
    ends, labels = [], []
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or (header is not None and xwaves and number <= header + 1):
            continue
        try:
            ends.append(float(words[column]) * unit)
            labels.append(clean_text(words[2]))
        except (IndexError, ValueError):
            wanted = "END NUMBER LABEL" if xwaves else "START END LABEL"
            raise DataError(
                f"A line of labels is not {wanted}.",
                f"{path}, line {number}: {clean_text(line)[:60]}",
                "Correct it, or remove the sound and its labels.",
            ) from None
    return np.array(ends, dtype=np.float64), tuple(labels)


def write_phonemes(path: Path | str, phonemes: LabelledFrames) -> None:
    """Write sentences and the class of every frame; equal ones give equal bytes.

    Raises
    ------
    FileError
        If the file cannot be written; an old file is unchanged.
    """

    def also(file: h5py.File) -> None:
        group = hdf5.add_group(file, "phonemes")
        hdf5.add_axis(group, "class", len(phonemes.class_names))
        hdf5.add_array(group, "classes", phonemes.classes.astype(np.int16), ["step"])
        hdf5.add_texts(group, "class_names", phonemes.class_names, "class")
        hdf5.add_array(group, "parts", phonemes.parts.astype(np.int8), ["sequence"])

    write_sequences(path, phonemes.sentences, also)


def read_phonemes(path: Path | str, max_size: int | None = None) -> LabelledFrames:
    """Read what `write_phonemes` wrote; `max_size` and errors as for `open_reading`.

    Raises
    ------
    DataError
        If the file has no classes, or they do not fit its sequences.
    """
    sentences: Sequences = read_sequences(path, max_size)
    with open_reading(path, SEQUENCES, max_size) as root:
        group = _classes_of(root)
        n_steps = root.rows("values", 2, LARGEST_RATIO).shape[0]
        return LabelledFrames(
            sentences,
            group.array("classes", (n_steps,), "integers").astype(np.int64),
            group.texts("class_names"),
            group.array("parts", (len(sentences),), "integers").astype(np.int64),
        )


def _classes_of(root: Reader) -> Reader:
    """Return the group of classes of an open file."""
    if "phonemes" not in root:
        raise DataError(
            "The sequences have no classes of phonemes.",
            str(root.path),
            "`lstmtool gen-data phonemes` makes a file that has them.",
        )
    return root.group("phonemes")


@dataclass(frozen=True)
class SpooledFrames(FrameSource):
    """Sentences with a class at every frame, on disk; made by `spool_phonemes`.

    Parameters
    ----------
    sentences : SequenceFile
        Of a file that is closed.
    spool : FileSpool
        Rows of the features of a frame, followed by its class.
    class_names, parts
        See `FrameSource`.
    """

    sentences: SequenceFile
    spool: FileSpool
    class_names: tuple[str, ...]
    parts: np.ndarray

    def read(self, first: int, after: int) -> tuple[np.ndarray, np.ndarray]:
        """See `FrameSource.read`."""
        rows = self.spool.read(first, after)
        return rows[:, :-1], rows[:, -1].astype(np.int64)


def spool_phonemes(
    path: Path | str,
    spool: FileSpool,
    watch: Callable[[Iterator[Sequences], int], Iterator[Sequences]] = lambda blocks, n: blocks,
) -> SpooledFrames:
    """Copy what `write_phonemes` wrote to a spool, block by block.

    The file is read once. What happens to it afterwards does not matter.

    Parameters
    ----------
    watch : callable
        Passes the blocks of sentences on; it is told how many sentences there are in all.

    Raises
    ------
    FileError
        If the file cannot be read, or the disk is full.
    DataError
        As for `read_phonemes`, but frames need not fit in memory.
    """
    with open_reading(path, SEQUENCES) as root:
        sentences, group = sequences_of(root), _classes_of(root)
        n_steps, names = int(sentences.offsets[-1]), group.texts("class_names")
        parts = group.array("parts", (len(sentences),), "integers").astype(np.int64)
        refuse_parts(parts, len(sentences))
        classes = group.rows("classes", 1, LARGEST_RATIO, "integers")
        if classes.shape != (n_steps,):
            raise group.wrong("classes", f"has shape {classes.shape}, not ({n_steps},)")
        spool.make_room(n_steps, sentences.n_inputs + 1)
        first = 0
        for block in watch(sentences.blocks(), len(sentences)):
            after = first + len(block.values)
            own = classes.read(first, after)
            refuse_unnamed(own, names)
            spool.write(first, np.column_stack([block.values, own]))
            first = after
    return SpooledFrames(sentences, spool, names, parts)


def is_large(path: Path | str) -> bool:
    """Return whether the features of a file are more than `LARGE`."""
    with open_reading(path) as root:
        if "values" not in root:
            return False
        return 8 * math.prod(root.rows("values", 2, LARGEST_RATIO).shape) > LARGE
