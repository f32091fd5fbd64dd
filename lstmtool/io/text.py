"""Text on its way into and out of files: nothing in it may steer a terminal."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np

# Marks, embeddings, overrides and isolates that reorder what is shown, with their old relatives.
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e") | frozenset(
    map(chr, range(0x2066, 0x2070))
)
_SPACES = frozenset("\t\n\v\f\r\u0085\u2028\u2029")


def clean_text(text: str) -> str:
    """Return the text on one line, without control, bidirectional and surrogate characters.

    Tabs and line ends become spaces; what else could steer a terminal, or hide what a name says,
    is left out. Cleaning twice changes nothing.
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in _SPACES:
        return " "
    steers = character in _BIDIRECTIONAL or unicodedata.category(character) in ("Cc", "Cs")
    return "" if steers else character


def encode_texts(texts: Iterable[str]) -> np.ndarray:
    """Return cleaned texts as an array of fixed-length UTF-8, padded by NUL."""
    encoded = [clean_text(text).encode() for text in texts]
    return np.array(encoded, dtype=f"S{max([1, *map(len, encoded)])}")


def to_json(value: Any) -> str:
    """Return JSON in plain ASCII, objects in their own order.

    NumPy numbers and arrays are written as numbers and lists; numbers that are not finite become
    null, as JSON has none.
    """
    return json.dumps(_plain(value), allow_nan=False)


def from_json(text: str) -> Any:
    """Return the value of a JSON text with every string in it cleaned.

    Raises
    ------
    ValueError
        If the text is not JSON, or nested too deeply to be read.
    """
    try:
        return _plain(json.loads(text))
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None


def _plain(value: Any) -> Any:
    """Return the value made of JSON's own types, its strings cleaned."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {clean_text(str(key)): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
