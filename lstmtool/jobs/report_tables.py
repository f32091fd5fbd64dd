"""`lstmtool report` of a study of networks with targets, JSON written by `lstmtool reproduce`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.screen import console
from lstmtool.jobs.study_pages import STUDIES, study_of

PHONEMES = "phonemes"


def is_study(path: Path) -> bool:
    """Whether a file is JSON and names one of the studies that have a page."""
    return path.suffix.lower() == ".json" and _read(path).get("study") in (*STUDIES, PHONEMES)


def show(source: Path, page: Path | None, as_json: bool) -> None:
    """Print the tables or the JSON document, and write a page if `page` is given.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    from lstmtool.errors import DataError
    from lstmtool.io.pages import write_text_atomically

    document = _read(source)
    tell, made = _told_by(document["study"])
    try:
        text = made(document, source.name) if page else ""
        if not as_json:
            tell(document, console())
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise DataError(
            "The study in the file is not as lstmtool writes it.",
            f"{source}: {type(error).__name__}: {error}"[:300],
            "The file is damaged or was changed; create it again.",
        ) from error
    if as_json:
        click.echo(json.dumps(document, indent=1, allow_nan=False))
    if page:
        write_text_atomically(page, text)
        say_path(page, err=as_json)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _told_by(name: str) -> tuple[Callable[[dict[str, Any], Any], None], Callable[..., str]]:
    """Return what prints the tables of a study, and what makes its page."""
    if name == PHONEMES:
        from lstmtool.report.tasks import phoneme_study

        return phoneme_study.show, phoneme_study.page
    study = study_of(name, True, 1, 0, ())
    return study.show, study.page
