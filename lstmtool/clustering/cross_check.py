"""A check of clusters by other networks, whose memory blocks stay as they were drawn.

Memory blocks that are trained can divide any sequences, and copies of the training set follow. So
the clusters are compared with those of networks that never saw them: many blocks as drawn, of which
the output units alone are trained, by one recipe for what happens in the sequences and one for
sequences whose steps correspond. Clusters that are due to chance, or to a cut through a family that
varies continuously, are not found again, or no gap is seen between them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lstmtool.clustering.answers import answers_of
from lstmtool.clustering.gap import gap
from lstmtool.config import TrainSettings
from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.errors import DataError, DivergedError
from lstmtool.objectives.clusters import NO_CLUSTER, agreement
from lstmtool.recipes import OUTPUT_ALONE, checked, default_stages, merge, recipe
from lstmtool.records.run import CrossCheck, Run
from lstmtool.training.consensus import MOST_CLUSTERS, sample_of
from lstmtool.training.selection import clusters_of
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.train import train

FEWEST_RESTARTS, RESTARTS = 4, 8  # of each recipe, with as many as the run has between them
MOST_SEQUENCES = 500  # of the training set, drawn at random


def with_cross_check(
    run: Run, sequences: Sequences, *, threads: int = 1, stop: Stop | None = None
) -> Run:
    """Return the run with the result of the check, or as it was if there is but one cluster.

    Parameters
    ----------
    sequences : Sequences
        The training set; labels are not read.
    threads, stop
        As for `lstmtool.training.null_test.with_null_test`.

    Raises
    ------
    Stopped
        If `stop` was set.
    """
    clusters = _clusters(run)
    kept = np.flatnonzero(clusters != NO_CLUSTER)
    chosen = kept[sample_of(len(kept), MOST_SEQUENCES, run.settings.seed)]
    n_clusters = len(np.unique(clusters[chosen]))
    if not 2 <= n_clusters <= MOST_CLUSTERS or len(chosen) < 2 * n_clusters:
        return run
    some = from_arrays([sequences[n] for n in chosen])
    found = []
    for name in OUTPUT_ALONE:
        settings = _settings(run.settings, name, n_clusters)
        check = _check(some, clusters[chosen], name, settings, threads, stop or Stop())
        found += [] if check is None else [check]
    best = max(found, key=lambda check: (check.gap, check.agreement), default=None)
    return replace(run, cross_check=best)


def _clusters(run: Run) -> np.ndarray:
    """Return the clusters (N,) that the report shows first."""
    answers = answers_of(run)
    if answers:
        return answers[0].clusters
    return clusters_of(run.after.net_inputs, run.settings.stages[-1])


def _settings(trained: TrainSettings, name: str, n_clusters: int) -> TrainSettings:
    """Return the settings of a recipe for as many clusters, with the run's own view of the data."""
    own: dict[str, Any] = {"normalise": trained.inputs.normalise}
    if trained.inputs.window is not None:
        own |= {"window": trained.inputs.window, "average": 1}
    changes = {
        "network": {"outputs": (n_clusters - 1).bit_length()},
        "initial": {"input_bias": "auto"},
        "inputs": own,
        "restarts": min(RESTARTS, max(FEWEST_RESTARTS, trained.restarts)),
        "until_stable": False,
        "clusters": n_clusters,
        "seed": trained.seed,
    }
    return checked(merge(recipe(default_stages("bingo", name), name), changes))


def _check(
    sequences: Sequences,
    clusters: np.ndarray,
    name: str,
    settings: TrainSettings,
    threads: int,
    stop: Stop,
) -> CrossCheck | None:
    """Compare clusters with the consensus by one recipe; None if it does not suit the sequences."""
    try:
        other = train(sequences, settings, threads=threads, stop=stop)
    except (DataError, DivergedError):
        other = None
    if stop:
        raise Stopped
    if other is None or other.ensemble is None:
        return None
    same = agreement(clusters, answers_of(other)[0].clusters)[0]
    return CrossCheck(name, same, gap(other.ensemble.net_inputs.astype(np.float64), clusters))
