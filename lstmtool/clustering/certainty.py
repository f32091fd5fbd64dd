"""How sure the cluster of every training sequence is, and which sequence stands for a cluster."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.objectives.clusters import NO_CLUSTER
from lstmtool.records.results import Assessment
from lstmtool.records.run import Run

KERNELS = 2_000_000  # kernel values held in memory at a time


class Members(NamedTuple):
    """The sequences of one cluster."""

    cluster: int
    name: str
    order: np.ndarray  # (n,) their indices, surest first
    exemplar: int  # index of one that is sure, nearest to the cluster's centre


def certainty(run: Run, assessment: Assessment) -> np.ndarray:
    """Return how sure every sequence's cluster is, as `assign` does: (N,) between 0 and 1.

    The share of the restarts that agree; without a consensus the probability of the code or, for
    NEO, the cluster's fraction of the density. NaN without a cluster.
    """
    answer = None if assessment.consensus is None else assessment.consensus.answer
    if answer is not None:
        sure = np.asarray(answer.confidence, dtype=float)
    elif run.settings.makes_codes:
        p = run.after.activations
        sure = np.maximum(p, 1 - p).prod(axis=1)
    else:
        sure = _of_modes(run.after.activations, assessment.clusters, assessment.after.sigma)
    return np.where(assessment.clusters == NO_CLUSTER, np.nan, sure)


def _of_modes(y: np.ndarray, clusters: np.ndarray, sigma: float | None) -> np.ndarray:
    """Return the own cluster's fraction of the Parzen density at every output (N, K)."""
    sure = np.ones(len(y))
    finite = np.flatnonzero(clusters != NO_CLUSTER)
    if not sigma or not len(finite):
        return sure
    known, own = y[finite], clusters[finite]
    for chosen in np.array_split(finite, -(-(len(finite) ** 2) // KERNELS)):
        squares = ((y[chosen, None, :] - known[None]) ** 2).sum(axis=2)
        kernels = np.exp(-0.5 * squares / sigma**2)
        same = clusters[chosen, None] == own[None]
        sure[chosen] = np.where(same, kernels, 0.0).sum(axis=1) / kernels.sum(axis=1)
    return sure


def members(run: Run, assessment: Assessment, sure: np.ndarray) -> tuple[Members, ...]:
    """Return the sequences of every cluster in the order of the clusters' numbers.

    Parameters
    ----------
    sure : ndarray of shape (N,)
        From `certainty`.
    """
    made = []
    for number, name in assessment.cluster_names.items():
        own = np.flatnonzero(assessment.clusters == number)
        if number == NO_CLUSTER or not len(own):
            continue
        order = own[np.argsort(-sure[own], kind="stable")]
        made.append(Members(number, name, order, _exemplar(run.after.net_inputs, order)))
    return tuple(made)


def _exemplar(net_inputs: np.ndarray, order: np.ndarray) -> int:
    """Return the nearest to the centre among the surer half, surest first."""
    nets = net_inputs[order]
    nets = nets[np.isfinite(nets).all(axis=1)]
    if not len(nets):
        return int(order[0])
    surer = order[: -(-len(order) // 2)]
    distances = np.abs(net_inputs[surer] - nets.mean(axis=0)).sum(axis=1)
    return int(surer[np.where(np.isfinite(distances), distances, np.inf).argmin()])
