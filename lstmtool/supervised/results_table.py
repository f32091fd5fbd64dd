"""The table of `lstmtool reproduce classic`: trials of every system against publications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from lstmtool.supervised.systems import SYSTEMS
from lstmtool.supervised.trials import Outcome

if TYPE_CHECKING:
    from lstmtool.supervised.system import System

QUICK: dict[str, tuple[int, dict[str, int]]] = {
    "reber-4x1-0.1": (2, {"limit": 40_000}),
    "reber-3x2-0.1": (2, {"limit": 40_000}),
    "reber-3x2-0.2": (2, {"limit": 40_000}),
    "reber-4x1-0.5": (4, {"limit": 40_000}),
    "reber-3x2-0.5": (4, {"limit": 40_000}),
    "reber-3x2-0.5-ours": (10, {"limit": 100_000}),
    "reber-4x1-0.5-ours": (10, {"limit": 100_000}),
    "reber-elman-15": (2, {"limit": 20_000}),
    "reber-rtrl-12": (2, {"limit": 2_000}),
    "adding-100": (2, {"limit": 250_000}),
    "adding-100-ours": (4, {"limit": 250_000}),
    "adding-100-kalman": (4, {}),
    "adding-1000-kalman": (4, {}),
    "multiplication-13-kalman": (4, {}),
    "order-2": (4, {"limit": 100_000}),
    "order-3-kalman": (2, {}),
    "anbn": (4, {"limit": 100_000, "beyond": 500_000, "looks": 500}),
    "anbncn": (2, {"limit": 100_000, "beyond": 200_000, "looks": 200}),
    "parity-guessing-a1": (10, {}),
    "parity-guessing-a2": (10, {}),
    "parity-guessing-a2-": (10, {}),
    "gts": (2, {"limit": 1_000_000}),
    "anbncn-kalman": (2, {"beyond": 1000, "looks": 50}),
    "gts-ours": (4, {"limit": 200_000}),
    "msd-kalman": (4, {}),
    "pfg-ours": (2, {"limit": 3_000_000}),
    "gts-no-peepholes": (2, {"limit": 1_000_000}),
    "gts-ours-no-peepholes": (4, {"limit": 200_000}),
    "pfg-ours-no-peepholes": (2, {"limit": 3_000_000}),
}
"""Systems of `--quick`, in ten minutes: numbers of trials, and changes to their stop rules."""
CLASSIC = tuple(name for name, system in SYSTEMS.items() if system.study == "classic")
"""Systems of the full table."""
QUICK_LIMIT = 20_000
"""Limit on the sequences of other systems named with `--quick`."""
FULL_TRIALS = {"sequences": 10, "streams": 10, "guesses": 30}
REBER_TRIALS = 30
"""Trials as published: three pairs of sets, ten networks each."""


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    needed : tuple of int
        Sequences, streams or guesses needed by each solved trial, in the order of the trials.
    figures : dict of str to (float, float, float, float)
        Median, minimum, maximum and mean of the test results.
    verdict : str
        "reached", "reached otherwise" (by a system that is not as published), "not reached", "too
        few trials", "beside LSTM" (a rival), or "no published figure".
    ours : str
        Differences from the publication.
    """

    name: str
    task: str
    network: str
    weights: int
    published_weights: int
    trials: int
    solved: int
    needed: tuple[int, ...]
    counted: str
    figures: dict[str, tuple[float, float, float, float]]
    published: str
    source: str
    verdict: str
    note: str = ""
    ours: str = ""


def plan(quick: bool, names: tuple[str, ...] = (), trials: int | None = None) -> list[Any]:
    """Return the systems to run with the number of trials of each.

    Parameters
    ----------
    names : tuple of str
        Only these systems; all by default.
    trials : int, optional
        Trials of every system, instead of the published number.
    """
    chosen = tuple(dict.fromkeys(names)) or (tuple(QUICK) if quick else CLASSIC)
    rows = []
    for name in chosen:
        system = SYSTEMS[name]
        count = REBER_TRIALS if system.task == "reber" else FULL_TRIALS[system.stop.kind]
        if quick:
            stop: Any = system.stop
            count, changes = QUICK.get(name, (2, {"limit": min(stop.limit, QUICK_LIMIT)}))
            system = replace(system, stop=replace(stop, **changes))
        rows.append((system, trials or count))
    return rows


def rows_of(
    work: Sequence[tuple[System, int]], records: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return a row for every system and its number of trials, from the records in their order."""
    found, rows = iter(records), []
    for system, count in work:
        own = [next(found) for _ in range(count)]
        outcomes = [Outcome(r["seed"], r["solved"], r["sequences"], r["figures"]) for r in own]
        rows.append(asdict(summarise(system, outcomes)))
    return rows


def summarise(system: System, trials: Sequence[Outcome]) -> Row:
    """Return the row of a system."""
    solved = [trial for trial in trials if trial.solved]
    names = list(dict.fromkeys(name for trial in trials for name in trial.figures))
    figures = {
        name: spread([trial.figures[name] for trial in trials if name in trial.figures])
        for name in names
    }
    rule = "" if system.rule == "lstm" else f", {system.rule}"
    return Row(
        name=system.name,
        task=system.task,
        network=f"{network_of(system)}{rule}",
        weights=system.n_weights,
        published_weights=system.weights,
        trials=len(trials),
        solved=len(solved),
        needed=tuple(trial.sequences for trial in solved),
        counted=system.stop.kind,
        figures=figures,
        published=system.figure,
        source=system.source,
        verdict=verdict(system, trials),
        note=system.note,
        ours=system.ours,
    )


def spread(values: list[float]) -> tuple[float, float, float, float]:
    """Return median, minimum, maximum and mean."""
    return float(median(values)), min(values), max(values), float(fmean(values))


def network_of(system: System) -> str:
    """Return a short description of the network: blocks x cells."""
    blocks = getattr(system.topology, "blocks", None)
    if blocks is None:
        return "-".join(map(str, system.topology))
    return f"{len(blocks)} x {blocks[0]}"


def verdict(system: System, trials: Sequence[Outcome]) -> str:
    """Compare the fraction solved, and test results of solved trials, with the publication.

    With too few trials to measure the fraction, a system has reached it if all trials are solved;
    if only some are, there are too few trials to tell.
    """
    solved = [trial for trial in trials if trial.solved]
    share = round(len(solved) / len(trials), 2)  # rounded as published: 29 of 30 are 97 %
    good = all(
        fmean([trial.figures.get(name, 0.0) for trial in solved] or [0.0]) <= most
        for name, most in system.most.items()
    ) and all(
        max((trial.figures.get(name, 0.0) for trial in solved), default=0.0) >= least
        for name, least in system.best.items()
    )
    if system.rival:
        return "beside LSTM"
    if not system.share and not system.best:
        return "no published figure"
    if share >= system.share and good:
        return "reached otherwise" if system.ours else "reached"
    if len(trials) * (1.0 - system.share) < 1.0 and len(trials) < 10 and solved:
        return "too few trials"
    return "not reached"
