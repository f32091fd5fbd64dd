"""Sequences from NPY and NPZ; pickled data are refused."""

from __future__ import annotations

import errno
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from tokenize import TokenError

import numpy as np

from lstmtool.errors import DataError, FileError
from lstmtool.io.formats import arrays
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.raw import Raw, Say
from lstmtool.io.limits import UNPACKED

# Raised by NumPy on damaged or unusual files.
_DAMAGED = (
    *(ValueError, TypeError, KeyError, OSError, EOFError, OverflowError, MemoryError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, SyntaxError, TokenError),
)


def read_npy(path: Path, inner: str | None, options: ReadOptions, say: Say) -> Raw:
    """Read sequences from an NPY file."""
    if inner is not None:
        raise DataError(f"An NPY file has no {inner!r}.", str(path), "Leave it out.")
    try:
        # Memory-mapped, so that a header that overstates the size allocates nothing.
        with _quiet():
            values = np.load(path, mmap_mode="r", allow_pickle=False)
    except _DAMAGED as error:
        raise _refusal(path, error) from None
    return arrays.from_array(np.asarray(values), str(path), options.channels_first, say)


def read_npz(path: Path, inner: str | None, options: ReadOptions, say: Say) -> Raw:
    """Read sequences from an NPZ file: from the array named, or the only candidate."""
    try:
        # Opened here, since NumPy does not close damaged files.
        with _quiet(), open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            _refuse_bombs(path, stored)
            return _read(path, stored, inner, options, say)
    except (DataError, FileError):
        raise
    except _DAMAGED as error:
        raise _refusal(path, error) from None


def _refuse_bombs(path: Path, stored: np.lib.npyio.NpzFile) -> None:
    """Refuse decompression bombs by the sizes declared, which decompression enforces."""
    size = sum(part.file_size for part in stored.zip.infolist()) if stored.zip else 0
    if size > path.stat().st_size + UNPACKED:
        raise DataError(
            f"Refused to read {path}: it would take {size:,} bytes of memory.",
            f"the file has {path.stat().st_size:,} bytes",
            "The file is damaged or malicious; if neither, store it uncompressed with np.savez.",
        )


def _read(
    path: Path, stored: np.lib.npyio.NpzFile, inner: str | None, options: ReadOptions, say: Say
) -> Raw:
    names = list(stored.files)
    if inner is None and len(names) > 1 and all(re.fullmatch(r"arr_\d+", k) for k in names):
        say(f"NPZ, each of {len(names)} arrays read as a sequence.")
        found = {name: stored[name] for name in names}
        return arrays.from_many(found, str(path), options.channels_first)
    chosen = inner if inner is not None else _only(path, names, options.label)
    if chosen not in names:
        raise unknown(path, chosen, names, "array")
    if inner is None:
        say(f"NPZ, sequences in {chosen!r}.")
    raw = arrays.from_array(stored[chosen], f"{path}:{chosen}", options.channels_first, say)
    beside = options.label or arrays.partner(chosen, names)
    if beside is not None:
        if beside not in names:
            raise unknown(path, beside, names, "array")
        raw.labels = arrays.labels_of(stored[beside], len(raw.arrays), f"{path}:{beside}")
        say(f"Labels in {beside!r}.")
    return raw


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress NumPy's warning about files written by Python 2."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _only(path: Path, names: list[str], labels: str | None) -> str:
    """Return the only array that can hold sequences, not labels, given or by their name."""
    names = [name for name in names if name != labels]
    left = not_labels(names, labels)
    if len(left) == 1:
        return left[0]
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    raise DataError(
        "It is unclear which array holds the sequences.",
        f"{path}: {shown}",
        f"Name it, e.g. {path}:{(left or names or ['X'])[0]}",
    )


def not_labels(names: list[str], labels: str | None) -> list[str]:
    """Return the names without those of labels, given or by their name."""
    names = [name for name in names if name != labels]
    paired = {arrays.partner(name, names) for name in names if not _is_label(name)}
    return [name for name in names if name not in paired and not _is_label(name)]


def _is_label(name: str) -> bool:
    return name.lower() == "y" or name.lower().startswith(("y_", "label", "target"))


def unknown(path: Path, wanted: str, names: list[str], what: str) -> DataError:
    """Return the error that a file has no such member, with the nearest name."""
    close = get_close_matches(wanted, names, n=1, cutoff=0.4)
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return DataError(
        f"There is no {what} {wanted!r} in {path}.",
        f"there are: {shown}" if names else f"there is no {what} in it at all",
        f"Did you mean {path}:{close[0]}?" if close else "",
    )


def _refusal(path: Path, error: Exception) -> Exception:
    # Wrong offsets in a damaged file are invalid arguments.
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return FileError(f"Cannot read {path}.", error.strerror or str(error))
    if any(words in str(error) for words in ("allow_pickle", "Object arrays", "Python objects")):
        return DataError(
            "It holds Python objects, which are refused: reading them could run any program.",
            str(path),
            "Store numbers: np.savez(file, *sequences) takes sequences of unequal length.",
        )
    return DataError(
        f"{path} is damaged.", f"NumPy says: {error}"[:200], "Create it again, or get a new copy."
    )
