"""Replacement of the output units between two stages.

Logistic units become linear with the same weights. A single linear unit that replaces several
reads the old net inputs along one direction, chosen to keep the clusters found so far apart.
Labels play no part.
"""

from __future__ import annotations

import numpy as np

from lstmtool.network.layout import Network

N_DIRECTIONS = 720
N_READ_OUTS = 4


def linear_read_outs(
    old: Network, new: Network, flat: np.ndarray, net: np.ndarray, clusters: np.ndarray
) -> list[np.ndarray]:
    """Replace the output units by linear ones; return a few candidates, the best first.

    Parameters
    ----------
    old, new : Network
        Networks that differ only in their output units; `new` has as many, or one.
    flat : ndarray of shape (P,)
        Parameters of the old network.
    net : ndarray of shape (N, K)
        Net inputs of the old output units on the training set.
    clusters : ndarray of shape (N,), int
        Clusters found by the old network.

    Returns
    -------
    list of ndarray
        Parameters (P,) of the new network: one candidate with the same weights for K units; for a
        single unit, the directions that separate best, each with a different order of clusters.
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
    """Return unit directions (K,) that separate clusters of net inputs (N, K), the best first.

    A direction's merit is the smallest gap between the ranges of neighbouring clusters, divided by
    the mean width of these ranges. Of all directions with the same order of clusters, up to
    reversal, only the best is kept.
    """
    directions = _directions(net.shape[1])
    lines = net @ directions.T  # (N, M), as what follows has a column for each direction
    own = [lines[clusters == c] for c in np.unique(clusters)]
    lows, highs = np.stack([x.min(axis=0) for x in own]), np.stack([x.max(axis=0) for x in own])
    orders = np.argsort(lows + highs, axis=0)
    ends, starts = (np.take_along_axis(x, orders, axis=0) for x in (highs, lows))
    spread = np.ptp(lines, axis=0)
    gaps = (starts[1:] - ends[:-1]).min(axis=0) if len(own) > 1 else spread
    merits = gaps / ((highs - lows).mean(axis=0) + 1e-3 * spread + 1e-300)
    best: dict[tuple[int, ...], tuple[float, np.ndarray]] = {}
    for order, merit, direction in zip(orders.T.tolist(), merits.tolist(), directions, strict=True):
        key = min(tuple(order), tuple(order[::-1]))
        if key not in best or merit > best[key][0]:
            best[key] = (merit, direction)
    ranked = sorted(best.values(), key=lambda pair: -pair[0])
    return [direction for _, direction in ranked[:N_READ_OUTS]]


def _directions(n_dims: int) -> np.ndarray:
    """Return directions (M, K) spread over half the sphere; evenly in the plane."""
    if n_dims == 1:
        return np.ones((1, 1))
    if n_dims == 2:
        angles = np.pi * np.arange(N_DIRECTIONS) / N_DIRECTIONS
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)
    directions = np.random.default_rng(0).standard_normal((N_DIRECTIONS * n_dims, n_dims))
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)
