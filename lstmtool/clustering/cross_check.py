"""A check of clusters by other networks, whose memory blocks stay as they were drawn.

Memory blocks that are trained can divide any sequences, and copies of the training set follow. So
the clusters are compared with those of networks that never saw them: many blocks as drawn, of which
the output units alone are trained, by one recipe for what happens in the sequences and one for
sequences whose steps correspond. Clusters that are due to chance, or to a cut through a family that
varies continuously, are not found again, or no gap is seen between them.

A consensus of networks with fewer outputs than their recipe has is compared with networks that have
as many. One output can but halve the sequences, and halves may look like groups, or groups that are
no halves like nothing; and where there are more groups than its outputs can tell apart, these
networks find them. So is one of linear outputs, as NEO's are, which spread the sequences of a
group, and mixtures as widely, so that some right answers would fail the null test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from lstmtool.clustering.answers import answers_of, first_clusters
from lstmtool.clustering.confidence import VISIBLE
from lstmtool.clustering.consensus_null_test import POOL, null_test_of_points, sample_to_test
from lstmtool.clustering.gap import gap
from lstmtool.clustering.learned_from import OutputTraining, components_of_members
from lstmtool.config import TrainSettings
from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.errors import DataError, DivergedError
from lstmtool.objectives.clusters import NO_CLUSTER
from lstmtool.recipes import OUTPUT_ALONE, checked, default_stages, merge, recipe
from lstmtool.records.run import CrossCheck, Run
from lstmtool.training.consensus import MOST_CLUSTERS, adjusted_rand, alternatives, sample_of
from lstmtool.training.output_search import recipe_outputs
from lstmtool.training.setup import prepare
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.threads import in_threads
from lstmtool.training.train import train

FEWEST_RESTARTS, RESTARTS = 4, 8  # of each recipe, with as many as the run has between them
FEWEST_NETWORKS = 16  # with more outputs: of few restarts, each has several
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
    clusters = first_clusters(run)
    kept = np.flatnonzero(clusters != NO_CLUSTER)
    chosen = kept[sample_of(len(kept), MOST_SEQUENCES, run.settings.seed)]
    n_clusters = len(np.unique(clusters[chosen]))
    if not 2 <= n_clusters <= MOST_CLUSTERS or len(chosen) < 2 * n_clusters:
        return run
    some = from_arrays([sequences[n] for n in chosen])
    found = []
    for name in OUTPUT_ALONE:
        settings = _settings(run.settings, name, n_clusters)
        other = _trained(some, settings, threads, stop or Stop())
        found += [] if other is None else [_compared(other, clusters[chosen], name)]
    best = max(found, key=lambda check: (check.gap, check.agreement), default=None)
    return replace(run, cross_check=best)


def with_wider_check(
    run: Run,
    sequences: Sequences,
    surrogates: int,
    *,
    threads: int = 1,
    stop: Stop | None = None,
    tell: Callable[[int], None] = lambda surrogates: None,
) -> Run:
    """Return the run with a check by networks with as many binary outputs as the recipe has.

    These have the memory blocks of the run's restarts, and are told the number of clusters; the
    null test is theirs. If the run was not told it, they also say how many they find themselves.

    Parameters
    ----------
    run : Run
        A consensus of networks with fewer outputs, or linear ones.
    sequences : Sequences
        The training set; labels are not read.
    surrogates, threads, stop, tell
        As for `lstmtool.clustering.consensus_null_test.null_test_of_consensus`.

    Raises
    ------
    Stopped
        If `stop` was set.
    """
    stop, seed = stop or Stop(), run.settings.seed
    clusters = first_clusters(run)
    chosen = sample_of(len(sequences), MOST_SEQUENCES, seed)
    clusters = clusters[chosen]
    n_clusters = len(np.unique(clusters[clusters != NO_CLUSTER]))
    if not 2 <= n_clusters <= MOST_CLUSTERS or len(chosen) < 2 * n_clusters:
        return run
    assert run.ensemble is not None
    settings, setup = _wider(run.settings), prepare(sequences, run.settings)
    training = OutputTraining.of(prepare(sequences, settings))
    members = np.arange(len(run.ensemble.restarts))
    points = components_of_members(run, setup, members, chosen, threads, stop)
    points = points * -(-FEWEST_NETWORKS // len(points))
    nets = _nets(points, training, threads, stop)
    if not np.isfinite(nets).all():
        return run
    labels = training.clusters(nets)
    answer = alternatives(labels, n_clusters, seed)[0]
    kind = "" if run.settings.makes_codes else "binary "
    check = CrossCheck(
        recipe=f"{settings.network.outputs} {kind}outputs",
        agreement=adjusted_rand(clusters, answer.clusters),
        gap=gap(nets, answer.clusters),
        more=_more(nets, labels, n_clusters, seed) if run.settings.clusters is None else 0,
    )
    if len(answer.ranks) < 2:
        return replace(run, null_test=None, cross_check=check)
    tell(surrogates)
    few = sample_to_test(len(chosen), seed)
    of_few = [points[network][:, few] for network in answer.members[:POOL]]
    test = null_test_of_points(
        of_few, training, len(answer.ranks), surrogates, threads=threads, stop=stop
    )
    return replace(run, null_test=test, cross_check=check)


def _nets(
    points: list[np.ndarray], training: OutputTraining, threads: int, stop: Stop
) -> np.ndarray:
    """Train a network on each of the points (M, N, P); return the net inputs (networks, N, K)."""

    def net(network: int) -> np.ndarray:
        rng = np.random.default_rng([training.seed, network])
        return training.nets(points[network], rng, stop)

    return np.stack(in_threads(net, range(len(points)), threads))


def _more(nets: np.ndarray, labels: np.ndarray, n_clusters: int, seed: int) -> int:
    """Return how many clusters networks find if not told how many; 0 if no more, or no gap."""
    clusters = alternatives(labels, None, seed)[0].clusters
    count = len(np.unique(clusters[clusters != NO_CLUSTER]))
    return 0 if count <= n_clusters or gap(nets, clusters) < VISIBLE else count


def _wider(trained: TrainSettings) -> TrainSettings:
    """Return settings with as many binary outputs as the recipe has."""
    coding = trained if trained.makes_codes else _with_codes(trained)
    changes = {
        "network": {"outputs": recipe_outputs(coding)},
        "stages": [stage.model_dump() | {"outputs": None} for stage in coding.stages],
    }
    return checked(merge(coding.model_dump(), changes))


def _with_codes(trained: TrainSettings) -> TrainSettings:
    """Return settings of the same memory blocks with codes for outputs."""
    name = "waveforms" if "eighths" in trained.network.readout else "shapes"
    usual = recipe(default_stages("bingo", name), name)
    last = trained.stages[-1].model_dump()
    before = [stage.model_dump() for stage in trained.stages if stage.record.makes_codes]
    same = {field: last[field] for field in ("epochs", "augmentation", "noise")}
    changes = {
        "network": {"output_unit": usual["network"]["output_unit"]},
        "stages": [*before, usual["stages"][-1] | same],
        "selection": usual["selection"],
    }
    return checked(merge(trained.model_dump(), changes))


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
        "precision": trained.precision,  # whose kernels are compiled already
        "seed": trained.seed,
    }
    return checked(merge(recipe(default_stages("bingo", name), name), changes))


def _trained(sequences: Sequences, settings: TrainSettings, threads: int, stop: Stop) -> Run | None:
    """Train networks to compare with; None if their recipe does not suit the sequences."""
    try:
        other = train(sequences, settings, threads=threads, stop=stop)
    except (DataError, DivergedError):
        other = None
    if stop:
        raise Stopped
    return None if other is None or other.ensemble is None else other


def _compared(other: Run, clusters: np.ndarray, name: str) -> CrossCheck:
    assert other.ensemble is not None
    same = adjusted_rand(clusters, answers_of(other)[0].clusters)
    return CrossCheck(name, same, gap(other.ensemble.net_inputs.astype(np.float64), clusters))
