"""Restarts in rounds: no more are run once those so far agree on the clusters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lstmtool.training.consensus import adjusted_rand, alternatives, consensus
from lstmtool.training.restart import Restart
from lstmtool.training.selection import clusters_of
from lstmtool.training.setup import TrainingSetup
from lstmtool.training.unaltered import Unaltered

FIRST, FURTHER = 8, 4  # restarts in the first round, and in those that follow
AGREE = 0.95  # adjusted Rand index of the consensuses of two halves of the restarts


def ends_of_rounds(restarts: int) -> tuple[int, ...]:
    """Return how many of at most so many restarts will have been run after each round."""
    return (*range(FIRST, restarts, FURTHER), restarts) if restarts > FIRST else (restarts,)


def in_rounds(
    setup: TrainingSetup, items: Sequence[Any], run: Callable[[Sequence[Any]], list[Restart]]
) -> list[Restart]:
    """Run all items or, if the settings say ``until_stable``, so many that their restarts agree."""
    if not setup.settings.until_stable or len(items) <= FIRST:
        return run(items)
    results = run(items[:FIRST])
    labels = [_labels(setup, restart) for restart in results]
    while len(results) < len(items) and not settled(
        [own for own in labels if own is not None], setup.settings.clusters, setup.settings.seed
    ):
        more = run(items[len(results) : len(results) + FURTHER])
        results += more
        labels += [_labels(setup, restart) for restart in more]
    return results


def settled(labels: Sequence[np.ndarray], n_clusters: int | None, seed: int) -> bool:
    """Whether members with labels (N,) have one answer, and either half of them alone the same.

    The halves are every other member. Fewer than four members are not enough to tell.
    """
    if len(labels) < 4:
        return False
    together, members = np.stack(labels), np.arange(len(labels))
    if len(alternatives(together, n_clusters, seed)) > 1:
        return False
    first, second = (
        consensus(together, half, n_clusters, seed).clusters
        for half in (members[::2], members[1::2])
    )
    return adjusted_rand(first, second) >= AGREE


def _labels(setup: TrainingSetup, restart: Restart) -> np.ndarray | None:
    """Return the clusters (N,) that a restart found; None if it ended badly."""
    if restart.lost or not restart.finite:
        return None
    net = restart.net
    if net is None:
        net = Unaltered(setup).net(setup.network, restart.parameters)
    return clusters_of(net, setup.settings.stages[-1]) if np.isfinite(net).all() else None
