"""`lstmtool assign`: assign other sequences to a run's clusters."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from lstmtool.cli.options import alternative_option, force_option, json_option, output_option
from lstmtool.cli.reading import reading_options
from lstmtool.cli.stdio import echo_exactly
from lstmtool.jobs.files import new_file, say, say_path
from lstmtool.jobs.interruption import say_compiling
from lstmtool.jobs.reading import open_source
from lstmtool.jobs.screen import console

if TYPE_CHECKING:
    import numpy as np

    from lstmtool.clustering.assign import Assigner
    from lstmtool.records.results import Assignment
    from lstmtool.report.run.tables import Table

ENDINGS = (".h5", ".csv", ".json")


class Found(NamedTuple):
    """An assignment, with the attributes of the sequences' file."""

    assignment: Assignment
    names: tuple[str, ...]
    labels: np.ndarray | None
    label_names: tuple[str, ...]
    about: dict[str, Any]
    source: dict[str, Any]


@click.command("assign")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@output_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@json_option
@force_option
@alternative_option
@click.option("--by-place", is_flag=True, help="Match inputs by order, ignoring their names.")
@click.option("--any-rate", is_flag=True, help="Accept any sampling rate, without resampling.")
@click.option(
    "--no-repeat", is_flag=True, help="Do not reuse the reading options of the run's data."
)
@click.option(
    "--by-recording",
    is_flag=True,
    help="With windows (--cut): a line for each recording, with the share of every cluster.",
)
@reading_options()
def command(
    run: Path,
    data: Path,
    output: Path | None,
    as_csv: bool,
    as_json: bool,
    force: bool,
    alternative: int | None,
    by_place: bool,
    any_rate: bool,
    no_repeat: bool,
    by_recording: bool,
    reading: dict[str, Any],
) -> None:
    """Assign the sequences of DATA to the clusters of RUN.

    Nothing is refitted: the stored preprocessing and weights give the outputs. The confidence
    is between 0 and 1: the probability of the code or, for NEO, the cluster's fraction of the
    training outputs' density. Where the run has a consensus of restarts, all of these vote, and it
    is the share of them that agree. It distinguishes between clusters; it does not say
    whether a sequence resembles the training data at all.

    DATA is a file of any format that `train` reads. An HDF5 file of lstmtool may be larger than
    memory. Inputs are matched by name. Options that shaped the run's sequences, such as --cut,
    apply again unless you give your own, and those that do are printed. Sampling rates must
    agree.

    Where DATA is cut into windows, each has the name of its recording, its start and its end, and
    every recording the share of each cluster and a majority; --by-recording gives these alone.

    Without -o a table is printed. The suffix of FILE sets the format: .h5 for clusters as
    written by `report --export`, .csv, or .json.

    \b
    Examples:
      lstmtool assign run.h5 new.h5
      lstmtool assign run.h5 new.h5 -o new-clusters.csv
      lstmtool assign run.h5 sensors.csv --id machine --time t
      lstmtool assign run.h5 new.h5 --json | jq .clusters
      lstmtool assign run.h5 recordings --cut 0.5s --by-recording -o recordings.csv
    """  # noqa: D301 - click wants the character \b, which keeps the lines apart
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other.")
    target = _target(output, run, data, force)
    _refuse_swapped(run, data)

    from lstmtool.cli.repeat_reading import repeat
    from lstmtool.clustering.assign import Assigner
    from lstmtool.io.runs import read_run

    say_compiling()
    assigner = Assigner(
        read_run(run), by_place=by_place, any_rate=any_rate, alternative=alternative
    )
    if not no_repeat:
        repeated = repeat(assigner.run.source, data, reading)
        reading = reading | repeated.options
        for text in repeated.said:
            say(text)
    found = _assign(assigner, run, data, reading)
    if by_recording and found.assignment.windows is None:
        raise _no_windows(data)
    if target:
        _write(target, found, by_recording)
    _print(found, as_csv, as_json, by_recording, table=target is None)
    if target:
        say_path(target, err=as_csv or as_json)


def _no_windows(data: Path) -> Exception:
    from lstmtool.errors import UsageError

    return UsageError(
        "--by-recording is for windows cut from recordings.",
        f"{data} was read as it is",
        "Cut it into windows, e.g. with --cut 0.5s or --cut 200.",
    )


def _target(output: Path | None, run: Path, data: Path, force: bool) -> Path | None:
    from lstmtool.errors import UsageError

    if output is None:
        return None
    if output.suffix.lower() not in ENDINGS:
        raise UsageError(
            f"{output}: the suffix must be one of {', '.join(ENDINGS)}.",
            fix="For example -o clusters.csv.",
        )
    from lstmtool.io.formats.detect import split_path

    if os.path.realpath(output) in map(os.path.realpath, (run, split_path(data)[0])):
        raise UsageError("RUN, DATA and FILE must be different files.", fix="Choose another name.")
    return new_file(output, "clusters", force)


def _refuse_swapped(run: Path, data: Path) -> None:
    """Raise DataError if the arguments are in the wrong order."""
    from lstmtool.io.locate import encoding_type

    if encoding_type(data) == "lstmtool-run" != encoding_type(run):
        from lstmtool.errors import DataError

        raise DataError(
            "RUN and DATA are swapped.",
            f"{data} holds a run",
            f"`lstmtool assign {data} {run}`",
        )


def _assign(assigner: Assigner, run: Path, data: Path, reading: dict[str, Any]) -> Found:
    from dataclasses import replace

    from lstmtool.clustering.assign import joined
    from lstmtool.data.windows import windows_of
    from lstmtool.io.sequences import Fingerprint
    from lstmtool.objectives.clusters import agreement

    with open_source(data, reading) as source:
        for text in assigner.check(source, f"data {data}, run {run}").said:
            say(f"{data.name}: {text}")
        print_of, parts = Fingerprint(int(source.offsets[-1]), source.n_inputs), []
        for block in source.blocks():
            print_of.add(block.values)
            parts.append(assigner(block))
        rate = source.sampling_rate
        windows = windows_of(source.attributes, len(source), rate)
        assignment = replace(joined(parts), windows=windows)
        ari = nmi = None
        if source.labels is not None:
            ari, nmi = agreement(source.labels, assignment.clusters)
        about = {
            "run": run.name,
            "objective": assigner.run.settings.objective,
            "ari": ari,
            "nmi": nmi,
        }
        if assigner.run.ensemble is not None:
            about["alternative"] = assigner.alternative
        origin = source.attributes | {"sha256": print_of.text(source.offsets)}
        if windows is not None and rate is not None:
            origin["sampling_rate"] = float(rate)
        return Found(assignment, source.names, source.labels, source.label_names, about, origin)


def _write(target: Path, found: Found, by_recording: bool) -> None:
    if target.suffix.lower() != ".h5":
        from lstmtool.io.pages import write_text_atomically

        text = _text(found, target.suffix.lower() == ".csv", by_recording)
        write_text_atomically(target, text)
        return
    from lstmtool.io.clusters import write_clusters

    a = found.assignment
    names = {str(number): name for number, name in a.cluster_names.items()}
    write_clusters(
        target,
        outputs=a.outputs.activations,
        clusters=a.clusters,
        codes=a.codes,
        density=a.density,
        confidence=a.confidence,
        names=found.names,
        labels=found.labels,
        label_names=found.label_names,
        scores=found.about | {"cluster_names": names},
        source=found.source,
    )


def _text(found: Found, as_csv: bool, by_recording: bool) -> str:
    from lstmtool.report.run.assigned import assignment_document, csv_text
    from lstmtool.report.run.recordings import recordings_csv

    if as_csv:
        return recordings_csv(found.assignment) if by_recording else csv_text(*found[:4])
    import json

    document = assignment_document(*found[:4], **found.about, source=found.source)
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _print(found: Found, as_csv: bool, as_json: bool, by_recording: bool, table: bool) -> None:
    if as_csv or as_json:
        echo_exactly(_text(found, as_csv, by_recording))
        return
    from lstmtool.report.run.assigned import assignment_table, sizes_line
    from lstmtool.report.run.recordings import recordings_table

    windows = found.assignment.windows
    if table and not by_recording:
        _print_table(assignment_table(*found[:4]), len(found.assignment.clusters))
    if table and windows is not None:
        _print_table(recordings_table(found.assignment), len(windows.recordings))
    click.echo(sizes_line(found.assignment))
    if found.about["ari"] is not None:
        click.echo(
            f"Agreement with the file's groups: adjusted Rand index {found.about['ari']:.2f}, "
            f"normalised mutual information {found.about['nmi']:.2f}."
        )


def _print_table(table: Table, count: int) -> None:
    """Print a table, and how many rows of `count` it leaves out."""
    from lstmtool.report.run.terminal import rich_table

    console().print(rich_table(table))
    rest = count - len(table.rows)
    if rest > 0:
        click.echo(f"… {rest} more: lstmtool assign ... -o FILE.csv")
    click.echo()
