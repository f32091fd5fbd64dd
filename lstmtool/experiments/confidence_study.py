"""How often the stated confidence is right, on kinds of data with and without groups.

The unit of work is one data set of one kind, clustered in one way. The rule of
`lstmtool.clustering.confidence` was chosen on other seeds, and only on kinds not held out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from lstmtool.clustering.assess import assess
from lstmtool.clustering.assign import Assigner
from lstmtool.clustering.evidence import with_evidence
from lstmtool.config import TrainSettings
from lstmtool.data.sequences import Sequences
from lstmtool.errors import DivergedError
from lstmtool.experiments.confidence_kinds import KINDS, LARGE_KINDS, Kind
from lstmtool.records.results import Confidence
from lstmtool.records.run import Run
from lstmtool.training.output_search import grow
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.train import train

RIGHT = 0.9  # adjusted Rand index from which an answer counts as right
WAYS: dict[str, tuple[str, int | str | None]] = {
    "bingo": ("bingo", None),
    "bingo-1": ("bingo", 1),
    "bingo-2": ("bingo", 2),
    "bingo-auto": ("bingo", "auto"),
    "neo": ("neo", None),
}
"""Objective and ``--outputs`` by the names of the ways of clustering."""
LARGE_WAYS = ("bingo", "neo")
"""Of large sets, with the default number of outputs."""
WORDS = ("high", "moderate", "low", "unknown")
Settings = Callable[[Sequences, str, int], TrainSettings]


def run_one(
    kind: Kind,
    way: str,
    seed: int,
    settings_of: Settings,
    threads: int = 1,
    stop: Stop | None = None,
) -> dict[str, Any]:
    """Cluster one data set; return the confidence with and without the null test, and its basis.

    Parameters
    ----------
    settings_of : callable
        Returns the settings of `lstmtool train` for sequences, a way of clustering and a seed.

    Raises
    ------
    Stopped
        If `stop` was set.
    """
    stop = stop or Stop()
    data = kind.sequences(seed)
    settings = settings_of(data, way, seed)
    record = {"kind": kind.name, "way": way, "seed": seed, "n_sequences": len(data)}

    def train_one(chosen: TrainSettings) -> Run:
        run = train(data, chosen, threads=threads, stop=stop)
        if stop:
            raise Stopped
        return run

    try:
        if WAYS[way][1] == "auto":
            run = grow(settings, len(data), train_one, lambda run: Assigner(run).score(data))
        else:
            run = train_one(settings)
    except DivergedError:
        lost = {"word": "unknown", "untested": "unknown", "ari": None, "clusters": 0}
        return record | lost
    tested = with_evidence(run, data, threads=threads, stop=stop)
    found = assess(tested)
    confidence = found.confidence
    return record | {
        "word": confidence.word,
        "untested": assess(replace(tested, null_test=None)).confidence.word,
        "p_value": confidence.p_value,
        "ari": found.after.ari,
        "clusters": len(np.unique(found.clusters)),
        "kept": _kept(confidence),
        "gap": confidence.gap,
        "agreement": confidence.agreement,
        "check": None if confidence.check is None else vars(confidence.check),
    }


def _kept(confidence: Confidence) -> float | None:
    if confidence.shared is None or not confidence.carried:
        return None
    return confidence.shared / confidence.carried


def summarise(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Count confidence by kind and way; ``right`` counts answers with an ARI of 0.9 or more."""
    rows = []
    every = list(records)
    for kind in (*KINDS, *LARGE_KINDS):
        for way in WAYS:
            own = [r for r in every if (r["kind"], r["way"]) == (kind.name, way)]
            if own:
                with_groups = kind.sequences(0).labels is not None
                row = {"kind": kind.name, "way": way, "groups": with_groups}
                rows.append(row | {"held_back": kind.held_back} | _counts(own, with_groups))
    return rows


def _counts(records: list[dict[str, Any]], with_groups: bool) -> dict[str, Any]:
    right = [r for r in records if r["ari"] is not None and r["ari"] >= RIGHT]
    row: dict[str, Any] = {"runs": len(records), "right": len(right) if with_groups else None}
    row["right_word"] = {word: sum(r["word"] == word for r in right) for word in WORDS}
    row["one_cluster"] = sum(r["clusters"] == 1 for r in records)
    for field in ("untested", "word"):
        row[field] = {word: sum(r[field] == word for r in records) for word in WORDS}
    return row


def reliability(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sum rows of `summarise` up by way, and over all ways, under the name "all".

    Returns
    -------
    list of dict
        Each with the ``way`` and pairs (count, of how many): ``false`` (high or moderate on data
        without groups), ``right_high`` (high among right answers), and under ``right`` by word how
        many such answers were right, where none is on data without groups.
    """
    every = list(rows)
    ways = [way for way in WAYS if any(row["way"] == way for row in every)]
    sums = []
    for way in [*ways, "all"]:
        own = [row for row in every if way in (row["way"], "all")]
        without = [row for row in own if not row["groups"]]
        false = sum(row["word"]["high"] + row["word"]["moderate"] for row in without)
        words = {
            word: (
                sum(row["right_word"][word] for row in own),
                sum(row["word"][word] for row in own),
            )
            for word in WORDS
        }
        total: dict[str, Any] = {"way": way, "right": words}
        total["false"] = (false, sum(row["runs"] for row in without))
        total["right_high"] = (words["high"][0], sum(row["right"] or 0 for row in own))
        sums.append(total)
    return sums
