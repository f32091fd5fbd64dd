"""File names derived from other names, kept within the length limit."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

LONGEST = 255
"""Bytes of a file name allowed on nearly all file systems."""


def beside(target: Path, ending: str) -> Path:
    """Return the path with the same name but another suffix."""
    return target.with_name(fitting(target.stem, ending))


def without_ending(path: Path) -> Path:
    """Return a path without its suffix, or unchanged if only a dot would remain (`..h5`)."""
    return path if path.stem == "." else path.with_suffix("")


def fitting(stem: str, ending: str, longest: int = LONGEST) -> str:
    """Return stem and ending; a stem that is too long is cut and ends in a hash of the whole."""
    whole = os.fsencode(stem)
    room = longest - len(os.fsencode(ending))
    if len(whole) <= room:
        return stem + ending
    mark = f"~{sha256(whole).hexdigest()[:8]}"
    end = room - len(mark)
    while whole[end] & 0xC0 == 0x80:  # inside a multi-byte character
        end -= 1
    return os.fsdecode(whole[:end]) + mark + ending
