"""Formatting of numbers and names for display."""

from __future__ import annotations

import math

import numpy as np

from lstmtool.text import clean_text

NOTHING = "–"


def shown(text: object, limit: int = 60) -> str:
    """Return printable text with single spaces, shortened to `limit` characters."""
    visible = " ".join(clean_text(str(text)).split())
    return visible if len(visible) <= limit else visible[: limit - 1] + "…"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with `digits` decimals, or two significant digits if those are all zero."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0 or 10.0**-digits <= abs(value) < 1e5:
        return minus(f"{value:.{digits}f}")
    return minus(f"{value:.2g}")


def numbers(values: np.ndarray | None, digits: int = 2) -> str:
    """Return up to eight numbers of order 1, side by side."""
    if values is None:
        return NOTHING
    some = [minus(f"{float(v):.{digits}f}") for v in np.ravel(values)[:8]]
    return ", ".join(some) + (", …" if np.size(values) > 8 else "")


def between(low: float, high: float, decimals: int | None = None) -> str:
    """Return a range with enough digits to distinguish its ends, as in the paper's tables."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOTHING
    if decimals is not None:
        return minus(f"{low:.{decimals}f} – {high:.{decimals}f}")
    size, width = max(abs(low), abs(high)), high - low
    leading = math.log10(size / width) if width > 0 and size / width < 1e15 else 1.0
    digits = min(16, max(4, math.ceil(leading) + 1))
    if size >= 1e5 or (0 < size < 1e-3):
        return minus(f"{low:.{digits - 1}e} – {high:.{digits - 1}e}")
    decimals = max(0, digits - 1 - math.floor(math.log10(size))) if size else 1
    return minus(f"{low:.{decimals}f} – {high:.{decimals}f}")


def minus(text: str) -> str:
    """Return a number's text with a proper minus sign."""
    return text.replace("-", "−").replace("e−", "e-")
