"""Clusters of outputs: binary codes, or modes of a Parzen density. Their number is inferred."""

from __future__ import annotations

import numpy as np

MAX_NODES = 62  # a code is one int64
NO_CLUSTER = -1  # for a sequence whose output is not finite
STEP = 1e-6  # convergence threshold of mean-shift steps, in kernel widths
MERGE = 0.1  # fixed points closer than this, in kernel widths, are one mode
GRID = 0.02  # points that come closer than this, in kernel widths, are merged on their way
MAX_STEPS = 2000
STEPS = 8  # of every point, before those that have come close to each other are merged


def binary_codes(activations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Read logistic outputs as binary codes, one bit per node.

    Parameters
    ----------
    activations : array-like of shape (N, K)
        Between 0 and 1.

    Returns
    -------
    codes : ndarray of shape (N, K), uint8
        1 where the activation is above 1/2.
    clusters : ndarray of shape (N,), int64
        The codes as binary numbers, first node first, so that a code has the same number in every
        data set; -1 where an activation is not finite.

    Raises
    ------
    ValueError
        If there are more than 62 nodes.
    """
    p = np.asarray(activations, dtype=np.float64)
    n_nodes = p.shape[1]
    if n_nodes > MAX_NODES:
        raise ValueError(f"At most {MAX_NODES} nodes make a code, got {n_nodes}.")
    codes = (p > 0.5).astype(np.uint8)
    clusters = codes @ (1 << np.arange(n_nodes - 1, -1, -1, dtype=np.int64))
    return codes, np.where(np.isfinite(p).all(axis=1), clusters, NO_CLUSTER)


def parzen_modes(outputs: np.ndarray, sigma: float) -> np.ndarray:
    """Cluster points by the modes of their Gaussian Parzen density.

    Every point follows the mean shift (Fukunaga and Hostetler, 1975): it moves to the mean of all
    points, weighted by the kernel of width sigma around it, until it converges. Points that
    converge to the same place are a cluster, so the number of clusters is inferred.

    Parameters
    ----------
    outputs : array-like of shape (N, K)
        Of linear units.
    sigma : float
        Kernel width in units of the outputs. If it is zero or not finite, only identical points
        share a cluster.

    Returns
    -------
    ndarray of shape (N,), int64
        Clusters numbered by their modes' first coordinate, ascending (then the second, ...); -1
        where an output is not finite.
    """
    y = np.asarray(outputs, dtype=np.float64)
    clusters = np.full(len(y), NO_CLUSTER, dtype=np.int64)
    finite = np.isfinite(y).all(axis=1)
    y = y[finite]
    if not len(y):
        return clusters
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        scaled = (y - y.mean(axis=0)) / sigma
    if sigma > 0 and np.isfinite(scaled).all() and np.isfinite(sigma):
        points, weights, back = _condense(scaled)
        places, owner = _climb(points, weights)
        last, of_last = np.unique(owner, return_inverse=True)
        clusters[finite] = _number(places[last])[of_last][back]
    else:
        clusters[finite] = np.unique(y, axis=0, return_inverse=True)[1].reshape(-1)
    return clusters


def agreement(labels: np.ndarray, clusters: np.ndarray) -> tuple[float, float]:
    """Compare clusters with labels: adjusted Rand index and normalised mutual information.

    Returns
    -------
    ari, nmi : float
        1 for the same partition; the ARI is 0 by chance.
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    return (
        float(adjusted_rand_score(labels, clusters)),
        float(normalized_mutual_info_score(labels, clusters)),
    )


def accuracy(labels: np.ndarray, clusters: np.ndarray) -> float:
    """Return the fraction of the sequences whose cluster is matched to their group.

    Each cluster is matched to at most one group, by the optimal assignment (Kuhn, 1955).
    """
    from scipy.optimize import linear_sum_assignment
    from sklearn.metrics.cluster import contingency_matrix

    counts = contingency_matrix(labels, clusters)
    return float(counts[linear_sum_assignment(counts, maximize=True)].sum() / counts.sum())


def _condense(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return means (M, K) of nearly coincident points, their counts, and each point's index (N,).

    In large sets many points nearly coincide, so this saves most of the time.
    """
    cells = np.round(points / GRID)
    _, back, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), points.shape[1]))
    np.add.at(sums, back.reshape(-1), points)
    return sums / counts[:, None], counts.astype(np.float64), back.reshape(-1)


def _climb(data: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where the mean shift leads points (M, K), in kernel widths, and which each follows.

    A point that has come close to another follows it: both end where that one does.
    """
    from lstmtool.kernels import mean_shift
    from lstmtool.kernels.pairs import in_vectors

    points, lanes = in_vectors(np.ascontiguousarray(data.T), 0)
    lanes.ravel()[: len(weights)] = weights
    places = data.copy()
    owner, moving = np.arange(len(data)), np.arange(len(data))
    for _ in range(MAX_STEPS // STEPS):
        moving = moving[mean_shift.climb(points, lanes, places, moving, STEPS, STEP)]
        if not len(moving):
            break
        moving = _travel_together(places, owner, moving)
    return places, _root(owner)


def _travel_together(places: np.ndarray, owner: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """Let nearly coincident points follow the first of them, to save time."""
    cells = np.round(places[moving] / GRID)
    order = np.lexsort(cells.T)  # stable; far faster than `unique` along an axis
    in_order = cells[order]
    new = np.append(True, (in_order[1:] != in_order[:-1]).any(axis=1))
    first = moving[order[new]]
    owner[moving[order]] = first[np.cumsum(new) - 1]
    return np.sort(first)


def _root(owner: np.ndarray) -> np.ndarray:
    while (owner != owner[owner]).any():
        owner = owner[owner]
    return owner


def _number(places: np.ndarray) -> np.ndarray:
    """Return cluster numbers (M,) of fixed points (M, K); chains of close points are one mode."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    distinct, back = np.unique(places, axis=0, return_inverse=True)  # sorted
    pairs = cKDTree(distinct).query_pairs(MERGE, output_type="ndarray")
    edges = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(distinct), len(distinct)))
    _, found = connected_components(edges, directed=False)
    _, first, numbers = np.unique(found, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return rank[numbers][back.reshape(-1)]
