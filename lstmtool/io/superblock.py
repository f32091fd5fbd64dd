"""The first bytes of an HDF5 file, mended where the HDF5 library leaves them wrong.

HDF5 before 2.0 gives the image of an open file with the checksum that its superblock has while the
file is open for writing, though the mark for that is gone from the image: no HDF5 reads it.
"""

from __future__ import annotations

import struct

SIZE = 48
"""Bytes of a superblock of version 2 with addresses of eight bytes."""
_START = b"\x89HDF\r\n\x1a\n\x02\x08\x08"
_WORD = 0xFFFFFFFF


def mended(superblock: bytes) -> bytes:
    """Return a superblock with the checksum of its other bytes.

    Raises
    ------
    ValueError
        If it is not of version 2.
    """
    if len(superblock) != SIZE or not superblock.startswith(_START):
        raise ValueError("not a superblock of version 2 with addresses of eight bytes")
    return superblock[:-4] + struct.pack("<I", lookup3(superblock[:-4]))


def lookup3(data: bytes) -> int:
    """Return the checksum that HDF5 gives its structures: Bob Jenkins' lookup3, of 32 bits."""
    a = b = c = (0xDEADBEEF + len(data)) & _WORD
    if not data:
        return c
    words = struct.unpack(f"<{-(-len(data) // 12) * 3}I", data + bytes(-len(data) % 12))
    for n in range(0, len(words), 3):
        a, b, c = (x + word & _WORD for x, word in zip((a, b, c), words[n : n + 3], strict=True))
        if n + 3 < len(words):
            for bits in (4, 6, 8, 16, 19, 4):
                a = (a - c & _WORD) ^ _turned(c, bits)
                a, b, c = b, (c + b) & _WORD, a
    for bits in (14, 11, 25, 16, 4, 14, 24):
        c = (c ^ b) - _turned(b, bits) & _WORD
        a, b, c = b, c, a
    return b


def _turned(word: int, bits: int) -> int:
    return (word << bits | word >> 32 - bits) & _WORD
