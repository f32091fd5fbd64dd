"""What `lstmtool reproduce` does: run data sets one by one, store each result, write at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstmtool.jobs.files import say
from lstmtool.jobs.interruption import provenance_of
from lstmtool.jobs.unfinished import keeping_records

if TYPE_CHECKING:
    from lstmtool.data.sounds import SoundSource
    from lstmtool.experiments.paper import Experiment
    from lstmtool.report.study.page import Typical
    from lstmtool.training.stage import Stop

COMMAND = "reproduce"


@dataclass(frozen=True)
class Work:
    """A study; `plan` and `settings` are JSON values that determine every record."""

    experiments: list[Experiment]
    sources: dict[str, SoundSource]
    seeds: range
    restarts: int | None
    plan: dict[str, Any]
    settings: dict[str, dict[str, Any]]

    @property
    def units(self) -> list[tuple[Experiment, int]]:
        """Each data set of each experiment, by seed."""
        return [(experiment, seed) for experiment in self.experiments for seed in self.seeds]


def prepared(
    names: tuple[str, ...],
    sounds: tuple[str, ...],
    folder: Path | None,
    *,
    seed: int,
    seeds: int,
    restarts: int | None,
) -> Work:
    """Resolve what to run, and read the sounds needed."""
    from lstmtool import __version__
    from lstmtool.experiments import paper as x

    kinds = sounds + (("own",) if folder else ())
    found = x.experiments(names, kinds)
    used = sorted({e.sounds for e in found if e.sounds})
    sources = _sources(used, folder)
    settings = {
        e.key: {
            name: x.default_settings(e, name, seed, restarts).model_dump(mode="json")
            for name in ("stationary", "phase-locked")
        }
        | {"literal": x.literal_settings(e, seed).model_dump(mode="json")}
        for e in found
    }
    plan = {
        "version": __version__,
        "seed": seed,
        "seeds": seeds,
        "restarts": restarts,
        "experiments": [e.key for e in found],
        "sounds": used,
        "fingerprints": {kind: x.fingerprint(source) for kind, source in sources.items()},
    }
    return Work(found, sources, range(seed, seed + seeds), restarts, plan, settings)


def _sources(kinds: list[str], folder: Path | None) -> dict[str, SoundSource]:
    sources = {}
    if "shipped" in kinds:
        from lstmtool.io import shipped

        sources["shipped"] = shipped.clarinet()
    if folder is not None:
        from lstmtool.data.generators import clarinet, recorded
        from lstmtool.io.audio import read_recordings

        skipped: list[str] = []
        try:
            sources["own"] = recorded.source(
                read_recordings(folder, skipped.append),
                skip=skipped.append,
                piece=clarinet.piece_length("trigger"),
            )
        finally:
            if skipped:
                say(f"Not used of {folder}: {len(skipped)}, e.g. {skipped[0]}")
    return sources


def study_to_files(
    work: Work,
    target: Path,
    page: Path,
    threads: int | None,
    provenance: bool,
    *,
    resume: bool,
    force: bool,
) -> dict[str, Any]:
    """Run what is not yet done, write the study and its page, and return the study."""
    started, total = time.perf_counter(), len(work.units)
    threads = threads or cpu_count() or 1
    with keeping_records(
        *(target, COMMAND, total, "data sets", work.plan | {"settings": work.settings}),
        lambda unit: (unit[0].key, unit[1]),
        resume=resume,
        force=force,
    ) as kept:
        with kept.records() as (run, stop, _):
            study = _study(work, _run_all(work, threads, run))
            typical = _typical(work, study, threads, stop)
        if provenance:
            study["provenance"] = provenance_of(time.perf_counter() - started)
        with kept.finishing():
            _write(study, typical, target, page, work, provenance)
    return study


def _run_all(
    work: Work, threads: int, run: Callable[..., list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    from lstmtool.experiments.paper import run_seed
    from lstmtool.training.threads import Threads

    def one(work: Work, unit: tuple[Experiment, int], stop: Stop, tell: Any) -> dict[str, Any]:
        (experiment, seed), source = unit, _source(work, unit[0])
        start = time.perf_counter()
        record, _, _ = run_seed(
            experiment, seed, work.restarts, source=source, threads=threads, stop=stop
        )
        return record | {"seconds": round(time.perf_counter() - start, 3)}

    return run(one, work, work.units, Threads(1), lambda unit: unit[0].key)


def _source(work: Work, experiment: Experiment) -> SoundSource | None:
    return work.sources.get(experiment.sounds or "")


def _study(work: Work, found: list[dict[str, Any]]) -> dict[str, Any]:
    from lstmtool.experiments.success_rates import pooled_calibration, summarise

    parts = []
    for experiment in work.experiments:
        own = sorted(
            (r for r in found if r["experiment"] == experiment.key), key=lambda r: r["seed"]
        )
        parts.append(
            {
                "experiment": experiment.key,
                "name": experiment.name,
                "sounds": experiment.sounds,
                "settings": work.settings[experiment.key],
                "summary": summarise(own),
                "records": own,
            }
        )
    return {
        "encoding-type": "lstmtool-study",
        "plan": work.plan,
        "calibration": pooled_calibration(parts),
        "experiments": parts,
    }


def _typical(work: Work, study: dict[str, Any], threads: int, stop: Stop) -> dict[str, Typical]:
    """Run the median data set of each experiment again, for figures."""
    from lstmtool.clustering.assess import assess
    from lstmtool.experiments.paper import run_seed
    from lstmtool.report.study.page import Typical

    found = {}
    for experiment, part in zip(work.experiments, study["experiments"], strict=True):
        seed, source = part["summary"]["median_seed"], _source(work, experiment)
        _, run, literal = run_seed(
            experiment, seed, work.restarts, source=source, threads=threads, stop=stop
        )
        found[experiment.key] = Typical(run, assess(run), literal, assess(literal))
    return found


def _write(
    study: dict[str, Any],
    typical: dict[str, Typical],
    target: Path,
    page: Path,
    work: Work,
    provenance: bool,
) -> None:
    from lstmtool.experiments.success_rates import without_seconds
    from lstmtool.io.pages import write_text_atomically
    from lstmtool.io.studies import write_study
    from lstmtool.report.study.page import page as study_page

    runs = {key: (t.run, t.literal) for key, t in typical.items()}
    write_study(target, study if provenance else without_seconds(study), runs)
    write_text_atomically(
        page, study_page(study, typical, target.name, command_of(work.plan, target.name))
    )


def command_of(plan: dict[str, Any], file: str) -> str:
    """Return the command that repeats the study of a plan."""
    import shlex

    names = list(dict.fromkeys(name_and_sounds(key)[0] for key in plan["experiments"]))
    words = ["lstmtool", "reproduce", *names, "--seeds", str(plan["seeds"])]
    words += ["--seed", str(plan["seed"])]
    words += ["--restarts", str(plan["restarts"])] if plan["restarts"] else []
    shipped = [str(kind) for kind in plan["sounds"] if kind != "own"]
    words += ["--sounds", ",".join(shipped)] if shipped else []
    words += ["--from", "DIR"] if "own" in plan["sounds"] else []
    return shlex.join([*words, "-o", file])


def name_and_sounds(key: str) -> tuple[str, str | None]:
    """Return the name of an experiment, and the sounds, if any, that its data are made of."""
    objective, data, *sounds = key.split("-", 2)
    return f"{objective}-{data}", sounds[0] if sounds else None
