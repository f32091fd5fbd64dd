"""Sequences from a sound file, or from a folder of them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np

from lstmtool.errors import DataError
from lstmtool.io.audio import audio_files, soundfile_package
from lstmtool.io.formats.options import Channels
from lstmtool.io.formats.raw import Raw, Say, counted
from lstmtool.io.formats.windows import resample
from lstmtool.io.limits import SOUND
from lstmtool.io.text import clean_text


def read_sounds(path: Path, channels: Channels, rate: float | None, say: Say) -> Raw:
    """Read a sound file, or all those in a folder and in its folders, in order of their names.

    Parameters
    ----------
    path : Path
    channels : {"mono", "inputs", "split"}
        The mean of a file's channels, each an input of every step, or each a sequence.
    rate : float, optional
        Samples per second to resample to.
    say : callable

    Returns
    -------
    Raw
        Named by file. Where all files are in folders of the folder, those are the labels.

    Raises
    ------
    FileError
        If the folder or a file cannot be read.
    DataError
        If a file is no sound, or they differ in rate or, as inputs, in channels.
    UsageError
        If soundfile is not installed.
    """
    soundfile = soundfile_package()
    files = [path] if path.is_file() else audio_files(path)
    folder = path.parent if path.is_file() else path
    raw = Raw([], [])
    rates: dict[float, str] = {}
    for file in files:
        name = clean_text(file.relative_to(folder).as_posix())
        samples, own = _read(soundfile, file)
        rates.setdefault(own, name)
        if rate is not None:
            samples = resample(samples, own, rate)
        _add(raw, name, str(file), samples, channels)
    if rate is None and len(rates) > 1:
        (a, first), (b, second) = list(rates.items())[:2]
        raise DataError(
            "The files differ in their sampling rate.",
            f"{first} has {a:g} Hz, {second} has {b:g} Hz",
            f"Bring them to one, e.g. by --sampling-rate {min(rates):g}.",
        )
    raw.sampling_rate = rate if rate is not None else next(iter(rates))
    _label_by_folder(raw, files, folder, channels, say)
    return raw


def _read(soundfile: ModuleType, path: Path) -> tuple[np.ndarray, float]:
    """Samples (T, channels) and samples per second."""
    try:
        with soundfile.SoundFile(path) as file:
            if file.frames * file.channels * 8 > SOUND:
                raise ValueError(f"{file.frames:,} samples in {file.channels} channels: too many")
            samples, rate = file.read(dtype="float64", always_2d=True), float(file.samplerate)
    except (soundfile.SoundFileError, OSError, ValueError, MemoryError) as error:
        raise DataError(
            "It cannot be read as sound.",
            f"{path}: {clean_text(str(error))[-120:]}",
            "Remove it from the folder, or get it again.",
        ) from None
    if not len(samples):
        raise DataError("There is no sound in it.", str(path), "Remove it.")
    if not np.isfinite(samples).all():
        step = int(np.argwhere(~np.isfinite(samples))[0][0])
        raise DataError(f"Sample {step + 1} is not finite.", str(path), "Repair or remove it.")
    return samples, rate


def _add(raw: Raw, name: str, place: str, samples: np.ndarray, channels: Channels) -> None:
    if channels == "split" and samples.shape[1] > 1:
        parts = [(f"{name}#{k + 1}", samples[:, k : k + 1]) for k in range(samples.shape[1])]
    else:
        mean = samples.mean(axis=1, keepdims=True)
        parts = [(name, samples if channels == "inputs" else mean)]
    for part, values in parts:
        raw.arrays.append(values)
        raw.names.append(part)
        raw.places.append(place)


def _label_by_folder(
    raw: Raw, files: list[Path], folder: Path, channels: Channels, say: Say
) -> None:
    """Take the folders in the folder for the groups, where there are several with all files."""
    folders = {file: file.relative_to(folder).parts for file in files}
    groups = {parts[0] for parts in folders.values()}
    labelled = len(groups) > 1 and all(len(parts) > 1 for parts in folders.values())
    if labelled:
        by_place = {str(file): parts[0] for file, parts in folders.items()}
        raw.labels = [by_place[place] for place in raw.places]
    mixed = {"mono": "mean of channels", "inputs": "channels as inputs", "split": "by channel"}
    say(
        f"{counted(len(files), 'sound')} at {raw.sampling_rate:g} Hz, {mixed[channels]}"
        + (f"; labels are the folders {', '.join(sorted(groups)[:5])}" if labelled else "")
        + "."
    )
