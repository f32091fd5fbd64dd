"""What `lstmtool reproduce` does for studies of one kind of network: records, a table, a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.networks import executor_on, train_all
from lstmtool.jobs.screen import console
from lstmtool.jobs.unfinished import keeping_records

if TYPE_CHECKING:
    from lstmtool.supervised.system import System


class Study(NamedTuple):
    """A study that has a page of its own; its parts are imported when it is run."""

    work: list[tuple[System, int]]  # systems, and numbers of networks
    run_one: Callable[..., dict[str, Any]]
    summarise: Callable[[list[dict[str, Any]]], dict[str, Any]]  # the document's parts
    show: Callable[[dict[str, Any], Any], None]
    page: Callable[[dict[str, Any], str], str]


def study_of(
    name: str, quick: bool, networks: int | None, seed: int, systems: tuple[str, ...]
) -> Study:
    """Return a study by the name of its experiment, of these systems or, if () is given, of all.

    Raises
    ------
    UsageError
        If there is no such system in it.
    """
    from lstmtool.errors import UsageError

    known = [system.name for system, _ in STUDIES[name](False, 1, seed, ()).work]
    for wanted in systems:
        if wanted not in known:
            raise UsageError(
                f"There is no system {wanted!r} in {name}.", fix=f"Systems: {', '.join(known)}."
            )
    return STUDIES[name](quick, networks, seed, systems)


def _echo_state(quick: bool, networks: int | None, seed: int, systems: tuple[str, ...]) -> Study:
    from lstmtool.report.tasks import series
    from lstmtool.supervised import series_study

    work = series_study.plan(quick, networks, systems)

    def summarised(records: list[dict[str, Any]]) -> dict[str, Any]:
        naive = {str(tau): series_study.naive_errors(tau, seed) for tau in (17, 30)}
        rows = series_study.summarise(work, records)
        return {"systems": rows, "naive": naive, "records": records}

    return Study(work, series_study.run_one, summarised, series.show, series.page)


def _compressor(quick: bool, networks: int | None, seed: int, systems: tuple[str, ...]) -> Study:
    from lstmtool.report.tasks import chunking
    from lstmtool.supervised import chunking_study

    work = chunking_study.plan(quick, networks, systems)

    def summarised(records: list[dict[str, Any]]) -> dict[str, Any]:
        rows = chunking_study.summarise(work, records)
        return {"systems": rows, "records": records}

    return Study(work, chunking_study.run_one, summarised, chunking.show, chunking.page)


def _second_order(quick: bool, networks: int | None, seed: int, systems: tuple[str, ...]) -> Study:
    from lstmtool.report.tasks import second_order
    from lstmtool.supervised import second_order_study

    work = second_order_study.plan(quick, networks, systems)

    def summarised(records: list[dict[str, Any]]) -> dict[str, Any]:
        rows = second_order_study.summarise(work, records, seed)
        return {"systems": rows, "records": records}

    return Study(work, second_order_study.run_one, summarised, second_order.show, second_order.page)


def _acting(quick: bool, networks: int | None, seed: int, systems: tuple[str, ...]) -> Study:
    from lstmtool.report.tasks import acting_study as told
    from lstmtool.supervised import acting_study

    work = acting_study.plan(quick, networks, systems)

    def summarised(records: list[dict[str, Any]]) -> dict[str, Any]:
        rows = acting_study.summarise(work, records)
        return {"systems": rows, "records": records}

    return Study(work, acting_study.run_one, summarised, told.show, told.page)


def _lags(quick: bool, networks: int | None, seed: int, systems: tuple[str, ...]) -> Study:
    from lstmtool.report.tasks import lags
    from lstmtool.supervised import lag_study
    from lstmtool.supervised.trials import record_of_trial

    work = lag_study.plan(quick, networks, systems)

    def summarised(records: list[dict[str, Any]]) -> dict[str, Any]:
        return {"systems": lag_study.summarise(work, records), "records": records}

    return Study(work, record_of_trial, summarised, lags.show, lags.page)


def _peepholes(quick: bool, networks: int | None, seed: int, systems: tuple[str, ...]) -> Study:
    from lstmtool.report.tasks import timing
    from lstmtool.supervised import timing_study
    from lstmtool.supervised.trials import record_of_trial

    work = timing_study.plan(quick, networks, systems)

    def summarised(records: list[dict[str, Any]]) -> dict[str, Any]:
        return {"systems": timing_study.summarise(work, records), "records": records}

    return Study(work, record_of_trial, summarised, timing.show, timing.page)


def _tasks(
    name: str, quick: bool, networks: int | None, seed: int, systems: tuple[str, ...]
) -> Study:
    from lstmtool.report.tasks import task_study as told
    from lstmtool.supervised import studies
    from lstmtool.supervised.trials import record_of_trial

    work = studies.plan(name, quick, networks, systems)
    tasks = {system.task for system, _ in work}

    def summarised(records: list[dict[str, Any]]) -> dict[str, Any]:
        rivals = [row for row in studies.STUDIES[name].rivals(seed, quick) if row["task"] in tasks]
        rows = studies.summarise(work, records)
        return {"systems": rows, "rivals": rivals, "records": records}

    return Study(work, record_of_trial, summarised, told.show, told.page)


STUDIES: dict[str, Callable[..., Study]] = {
    "echo-state": _echo_state,
    "compressor": _compressor,
    "second-order": _second_order,
    "acting": _acting,
    "lags": _lags,
    "peepholes": _peepholes,
    "blues": partial(_tasks, "blues"),
    "meta-learning": partial(_tasks, "meta-learning"),
}
"""What makes them from ``quick``, networks, seed and systems, by the names of experiments."""


def reproduce(
    name: str,
    *,
    quick: bool,
    networks: int | None,
    seed: int,
    systems: tuple[str, ...],
    **options: Any,
) -> None:
    """Run the study of this name; options as for `run_study`."""
    from dataclasses import asdict

    study = study_of(name, quick, networks, seed, systems)
    told = {s.name: {"stop": asdict(s.stop), "rule": s.rule} for s, _ in study.work}
    plan = {"systems": told, "networks": len(study.work)}

    def document(records: list[dict[str, Any]]) -> dict[str, Any]:
        return {"study": name, "quick": quick, "seed": seed} | study.summarise(records)

    run_study(study._replace(summarise=document), f"reproduce {name}", seed, plan, **options)


def run_study(
    study: Study,
    command: str,
    seed: int,
    plan: dict[str, Any],
    *,
    threads: int | None,
    cluster: str | None = None,
    target: Path,
    page: Path,
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Train the networks, write records and table as JSON and the page, and print the table.

    Finished networks are stored next to the table until it is written.

    Parameters
    ----------
    plan : dict
        What else determines the study beside its seed, as JSON values.
    """
    from lstmtool import __version__
    from lstmtool.io.atomic import replace_file
    from lstmtool.io.pages import write_text_atomically

    with (
        executor_on(cluster, threads) as executor,
        keeping_records(
            *(target, command, len(study.work), "networks"),
            {"version": __version__, "seed": seed} | plan,
            lambda item: (item[0].name, item[1]),
            resume=resume,
            force=force,
        ) as kept,
    ):
        records = train_all(kept, study.run_one, seed, study.work, executor)
        document = study.summarise(records)
        with kept.finishing():
            replace_file(target, json.dumps(document, indent=1, allow_nan=False).encode(), b"")
            write_text_atomically(page, study.page(document, target.name))
    if as_json:
        paths = {"file": str(target), "page": str(page)}
        short = {key: value for key, value in document.items() if key != "records"}
        click.echo(json.dumps(short | paths, indent=1, allow_nan=False))
        return
    study.show(document, console())
    say_path(target)
    say_path(page)
