"""A command whose help shows its options in named groups."""

from __future__ import annotations

from typing import Any

import click


class GroupedCommand(click.Command):
    """A command that lists its options under headings.

    Parameters
    ----------
    groups : dict of str to tuple of str
        Names of parameters by heading, in this order. Parameters not listed are under the last
        heading.
    """

    def __init__(self, *args: Any, groups: dict[str, tuple[str, ...]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, group by group."""
        options = (p for p in self.get_params(ctx) if isinstance(p, click.Option))
        rows = {p.name: p.get_help_record(ctx) for p in options}
        named = {name for names in self.groups.values() for name in names}
        others = tuple(str(name) for name in rows if name not in named)
        last = list(self.groups)[-1]
        for heading, names in self.groups.items():
            shown = names + (others if heading == last else ())
            with formatter.section(heading):
                formatter.write_dl([row for name in shown if (row := rows.get(name)) is not None])
