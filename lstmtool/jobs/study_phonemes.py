"""What `lstmtool reproduce phonemes` does: networks of equal size on the same sentences."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from math import isfinite
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.screen import console
from lstmtool.jobs.unfinished import keeping_records

if TYPE_CHECKING:
    from lstmtool.data.phonemes import LabelledFrames
    from lstmtool.supervised.system import System
    from lstmtool.training.stage import Stop

COMMAND = "reproduce phonemes"


def reproduce_phonemes(
    *,
    quick: bool,
    systems: tuple[str, ...],
    seeds: int | None,
    seed: int,
    folder: Path | None,
    threads: int | None,
    target: Path,
    page: Path,
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Train each network, write the table as JSON and as a page, and print it.

    Finished networks are stored next to the table until it is written.

    Raises
    ------
    UsageError
        If a system does not exist, or the full study has no sentences.
    """
    from lstmtool import __version__
    from lstmtool.io.atomic import replace_file
    from lstmtool.io.pages import write_text_atomically
    from lstmtool.report.tasks import phoneme_study as told
    from lstmtool.supervised.phoneme_study import plan

    _check(systems)
    frames = _sentences(folder, quick)
    work = plan(quick, systems, seeds)
    most = max(count for _, count in work)
    items = [(system, number) for number in range(most) for system, _ in work]
    told_systems = {
        s.name: {"seeds": count, "stop": asdict(s.stop), "weights": s.n_weights}
        | {"settings": asdict(s.settings)}
        for s, count in work
    }
    with keeping_records(
        *(target, COMMAND, len(items), "networks"),
        {
            "version": __version__,
            "seed": seed,
            "systems": told_systems,
            "data": frames.fingerprint(),
        },
        lambda item: (item[0].name, item[1]),
        resume=resume,
        force=force,
    ) as kept:
        with kept.records() as (run, _, tell):

            def one(seed: int, item: tuple[System, int], stop: Stop, _tell: Any) -> dict[str, Any]:
                return _trial(
                    frames,
                    seed,
                    item,
                    stop,
                    lambda name, said: tell(name, kept.store.counts()[0], said),
                )

            at_once = threads or cpu_count() or 1
            found = _run(run, one, seed, items, at_once)
        document = _document(work, found, frames, quick, seed)
        with kept.finishing():
            replace_file(target, json.dumps(document, indent=1, allow_nan=False).encode(), b"")
            write_text_atomically(page, told.page(document, target.name))
    if as_json:
        paths = {"file": str(target), "page": str(page)}
        click.echo(json.dumps(document | paths, indent=1, allow_nan=False))
        return
    told.show(document, console())
    say_path(target)
    say_path(page)


def _check(systems: tuple[str, ...]) -> None:
    from lstmtool.errors import UsageError
    from lstmtool.supervised.phoneme_systems import PHONEME_SYSTEMS
    from lstmtool.text import did_you_mean

    for name in systems:
        if name not in PHONEME_SYSTEMS:
            raise UsageError(
                f"There is no system {name!r}.{did_you_mean(name.lower(), PHONEME_SYSTEMS)}",
                fix=f"Systems of phonemes: {', '.join(PHONEME_SYSTEMS)}.",
            )


def _sentences(given: Path | None, quick: bool) -> LabelledFrames:
    """Return the sentences of a file or folder, or with `--quick` the shipped ones."""
    from lstmtool.data.phonemes import from_spoken
    from lstmtool.errors import UsageError
    from lstmtool.io.phonemes import read_phonemes, read_spoken
    from lstmtool.io.shipped import phonemes

    if given is not None:
        return from_spoken(read_spoken(given)) if given.is_dir() else read_phonemes(given)
    if quick:
        return phonemes()
    raise UsageError(
        "The full study needs all sentences, of which only some are shipped.",
        fix="Name them by --from, a folder of recordings with labels or a file made of it by "
        "`lstmtool gen-data phonemes`; or use --quick. data/PHONEMES.md says where to get them.",
    )


def _run(
    run: Callable[..., list[dict[str, Any]]],
    one: Callable[..., dict[str, Any]],
    seed: int,
    items: list[tuple[System, int]],
    at_once: int,
) -> list[dict[str, Any]]:
    from lstmtool.training.threads import Threads

    return run(one, seed, items, Threads(at_once), lambda item: item[0].name)


def _trial(
    frames: LabelledFrames,
    seed: int,
    item: tuple[System, int],
    stop: Stop,
    tell: Callable[[str, str], None],
) -> dict[str, Any]:
    """Train one network; of the first of each system, what it does on the test sentences, too."""
    from lstmtool.supervised.phoneme_review import review
    from lstmtool.supervised.rules import make_rule
    from lstmtool.supervised.tasks import make
    from lstmtool.supervised.trials import generators, run_trial
    from lstmtool.training.stage import Stopped

    system, number = item
    task: Any = make(system.task, **system.options)
    task = task.of(frames)
    topology = replace(system.topology, n_inputs=task.n_inputs, n_outputs=task.n_outputs)
    system = replace(system, topology=topology, settings=replace(system.settings, threads=1))

    def listen(epochs: int, error: float) -> None:
        if stop:
            raise Stopped
        tell(system.name, f"epoch {epochs + 1}, error {error:.3f}")

    if stop:
        raise Stopped
    trial = run_trial(system, seed, number, tell=listen, task=task)
    told: dict[str, Any] = {
        name: getattr(trial, name) for name in ("solved", "sequences", "figures")
    }
    told["history"] = [
        [float(value) if isfinite(value) else None for value in row] for row in trial.history
    ]
    if number == 0:
        rule: Any = make_rule(system.rule, topology, system.settings, generators(seed, number)[0])
        rule.parameters[:] = trial.parameters
        told["review"] = review(rule, task, trial.initial).as_dict()
    return {"experiment": system.name, "seed": number} | told


def _document(
    work: list[tuple[System, int]],
    found: list[dict[str, Any]],
    frames: LabelledFrames,
    quick: bool,
    seed: int,
) -> dict[str, Any]:
    from lstmtool import __version__
    from lstmtool.jobs.phoneme_data import sizes
    from lstmtool.supervised.phoneme_study import ABOUT_TIMIT, TIMIT, summarise

    trials = {
        system.name: [record for record in found if record["experiment"] == system.name]
        for system, _ in work
    }
    columns = ("network", "training", "test", "system")
    return {
        "study": "phonemes",
        "created-by": f"lstmtool {__version__}",
        "quick": quick,
        "seed": seed,
        "source": frames.sentences.attributes.get("source", ""),
        "classes": list(frames.class_names),
        "parts": {name: {"sentences": n, "frames": m} for name, (n, m) in sizes(frames).items()},
        "published": {
            "about": ABOUT_TIMIT,
            "rows": [dict(zip(columns, row, strict=True)) for row in TIMIT],
        },
        "rows": [summarise(system, trials[system.name]) for system, _ in work],
        "trials": trials,
    }
