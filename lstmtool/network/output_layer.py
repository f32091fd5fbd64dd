"""Between two stages: what takes the place of the old output units.

Logistic units become linear ones as they are. A single linear unit after several sees the space
of the old net inputs along one direction; directions along which the clusters found so far keep
apart come from those clusters alone. Labels play no part.
"""

from __future__ import annotations

import numpy as np

from lstmtool.network.layout import Network

N_DIRECTIONS = 720
N_READ_OUTS = 4


def linear_read_outs(
    old: Network, new: Network, flat: np.ndarray, net: np.ndarray, clusters: np.ndarray
) -> list[np.ndarray]:
    """Replace the output units by linear ones; a few ways to go on from, the best first.

    Parameters
    ----------
    old, new : Network
        Alike but for their output units; the new ones are as many, or one.
    flat : ndarray of shape (P,)
        Parameters of the old network.
    net : ndarray of shape (N, K)
        Net inputs of its output units on the training set.
    clusters : ndarray of shape (N,), int
        The old network's clusters.

    Returns
    -------
    list of ndarray
        Parameters of the new network: K units go on as they are, a single one reads the most
        separating directions, each of another order of the clusters.
    """
    units = old.views(flat).output
    if new.settings.outputs == len(units):
        ways = [np.eye(len(units))]
    else:
        deviation = np.maximum(net.std(axis=0), 1e-12)
        ways = [d[None] / deviation for d in separating_directions(net / deviation, clusters)]
    variants = []
    for way in ways:
        start = np.concatenate([flat[: old.n_hidden], np.zeros(new.size - new.n_hidden)])
        new.views(start).output[:] = way @ units
        variants.append(start)
    return variants


def separating_directions(net: np.ndarray, clusters: np.ndarray) -> list[np.ndarray]:
    """Unit directions (K,) along which clusters of net inputs (N, K) lie apart, the best first.

    A direction's merit is the smallest gap between neighbouring clusters' ranges over the mean
    width of a cluster's range. Of all directions that put the clusters in the same order, up to
    reversal, the best is kept.
    """
    found = np.unique(clusters)
    best: dict[tuple[int, ...], tuple[float, np.ndarray]] = {}
    for direction in _directions(net.shape[1]):
        line = net @ direction
        lows = np.array([line[clusters == c].min() for c in found])
        highs = np.array([line[clusters == c].max() for c in found])
        order = np.argsort(lows + highs)
        gaps = lows[order][1:] - highs[order][:-1]
        width = (highs - lows).mean() + 1e-3 * np.ptp(line) + 1e-300
        merit = float(gaps.min(initial=np.ptp(line)) / width)
        ranks = tuple(int(k) for k in order)
        key = min(ranks, ranks[::-1])
        if key not in best or merit > best[key][0]:
            best[key] = (merit, direction)
    ranked = sorted(best.values(), key=lambda pair: -pair[0])
    return [direction for _, direction in ranked[:N_READ_OUTS]]


def _directions(n_dims: int) -> np.ndarray:
    """Directions (M, K) spread over half the sphere; evenly in the plane."""
    if n_dims == 1:
        return np.ones((1, 1))
    if n_dims == 2:
        angles = np.pi * np.arange(N_DIRECTIONS) / N_DIRECTIONS
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)
    directions = np.random.default_rng(0).standard_normal((N_DIRECTIONS * n_dims, n_dims))
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)
