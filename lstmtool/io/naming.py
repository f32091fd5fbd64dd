"""Names of files that are made of other names, and fit however long those are."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

LONGEST = 255
"""Bytes that a file's name may have nearly everywhere."""


def beside(target: Path, ending: str) -> Path:
    """Return the path beside a file that has its name, but for the ending."""
    return target.with_name(fitting(target.stem, ending))


def without_ending(path: Path) -> Path:
    """Return a path without its ending, or as it is where only a point were left (`..h5`)."""
    return path if path.stem == "." else path.with_suffix("")


def fitting(stem: str, ending: str, longest: int = LONGEST) -> str:
    """Return stem and ending; a stem that is too long is cut, and ends in a mark of the whole."""
    whole = os.fsencode(stem)
    room = longest - len(os.fsencode(ending))
    if len(whole) <= room:
        return stem + ending
    mark = f"~{sha256(whole).hexdigest()[:8]}"
    end = room - len(mark)
    while whole[end] & 0xC0 == 0x80:  # within a character of several bytes
        end -= 1
    return os.fsdecode(whole[:end]) + mark + ending
