"""Options that choose the network, shared by the commands that make one."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    pass


class Blocks(click.ParamType):
    """Cells in every memory block: `2x1` is two blocks of one cell, `1,2,3` three unequal ones."""

    name = "blocks"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        try:
            if "x" in value:
                n_blocks, n_cells = (int(part) for part in value.split("x"))
                blocks = (n_cells,) * n_blocks
            else:
                blocks = tuple(int(part) for part in value.split(","))
        except ValueError:
            blocks = ()
        if not blocks or min(blocks) < 1 or sum(blocks) > 4096:
            self.fail(f"{value!r} is not BLOCKSxCELLS, e.g. 2x1 or 4x2, nor a list, e.g. 1,2,3.")
        return blocks


class Choice(click.Choice):
    """A choice that suggests the nearest value."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if value not in self.choices:
            close = get_close_matches(str(value), [str(c) for c in self.choices], n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            self.fail(f"{value!r} is not one of {', '.join(map(str, self.choices))}.{hint}")
        return value


def network_options(**defaults: str) -> Callable:
    """Add the options that choose the network; without a default they are None when not given."""

    def add(function: Callable) -> Callable:
        for option in (
            click.option("--peepholes/--no-peepholes", default=None, help="Peephole connections."),
            click.option("--forget-gate/--no-forget-gate", default=None, help="Forget gates."),
            click.option(
                "--h",
                type=Choice(["tanh", "2s-1", "identity"]),
                default=defaults.get("h"),
                show_default=True,
                help="Squashing of the cell state on its way out.",
            ),
            click.option(
                "--g",
                type=Choice(["tanh", "4s-2", "identity"]),
                default=defaults.get("g"),
                show_default=True,
                help="Squashing of the cell input.",
            ),
            click.option(
                "--blocks",
                type=Blocks(),
                default=defaults.get("blocks"),
                show_default=True,
                metavar="BxC",
                help="Memory blocks x cells in each, or a list: 1,2,3.",
            ),
        ):
            function = option(function)
        return function

    return add
