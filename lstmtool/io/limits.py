"""How much may be loaded from files that anybody may have made."""

UNPACKED = 128 << 20
"""Bytes beyond those of the file: of what is packed, or was never written."""
SOUND = 1 << 30
"""Bytes of the samples of one sound, which is packed as a rule."""
