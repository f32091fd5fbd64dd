"""The gap between clusters: how much of the way from one to the next their sequences leave free.

A family that varies continuously can be cut anywhere, and several networks may even agree on where:
in halves, say. But then sequences lie on both sides of the cut, however the family is curved. So
agreement alone does not show that there are groups; a gap does.
"""

from __future__ import annotations

import numpy as np

from lstmtool.records.run import Run

TAIL = 0.1  # share of each cluster, nearest to the other, that may lie in the gap
RIDGE = 0.01  # variance added within clusters, relative to their mean variance


def judged_by_gap(run: Run) -> bool:
    """Whether it is a consensus of networks of which the same output units alone were trained."""
    settings = run.settings
    n_outputs = {stage.outputs or settings.network.outputs for stage in settings.stages}
    return run.ensemble is not None and not settings.trains_blocks and len(n_outputs) == 1


def gap(nets: np.ndarray, clusters: np.ndarray) -> float:
    """Return the smallest gap between any two clusters, from 0 to 1; 0 if there are fewer than two.

    For every network, sequences of two clusters are projected to the axis along which these are
    best separated (Fisher's discriminant), so that the means lie at -1/2 and 1/2, and the
    projections are averaged over networks. The gap lies between the quantiles that cut off the
    `TAIL` of either cluster on the side of the other, and is given as a fraction of the distance
    between their medians. It is 0.2 where an even density is cut in the middle, and 1 for clusters
    without extent.

    Parameters
    ----------
    nets : ndarray of shape (M, N, K)
        Finite outputs of M networks.
    clusters : ndarray of shape (N,)
        Negative for a sequence without a cluster.
    """
    largest = np.abs(nets).max(axis=(1, 2), keepdims=True)
    scaled = nets / np.where(largest > 0, largest, 1.0)
    members = [scaled[:, clusters == c] for c in np.unique(clusters[clusters >= 0])]
    pairs = [_gap(a, b) for n, a in enumerate(members) for b in members[:n]]
    return float(np.clip(min(pairs, default=0.0), 0.0, 1.0))


def _gap(first: np.ndarray, second: np.ndarray) -> float:
    """Return the gap between clusters with outputs (M, A, K) and (M, B, K); negative: overlap."""
    centres = [own.mean(axis=1, keepdims=True) for own in (first, second)]
    way = (centres[1] - centres[0])[:, 0]
    axes = np.linalg.solve(_within(first, centres[0], second, centres[1]), way[:, :, None])
    distance = way[:, None] @ axes  # (M, 1, 1), positive
    axes = axes / np.where(distance > 0, distance, np.inf)
    middle = 0.5 * (centres[0] + centres[1])
    a, b = (((own - middle) @ axes).mean(axis=(0, 2)) for own in (first, second))
    between = np.median(b) - np.median(a)
    if between <= 0:
        return 0.0
    return float((np.quantile(b, TAIL) - np.quantile(a, 1.0 - TAIL)) / between)


def _within(
    first: np.ndarray, centre: np.ndarray, second: np.ndarray, other: np.ndarray
) -> np.ndarray:
    """Return the mean covariance (M, K, K) within both clusters, with the ridge."""
    parts = (first - centre, second - other)
    within = 0.5 * sum(np.swapaxes(x, 1, 2) @ x / x.shape[1] for x in parts)
    n_outputs = within.shape[-1]
    mean = np.trace(within, axis1=1, axis2=2) / n_outputs
    ridge = RIDGE * mean + 1e-12  # of outputs that are at most 1
    return np.asarray(within + ridge[:, None, None] * np.eye(n_outputs))
