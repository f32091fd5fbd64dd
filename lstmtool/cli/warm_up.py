"""`lstmtool warm-up`: compile everything once."""

from __future__ import annotations

import time

import click

from lstmtool.jobs.files import say


@click.command("warm-up")
@click.option("--no-learn", is_flag=True, help="Leave out the classic tasks of `learn`.")
def command(no_learn: bool) -> None:
    """Compile everything that the commands need, and cache it, so that none of them waits for it.

    For classrooms, containers and benchmarks. What is compiled lies in the user's cache folder, or
    in that which NUMBA_CACHE_DIR names, and is used by all later commands of this version on this
    machine. What is cached already is not compiled again.

    \b
    Examples:
      lstmtool warm-up
      NUMBA_CACHE_DIR=/opt/lstmtool lstmtool warm-up --no-learn
    """  # noqa: D301 - click wants the character \b, which keeps the lines apart
    from lstmtool.jobs.interruption import say_compiling
    from lstmtool.jobs.warm_up import parts

    say_compiling()
    start = time.monotonic()
    wanted = list(parts(not no_learn))
    for number, part in enumerate(wanted, 1):
        say(f"{number} of {len(wanted)}: {part.name}")
        part.run()
    click.echo(f"Everything is compiled, in {time.monotonic() - start:.0f} s.")
