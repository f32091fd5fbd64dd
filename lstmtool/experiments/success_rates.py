"""Success rates with intervals, from a study's records of many data sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from lstmtool.clustering.confidence import N_CLUSTERS, Counts, count
from lstmtool.records.intervals import wilson_interval

PERFECT = 1.0 - 1e-9  # adjusted Rand index of identical partitions, less rounding
Record = dict[str, Any]  # of one data seed, as `lstmtool.experiments.paper.run_seed` returns it

CHOICE, BEST, CONTROL = "label-free choice", "best by labels", "untrained, label-free choice"
LITERAL, SINGLE = "literal, one run", "default recipe, single runs"
SPLITTABLE, FRESH = "label-free choice, splittable data", "label-free choice, fresh sequences"
TRUE_FEATURES = "k-means, true features"


def grouped_interval(shares: np.ndarray, per_group: int) -> tuple[float, float]:
    """Return the 95 % interval of a mean of shares (S,), each of `per_group` trials on a data set.

    Trials on one data set are correlated, so they count as fewer. The effective number of trials
    is the one with a binomial variance equal to that observed between data sets (Korn and Graubard
    1998); if all trials agree, it is the number of data sets.
    """
    n, rate = len(shares), float(shares.mean())
    trials = float(n)
    if 0 < rate < 1 and n > 1:
        variance = float(shares.var(ddof=1)) / n
        binomial = rate * (1 - rate)
        most = n * per_group
        trials = min(most, max(1.0, binomial / variance)) if variance > 0 else most
    return wilson_interval(rate * trials, trials)


# What is counted in each record: one adjusted Rand index per trial.
WAYS: dict[str, Callable[[Record], list[float]]] = {
    LITERAL: lambda r: [r["literal_ari"]],
    SINGLE: lambda r: r["aris"],
    CHOICE: lambda r: [chosen_ari(r)],
    SPLITTABLE: lambda r: [chosen_ari(r)] if r["splittable"] else [],
    FRESH: lambda r: [r["fresh_ari"]],
    BEST: lambda r: [max(r["aris"])],
    CONTROL: lambda r: [r["control_aris"][r["control_chosen"]]],
}


def chosen_ari(record: Record) -> float:
    """Return the adjusted Rand index of the restart chosen by the label-free score."""
    return float(record["aris"][record["chosen"]])


def summarise(records: list[Record]) -> dict[str, Any]:
    """Summarise all data sets of one experiment.

    Parameters
    ----------
    records : list of dict
        One record per data seed; at least one.

    Returns
    -------
    dict
        Under ``ways``, for each way of clustering, how many ``trials`` were ``perfect``, their
        ``rate`` with its 95 % interval ``low`` to ``high``, and ``mean_ari``; None without trials.
        Under ``calibration``, the result of `calibration`.
    """
    told = dict(WAYS)
    told |= {name: _of_baseline(name) for name in records[0]["baselines"]}
    if records[0]["true_features_ari"] is not None:
        told[TRUE_FEATURES] = lambda r: [r["true_features_ari"]]
    possible = [r for r in records if max(r["aris"]) >= PERFECT]
    summary = {
        "data_sets": len(records),
        "restarts": len(records[0]["aris"]),
        "recipes": dict(Counter(sorted(r["recipe"] for r in records))),
        "splittable": sum(bool(r["splittable"]) for r in records),
        "k_means_splits": _count_split(records),
        "some_restart_perfect": len(possible),
        "of_these_chosen": sum(chosen_ari(r) >= PERFECT for r in possible),
        "calibration": calibration(records),
        "epochs": float(np.mean([e for r in records for e in r["epochs"]])),
        "median_seed": median_seed(records),
        "ways": {name: _rate([values(r) for r in records]) for name, values in told.items()},
    }
    if all("seconds" in r for r in records):
        summary["seconds"] = float(np.mean([r["seconds"] for r in records]))
    return summary


def calibration(records: list[Record]) -> Counts:
    """Count the perfect runs and all runs in each band of `confidence.EDGES`.

    Only chosen runs with four clusters count: any other number is wrong, and users can see it.
    """
    chosen = [(r, r["scores"][r["chosen"]]) for r in records if r["clusters"] == N_CLUSTERS]
    return count(
        (score, r["possible"], chosen_ari(r) >= PERFECT) for r, score in chosen if score is not None
    )


def pooled_calibration(parts: list[dict[str, Any]]) -> dict[str, Counts]:
    """Return the calibration of all experiments of each objective, as `confidence.MEASURED`."""
    pooled: dict[str, list[Record]] = {}
    for part in parts:
        pooled.setdefault(part["name"].split("-")[0], []).extend(part["records"])
    return {objective: calibration(records) for objective, records in pooled.items()}


def _of_baseline(name: str) -> Callable[[Record], list[float]]:
    return lambda r: [r["baselines"][name]]


def _count_split(records: list[Record]) -> int | None:
    aris = [r["true_features_ari"] for r in records]
    return None if None in aris else sum(ari >= PERFECT for ari in aris)


def _rate(values: list[list[float]]) -> dict[str, Any]:
    """Return the rate of perfect trials, from ARIs grouped by data set."""
    flat = np.array([v for part in values for v in part])
    if not len(flat):
        return dict.fromkeys(("perfect", "trials"), 0) | dict.fromkeys(
            ("rate", "low", "high", "mean_ari")
        )
    perfect = flat >= PERFECT
    shares = np.array([np.mean(np.array(part) >= PERFECT) for part in values if part])
    several = len(flat) > len(shares)
    low, high = (
        grouped_interval(shares, len(flat) // len(shares))
        if several
        else wilson_interval(int(perfect.sum()), len(flat))
    )
    return {
        "perfect": int(perfect.sum()),
        "trials": len(flat),
        "rate": float(perfect.mean()),
        "low": low,
        "high": high,
        "mean_ari": float(flat.mean()),
    }


def median_seed(records: list[Record]) -> int:
    """Return the seed of the median data set by the chosen run's ARI.

    Ties are ordered by the mean ARI of all restarts.
    """
    order = sorted(records, key=lambda r: (chosen_ari(r), float(np.mean(r["aris"])), r["seed"]))
    return int(order[(len(order) - 1) // 2]["seed"])


def without_seconds(study: dict[str, Any]) -> dict[str, Any]:
    """Return a study without what differs between repeated computations."""
    if isinstance(study, dict):
        return {k: without_seconds(v) for k, v in study.items() if k not in ("seconds", "time")}
    return [without_seconds(v) for v in study] if isinstance(study, list) else study
