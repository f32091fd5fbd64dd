"""Text files, line by line, in their own encoding."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lstmtool.errors import DataError, FileError

HEAD = 1 << 16
"""Bytes inspected to detect the encoding."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding(head: bytes) -> str | None:
    """Return the encoding of a file's first bytes; None if they are not text."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if b"\x00" in head:
        return None
    try:
        # The last character may be truncated.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a text file for reading, without newline translation.

    Raises
    ------
    FileError
        If it is not readable.
    DataError
        If it is not text; also raised later, while reading.
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
