"""How much may be loaded from files that anybody may have made."""

UNPACKED = 128 << 20
"""Bytes beyond those of the file: of what is packed, or was never written."""
SOUND = 1 << 30
"""Bytes of the samples of one sound, which is packed as a rule."""
PACKED_RATIO = 100
"""Bytes that a packed file may unpack to for every byte stored; beyond `UNPACKED` alone."""
PIPED = 4 << 30
"""Bytes that are taken from a pipe."""
