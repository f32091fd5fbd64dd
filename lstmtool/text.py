"""Text of files and names that is fit to be stored and shown: nothing in it steers a terminal."""

from __future__ import annotations

import re
import unicodedata

# Marks, embeddings, overrides and isolates that reorder what is shown, with their old relatives.
_BIDIRECTIONAL = {
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e",
    *map(chr, range(0x2066, 0x2070)),
}
_INVISIBLE = {*"\u200b\u2060\ufeff"}  # they hide in a name; joiners of letters stay
_LEFT_OUT = frozenset(_BIDIRECTIONAL | _INVISIBLE)
_SPACES = frozenset("\t\n\v\f\r\u0085\u2028\u2029")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def guarded(text: str) -> str:
    """Return a cell with an apostrophe before it where a spreadsheet might compute it."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def option_text(value: object) -> str:
    """Return the value of an option, which may be a list, as in a command."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def clean_text(text: str) -> str:
    """Return the text on one line, without control, bidirectional and surrogate characters.

    Tabs and line ends become spaces; what else could steer a terminal, or hide what a name says,
    is left out. Cleaning twice changes nothing.
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in _SPACES:
        return " "
    steers = character in _LEFT_OUT or unicodedata.category(character) in ("Cc", "Cs")
    return "" if steers else character
