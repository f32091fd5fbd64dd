"""Text files, line by line, in the encoding that they are in."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lstmtool.errors import DataError, FileError

HEAD = 1 << 16
"""Bytes that are looked at to tell the encoding."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding(head: bytes) -> str | None:
    """Return the encoding of the first bytes of a file; None if they are not text."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if b"\x00" in head:
        return None
    try:
        # The last character may be cut off.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a text file for reading, line ends as they are.

    Raises
    ------
    FileError
        If it may not be read.
    DataError
        If it is not text; also later, while it is read.
    """
    try:
        with open(path, "rb") as file:
            name = encoding(file.read(HEAD))
        if name is None:
            raise DataError(f"{path} is not text.", fix="Is it in another format, or damaged?")
        with open(path, encoding=name, newline="") as text:
            yield text
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not text in {error.encoding.upper()} throughout.",
            f"byte {error.start} of a block: {error.reason}",
            "Save it as UTF-8.",
        ) from None
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"Cannot read {path}.", error.strerror or str(error)) from error
