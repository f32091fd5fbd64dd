"""`lstmtool report --error-flow`: how far back in time an error reaches in classic networks."""

from __future__ import annotations

from pathlib import Path

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.screen import console


def show(path: Path | None, as_json: bool) -> None:
    """Measure, print a table or a JSON document, and write a page if `path` is given."""
    from lstmtool.report.tasks import error_flow as told
    from lstmtool.supervised.error_flow import error_flow

    reaches = error_flow()
    if path:
        from lstmtool.io.pages import write_text_atomically

        write_text_atomically(path, told.page(reaches))
    if as_json:
        import json

        click.echo(json.dumps(told.document(reaches), indent=1, allow_nan=False))
    else:
        from rich.text import Text

        from lstmtool.report.run.terminal import rich_table

        screen = console()
        screen.print(Text("Share of an error that is left q steps back in time"), style="bold")
        screen.print()
        screen.print(rich_table(told.table(reaches)))
    if path:
        say_path(path, err=as_json)
