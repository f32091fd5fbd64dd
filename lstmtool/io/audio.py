"""Recordings from a folder of audio files, read by the optional package soundfile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np

from lstmtool.errors import DataError, FileError, UsageError
from lstmtool.io.text import clean_text
from lstmtool.sounds import Recording

SUFFIXES = frozenset({".wav", ".flac", ".aif", ".aiff", ".ogg", ".mp3"})
SECONDS = 60.0
"""Sound after the first minute of a file is not read."""
LOWEST_RATE = 8000
"""Slower recordings hold too little above the highest pitch of the clarinet data."""


def read_recordings(folder: Path, skip: Callable[[str], None]) -> Iterator[Recording]:
    """Read the audio files of a folder and of the folders in it, in order of their names.

    Parameters
    ----------
    folder : Path
    skip : callable
        Told, for every file that cannot be used, its name and the reason.

    Yields
    ------
    Recording
        The loudest channel, up to a minute, under its name relative to the folder.

    Raises
    ------
    FileError
        If the folder does not exist or is not one.
    DataError
        If it has no audio files.
    UsageError
        If soundfile is not installed.
    """
    soundfile = soundfile_package()
    for path in audio_files(folder):
        name = clean_text(path.relative_to(folder).as_posix())
        try:
            yield _read(soundfile, path, name)
        except (soundfile.SoundFileError, OSError, ValueError) as error:
            skip(f"{name}: {_reason(error)}")


def soundfile_package() -> ModuleType:
    """Return the package soundfile.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: the package is there, its C library is not
        raise UsageError(
            "Reading audio files needs the package soundfile.",
            fix="Install it with `pip install 'lstmtool[audio]'`.",
        ) from None
    return soundfile


def audio_files(folder: Path) -> list[Path]:
    """Return the audio files of a folder and of the folders in it, in order of their names.

    Raises
    ------
    FileError
        If the folder does not exist or is not one.
    DataError
        If it has no audio files.
    """
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise FileError(f"{folder} {what}.", fix="Name a folder of audio files.")
    found = [p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.name[0] != "."]
    if not found:
        raise DataError(
            "There are no audio files in this folder.",
            str(folder),
            f"Files whose names end in {', '.join(sorted(SUFFIXES))} are read.",
        )
    return sorted(found)


def _read(soundfile: ModuleType, path: Path, name: str) -> Recording:
    with soundfile.SoundFile(path) as file:
        rate = float(file.samplerate)
        if rate < LOWEST_RATE:
            raise ValueError(f"{rate:g} samples per second are too few")
        channels = file.read(int(SECONDS * rate), dtype="float64", always_2d=True)
    if not channels.size:
        raise ValueError("no sound in it")
    if not np.isfinite(channels).all():
        raise ValueError("a sample is not finite")
    # Channels of a stereo recording can be out of phase, so they are not added.
    loudest = int(np.argmax(channels.var(axis=0)))
    return Recording(name, channels[:, loudest].copy(), rate)


def _reason(error: Exception) -> str:
    return str(error) if type(error) is ValueError else "cannot be read as sound"
