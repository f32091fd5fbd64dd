"""`lstmtool report` of a network trained on a classic task."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.screen import console

if TYPE_CHECKING:
    from lstmtool.records.task_run import TaskRun


def show(source: Path, page: Path | None, as_json: bool) -> None:
    """Print tables or a JSON document, and write a page if `page` is given."""
    from lstmtool.io.trained import read_trained
    from lstmtool.names import ACTING

    record = read_trained(source)
    told, seen = (
        _of_phonemes(record, source.parent)
        if record.task == "phonemes"
        else _of_agent(record)
        if record.task in ACTING
        else _of_network(record)
    )
    if page:
        from lstmtool.io.pages import write_text_atomically

        write_text_atomically(page, told.page(record, *seen, source.name))
    if as_json:
        import json

        click.echo(json.dumps(told.document(record, *seen), indent=1, allow_nan=False))
    else:
        told.show(record, *seen, console())
    if page:
        say_path(page, err=as_json)


def _of_network(record: TaskRun) -> tuple[Any, tuple[Any, ...]]:
    """Return the module that tells of a network, and what it tells."""
    from lstmtool.report.tasks import page as told
    from lstmtool.supervised.evaluate import review

    return told, (review(record),)


def _of_phonemes(record: TaskRun, folder: Path) -> tuple[Any, tuple[Any, ...]]:
    """Do the same for a network that classifies the frames of speech."""
    from lstmtool.jobs.task_data import opened_task
    from lstmtool.report.tasks import phoneme_network as told
    from lstmtool.supervised.phoneme_review import review_record

    with opened_task(record.task, record.options, folder) as task:
        return told, review_record(record, cast("Any", task))


def _of_agent(record: TaskRun) -> tuple[Any, tuple[Any, ...]]:
    """Do the same for an agent that acts."""
    from lstmtool.report.tasks import acting_agent as told
    from lstmtool.supervised.acting_review import review_agent

    return told, (review_agent(record),)
