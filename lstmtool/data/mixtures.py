"""Mixtures: points without gaps, made from a user's own, to compare clusters with.

Every point lies on the line between two of the user's, so that what was apart is connected: groups
become families that vary continuously.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

EXPANSION = np.sqrt(1.5)  # of mixtures, whose variance is 2/3 of that of what is mixed


class Mixture(NamedTuple):
    """Which two of N points every new point is between, and where; and whose copies it has."""

    first: np.ndarray  # (N,)
    second: np.ndarray  # (N,)
    share: np.ndarray  # (N,) of the first
    copied: np.ndarray  # (N,) one of the two

    @classmethod
    def draw(cls, n_points: int, rng: np.random.Generator) -> Mixture:
        """Draw it evenly: pairs, and places between them."""
        first, second = rng.integers(n_points, size=(2, n_points))
        share = rng.uniform(size=n_points)
        nearer = rng.uniform(size=n_points) < share
        return cls(first, second, share, np.where(nearer, first, second))

    def of(self, points: np.ndarray) -> np.ndarray:
        """Return new points of the same expected mean and covariance, with copies.

        Parameters
        ----------
        points : ndarray of shape (M, N, P)
            Points, and M - 1 copies of each. A new copy deviates from its point as that of an old
            one does.
        """
        own, mean = points[0], points[0].mean(axis=0)
        share = self.share[:, None]
        mixed = share * own[self.first] + (1.0 - share) * own[self.second]
        deviations = (points - own)[:, self.copied]
        return np.asarray(mean + EXPANSION * (mixed - mean) + deviations)
