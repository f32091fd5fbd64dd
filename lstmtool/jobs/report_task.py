"""`lstmtool report` of a network trained on a classic task."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.screen import console

if TYPE_CHECKING:
    from lstmtool.records.task_run import TaskRun


def show(source: Path, page: Path | None, as_json: bool) -> None:
    """Print tables or a JSON document, and write a page if `page` is given."""
    from lstmtool.io.trained import read_trained
    from lstmtool.names import ACTING
    from lstmtool.report.tasks import page as told
    from lstmtool.supervised.evaluate import review

    record = read_trained(source)
    if record.task == "phonemes":
        _show_phonemes(record, source, page, as_json)
        return
    if record.task in ACTING:
        _show_agent(record, source, page, as_json)
        return
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


def _show_phonemes(record: TaskRun, source: Path, page: Path | None, as_json: bool) -> None:
    """Do the same for a network that classifies the frames of speech."""
    from lstmtool.jobs.task_data import task_of
    from lstmtool.report.tasks import phoneme_network as told
    from lstmtool.supervised.phoneme_review import review_record

    task: Any = task_of(record.task, record.options)
    seen, published = review_record(record, task)
    if page:
        from lstmtool.io.pages import write_text_atomically

        write_text_atomically(page, told.page(record, seen, published, source.name))
    if as_json:
        import json

        document = told.document(record, seen, published)
        click.echo(json.dumps(document, indent=1, allow_nan=False))
    else:
        told.show(record, seen, published, console())
    if page:
        say_path(page, err=as_json)


def _show_agent(record: TaskRun, source: Path, page: Path | None, as_json: bool) -> None:
    """Do the same for an agent that acts."""
    from lstmtool.report.tasks import acting_agent as told
    from lstmtool.supervised.acting_review import review_agent

    seen = review_agent(record)
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
