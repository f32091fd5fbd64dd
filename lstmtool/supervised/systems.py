"""All systems by name: the published ones, then those that differ from them."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from lstmtool.errors import UsageError
from lstmtool.network.topology import Topology
from lstmtool.supervised.published import PUBLISHED
from lstmtool.supervised.variants import VARIANTS

if TYPE_CHECKING:
    from lstmtool.supervised.system import System

SYSTEMS = PUBLISHED | VARIANTS
"""By name; the first system of a task is its default (`published_for`)."""


def find_system(name: str, task: str | None = None) -> System:
    """Return the system of this name.

    Raises
    ------
    UsageError
        If there is none; it lists all systems, or the trainable ones of the task.
    """
    if name not in SYSTEMS:
        close = get_close_matches(name.lower(), SYSTEMS, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        fix = f"Systems: {', '.join(SYSTEMS)}." if task is None else choice_for(task)
        raise UsageError(f"There is no system {name!r}.{hint}", fix=fix)
    return SYSTEMS[name]


def trainable(task: str) -> list[System]:
    """Return the systems of a task whose networks are LSTM."""
    return [s for s in SYSTEMS.values() if s.task == task and isinstance(s.topology, Topology)]


def choice_for(task: str) -> str:
    """Return a sentence that names the trainable systems of a task."""
    return f"Systems of {task}: {', '.join(s.name for s in trainable(task)) or 'none'}."


def published_for(task: str) -> System | None:
    """Return the first system of a task, or None if no LSTM was published for it."""
    return next(iter(trainable(task)), None)
