"""Where commands print tables, pictures and bars."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

NARROWEST = 40
"""Columns that are printed at least: where COLUMNS says 0, say, nothing would be seen."""


def console(stderr: bool = False) -> Console:
    """Return the terminal or file behind stdout or stderr, where text is printed as it is.

    Without a terminal, or with NO_COLOR set, nothing is coloured, and nothing bold either.
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
