"""`lstmtool report` of a sweep."""

from __future__ import annotations

from pathlib import Path

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.screen import console


def show(source: Path, page: Path | None, as_json: bool) -> None:
    """Print the table or a JSON document, and write a page if `page` is given."""
    from lstmtool.experiments.sweep import ranked
    from lstmtool.io.pages import write_text_atomically
    from lstmtool.io.sweeps import read_sweep
    from lstmtool.report.sweep import page as told
    from lstmtool.report.sweep import terminal

    sweep = read_sweep(source)
    sweep["ranked"] = ranked([setting["summary"] for setting in sweep["settings"]])
    if page:
        write_text_atomically(page, told.page(sweep, source.name))
    if as_json:
        import json

        document = {"encoding-type": "lstmtool-sweep"} | sweep
        click.echo(json.dumps(document, indent=1, allow_nan=False))
    else:
        terminal.show(sweep, console())
    if page:
        say_path(page, err=as_json)
