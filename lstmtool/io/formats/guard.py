"""Cells that a spreadsheet would take for a formula, and how they are kept from being one."""

from __future__ import annotations

import re

from lstmtool.io.formats.cells import is_number, label
from lstmtool.text import guarded as guarded

_GUARDED = re.compile(r"'+[=+\-@\t\r\n]")


def unguarded(text: str) -> str:
    """Return the text that was guarded."""
    return text[1:] if _GUARDED.match(text) and not is_number(text) else text


def label_of(cell: str) -> str | None:
    """Return the group that a cell names, which may be guarded; None where it is missing."""
    return label(unguarded(cell))
