"""The console on which commands print tables, pictures and bars."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

LOUDNESS = "lstmtool.loudness"
"""Where the context keeps how much is said: -1 with --quiet, 1 with --verbose."""
NARROWEST = 40
"""Minimum width; with COLUMNS=0, for example, nothing would be visible."""


def console(stderr: bool = False) -> Console:
    """Return a console on stdout or stderr that prints text unchanged.

    Without a terminal, or with NO_COLOR set, it uses neither colour nor bold.
    """
    from rich.console import Console

    plain = bool(os.environ.get("NO_COLOR"))
    screen = Console(
        stderr=stderr,
        color_system=None if plain else "auto",
        highlight=False,
        markup=False,
        emoji=False,
    )
    if screen.width < NARROWEST:
        screen.width = NARROWEST
    return screen


def loudness() -> int:
    """Return how much the command is to say on stderr; 0 is usual. Ask the main thread."""
    context = click.get_current_context(silent=True)
    return 0 if context is None else context.meta.get(LOUDNESS, 0)
