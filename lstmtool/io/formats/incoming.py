"""Standard input, pipes and compressed files, which are copied to a plain file."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from lstmtool.errors import DataError, FileError, LstmtoolError
from lstmtool.io.limits import PACKED_RATIO, PIPED, UNPACKED

STDIN = Path("-")
"""Denotes standard input."""
_BLOCK = 1 << 20
_PACKERS: dict[str, tuple[bytes, Callable, str]] = {
    "gzip": (b"\x1f\x8b", gzip.open, ".gz"),
    "bzip2": (b"BZh", bz2.open, ".bz2"),
    "xz": (b"\xfd7zXZ\x00", lzma.open, ".xz"),
}
_DAMAGED = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)


def shown(path: Path) -> str:
    """Return the name of a file in messages."""
    return "standard input" if path == STDIN else str(path)


def name_of(path: Path) -> str:
    """Return the name to record for a file; names of pipes change with every call."""
    return (
        shown(path)
        if path == STDIN
        else path.name
        if _is_pipe(path)
        else os.path.basename(os.path.realpath(path))
    )


def is_plain(path: Path) -> bool:
    """Return whether no copy is needed: a folder or an uncompressed file."""
    return not _is_pipe(path) and _packer(path) is None


@contextmanager
def plain_file(path: Path) -> Iterator[Path]:
    """Yield a seekable file: the file itself, or a temporary copy.

    Errors raised inside name the original, not the copy.

    Raises
    ------
    FileError
        If it is not readable, or the temporary folder is full.
    DataError
        If compressed data are damaged, or expand to far more than they should.
    """
    if is_plain(path):
        yield path
        return
    with TemporaryDirectory(prefix="lstmtool-") as folder:
        copy = path
        if _is_pipe(path):
            copy = Path(folder) / ("stdin" if path == STDIN else path.name)
            with _open_pipe(path) as source:
                _copy(path, source, copy)
        if packer := _packer(copy):
            copy = _unpacked(path, copy, Path(folder), packer)
        try:
            yield copy
        except LstmtoolError as error:
            for part in ("what", "where", "fix"):
                setattr(error, part, getattr(error, part).replace(str(copy), shown(path)))
            raise


def _is_pipe(path: Path) -> bool:
    return path == STDIN or path.is_fifo()


def _packer(path: Path) -> str | None:
    """Return the compression of a file, None if there is none or it cannot be read."""
    try:
        if not path.is_file():
            return None
        with open(path, "rb") as file:
            head = file.read(16)
    except OSError:
        return None
    if head.startswith(b"BZh") and head[4:10] != b"1AY&SY":  # a text may begin with BZh
        return None
    return next((name for name, (start, *_) in _PACKERS.items() if head.startswith(start)), None)


@contextmanager
def _open_pipe(path: Path) -> Iterator[BinaryIO]:
    if path != STDIN:
        with _open(path) as file:
            yield file
        return
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None or sys.stdin.isatty():
        raise FileError(
            "- means standard input, but nothing is piped to it.",
            fix="For example: zcat sensors.csv.gz | lstmtool convert - sensors.h5",
        )
    yield stream


def _open(path: Path) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise FileError(f"Cannot read {path}.", error.strerror or str(error)) from error


def _copy(path: Path, source: BinaryIO, target: Path) -> None:
    size = 0
    with _writing(target) as file:
        while block := _block(path, source):
            size += len(block)
            if size > PIPED:
                raise DataError(
                    f"{shown(path)} does not end: more than {PIPED:,} bytes have arrived.",
                    fix="Write them to a file, and read that.",
                )
            file.write(block)


def _block(path: Path, source: BinaryIO) -> bytes:
    try:
        return source.read(_BLOCK)
    except OSError as error:
        raise FileError(f"Cannot read {shown(path)}.", error.strerror or str(error)) from error


def _unpacked(path: Path, packed: Path, folder: Path, packer: str) -> Path:
    """Decompress a file and return the copy; refuse decompression bombs."""
    _, open_packed, ending = _PACKERS[packer]
    plain = folder / "unpacked" / packed.name.removesuffix(ending)
    plain.parent.mkdir()
    stored = packed.stat().st_size
    limit, size = max(UNPACKED, PACKED_RATIO * stored), 0
    with _writing(plain) as file, open_packed(packed, "rb") as source:
        while block := _unpacked_block(path, packer, source):
            size += len(block)
            if size > limit:
                raise DataError(
                    f"Refused to decompress {shown(path)}: it holds more than {limit:,} bytes.",
                    f"the file has {stored:,} bytes",
                    "The file is damaged or malicious; if neither, decompress it first.",
                )
            file.write(block)
    return plain


def _unpacked_block(path: Path, packer: str, source: BinaryIO) -> bytes:
    try:
        return source.read(_BLOCK)
    except _DAMAGED as error:
        raise DataError(
            f"{shown(path)} cannot be decompressed ({packer}).",
            str(error)[:200],
            "It is damaged or truncated: get a new copy, or create it again.",
        ) from None


@contextmanager
def _writing(path: Path) -> Iterator[BinaryIO]:
    try:
        with open(path, "wb") as file:
            yield file
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(
            f"Cannot write the temporary file {path}.",
            error.strerror or str(error),
            "Set TMPDIR to a folder with more space.",
        ) from error
