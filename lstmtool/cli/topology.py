"""Options of the network, shared by the commands that create one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from lstmtool.cli.options import setting

READOUTS = ("last", "mean", "max", "eighths")


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
            known = [str(choice) for choice in self.choices]
            from lstmtool.text import did_you_mean

            hint = did_you_mean(str(value), known)
            self.fail(f"{value!r} is not one of {', '.join(known)}.{hint}")
        return value


def network_options(**defaults: str) -> Callable:
    """Add the network options; without a default they are None if not given."""

    def add(function: Callable) -> Callable:
        for name, more, kind, metavar in (
            ("h", "", Choice(["tanh", "2s-1", "identity"]), None),
            ("g", "", Choice(["tanh", "4s-2", "identity"]), None),
            ("blocks", "BxC is B blocks of C cells; or a list: 1,2,3.", Blocks(), "BxC"),
        ):
            function = setting(
                f"--{name}",
                more,
                type=kind,
                metavar=metavar,
                default=defaults.get(name),
                show_default=True,
            )(function)
        return setting("--peepholes/--no-peepholes")(
            setting("--forget-gate/--no-forget-gate")(function)
        )

    return add


def stack_options(function: Callable) -> Callable:
    """Add the options of layers beyond one, of both directions, and of what is read of them."""
    for option in (
        setting("--gates-are-read/--gates-are-not-read"),
        setting("--plain", type=click.IntRange(0, 4096), metavar="UNITS"),
        setting("--readout", "Kinds: last, mean, max, eighths.", type=Readout(), metavar="KINDS"),
        setting("--directions", type=Choice(["forward", "both"])),
        setting(
            "--above",
            "As --blocks; repeat for more.",
            type=Blocks(),
            multiple=True,
            metavar="BxC",
        ),
    ):
        function = option(function)
    return function
