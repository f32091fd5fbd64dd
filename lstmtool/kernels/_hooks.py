"""Parts of Numba that are not public, and that the next version may be without."""

from __future__ import annotations

from typing import Any


def need(owner: Any, *names: str) -> None:
    """Require that a class of Numba's still has what is overridden or called here.

    Raises
    ------
    ImportError
        If it has not.
    """
    for name in names:
        if not hasattr(owner, name):
            what = f"{owner.__module__}.{owner.__qualname__}.{name}"
            raise ImportError(f"there is no {what}", name=owner.__module__)
