"""Repair of HDF5 superblocks that the HDF5 library leaves wrong.

The image of an open file that HDF5 before 2.0 returns has the superblock checksum of a file open
for writing, but not the flag for it, so no HDF5 can read it.
"""

from __future__ import annotations

import struct

SIZE = 48
"""Bytes of a version 2 superblock with eight-byte addresses."""
_START = b"\x89HDF\r\n\x1a\n\x02\x08\x08"
_WORD = 0xFFFFFFFF


def mended(superblock: bytes) -> bytes:
    """Return a superblock with its checksum corrected.

    Raises
    ------
    ValueError
        If it is not a version 2 superblock with eight-byte addresses.
    """
    if len(superblock) != SIZE or not superblock.startswith(_START):
        raise ValueError("not a superblock of version 2 with addresses of eight bytes")
    return superblock[:-4] + struct.pack("<I", lookup3(superblock[:-4]))


def lookup3(data: bytes) -> int:
    """Return HDF5's metadata checksum: Bob Jenkins' lookup3, 32 bits."""
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
