"""`lstmtool report` of a network trained on a classic task."""

from __future__ import annotations

from pathlib import Path

import click

from lstmtool.cli.options import say_path
from lstmtool.cli.screen import console


def show(source: Path, page: Path | None, as_json: bool) -> None:
    """Print the tables or one JSON document, and write the page if it has a path."""
    from lstmtool.classic.review import review
    from lstmtool.io.trained import read_trained
    from lstmtool.report import trained as told

    record = read_trained(source)
    seen = review(record)
    if page:
        from lstmtool.io.pages import write_text_atomically

        write_text_atomically(page, told.page(record, seen, source.name))
    if as_json:
        import json

        click.echo(json.dumps(told.document(record, seen), indent=1, allow_nan=False))
    else:
        told.show(record, seen, console())
    if page:
        say_path(page, err=as_json)
