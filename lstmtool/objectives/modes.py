"""Clusters of outputs by the modes of their Parzen density, in time linear in their number.

Both the likelihood of the kernel width and the mean shift sum over all pairs of outputs. So of many
outputs, the density is that of a random sample, and every other output belongs with the nearest one
of the sample, as a new sequence's does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.kernels.records import GO_ON
from lstmtool.objectives import neo
from lstmtool.objectives.clusters import NO_CLUSTER, parzen_modes

MOST = 2000  # outputs that have a kernel; clusters need far fewer, the width of a narrow one more


class Modes(NamedTuple):
    """A Parzen density, and the clusters of the points that it is made of."""

    centres: np.ndarray
    """Points (S, K) around which the kernels lie."""
    sigma: float
    """Kernel width in units of the outputs; 0 if all centres are the same, or there is but one."""
    clusters: np.ndarray
    """Cluster (S,) of every centre."""

    def nearest(self, points: np.ndarray) -> np.ndarray:
        """Return, for each finite point (M, K), the cluster of the nearest centre."""
        return nearest(points, self.centres, self.clusters)


def find_modes(
    outputs: np.ndarray, floor: float, stop: np.ndarray = GO_ON
) -> tuple[Modes, np.ndarray]:
    """Fit a Parzen density of the maximum-likelihood width; return it and the outputs' clusters.

    Parameters
    ----------
    outputs : ndarray of shape (N, K)
        Of linear units.
    floor : float
        Minimum width relative to the outputs' standard deviation.
    stop : ndarray of shape (1,), int64
        Flag set by another thread to abort; then the width is 0.

    Returns
    -------
    modes : Modes
        With all finite outputs for centres, or a random sample of `MOST`.
    clusters : ndarray of shape (N,), int64
        As `lstmtool.objectives.clusters.parzen_modes` numbers them; -1 where an output is not
        finite.
    """
    finite = np.isfinite(outputs).all(axis=1)
    y = outputs[finite]
    sampled = len(y) > MOST
    centres = y[_sample(len(y))] if sampled else y
    sigma = 0.0
    if len(centres) > 1 and (centres != centres[0]).any():
        width = neo.fit_width(centres, floor, stop)
        sigma = width if np.isfinite(width) and width > 0 else 0.0
    modes = Modes(centres, sigma, parzen_modes(centres, sigma))
    clusters = np.full(len(outputs), NO_CLUSTER, dtype=np.int64)
    clusters[finite] = modes.nearest(y) if sampled else modes.clusters
    return modes, clusters


def nearest(points: np.ndarray, outputs: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return, for each point (M, K), the cluster of the nearest output (N, K)."""
    from scipy.spatial import cKDTree

    size = max(np.abs(points).max(), np.abs(outputs).max(), np.finfo(float).tiny)
    return clusters[cKDTree(outputs / size).query(points / size)[1]]


def _sample(n_points: int) -> np.ndarray:
    return np.sort(np.random.default_rng(0).choice(n_points, MOST, replace=False))
