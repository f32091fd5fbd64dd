"""`lstmtool report`: show the results of a run, write its page, export the clusters."""

from __future__ import annotations

import itertools
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.cli.options import alternative_option, force_option, json_option
from lstmtool.jobs.files import new_file, newest, numbered, say, say_path
from lstmtool.jobs.interruption import say_compiling
from lstmtool.jobs.screen import console

if TYPE_CHECKING:
    from lstmtool.data.sequences import Sequences
    from lstmtool.records.results import Assessment, Comparison
    from lstmtool.records.run import Run

ERROR_FLOW = "error-flow"
"""Name of the page of --error-flow."""
TRAINED = "lstmtool-trained"


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
    metavar="FILE.h5",
    help="Write outputs, clusters and scores to an HDF5 file.",
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
    help="The run's sequences, for --baselines.  [default: the file it was trained on]",
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

    Prints scores, a picture and warnings, and writes an HTML page next to the run; its path is
    the last line. An earlier page of the same run is replaced, any other file is kept. With --json,
    one JSON document is printed, and a page is written only if --html names it.

    Of a network trained on a classic task it shows the error over the training sequences, success
    by the published criterion, and the activations of all units over one sequence.

    \b
    Examples:
      lstmtool report
      lstmtool report run-2.h5 --html results.html
      lstmtool report run.h5 --export clusters.h5
      lstmtool report run.h5 --baselines
      lstmtool report --json | jq .after.ari
      lstmtool report trained-adding.h5
      lstmtool report run.h5 --alternative 2
      lstmtool report --error-flow
    """  # noqa: D301 - click wants the character \b, which keeps the lines apart
    if html is not None and no_html:
        raise click.UsageError("--html and --no-html exclude each other.")
    if data is not None and not baselines:
        raise click.UsageError("--data is for --baselines.")
    if error_flow:
        if run or export or baselines or alternative is not None:
            raise click.UsageError(
                "--error-flow takes no RUN, --export, --baselines or --alternative."
            )
        from lstmtool.jobs.report_error_flow import show

        show(None if no_html else _page_path(Path(ERROR_FLOW), html, as_json, force), as_json)
        return
    source = run or newest("lstmtool-run", "lstmtool train", TRAINED)
    if _is_trained(source):
        if export or baselines or alternative is not None:
            raise click.UsageError(
                "--export, --baselines and --alternative are for runs without labels."
            )
        from lstmtool.jobs import report_task as trained_report

        page = None if no_html else _page_path(source, html, as_json, force)
        _refuse_same(source, None, {"page": page})
        trained_report.show(source, page, as_json)
        return
    targets = {
        "export": new_file(export, "clusters", force) if export else None,
        "page": None if no_html else _page_path(source, html, as_json, force),
    }
    _refuse_same(source, data, targets)

    from lstmtool.clustering.assess import assess
    from lstmtool.io.runs import read_run

    record = read_run(source)
    say_compiling()
    assessment = assess(record, alternative)
    comparison = _compare(record, source, data, alternative) if baselines else None
    if targets["export"]:
        _write_clusters(targets["export"], record, assessment)
    if targets["page"]:
        _write_page(targets["page"], source, record, assessment, comparison)
    _print(record, assessment, comparison, as_json)
    for path in filter(None, targets.values()):
        say_path(path, err=as_json)


def _is_trained(path: Path) -> bool:
    """Whether a file holds a network trained on a classic task; other errors come later."""
    from lstmtool.io.locate import encoding_type

    return encoding_type(path) == TRAINED


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


def _compare(
    run: Run, source: Path, data: Path | None, alternative: int | None = None
) -> Comparison:
    from lstmtool.errors import DataError
    from lstmtool.experiments.baseline_comparison import compare

    path = data or _trained_on(run, source)
    for sequences in _readings(run, path):
        same = run.source.get("sha256") == sequences.attributes["sha256"]
        if same and sequences.lengths.tolist() == run.lengths.tolist():
            return compare(run, sequences, alternative)
    raise DataError(
        "These are not the sequences that the run was trained on.",
        f"data {path}, run {source}",
        _how_to_name(run),
    )


def _readings(run: Run, path: Path) -> Iterator[Sequences]:
    """Read sequences in every way that may give those of the run.

    An lstmtool file may hold them already processed; other files are read with the options of the
    run's data.
    """
    from lstmtool.cli.repeat_reading import parse
    from lstmtool.io.formats.load import is_own_file
    from lstmtool.jobs.train import read_data

    words = run.source.get("reading")
    if not words or is_own_file(path):
        yield read_data(path, {})
    if words:
        reading = parse(words)
        say(f"{path.name}: read like the run's data, with {shlex.join(map(str, words))}.")
        yield read_data(path, reading)


def _how_to_name(run: Run) -> str:
    reading = run.source.get("reading")
    if not isinstance(reading, list):
        return "Name the right ones with --data, or omit --baselines."
    options = shlex.join(map(str, reading))
    return (
        f"Name those with --data; `lstmtool convert DATA FILE.h5 {options}` makes a file of them."
    )


def _trained_on(run: Run, source: Path) -> Path:
    """Return the file or folder that the run was trained on, next to the run or here.

    Only its name counts, not its folder, with the path inside the file, if any.
    """
    from lstmtool.errors import FileError

    named = str(run.source.get("file", ""))
    for folder in (source.parent, Path()):
        found = _beside(folder, named)
        if found is not None:
            return found
    raise FileError(
        f"The run was trained on {named or 'a file that it does not name'}, which is not here.",
        f"looked in {source.parent.absolute()} and {Path.cwd()}",
        "Name it with --data.",
    )


def _beside(folder: Path, named: str) -> Path | None:
    """Return a file or folder of this name, perhaps with a path in it, ``x.h5:/path``."""
    whole = Path(named).name
    if whole not in ("", "..") and (folder / whole).exists():
        return folder / whole
    ends = (k for k, character in enumerate(named) if character == ":")
    heads = (k for k in ends if "/" not in named[:k] and (folder / named[:k]).is_file())
    end = next(heads, None)
    return None if end is None else Path(f"{folder / named[:end]}{named[end:]}")


def _print(run: Run, assessment: Assessment, comparison: Comparison | None, as_json: bool) -> None:
    if as_json:
        import json

        from lstmtool.report.run.document import document

        told = document(run, assessment, comparison)
        click.echo(json.dumps(told, indent=1, allow_nan=False))
        return
    from lstmtool.report.run.terminal import show, show_comparison

    show(run, assessment, console())
    if comparison is not None:
        show_comparison(comparison, console())


def _write_page(
    path: Path, source: Path, run: Run, assessment: Assessment, comparison: Comparison | None
) -> None:
    from lstmtool.io.pages import write_text_atomically
    from lstmtool.report.run.page import page

    write_text_atomically(path, page(run, assessment, source.name, comparison))


def _write_clusters(path: Path, run: Run, assessment: Assessment) -> None:
    from lstmtool.io.clusters import write_clusters

    answer = None if assessment.consensus is None else assessment.consensus.answer
    write_clusters(
        path,
        outputs=run.after.activations,
        clusters=assessment.clusters,
        codes=assessment.codes,
        density=assessment.density,
        confidence=None if answer is None else answer.confidence,
        names=run.names,
        labels=run.labels,
        label_names=run.label_names,
        scores=_scores(run, assessment),
        source=run.source,
    )


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
