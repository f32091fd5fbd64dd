"""All systems by name: the published ones, then those that differ from them."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from lstmtool.classic.published import PUBLISHED
from lstmtool.classic.topology import Topology
from lstmtool.classic.variants import VARIANTS
from lstmtool.errors import UsageError

if TYPE_CHECKING:
    from lstmtool.classic.system import System

SYSTEMS = PUBLISHED | VARIANTS
"""By name; the first system of a task is the one that `published_for` gives."""


def system(name: str) -> System:
    """Return the published system of this name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name not in SYSTEMS:
        close = get_close_matches(name.lower(), SYSTEMS, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise UsageError(
            f"There is no published system {name!r}.{hint}", fix=f"Systems: {', '.join(SYSTEMS)}."
        )
    return SYSTEMS[name]


def published_for(task: str) -> System | None:
    """Return the first system of a task, or None if no LSTM was published for it."""
    found = (s for s in SYSTEMS.values() if s.task == task and isinstance(s.topology, Topology))
    return next(found, None)
