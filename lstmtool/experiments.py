"""The paper's four experiments over many data seeds, with its literal form and controls beside.

One data seed of one experiment is the unit of work; it gives a plain dictionary of numbers, so that
a study can stop between two of them and go on later. Labels only score.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstmtool.assessment import assess
from lstmtool.baselines import BASELINES, k_means
from lstmtool.clusters import agreement, binary_codes, parzen_modes
from lstmtool.config import TrainSettings
from lstmtool.datasets import artificial, clarinet, tones
from lstmtool.learner import Lanes, lane_data
from lstmtool.objectives.neo import fit_width
from lstmtool.recipes import checked, merge, recipe
from lstmtool.run import Run
from lstmtool.sequences import Sequences
from lstmtool.sounds import PITCHES, Source
from lstmtool.training import Problem, Restart, Stop, choose, finished, prepare, train_restarts

FRESH_PER_GROUP = 25
PERFECT = 1.0 - 1e-9  # adjusted Rand index of the same partition
LITERAL_EPOCHS = {  # of the paper's figures
    "bingo-artificial": 860,
    "neo-artificial": 14,
    "bingo-clarinet": 690,
    "neo-clarinet": 6910,
}


@dataclass(frozen=True)
class Experiment:
    """One of the paper's experiments on one kind of data.

    Parameters
    ----------
    name : str
        Objective and data, e.g. ``bingo-artificial``.
    sounds : str or None
        ``synthetic``, ``shipped`` or ``own`` for the clarinet, None for the artificial data.
    """

    name: str
    sounds: str | None = None

    @property
    def objective(self) -> str:
        """``bingo`` or ``neo``."""
        return self.name.split("-")[0]

    @property
    def key(self) -> str:
        """Name with the kind of sounds."""
        return f"{self.name} ({self.sounds})" if self.sounds else self.name


def experiments(names: tuple[str, ...], sounds: tuple[str, ...]) -> list[Experiment]:
    """Return the experiments of these names; a clarinet experiment once for each kind of sounds."""
    found = []
    for name in names:
        kinds = sounds if name.endswith("clarinet") else (None,)
        found += [Experiment(name, kind) for kind in kinds]
    return found


def draw(experiment: Experiment, seed: int, per_group: int, source: Source | None) -> Sequences:
    """Draw the data set of a seed: four groups of `per_group` sequences of 100 steps."""
    rng = np.random.default_rng([seed, per_group])
    if experiment.sounds is None:
        return artificial.generate(rng, per_group=per_group)
    if experiment.sounds == "synthetic":
        piece = clarinet.piece_length("trigger")
        source = tones.source(rng, pitches=PITCHES, per_pitch=per_group, piece=piece)
    assert source is not None
    return clarinet.generate(rng, source=source, phase="trigger", per_group=per_group)


def settings_of(experiment: Experiment, name: str, seed: int, restarts: int) -> TrainSettings:
    """Return what `lstmtool train` would run for this experiment by default, or literally."""
    nested = recipe((experiment.objective,), "literal" if name == "literal" else "conditioned")
    changes: dict[str, Any] = {"seed": seed}
    if name == "literal":
        nested["stages"][-1]["epochs"] = LITERAL_EPOCHS[experiment.name]
    else:
        changes["restarts"] = restarts
    return checked(merge(nested, changes))


def run_seed(
    experiment: Experiment,
    seed: int,
    restarts: int,
    *,
    source: Source | None = None,
    threads: int = 1,
    stop: Stop | None = None,
) -> tuple[dict[str, Any], Run, Run]:
    """Run everything that the study compares on the data set of one seed.

    Returns
    -------
    record : dict
        Plain numbers, as JSON takes them.
    chosen, literal : Run
        For figures and tables.
    """
    data = draw(experiment, seed, 5, source)
    fresh = draw(experiment, seed, FRESH_PER_GROUP, source)
    stop = stop or Stop()
    literal_problem = prepare(data, settings_of(experiment, "literal", seed, 1))
    literal = finished(
        data, literal_problem, train_restarts(literal_problem, 1, stop=stop), chosen=0
    )
    problem = prepare(data, settings_of(experiment, "conditioned", seed, restarts))
    results = train_restarts(problem, threads, stop=stop)
    chosen = choose(results)
    run = finished(data, problem, results, chosen)
    record = _restart_scores(problem, results, chosen, data)
    record |= {
        "experiment": experiment.key,
        "seed": seed,
        "fresh_ari": _ari(problem, results[chosen].parameters, fresh),
        "literal_ari": assess(literal).after.ari,
        "splittable": _true_features_split(data),
        "baselines": {
            name: agreement(data.labels, k_means(features(data), 4, seed))[0]
            for name, features in BASELINES.items()
        },
    }
    return record, run, literal


def _restart_scores(
    problem: Problem, results: list[Restart], chosen: int, data: Sequences
) -> dict[str, Any]:
    aris = [_ari(problem, r.parameters, data) for r in results]
    controls = [_ari(problem, r.untrained, data) for r in results]
    control = int(np.nanargmax([r.untrained_score for r in results]))
    return {
        "restarts": len(results),
        "chosen": chosen,
        "aris": aris,
        "scores": [r.score for r in results],
        "objectives": [r.objective for r in results],
        "epochs": [len(r.history["epoch"]) for r in results],
        "chosen_ari": aris[chosen],
        "best_ari": max(aris),
        "control_aris": controls,
        "control_chosen_ari": controls[control],
    }


def _ari(problem: Problem, parameters: np.ndarray, data: Sequences) -> float:
    lanes = Lanes(problem.network, lane_data(problem.preprocessing.apply(data)))
    net, _ = lanes.evaluate(parameters)
    if not np.isfinite(net).all():
        return 0.0
    assert data.labels is not None
    return agreement(data.labels, clusters_of(problem.settings, net))[0]


def clusters_of(settings: TrainSettings, net: np.ndarray) -> np.ndarray:
    """Clusters (N,) of net inputs (N, K): binary codes, or modes of their Parzen density."""
    if settings.network.output_unit == "logistic":
        return binary_codes(1.0 / (1.0 + np.exp(-np.clip(net, -700, 700))))[1]
    return parzen_modes(net, fit_width(net, settings.stages[-1].width_floor))


def _true_features_split(data: Sequences) -> bool:
    """Whether every sequence is nearest to its own group in the two features that define it.

    For the artificial data these are mean and mean square, standardised; for sounds the pitch,
    which always tells.
    """
    if "Hz" in data.label_names[0]:
        return True
    assert data.labels is not None
    features = np.array([[s.mean(), (s**2).mean()] for s in data])
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    centres = np.array([features[data.labels == k].mean(axis=0) for k in range(4)])
    distances = ((features[:, None] - centres[None]) ** 2).sum(axis=2)
    return bool((distances.argmin(axis=1) == data.labels).all())


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """95 % interval of a rate (Wilson 1927), which stays inside [0, 1] for few trials."""
    if trials == 0:
        return 0.0, 1.0
    z, rate = 1.959963984540054, successes / trials
    centre = (rate + z * z / (2 * trials)) / (1 + z * z / trials)
    spread = z * np.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials**2))
    spread /= 1 + z * z / trials
    return max(0.0, centre - spread), min(1.0, centre + spread)


def summarise(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Rates of perfect data sets with 95 % intervals, and mean ARIs, of one experiment."""
    ways: dict[str, Callable[[dict[str, Any]], list[float]]] = {
        "literal, one run": lambda r: [r["literal_ari"]],
        "conditioned, single runs": lambda r: r["aris"],
        "label-free choice": lambda r: [r["chosen_ari"]],
        "best by labels": lambda r: [r["best_ari"]],
        "untrained, label-free choice": lambda r: [r["control_chosen_ari"]],
        "label-free choice, splittable data": lambda r: [r["chosen_ari"]] * r["splittable"],
        "label-free choice, fresh sequences": lambda r: [r["fresh_ari"]],
    }
    for name in BASELINES:
        ways[name] = lambda r, name=name: [r["baselines"][name]]  # type: ignore[misc]
    table = {}
    for name, values_of in ways.items():
        values = np.array([v for record in records for v in values_of(record)])
        perfect = int((values >= PERFECT).sum())
        low, high = wilson_interval(perfect, len(values))
        table[name] = {
            "perfect": perfect,
            "trials": len(values),
            "rate": perfect / len(values) if len(values) else None,
            "low": low,
            "high": high,
            "mean_ari": float(values.mean()) if len(values) else None,
        }
    return {
        "data_sets": len(records),
        "splittable": sum(bool(r["splittable"]) for r in records),
        "epochs": float(np.mean([e for r in records for e in r["epochs"]])),
        "seconds": float(np.mean([r["seconds"] for r in records])),
        "ways": table,
    }


def median_seed(records: list[dict[str, Any]]) -> int:
    """Seed of the typical data set: the median by the chosen run's ARI, not the best."""
    order = sorted(records, key=lambda r: (r["chosen_ari"], r["seed"]))
    return int(order[len(order) // 2]["seed"])
