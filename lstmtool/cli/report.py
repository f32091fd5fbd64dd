"""`lstmtool report`: show the results of a run, write its page, export the clusters."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.cli.options import alternative_option, force_option, json_option
from lstmtool.jobs.files import new_file, newest, numbered, refuse_same, say, say_path
from lstmtool.jobs.interruption import say_compiling
from lstmtool.jobs.screen import console

if TYPE_CHECKING:
    from lstmtool.data.sequences import Sequences
    from lstmtool.records.results import Assessment, Assignment, Comparison
    from lstmtool.records.run import Run
    from lstmtool.report.run.contents import Contents

ERROR_FLOW = "error-flow"
"""Name of the page of --error-flow."""
TRAINED, SWEEP, STUDY = "lstmtool-trained", "lstmtool-sweep", "lstmtool-study"


@click.command("report")
@click.argument("run", required=False, type=click.Path(path_type=Path), metavar="[RUN]")
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="HTML page to write.  [default: RUN with suffix .html]",
)
@click.option("--no-html", is_flag=True, help="Do not write a page.")
@click.option(
    "--export",
    type=click.Path(path_type=Path),
    metavar="FILE.h5|.csv",
    help="Write every sequence's cluster, confidence and outputs: .h5 for HDF5 with the scores, "
    ".csv for a table.",
)
@click.option(
    "--baselines",
    is_flag=True,
    help="Compare the run with k-means on simple features and on its own untrained memory cells, "
    "an untrained network and chance.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The run's sequences.  [default: the file it was trained on, beside RUN or here]",
)
@alternative_option
@click.option(
    "--error-flow",
    is_flag=True,
    help="Without a run: show how far back in time errors flow in classic networks.",
)
@json_option
@force_option
def command(
    run: Path | None,
    html: Path | None,
    no_html: bool,
    export: Path | None,
    baselines: bool,
    data: Path | None,
    alternative: int | None,
    error_flow: bool,
    as_json: bool,
    force: bool,
) -> None:
    """Show the results of a training run; without RUN the newest one in this folder.

    Prints scores, how the clusters differ, a picture and warnings, and writes an HTML page next to
    the run; its path is the last line. An earlier page of the same run is replaced, any other file
    is kept. With --json, one JSON document is printed, and a page is written only if --html names
    it. The page shows the sequences, which are read from the file that the run was trained on, if
    it lies beside the run or here and has not changed.

    Of a network trained on a classic task it shows the error over the training sequences, success
    by the published criterion, and the activations of all units over one sequence. The pages of
    `sweep` and `reproduce` are made from their files.

    \b
    Examples:
      lstmtool report
      lstmtool report run-2.h5 --html results.html
      lstmtool report run.h5 --export clusters.h5
      lstmtool report run.h5 --export clusters.csv
      lstmtool report run.h5 --baselines
      lstmtool report --json | jq .after.ari
      lstmtool report trained-adding.h5
      lstmtool report sweep.h5
      lstmtool report blues.json
      lstmtool report run.h5 --alternative 2
      lstmtool report --error-flow
    """  # noqa: D301 - click wants the character \b, which keeps the lines apart
    if html is not None and no_html:
        raise click.UsageError("--html and --no-html exclude each other.")
    if error_flow:
        if run or export or baselines or data or alternative is not None:
            raise click.UsageError(
                "--error-flow takes no RUN, --export, --baselines, --data or --alternative."
            )
        from lstmtool.jobs.report_error_flow import show

        show(None if no_html else _page_path(Path(ERROR_FLOW), html, as_json, force), as_json)
        return
    source = run or newest("lstmtool-run", "lstmtool train", TRAINED)
    other = _other_report(source)
    if other is not None:
        if export or baselines or data or alternative is not None:
            raise click.UsageError(
                "--export, --baselines, --data and --alternative are for runs without labels."
            )
        page = None if no_html else _page_path(source, html, as_json, force)
        _refuse_same(source, None, {"page": page})
        other(source, page, as_json)
        return
    targets = {
        "export": new_file(export, "clusters", force) if export else None,
        "page": None if no_html else _page_path(source, html, as_json, force),
    }
    _refuse_same(source, data, targets)

    from lstmtool.cli.report_data import look_for, sequences_of, trained_on_file
    from lstmtool.clustering.assess import assess
    from lstmtool.io.runs import read_run

    record = read_run(source)
    trained_on = trained_on_file(record, source)
    if trained_on is not None:
        for target in filter(None, targets.values()):
            refuse_same(trained_on, target, "The run's data, --html and --export")
    say_compiling()
    assessment = assess(record, alternative)
    comparison = found = None
    sequences: Sequences | None = None
    why = ""
    if baselines:
        from lstmtool.experiments.baseline_comparison import compare

        sequences = sequences_of(record, source, data)
        comparison = compare(record, sequences, alternative)
    elif targets["page"] or data or not as_json:
        sequences, why = look_for(record, source, data)
        if why:
            say(why)
    if sequences is not None:
        from lstmtool.report.run.contents import contents

        found = contents(record, assessment, sequences, targets["page"] is not None)
    if targets["export"]:
        _write_clusters(targets["export"], record, assessment)
    if targets["page"]:
        _write_page(targets["page"], source, record, assessment, comparison, found, why)
    _print(record, assessment, comparison, found, as_json)
    for path in filter(None, targets.values()):
        say_path(path, err=as_json)


def _other_report(path: Path) -> Callable[[Path, Path | None, bool], None] | None:
    """Return what reports on a file that holds no run; None for runs and for damaged files."""
    from lstmtool.io.locate import encoding_type

    kind = encoding_type(path)
    if kind == TRAINED:
        from lstmtool.jobs.report_task import show as of_task

        return of_task
    if kind == SWEEP:
        from lstmtool.jobs.report_sweep import show as of_sweep

        return of_sweep
    if kind == STUDY:
        from lstmtool.jobs.report_study import show as of_study

        return of_study
    if path.suffix.lower() == ".json":
        from lstmtool.jobs.report_tables import is_study
        from lstmtool.jobs.report_tables import show as of_tables

        return of_tables if is_study(path) else None
    return None


def _page_path(source: Path, html: Path | None, as_json: bool, force: bool) -> Path | None:
    """Return the named page, or one next to the run; None with --json unless one is named."""
    if source.is_dir():
        from lstmtool.errors import FileError

        raise FileError(f"{source} is a folder.", fix="Name a run file in it.")
    if html is not None:
        return new_file(html, source.stem, force)
    if as_json:
        return None
    from lstmtool.io.naming import without_ending
    from lstmtool.io.pages import is_report_page

    paths = (numbered(without_ending(source), n, ".html") for n in itertools.count(1))
    return next(p for p in paths if not p.exists() or is_report_page(p, source.name))


def _refuse_same(source: Path, data: Path | None, targets: dict[str, Path | None]) -> None:
    """Refuse to overwrite the run or the data, even with --force."""
    paths = [source, *filter(None, (data, *targets.values()))]
    if len({os.path.realpath(path) for path in paths}) < len(paths):
        from lstmtool.errors import UsageError

        raise UsageError(
            "RUN, --data, --html and --export must be different files.", fix="Choose other names."
        )


def _print(
    run: Run,
    assessment: Assessment,
    comparison: Comparison | None,
    found: Contents | None,
    as_json: bool,
) -> None:
    if as_json:
        import json

        from lstmtool.report.run.document import document

        told = document(run, assessment, comparison)
        click.echo(json.dumps(told, indent=1, allow_nan=False))
        return
    from lstmtool.report.run.terminal import show, show_comparison

    show(run, assessment, console(), found)
    if comparison is not None:
        show_comparison(comparison, console())


def _write_page(
    path: Path,
    source: Path,
    run: Run,
    assessment: Assessment,
    comparison: Comparison | None,
    found: Contents | None,
    why: str,
) -> None:
    from lstmtool.io.pages import write_text_atomically
    from lstmtool.report.run.page import page

    write_text_atomically(path, page(run, assessment, source.name, comparison, found, why))


def _write_clusters(path: Path, run: Run, assessment: Assessment) -> None:
    from lstmtool.clustering.training_set import training_assignment

    assignment = training_assignment(run, assessment)
    if path.suffix.lower() == ".csv":
        _write_csv(path, run, assignment)
        return
    from lstmtool.io.clusters import write_clusters

    write_clusters(
        path,
        outputs=run.after.activations,
        clusters=assessment.clusters,
        codes=assessment.codes,
        density=assessment.density,
        confidence=assignment.confidence,
        names=run.names,
        labels=run.labels,
        label_names=run.label_names,
        scores=_scores(run, assessment),
        source=run.source,
    )


def _write_csv(path: Path, run: Run, assignment: Assignment) -> None:
    from lstmtool.io.pages import write_text_atomically
    from lstmtool.report.run.assigned import csv_text

    text = csv_text(assignment, run.names, run.labels, run.label_names)
    write_text_atomically(path, text)


def _scores(run: Run, assessment: Assessment) -> dict[str, Any]:
    """Return scores as in the JSON document, without what the file stores as arrays."""
    from lstmtool.report.run.document import document

    told = document(run, assessment)
    parts = ("objective", "form", "epochs", "before", "after", "untrained", "confidence")
    scores = {name: told[name] for name in (*parts, "cluster_names", "warnings")}
    if assessment.consensus is not None:
        scores["consensus"] = told["consensus"]
        for one in scores["consensus"]["alternatives"]:
            del one["clusters"], one["confidence"]
    return scores
