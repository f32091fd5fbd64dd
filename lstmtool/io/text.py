"""Encoding and decoding of text in files, cleaned by `lstmtool.text`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from lstmtool.text import clean_text as clean_text


def encode_texts(texts: Iterable[str]) -> np.ndarray:
    """Return cleaned texts as an array of fixed-length UTF-8, padded by NUL."""
    encoded = [clean_text(text).encode() for text in texts]
    return np.array(encoded, dtype=f"S{max([1, *map(len, encoded)])}")


def to_json(value: Any) -> str:
    """Return JSON in ASCII, keys in their own order.

    NumPy numbers and arrays are written as numbers and lists, non-finite numbers as null.
    """
    return json.dumps(_plain(value), allow_nan=False)


def from_json(text: str) -> Any:
    """Parse JSON and clean every string in it.

    Raises
    ------
    ValueError
        If the text is not JSON, or nested too deeply.
    """
    try:
        return _plain(json.loads(text))
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None


def _plain(value: Any) -> Any:
    """Return the value as JSON-compatible types with cleaned strings."""
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
