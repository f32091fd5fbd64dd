"""Options of the network, shared by the commands that create one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

READOUTS = ("last", "mean", "max")


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


class Readout(click.ParamType):
    """What output units read, separated by commas: `last`, or `mean,max`."""

    name = "readout"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, ...]:
        kinds = tuple(part.strip() for part in value.split(","))
        if not set(kinds) <= set(READOUTS) or len(set(kinds)) < len(kinds):
            self.fail(f"{value!r} is not a list of {', '.join(READOUTS)}, e.g. last,mean.")
        return kinds


class Choice(click.Choice):
    """A choice whose error suggests the nearest value."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if value not in self.choices:
            from lstmtool.text import did_you_mean

            known = [str(choice) for choice in self.choices]
            hint = did_you_mean(str(value), known)
            self.fail(f"{value!r} is not one of {', '.join(known)}.{hint}")
        return value


def network_options(**defaults: str) -> Callable:
    """Add the network options; without a default they are None if not given."""

    def add(function: Callable) -> Callable:
        for option in (
            click.option("--peepholes/--no-peepholes", default=None, help="Peephole connections."),
            click.option("--forget-gate/--no-forget-gate", default=None, help="Forget gates."),
            click.option(
                "--h",
                type=Choice(["tanh", "2s-1", "identity"]),
                default=defaults.get("h"),
                show_default=True,
                help="Squashing function h of the cell state.",
            ),
            click.option(
                "--g",
                type=Choice(["tanh", "4s-2", "identity"]),
                default=defaults.get("g"),
                show_default=True,
                help="Squashing function g of the cell input.",
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


def stack_options(function: Callable) -> Callable:
    """Add the options of layers beyond one, of both directions, and of what is read of them."""
    for option in (
        click.option(
            "--gates-are-read/--gates-are-not-read",
            default=None,
            help="Units read the gates' activations at the step before, too, as in 1997.",
        ),
        click.option(
            "--plain",
            type=click.IntRange(0, 4096),
            metavar="UNITS",
            help="Plain tanh units beside the memory blocks of every layer.",
        ),
        click.option(
            "--readout",
            type=Readout(),
            metavar="KINDS",
            help="What the output units read over time: last, mean, max, or several: last,mean.",
        ),
        click.option(
            "--directions",
            type=Choice(["forward", "both"]),
            help="Both: every layer also has a half that runs from the last step to the first.",
        ),
        click.option(
            "--above",
            type=Blocks(),
            multiple=True,
            metavar="BxC",
            help="Memory blocks of a further layer, which reads the one below; repeat for more.",
        ),
    ):
        function = option(function)
    return function
