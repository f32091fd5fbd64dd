"""Cells that a spreadsheet would take for a formula, and how they are kept from being one."""

from __future__ import annotations

import re

from lstmtool.io.formats.cells import is_number, label

_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n]")


def guarded(text: str) -> str:
    """Return the text with an apostrophe before it where a spreadsheet might compute it."""
    return f"'{text}" if _FORMULA.match(text) and not is_number(text) else text


def unguarded(text: str) -> str:
    """Return the text that was guarded."""
    return text[1:] if _GUARDED.match(text) and not is_number(text) else text


def label_of(cell: str) -> str | None:
    """Return the group that a cell names, which may be guarded; None where it is missing."""
    return label(unguarded(cell))
