"""Sequences from a sound file or a folder of sound files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lstmtool.errors import DataError, UsageError
from lstmtool.io.audio import audio_files, read_samples, reason, soundfile_package
from lstmtool.io.formats.options import Channels, ReadOptions
from lstmtool.io.formats.raw import Raw, Say, counted
from lstmtool.io.formats.windows import resample
from lstmtool.text import clean_text

CANCELLED = 1e-3
"""Channels whose mean has a smaller fraction of their power are in antiphase."""
WEAKENED = 0.1
"""Below this fraction a remark is made."""
_SHOWN = 20
"""Maximum number of files listed."""


def read_sounds(path: Path, options: ReadOptions, say: Say) -> Raw:
    """Read a sound file, or all those in a folder and its subfolders, in order of their names.

    Parameters
    ----------
    options : ReadOptions
        Of which `channels`, `sampling_rate` and `skip_unreadable` are used.
    say : callable
        Called with a message about skipped files and silent sounds.

    Returns
    -------
    Raw
        Named by file. If all files are in subfolders, these are the labels.
    """
    soundfile = soundfile_package()
    if options.skip_unreadable and path.is_file():
        raise UsageError("--skip-unreadable is for a folder of sounds.", str(path), "Leave it out.")
    channels: Channels = options.channels or "mono"
    rate = options.sampling_rate
    folder = path.parent if path.is_file() else path
    raw = Raw([], [])
    rates: dict[float, str] = {}
    read: list[Path] = []
    left_out, remarks = [], []
    for file in [path] if path.is_file() else audio_files(path):
        name = clean_text(file.relative_to(folder).as_posix())
        try:
            samples, own = read_samples(soundfile, file)
            parts = _parts(name, str(file), samples, channels)
        except DataError as error:
            if not options.skip_unreadable:
                raise
            left_out.append(f"{name} ({reason(error)})")
            continue
        read.append(file)
        rates.setdefault(own, name)
        remarks += _remarks(name, samples, channels)
        for part, values in parts.items():
            raw.arrays.append(values if rate is None else resample(values, own, rate))
            raw.names.append(part)
            raw.places.append(str(file))
    _say_left_out(path, left_out, len(read), say)
    if rate is None and len(rates) > 1:
        (a, first), (b, second) = list(rates.items())[:2]
        raise DataError(
            "The files differ in their sampling rate.",
            f"{first} has {a:g} Hz, {second} has {b:g} Hz",
            f"Resample them, e.g. with --sampling-rate {min(rates):g}.",
        )
    raw.sampling_rate = rate if rate is not None else next(iter(rates))
    _label_by_folder(raw, read, folder, channels, say)
    for remark in _at_most(remarks):
        say(remark)
    return raw


def _parts(name: str, place: str, samples: np.ndarray, channels: Channels) -> dict[str, np.ndarray]:
    """Return the sequences (T, D) of a file by name."""
    if channels == "inputs" or samples.shape[1] == 1:
        return {name: samples}
    if channels == "split":
        return {f"{name}#{k + 1}": samples[:, k : k + 1] for k in range(samples.shape[1])}
    if _share_of_mean(samples) < CANCELLED:
        raise DataError(
            "Its channels are in antiphase and cancel each other in their mean.",
            place,
            "Use --channels inputs or --channels split, which keep them apart.",
        )
    return {name: samples.mean(axis=1, keepdims=True)}


def _share_of_mean(samples: np.ndarray) -> float:
    """Return the fraction of the channels' power in their mean: 1 if they are equal."""
    power = float(samples.var(axis=0).mean())
    return float(samples.mean(axis=1).var()) / power if power > 0 else 1.0


def _remarks(name: str, samples: np.ndarray, channels: Channels) -> list[str]:
    """Return remarks on the sound in a file."""
    n_channels = samples.shape[1]
    flat = [k for k in range(n_channels) if np.ptp(samples[:, k]) == 0]
    said = []
    for k in flat:
        what = "is silent" if not samples[0, k] else f"is {samples[0, k]:g} throughout"
        said.append(f"{name}{f', channel {k + 1},' if n_channels > 1 else ''} {what}.")
    if channels == "mono" and n_channels > 1:
        share = _share_of_mean(samples)
        if share < WEAKENED:
            said.append(
                f"{name}: its channels nearly cancel each other: {share:.1%} of their power is "
                "left in their mean; --channels inputs and --channels split keep them apart."
            )
    return said


def _say_left_out(path: Path, left_out: list[str], n_read: int, say: Say) -> None:
    if not left_out:
        return
    if not n_read:
        raise DataError(
            "No file in it can be read as sound.",
            f"{path}: {', '.join(left_out[:3])}",
            "Get new copies, or name another folder.",
        )
    say(f"{counted(len(left_out), 'file')} of {len(left_out) + n_read} left out:")
    for line in _at_most(left_out):
        say(f"  {line}")


def _at_most(lines: list[str]) -> list[str]:
    more = len(lines) - _SHOWN
    return lines if more <= 0 else [*lines[:_SHOWN], f"… and {more} more like these"]


def _label_by_folder(
    raw: Raw, files: list[Path], folder: Path, channels: Channels, say: Say
) -> None:
    """Use the subfolders as groups if there are several that hold all files."""
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
