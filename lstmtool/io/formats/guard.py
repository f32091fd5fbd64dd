"""Guarding cells that a spreadsheet would read as formulas."""

from __future__ import annotations

import re

from lstmtool.io.formats.cells import is_number, label
from lstmtool.text import guarded as guarded

_GUARDED = re.compile(r"'+[=+\-@\t\r\n]")


def unguarded(text: str) -> str:
    """Remove the guard from a cell."""
    return text[1:] if _GUARDED.match(text) and not is_number(text) else text


def label_of(cell: str) -> str | None:
    """Return the group named in a possibly guarded cell, None if missing."""
    return label(unguarded(cell))
