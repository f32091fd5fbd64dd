"""Audio files and folders of them, read with the optional package soundfile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np

from lstmtool.data.sounds import Recording
from lstmtool.errors import DataError, FileError, UsageError
from lstmtool.io.limits import SOUND
from lstmtool.text import clean_text

SUFFIXES = frozenset({".wav", ".flac", ".aif", ".aiff", ".ogg", ".mp3"})
SECONDS = 60.0
"""Seconds of each file that are read."""
LOWEST_RATE = 8000
"""Lowest sampling rate in Hz: lower ones lose harmonics of the clarinet data's highest pitch."""


def read_recordings(folder: Path, skip: Callable[[str], None]) -> Iterator[Recording]:
    """Read the audio files of a folder and its subfolders, in order of their names.

    Parameters
    ----------
    skip : callable
        Called with the name and the reason for every file that cannot be used.

    Yields
    ------
    Recording
        The loudest channel, up to a minute long, named relative to the folder.

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
        except DataError as error:
            skip(f"{name}: {reason(error)}")


def soundfile_package() -> ModuleType:
    """Return the package soundfile.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: its C library is missing
        raise UsageError(
            "Reading audio files needs the package soundfile.",
            fix="Install it with `pip install 'lstmtool[audio]'`.",
        ) from None
    return soundfile


def audio_files(folder: Path) -> list[Path]:
    """Return the audio files of a folder and its subfolders, in order of their names.

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
            f"Supported are {', '.join(sorted(SUFFIXES))}.",
        )
    return sorted(found)


def read_samples(
    soundfile: ModuleType, path: Path, seconds: float | None = None
) -> tuple[np.ndarray, float]:
    """Return the samples (T, channels) of a file and its sampling rate in Hz.

    Parameters
    ----------
    seconds : float, optional
        Maximum duration that is read.

    Raises
    ------
    DataError
        If it is not a sound, or has no samples, too many, or a non-finite one.
    """
    try:
        with soundfile.SoundFile(path) as file:
            if seconds is None and file.frames * file.channels * 8 > SOUND:
                raise ValueError(f"{file.frames:,} samples in {file.channels} channels: too many")
            rate = float(file.samplerate)
            count = -1 if seconds is None else int(seconds * rate)
            samples = file.read(count, dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError, ValueError, MemoryError) as error:
        raise DataError(
            "It cannot be read as sound.",
            f"{path}: {clean_text(str(error))[-120:]}",
            "Get a new copy; in a folder, --skip-unreadable skips such files.",
        ) from None
    if not len(samples):
        raise DataError("There is no sound in it.", str(path), "Remove it.")
    if not np.isfinite(samples).all():
        step = int(np.argwhere(~np.isfinite(samples))[0][0])
        raise DataError(f"Sample {step + 1} is not finite.", str(path), "Repair or remove it.")
    return samples, rate


def reason(error: DataError) -> str:
    """Return why a file was skipped, to follow its name: ``cannot be read as sound``."""
    text = error.what.removesuffix(".").removeprefix("It ").removeprefix("There is ")
    return text[:1].lower() + text[1:]


def _read(soundfile: ModuleType, path: Path, name: str) -> Recording:
    channels, rate = read_samples(soundfile, path, SECONDS)
    if rate < LOWEST_RATE:
        raise DataError(f"{rate:g} samples per second are too few.", str(path))
    # Channels of a stereo recording can be out of phase, so they are not added.
    loudest = int(np.argmax(channels.var(axis=0)))
    return Recording(name, channels[:, loudest].copy(), rate)
