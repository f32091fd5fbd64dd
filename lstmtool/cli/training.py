"""What `lstmtool train` does: read, train with progress and a stop signal, write."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import replace
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.cli.options import new_file, newest
from lstmtool.cli.reading import load
from lstmtool.cli.running import EXIT_OF_SIGNAL, provenance_of, say_compiling, stopping

if TYPE_CHECKING:
    from lstmtool.config import TrainSettings
    from lstmtool.run import Run
    from lstmtool.sequences import Sequences


def train_to_file(
    data: Path | None,
    reading: dict[str, Any],
    start: Callable[[Sequences], tuple[TrainSettings, str]],
    threads: int | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    provenance: bool,
    grow_outputs: bool = False,
) -> None:
    """Train and write the run; on a signal write what was reached beside it and exit.

    `start` gives the settings for the sequences, and in words what of them was told from these.
    """
    path = data or newest("lstmtool-sequences", "lstmtool gen-data")
    target = new_file(output, "run", force)
    sequences = read_data(path, reading)
    settings, told = start(sequences)
    from lstmtool.problem import check

    check(sequences, settings)
    if told:
        click.echo(told, err=True)
    run, caught, seconds = _train(sequences, settings, threads, grow_outputs)
    if grow_outputs:
        click.echo(run.notes[-1], err=True)
    if provenance:
        run = replace(run, provenance=provenance_of(seconds))
    _write(run, target, caught, as_json)


def read_data(path: Path, reading: dict[str, Any]) -> Sequences:
    """Read sequences of any format and note in their attributes what they are."""
    from lstmtool.io.sequences import fingerprint

    sequences = load(path, reading)
    return replace(sequences, attributes=sequences.attributes | {"sha256": fingerprint(sequences)})


def starting_point(
    recipe: str, augment: str, sequences: Sequences | None, window: int | None
) -> tuple[str, bool, str]:
    """Resolve what is ``auto``: the recipe, whether copies are shifts, and what was told why.

    Without sequences there is nothing to tell from.
    """
    if sequences is None:
        steady = "steady" if recipe == "auto" else recipe
        said = "Recipe steady: no DATA was given to tell from." if recipe == "auto" else ""
        return steady, augment == "shift", said
    from lstmtool.character import characterise

    found = characterise(sequences, window)
    told = [f"Recipe {found.recipe}"] * (recipe == "auto")
    shift = augment == "shift"
    if augment == "auto" and recipe != "literal":
        shift = found.copies == "shift"
        if shift or recipe == "auto":
            told.append(f"copies by {found.copies}")
    name = found.recipe if recipe == "auto" else recipe
    return name, shift, f"{_capital(', '.join(told))}: {found.reason}." if told else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _train(
    sequences: Sequences, settings: TrainSettings, threads: int | None, grow_outputs: bool
) -> tuple[Run, signal.Signals | None, float]:
    from lstmtool.assignment import Assigner
    from lstmtool.cli.progress import progress
    from lstmtool.course import Stop
    from lstmtool.sizing import grow
    from lstmtool.training import train

    say_compiling()
    stop = Stop()
    threads = min(threads or cpu_count() or 1, settings.restarts)
    start = time.perf_counter()

    def train_one(chosen: TrainSettings) -> Run:
        with progress(chosen) as report:
            return train(sequences, chosen, threads=threads, report=report, stop=stop)

    with stopping(stop) as caught:
        if grow_outputs:
            run = grow(
                settings,
                len(sequences),
                train_one,
                lambda run: Assigner(run).score(sequences),
                lambda: bool(stop),
            )
        else:
            run = train_one(settings)
    return run, (caught[0] if caught else None), time.perf_counter() - start


def _write(run: Run, target: Path, caught: signal.Signals | None, as_json: bool) -> None:
    from lstmtool.io.runs import write_run

    if caught:
        partial = new_file(None, f"{target.with_suffix('')}.partial", force=False)
        write_run(partial, replace(run, notes=(*run.notes, "Interrupted: training is incomplete.")))
        click.echo(f"Interrupted. What was reached is in {partial}", err=True)
        raise SystemExit(EXIT_OF_SIGNAL[caught])
    write_run(target, run)
    if as_json:
        import json

        finite = {k: None if v != v else v for k, v in _summary(run).items()}
        click.echo(json.dumps(finite | {"run": str(target)}, allow_nan=False))
        return
    click.echo(_sentence(run))
    click.echo(str(target))


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
    }


def _sentence(run: Run) -> str:
    s = _summary(run)
    stages = ", then ".join(s["stages"])
    form = run.settings.stages[-1].form
    unit = "bits"
    if s["objective"] == "neo":
        unit = "nats of entropy" + (" less log spread" if form == "invariant" else "")
    if s["objective"] == "consistency":
        unit = "(weighted information, nats)"
    blocks = run.settings.network.blocks
    shape = f"{len(blocks)} memory block{'s' * (len(blocks) > 1)}, "
    shape += f"{sum(blocks)} cell{'s' * (sum(blocks) > 1)}"
    return (
        f"Trained {stages} on {s['n_sequences']} sequences ({shape}): restart {s['chosen'] + 1} "
        f"of {s['restarts']} kept, {s['objective_value']:.3f} {unit} "
        f"at the last epoch, selection score {abs(s['score']):.2f} bits."
    )
