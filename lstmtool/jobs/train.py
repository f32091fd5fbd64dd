"""What `lstmtool train` does: read, train with progress and a stop signal, write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import isfinite
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from lstmtool.jobs.files import new_file, newest, refuse_same, say, say_path
from lstmtool.jobs.interruption import (
    cluster_at,
    provenance_of,
    shards_on,
    stream_in,
)
from lstmtool.jobs.progress import epochs, with_bar
from lstmtool.jobs.reading import load, open_streamed
from lstmtool.jobs.resume import Plan
from lstmtool.jobs.unfinished import ARRAYS, Unfinished, checkpoint
from lstmtool.names import OWN_COPIES

if TYPE_CHECKING:
    from lstmtool.config import TrainSettings
    from lstmtool.data.sequences import Sequences, SequenceSource
    from lstmtool.distributed.out_of_core import Stream
    from lstmtool.distributed.parallel_map import DaskExecutor
    from lstmtool.distributed.shards import Shards
    from lstmtool.records.run import CheckpointEntry, Run


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Parameters
    ----------
    data : Path or None
        File of sequences; None takes the newest.
    reading : dict
        Reading options by name.
    start : callable
        Returns the settings for sequences, and a sentence on what the sequences decided.
    told : bool
        Whether any option changes the settings.
    cluster : str or None
        Address of a Dask scheduler; None computes in this process.
    shards : int or "auto" or None
        Number of shards of the sequences on workers, which all train one network.
    stream : bool
        Whether the sequences stay on disk.
    surrogates : int or None
        Number of surrogate data sets, without groups, to compare with.
    """

    data: Path | None
    reading: dict[str, Any]
    start: Callable[[SequenceSource], tuple[TrainSettings, str]]
    told: bool
    threads: int | None
    checkpoint_states: int | Literal["auto"]
    provenance: bool
    grow_outputs: bool
    force: bool
    as_json: bool
    cluster: str | None = None
    shards: int | Literal["auto"] | None = None
    stream: bool = False
    surrogates: int | None = None


def train_to_file(request: Request, target: Path) -> None:
    """Train and write the run; on a signal, save progress next to it and exit."""
    path = request.data or newest("lstmtool-sequences", "lstmtool gen-data")
    refuse_same(path, target)
    with opened(path, request.reading, request.stream) as sequences:
        settings, told = request.start(sequences)
        from lstmtool.training.setup import check

        check(sequences, settings)
        if told:
            say(told)
        plan = Plan.of(request, path, sequences, settings)
        _train_and_write(sequences, plan, _kept(target, plan), request)


def resume_to_file(request: Request, target: Path) -> None:
    """Resume an unfinished run, or start one if there is none, and write it."""
    from lstmtool.io.naming import beside
    from lstmtool.io.unfinished import read_parts

    found = read_parts(beside(target, ARRAYS), "train")
    if found is None:
        train_to_file(request, target)
        return
    plan = Plan.read(found[0], target)
    kept, path = _kept(target, plan, found[1]), request.data or plan.data
    reading = request.reading if request.data else plan.reading
    refuse_same(path, target)
    with opened(path, reading, request.stream) as sequences:
        settings = request.start(sequences)[0] if request.told else plan.settings
        asked = Plan.of(request, path, sequences, settings)
        plan.refuse_other(asked, kept.path, request.told)
        if plan.is_written(target, request.force):
            kept.remove()
            say(f"{target} is finished.")
            say_path(target)
            return
        kept.say_going_on()
        _train_and_write(sequences, plan, kept, request)


def _kept(target: Path, plan: Plan, parts: dict[str, CheckpointEntry] | None = None) -> Unfinished:
    return checkpoint(target, "train", plan.settings.restarts, "restarts", plan.document(), parts)


def read_data(path: Path, reading: dict[str, Any]) -> Sequences:
    """Read sequences of any format, and add their fingerprint to their attributes."""
    from lstmtool.io.sequences import fingerprint

    sequences = load(path, reading)
    return replace(sequences, attributes=sequences.attributes | {"sha256": fingerprint(sequences)})


@contextmanager
def opened(path: Path, reading: dict[str, Any], stream: bool = False) -> Iterator[SequenceSource]:
    """Yield sequences of any format, with their fingerprint among their attributes.

    With `stream`, they stay on disk and are read block by block while the context lasts.
    """
    if not stream:
        yield read_data(path, reading)
        return
    from lstmtool.io.sequences import Fingerprint

    with open_streamed(path, reading) as file:
        n_steps = int(file.offsets[-1])
        size = f"{8e-6 * n_steps * file.n_inputs:.1f} MB"
        say(f"{len(file)} sequences ({size}) stay on disk and are read block by block.")
        made = Fingerprint(n_steps, file.n_inputs)
        for block in with_bar(file.blocks(), "reading", len(file)):
            made.add(block.values)
        yield replace(file, attributes=file.attributes | {"sha256": made.text(file.offsets)})


def starting_point(
    recipe: str, augment: str, sequences: SequenceSource | None, window: int | None
) -> tuple[str, bool, str]:
    """Resolve ``auto``: return the recipe, whether copies are shifts, and the reason."""
    if sequences is None:
        name = "stationary" if recipe == "auto" else recipe
        said = "Recipe stationary, as there is no DATA to decide by." if recipe == "auto" else ""
        return name, augment == "shift", said
    from lstmtool.data.alignment import find_alignment

    found = find_alignment(sequences, window)
    told = [f"Recipe {found.recipe}"] * (recipe == "auto")
    shift = augment == "shift"
    if augment == "auto" and recipe not in OWN_COPIES:
        shift = found.copies == "shift"
        if shift or recipe == "auto":
            told.append(f"copies by {found.copies}")
    name = found.recipe if recipe == "auto" else recipe
    return name, shift, f"{_capital(', '.join(told))}: {found.reason}." if told else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _train_and_write(
    sequences: SequenceSource, plan: Plan, kept: Unfinished, request: Request
) -> None:
    from lstmtool.clustering.answers import first_clusters
    from lstmtool.errors import DivergedError
    from lstmtool.io.atomic import check_room
    from lstmtool.io.runs import write_run

    started = time.perf_counter()
    try:
        with (
            cluster_at(request.cluster) as cluster,
            shards_on(request.shards, cluster) as shards,
            stream_in(kept.target.parent, request.stream) as stream,
        ):
            if stream is not None:
                stream.reserve(sequences, plan.settings.inputs.of_each)
            check_room(kept.target, plan.size_of_run(sequences))
            kept.store.save()
            run = _train(sequences, plan, kept, request, cluster, shards, stream)
    except DivergedError as error:
        if error.run is not None:
            _keep_best_moment(error, kept.target)
        raise
    if plan.grow_outputs:
        say(run.notes[-1])
    if plan.provenance:
        run = replace(run, provenance=provenance_of(time.perf_counter() - started))
    with kept.finishing():
        write_run(kept.target, run, first_clusters(run))
    if run.restarts["collapsed"][run.chosen]:
        click.echo(next(note for note in run.notes if "collapsed" in note), err=True)
    if request.as_json:
        import json

        finite = {k: None if v != v else v for k, v in _summary(run).items()}
        click.echo(json.dumps(finite | {"run": str(kept.target)}, allow_nan=False))
        return
    click.echo(_sentence(run))
    say_path(kept.target)


def _keep_best_moment(error: Any, target: Path) -> None:
    from lstmtool.io.runs import write_run

    path = new_file(None, f"{target.with_suffix('')}.diverged", force=False)
    write_run(path, error.run)
    error.where = f"{error.where} The best state before is in {path}."


def _train(
    sequences: SequenceSource,
    plan: Plan,
    kept: Unfinished,
    request: Request,
    cluster: DaskExecutor | None,
    shards: Shards | None,
    stream: Stream | None,
) -> Run:
    from lstmtool.clustering.assign import Assigner
    from lstmtool.clustering.evidence import with_evidence
    from lstmtool.data.sequences import Sequences
    from lstmtool.training.null_test import refuse_large
    from lstmtool.training.output_search import grow
    from lstmtool.training.train import train

    refuse_large(sequences, plan.surrogates)
    settings = plan.settings
    ended = 0 if plan.grow_outputs else kept.store.counts()[0]
    threads = request.threads or cpu_count() or 1
    compared = plan.surrogates != 0 and (plan.surrogates is not None or stream is None)

    def train_one(chosen: TrainSettings) -> Run:
        with epochs(chosen, ended, "a comparison" * compared) as report:
            return train(
                sequences,
                chosen,
                threads=threads,
                checkpoint_states=request.checkpoint_states,
                report=report,
                stop=stop,
                keeper=kept.store,
                executor=cluster,
                shards=shards,
                stream=stream,
            )

    with kept.session() as stop:
        if not plan.grow_outputs:
            run = train_one(settings)
        else:
            assert isinstance(sequences, Sequences)
            run = grow(
                settings, len(sequences), train_one, lambda run: Assigner(run).score(sequences)
            )
        return with_evidence(run, sequences, plan.surrogates, threads=threads, stop=stop, tell=say)


def _summary(run: Run) -> dict[str, Any]:
    chosen = {name: values[run.chosen].item() for name, values in run.restarts.items()}
    return {
        "objective": run.settings.objective,
        "stages": [stage.objective for stage in run.settings.stages],
        "n_sequences": len(run.lengths),
        "restarts": len(run.restarts["seed"]),
        "chosen": run.chosen,
        "score": chosen["score"],
        "objective_value": chosen["objective"],
        "surrogates": None if run.null_test is None else len(run.null_test.surrogates),
        "surrogates_as_good": None if run.null_test is None else run.null_test.as_good,
    }


def _sentence(run: Run) -> str:
    s = _summary(run)
    stages = ", then ".join(s["stages"])
    last = run.settings.stages[-1]
    unit = last.record.unit
    if last.record.forms and last.form == "invariant":
        unit += " less log spread"
    network = run.settings.network
    blocks = [size for layer in (network.blocks, *network.above) for size in layer]
    blocks *= 2 if network.directions == "both" else 1
    shape = f"{len(blocks)} memory block{'s' * (len(blocks) > 1)}, "
    shape += f"{sum(blocks)} cell{'s' * (sum(blocks) > 1)}"
    value, score = s["objective_value"], s["score"]
    reached = (
        f"{value:.3f} {unit} at the last epoch"
        if isfinite(value)
        else "which did not reach the last stage"
    )
    scored = f"selection score {abs(score):.2f} bits" if isfinite(score) else "no selection score"
    return (
        f"Trained {stages} on {s['n_sequences']} sequences ({shape}): restart {s['chosen'] + 1} "
        f"of {s['restarts']} kept, {reached}, {scored}.{_tested(s)}"
    )


def _tested(summary: dict[str, Any]) -> str:
    if summary["surrogates"] is None:
        return ""
    return (
        f" Scores like this came up in {summary['surrogates_as_good']} of {summary['surrogates']} "
        "data sets made from yours without groups."
    )
