"""What `lstmtool reproduce phonemes` does: networks of equal size on the same sentences."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstmtool.jobs.study_pages import Study, run_study

if TYPE_CHECKING:
    from lstmtool.data.phonemes import LabelledFrames
    from lstmtool.supervised.system import System

COMMAND = "reproduce phonemes"


def reproduce_phonemes(
    *,
    quick: bool,
    systems: tuple[str, ...],
    seeds: int | None,
    seed: int,
    folder: Path | None,
    **options: Any,
) -> None:
    """Train each network, write the table and the page; options as for `run_study`.

    Raises
    ------
    UsageError
        If a system does not exist, or the full study has no sentences.
    """
    from lstmtool.report.tasks import phoneme_study as told
    from lstmtool.supervised.phoneme_study import plan, run_one

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
    study = Study(
        items,
        partial(run_one, frames),
        lambda records: _document(work, records, frames, quick, seed),
        told.show,
        told.page,
    )
    determined = {"systems": told_systems, "data": frames.fingerprint()}
    run_study(study, COMMAND, seed, determined, **options)


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
