"""Loading sequences from files of any format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from lstmtool.data.sequences import Sequences
from lstmtool.errors import DataError, UsageError
from lstmtool.io.formats import missing, windows
from lstmtool.io.formats.detect import detect, split_path
from lstmtool.io.formats.hdf5_file import is_ours, read_hdf5, read_ours
from lstmtool.io.formats.incoming import is_plain, name_of, plain_file, shown
from lstmtool.io.formats.options import CSV_FIELDS, TABLE_FIELDS, ReadOptions
from lstmtool.io.formats.raw import Raw, Say, check_shapes, to_sequences
from lstmtool.io.sequences import read_sequences
from lstmtool.text import clean_text

# Options that apply to a format, besides those for all formats.
_OPTIONS = {
    "csv": set(CSV_FIELDS),
    "tsv": set(CSV_FIELDS),
    "npy": {"channels_first"},
    "npz": {"channels_first", "label"},
    "hdf5": {"channels_first", "label"},
    "mat": {"channels_first", "label"},
    "parquet": set(TABLE_FIELDS),
    "arrow": set(TABLE_FIELDS),
    "arff": set(TABLE_FIELDS),
    "sound": {"channels", "skip_unreadable"},
    "ts": set(),
    "json": set(),
    "ours": set(),
}
_ROWS = {kind for kind, known in _OPTIONS.items() if "id" in known}
_ALL = {"unequal", "sampling_rate", "cut", "hop", "missing"}
LONG = 20_000
"""Number of steps above which a message says that training takes long."""


def load_sequences(
    path: Path | str, options: ReadOptions | None = None, say: Say = lambda text: None
) -> Sequences:
    """Read sequences from a file or folder, whatever its format.

    Parameters
    ----------
    path : path-like
        A file, plain or compressed (gzip, bzip2, xz), a folder of sounds, a pipe, ``-`` for
        standard input, or ``file.h5:/path`` and ``file.npz:name`` for one of a file's arrays.
    options : ReadOptions, optional
        What cannot be inferred from the file.
    say : callable
        Called with a sentence for everything inferred from or done to the values.

    Returns
    -------
    Sequences
        With the attributes ``file``, its name, and ``reading``, the options as words.

    Raises
    ------
    FileError
        If the file is missing or not readable.
    DataError
        If it is damaged or invalid; the message has the line or sequence.
    UsageError
        If an option does not apply to this format.
    """
    options = options or ReadOptions()
    file, inner = split_path(Path(path))
    with plain_file(file) as plain:
        sequences = _load(
            plain, inner, options, lambda text: say(text.replace(str(plain), shown(file)))
        )
    return _named(sequences, file, inner, options)


def _load(file: Path, inner: str | None, options: ReadOptions, say: Say) -> Sequences:
    kind = _format_of(file, inner)
    _refuse_others(kind, inner, file, options)
    if kind == "ours" and not options.given():
        return read_sequences(file)
    with _naming(file):
        raw = _read_checked(kind, file, inner, options, say)
        missing.settle(raw, options.missing, say)
        _reshape(raw, kind, options, str(file), say)
        return to_sequences(raw, say)


def load_raw(path: Path | str, options: ReadOptions, say: Say) -> Raw:
    """Read like `load_sequences`, but keep missing values as NaN where it would refuse them.

    Sequences with missing values are not resampled.
    """
    file, inner = split_path(Path(path))
    with plain_file(file) as plain, _naming(plain):
        kind = _format_of(plain, inner)
        _refuse_others(kind, inner, plain, options)
        raw = _read_checked(kind, plain, inner, options, say)
        if options.missing != "error":
            missing.settle(raw, options.missing, say)
        if any(np.isnan(array).any() for array in raw.arrays):
            options = replace(options, sampling_rate=None)
        _reshape(raw, kind, options, str(plain), say)
        return raw


def format_of(path: Path | str) -> str:
    """Return the format of a file or folder as `detect` does, or ``ours`` for lstmtool's HDF5.

    Raises
    ------
    FileError, DataError
        As `detect` does.
    """
    return _format_of(*split_path(Path(path)))


def _format_of(file: Path, inner: str | None) -> str:
    kind = detect(file)
    return "ours" if inner is None and kind == "hdf5" and is_ours(file) else kind


def options_for(kind: str) -> set[str]:
    """Return the names of the options that apply to a format."""
    return _ALL | _OPTIONS[kind]


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Add the file to DataErrors that do not name it."""
    try:
        yield
    except DataError as error:
        if str(file) in str(error):
            raise
        where = f"{file}: {error.where}" if error.where else str(file)
        raise DataError(error.what, where, error.fix) from error


def is_own_file(path: Path | str) -> bool:
    """Return whether a file is one of lstmtool's HDF5 files, of whatever kind.

    Compressed files and pipes do not count.

    Raises
    ------
    FileError
        If the file is missing or not readable.
    """
    file, inner = split_path(Path(path))
    return inner is None and is_plain(file) and detect(file) == "hdf5" and is_ours(file)


def _named(sequences: Sequences, file: Path, inner: str | None, options: ReadOptions) -> Sequences:
    """Record in the attributes which file was read, and how."""
    attributes = {k: v for k, v in sequences.attributes.items() if k != "reading"}
    attributes["file"] = clean_text(name_of(file) + (f":{inner}" if inner else ""))
    if options.words():
        attributes["reading"] = options.words()
    return replace(sequences, attributes=attributes)


def _refuse_others(kind: str, inner: str | None, file: Path, options: ReadOptions) -> None:
    for name in options.given():
        if name not in options_for(kind):
            formats = ", ".join(k for k, known in _OPTIONS.items() if name in known)
            what = "lstmtool's own files" if kind == "ours" else kind
            raise UsageError(
                f"--{name.replace('_', '-')} is for {formats}, not for {what}.",
                str(file),
                "Leave it out.",
            )
    if inner is not None and kind not in ("hdf5", "mat", "npz", "npy"):
        raise UsageError(
            f"A file of format {kind} has no {inner!r}.",
            str(file),
            "Leave out the colon and what follows it.",
        )


def _read_checked(kind: str, file: Path, inner: str | None, options: ReadOptions, say: Say) -> Raw:
    raw = _read(kind, file, inner, options, say)
    check_shapes(raw)
    if options.unequal:
        missing.trim_ends(raw, say)
    return raw


def _read(kind: str, file: Path, inner: str | None, options: ReadOptions, say: Say) -> Raw:
    """Read with the module of the format, imported on demand."""
    if kind == "ours":
        return read_ours(file)
    if kind == "hdf5":
        return read_hdf5(file, inner, options, say)
    if kind in ("npy", "npz"):
        from lstmtool.io.formats import numpy_file

        return getattr(numpy_file, f"read_{kind}")(file, inner, options, say)
    if kind == "mat":
        from lstmtool.io.formats.mat_file import read_mat

        return read_mat(file, inner, options, say)
    if kind in ("parquet", "arrow"):
        from lstmtool.io.formats.arrow_file import read_arrow

        return read_arrow(file, kind, options, say)
    if kind == "arff":
        from lstmtool.io.formats.arff_file import read_arff

        return read_arff(file, options, say)
    if kind == "sound":
        from lstmtool.io.formats.sound_files import read_sounds

        return read_sounds(file, options, say)
    if kind == "json":
        from lstmtool.io.formats.json_file import read_json

        return read_json(file)
    if kind == "ts":
        from lstmtool.io.formats.ts_file import read_ts

        return read_ts(file, say)
    if kind == "tsv":
        from lstmtool.io.formats.ucr_file import is_ucr, read_ucr

        if is_ucr(file, options):
            return read_ucr(file, say)
    from lstmtool.io.formats.csv_file import read_csv

    return read_csv(file, options, say)


def _reshape(raw: Raw, kind: str, options: ReadOptions, file: str, say: Say) -> None:
    if options.sampling_rate is not None and raw.sampling_rate != options.sampling_rate:
        windows.resample_all(raw, options.sampling_rate, file)
    if options.cut is not None:
        windows.cut(raw, options.cut, options.hop, say)
    longest = max(map(len, raw.arrays), default=0)
    if longest > LONG:
        say(f"The longest sequence has {longest:,} steps; --cut makes windows of it.")
    if longest == 1:
        hint = ": if rows are steps, use --rows steps, --id or --time" if kind in _ROWS else ""
        say(f"Every sequence has one step{hint}.")
