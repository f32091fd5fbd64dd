"""How clusters differ in simple features: which one orders the sequences of two clusters."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lstmtool.data.features import Feature

DISTINCT = 0.8  # fraction of the pairs ordered the same way, from which a feature counts
SIGNIFICANT = 0.05  # p-value, by all features together
FEWEST = 3  # sequences of a cluster, to say anything
EXACT = 400  # pairs, up to which probabilities are counted


class Separation(NamedTuple):
    """How one feature orders pairs of sequences, the first from one cluster, the second another."""

    feature: int
    share: float  # of the pairs in which the first sequence has the larger value; ties are halves
    counts: bool  # whether it tells the clusters apart

    @property
    def strength(self) -> float:
        """Fraction of the pairs that are ordered as most are: 1/2 is chance."""
        return max(self.share, 1.0 - self.share)


def separations(
    features: tuple[Feature, ...], one: np.ndarray, other: np.ndarray
) -> tuple[Separation, ...]:
    """Return how well each feature tells two clusters apart, the best first.

    A feature counts if it orders at least `DISTINCT` of the pairs the same way, and chance does so
    with a probability of less than `SIGNIFICANT`, divided by the number of features (Mann-Whitney,
    Bonferroni). One that fewer than half of the sequences of a cluster have is left out.

    Parameters
    ----------
    one, other : ndarray of int
        Indices of the sequences of both clusters.
    """
    made = []
    usable = [(k, f.values[one], f.values[other]) for k, f in enumerate(features)]
    usable = [(k, a, b) for k, a, b in usable if _known(a) and _known(b)]
    for k, a, b in usable:
        a, b = a[~np.isnan(a)], b[~np.isnan(b)]
        share = share_larger(a, b)
        clear = max(share, 1 - share) >= DISTINCT and min(len(a), len(b)) >= FEWEST
        made.append(
            Separation(
                k, share, clear and chance(share, len(a), len(b)) < SIGNIFICANT / len(usable)
            )
        )
    return tuple(sorted(made, key=lambda s: -s.strength))


def _known(values: np.ndarray) -> bool:
    return len(values) > 0 and 2 * np.isnan(values).sum() <= len(values) - 1


def share_larger(a: np.ndarray, b: np.ndarray) -> float:
    """Return the share of the pairs of values in which the first is larger; ties count half."""
    ordered = np.sort(b)
    below, upto = np.searchsorted(ordered, a, "left"), np.searchsorted(ordered, a, "right")
    return float((below + upto).sum() / (2 * len(a) * len(b)))


def chance(share: float, n: int, m: int) -> float:
    """Return the probability of as uneven a share of larger values if groups do not differ.

    Two-sided; exact for small groups without ties, else by the normal approximation.
    """
    larger = max(share, 1.0 - share) * n * m
    if n * m > EXACT:
        spread = math.sqrt(n * m * (n + m + 1) / 12)
        return math.erfc((larger - n * m / 2 - 0.5) / spread / math.sqrt(2))
    ways = _ways(n, m)
    return min(1.0, 2 * float(ways[math.ceil(larger - 1e-9) :].sum() / ways.sum()))


def _ways(n: int, m: int) -> np.ndarray:
    """Return in how many orders of n and m values u pairs have the larger first, u = 0 to n m.

    These are the coefficients of the product over k = 1 to n of (1 - q^(m + k)) / (1 - q^k).
    """
    ways = np.zeros(n * m + 1)
    ways[0] = 1.0
    for k in range(1, n + 1):
        if m + k <= n * m:
            ways[m + k :] -= ways[: -m - k].copy()
        for u in range(k, n * m + 1):
            ways[u] += ways[u - k]
    return ways
