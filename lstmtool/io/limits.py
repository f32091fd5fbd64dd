"""Limits on what is loaded from untrusted files."""

UNPACKED = 128 << 20
"""Bytes beyond the file size, for compressed or never-written data."""
SOUND = 1 << 30
"""Bytes of samples from one sound file, which is usually compressed."""
PACKED_RATIO = 100
"""Highest decompression ratio; it applies only beyond `UNPACKED`."""
PIPED = 4 << 30
"""Bytes accepted from a pipe."""
