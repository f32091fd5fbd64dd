"""`lstmtool example`: write a small synthetic set of sequences to play with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lstmtool.cli.options import force_option, output_option, seed_option
from lstmtool.cli.topology import Choice
from lstmtool.jobs.files import new_file, say_path
from lstmtool.names import EXAMPLES


@click.command("example")
@click.argument("name", type=Choice(tuple(EXAMPLES)), required=False)
@click.option("--list", "listed", is_flag=True, help="List the sets.")
@seed_option
@output_option
@force_option
def command(name: str | None, listed: bool, seed: int, output: Path | None, force: bool) -> None:
    """Write a small synthetic set of sequences to play with, with the groups as labels.

    NAME is tones, heartbeats, gestures or machines. The suffix of FILE sets the format: .h5
    (the default), .csv or .json. The windows of machines know which recording they are from.

    \b
    Examples:
      lstmtool example --list
      lstmtool example heartbeats
      lstmtool example gestures --seed 3 -o gestures.csv
    """  # noqa: D301 - click wants the character \b, which keeps the lines apart
    if listed or name is None:
        if not listed:
            raise click.UsageError(f"Name one of {', '.join(EXAMPLES)}; --list says what they are.")
        widest = max(map(len, EXAMPLES))
        for each, about in EXAMPLES.items():
            click.echo(f"{each.ljust(widest)}  {about}")
        return
    from dataclasses import replace

    import numpy as np

    from lstmtool.data.generators.examples import MAKERS
    from lstmtool.io.formats import write

    if output is not None:
        write.format_of(output)
    path = new_file(output, name, force)
    made = MAKERS[name](np.random.default_rng(seed))
    origin: dict[str, Any] = {"generator": f"example {name}", "seed": seed}
    write.write(path, replace(made, attributes=made.attributes | origin))
    click.echo(f"{EXAMPLES[name]}; kinds: {', '.join(made.label_names)}.")
    click.echo(f"Find them with `lstmtool train {path}`, then `lstmtool report`.")
    say_path(path)
