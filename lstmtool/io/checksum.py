"""The checksum at the end of our HDF5 files, which reveals damage to any byte before it.

After the end of the HDF5 data come the word ``lstmtool-sha256`` and the SHA-256 of all bytes before
it, which HDF5 ignores. A tool that changes the file in place drops it; such a file, like one of
another program, has no checksum and is treated as untrusted.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from lstmtool.errors import DataError

_WORD = b"lstmtool-sha256:"
_SIZE = len(_WORD) + sha256().digest_size
_BLOCK = 1 << 18


def trailer(*content: bytes | memoryview) -> bytes:
    """Return the trailer for a file's content, which may be given in parts."""
    digest = sha256()
    for part in content:
        digest.update(part)
    return _WORD + digest.digest()


def is_whole(path: Path | str) -> bool | None:
    """Return whether a file matches its checksum; None if it has none."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END) - _SIZE
        if size < 0:
            return None
        file.seek(size)
        end = file.read(_SIZE)
        if not end.startswith(_WORD):
            return None
        digest, left = sha256(), size
        file.seek(0)
        while left and (block := file.read(min(left, _BLOCK))):
            digest.update(block)
            left -= len(block)
        return digest.digest() == end[len(_WORD) :]


def refuse_damaged(path: Path | str) -> None:
    """Refuse a file whose checksum is wrong; accept one without.

    Raises
    ------
    DataError
        If bytes of it have changed since it was written.
    """
    if is_whole(path) is False:
        raise DataError(
            f"{path} is damaged.",
            "its checksum does not match its contents",
            "Get a new copy, or create it again.",
        )
