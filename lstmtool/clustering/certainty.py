"""How sure the cluster of every training sequence is, and which sequence stands for a cluster."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.clustering.training_set import training_assignment
from lstmtool.objectives.clusters import NO_CLUSTER
from lstmtool.records.results import Assessment
from lstmtool.records.run import Run


class Members(NamedTuple):
    """The sequences of one cluster."""

    cluster: int
    name: str
    order: np.ndarray  # (n,) their indices, surest first
    exemplar: int  # index of one that is sure, nearest to the cluster's centre


def certainty(run: Run, assessment: Assessment) -> np.ndarray:
    """Return how sure every sequence's cluster is, (N,) as `assign` says; NaN without a cluster."""
    sure = training_assignment(run, assessment).confidence
    return np.where(assessment.clusters == NO_CLUSTER, np.nan, sure)


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
