"""Sanitising of text for storage and display: no control sequences for terminals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

# Bidirectional marks, embeddings, overrides and isolates, with their deprecated relatives.
_BIDIRECTIONAL = {
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e",
    *map(chr, range(0x2066, 0x2070)),
}
_INVISIBLE = {*"\u200b\u2060\ufeff"}  # joiners of letters stay
_LEFT_OUT = frozenset(_BIDIRECTIONAL | _INVISIBLE)
_SPACES = frozenset("\t\n\v\f\r\u0085\u2028\u2029")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def guarded(text: str) -> str:
    """Prefix a cell with an apostrophe if a spreadsheet might evaluate it."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def option_text(value: object) -> str:
    """Return an option's value, perhaps a list, as written on the command line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def clean_text(text: str) -> str:
    """Return the text on one line, without control, bidirectional and surrogate characters.

    Tabs and line ends become spaces; other characters that could control a terminal or disguise a
    name are removed. The function is idempotent.
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in _SPACES:
        return " "
    steers = character in _LEFT_OUT or unicodedata.category(character) in ("Cc", "Cs")
    return "" if steers else character


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return `` Did you mean 'x'?`` with the nearest known name, or "" if none is near."""
    close = get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f" Did you mean {close[0]!r}?" if close else ""
