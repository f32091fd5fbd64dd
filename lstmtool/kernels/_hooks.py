"""Checks for private parts of Numba, which a later version may lack."""

from __future__ import annotations

from typing import Any


def need(owner: Any, *names: str) -> None:
    """Raise ImportError unless a class of Numba still has the names overridden or called here."""
    for name in names:
        if not hasattr(owner, name):
            what = f"{owner.__module__}.{owner.__qualname__}.{name}"
            raise ImportError(f"there is no {what}", name=owner.__module__)
