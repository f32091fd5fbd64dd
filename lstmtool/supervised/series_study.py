"""The study of `lstmtool reproduce echo-state`: many networks that go on with a chaotic series."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.series_systems import BESIDE, RESERVOIRS
from lstmtool.supervised.stopping import Record
from lstmtool.supervised.tasks import make
from lstmtool.supervised.trials import generators, records_by_system

if TYPE_CHECKING:
    from lstmtool.records.free_running import FreeRunning
    from lstmtool.supervised.system import System

FULL, QUICK = 20, 5
"""Networks of every system."""
LEFT_OUT = ("echo-state-17-1000-units", "echo-state-17-long", "echo-state-30-long")
"""Systems that are left out by `--quick`."""
QUICK_TIMES = 300
"""Times that networks with gradients see the training series with `--quick`."""
NAIVE = ("persistence", "linear, 6 delays")
"""Predictors without a network, on the same series."""


def plan(
    quick: bool, networks: int | None = None, names: tuple[str, ...] = ()
) -> list[tuple[System, int]]:
    """Return each network to train: its system and its number; by default of all systems."""
    systems = [
        system
        for system in (*RESERVOIRS, *BESIDE)
        if (system.name in names if names else not (quick and system.name in LEFT_OUT))
    ]
    if quick:
        systems = [_cheaper(system) for system in systems]
    count = networks or (QUICK if quick else FULL)
    return [(system, number) for number in range(count) for system in systems]


def _cheaper(system: System) -> System:
    return replace(system, stop=replace(system.stop, limit=min(system.stop.limit, QUICK_TIMES)))


def run_one(
    system: System, seed: int, number: int, tell: Callable[[int, float], None] | None = None
) -> dict[str, Any]:
    """Train and test a network; return its record as JSON values.

    The first network of every system brings along a series and what it made of it.
    """
    weights, sequences = generators(seed, number)
    rule = make_rule(system.rule, system.topology, system.settings, weights)
    record, task = Record(tell=tell), make(system.task, **system.options)
    with np.errstate(all="ignore"):  # a network that goes on by itself may run away
        stop: Any = system.stop
        seen: FreeRunning = stop.trained(rule, task, system.update, sequences, record)
    found = {"experiment": system.name, "seed": number, "errors": _rounded(seen.errors)}
    found |= {name: value for name, value in record.figures.items() if np.isfinite(value)}
    if number == 0:
        found |= {"truth": _rounded(seen.truth), "predicted": _rounded(seen.predicted)}
        parts = (seen.eigenvalues.real, seen.eigenvalues.imag)
        found |= {"eigenvalues": [_rounded(part) for part in parts], "stability": seen.words}
    return found


def _rounded(values: np.ndarray) -> list[float | None]:
    """Return values with six digits; None where a network ran away."""
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in values]


def summarise(
    work: Iterable[tuple[System, int]], records: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return a row for every system: medians and quartiles beside the published figure."""
    rows = []
    for system, own in records_by_system(work, records):
        errors = np.array([record["errors"] for record in own], dtype=float)
        errors = np.where(np.isnan(errors), np.inf, errors)
        last = errors[:, -1]
        rows.append(
            {
                "name": system.name,
                "tau": system.options.get("tau", 17),
                "rule": system.rule,
                "units": _units(system),
                "learned": system.n_weights,
                "networks": len(own),
                "error": [_quantile(last, q) for q in (0.25, 0.5, 0.75)],
                "best": _finite(float(last.min())),
                "within": int((last <= system.stop.bound).sum()),  # type: ignore[union-attr]
                "away": int((last > 1.0).sum()),
                "published": "" if system.rival else system.figure,
                "source": system.source,
                "note": system.note,
                "ours": system.ours,
                "limits": _limits(own),
            }
        )
    return rows


def _units(system: System) -> int:
    blocks = getattr(system.topology, "blocks", None)
    return int(system.topology[1]) if blocks is None else len(blocks)


def _quantile(values: np.ndarray, q: float) -> float | None:
    """Return the value that a share of the networks does not exceed, an observed one."""
    return _finite(float(np.quantile(values, q, method="nearest")))


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _limits(records: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Return the range of each stability figure over the networks."""
    found = {}
    for name in ("contraction", "effective radius"):
        values = [record[name] for record in records if name in record]
        if values:
            found[name] = [min(values), max(values)]
    return found


def naive_errors(tau: int, seed: int, free: int = 84, count: int = 50) -> dict[str, list[float]]:
    """Return the errors at each step of `NAIVE` predictors on new series.

    The linear one is fitted by least squares, six steps ahead from six values six steps apart, and
    applied to its own predictions.
    """
    from lstmtool.supervised.free_running import run_freely
    from lstmtool.supervised.rules.echo_state import fit
    from lstmtool.supervised.rules.feed_forward import FeedForward, FeedForwardSettings

    options = {"euler": True, "squashed": True, "tau": tau}
    rng = np.random.default_rng([seed, tau])
    task: Any = make("mackey-glass", ahead=6, window=6, length=3000, **options)
    training = task.sample(rng, 1)
    inputs = np.column_stack([training.inputs, np.ones(len(training.inputs))])
    weights = fit(inputs, training.targets, 0.0)
    rule: Any = FeedForward((6, 1, 1), FeedForwardSettings(), rng)
    rule.run = lambda strings, outputs, keep_state=False: np.copyto(
        outputs, strings.inputs @ weights[:-1] + weights[-1]
    )
    series = replace(task, length=100 + free).sample(rng, count)
    linear = run_freely(rule, task, series, free)
    last = task.unsquashed(series.inputs[:, 0].reshape(count, -1))[:, 100 + 5]
    still = np.sqrt(((linear.truth - last[:, None]) ** 2).mean(axis=0)) / linear.deviation
    return {NAIVE[0]: still.tolist(), NAIVE[1]: linear.nrmse().tolist()}
