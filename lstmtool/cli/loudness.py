"""How much a command says on stderr: options of every command."""

from __future__ import annotations

import click

from lstmtool.jobs.screen import LOUDNESS


def _set(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[LOUDNESS] = 1 if param.name == "verbose" else -1


def with_loudness(command: click.Command) -> click.Command:
    """Return the command with the options -q and -v."""
    if not any(param.name == "quiet" for param in command.params):
        for name, text in (
            ("quiet", "Say nothing on stderr but warnings and errors."),
            ("verbose", "Say how far the work is every two seconds, in lines."),
        ):
            flags = [f"-{name[0]}", f"--{name}"]
            command.params.append(
                click.Option(flags, is_flag=True, expose_value=False, callback=_set, help=text)
            )
    return command
