"""`lstmtool report` of a network trained on a classic task."""

from __future__ import annotations

from pathlib import Path

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.screen import console


def show(source: Path, page: Path | None, as_json: bool) -> None:
    """Print tables or a JSON document, and write a page if `page` is given."""
    from lstmtool.io.trained import read_trained
    from lstmtool.report.tasks import page as told
    from lstmtool.supervised.evaluate import review

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
