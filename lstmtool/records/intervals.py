"""Intervals of rates."""

from __future__ import annotations

from math import sqrt


def wilson_interval(successes: float, trials: float) -> tuple[float, float]:
    """Return the 95 % interval of a rate (Wilson 1927), which stays within [0, 1]."""
    if trials == 0:
        return 0.0, 1.0
    z, rate = 1.959963984540054, successes / trials
    centre = (rate + z * z / (2 * trials)) / (1 + z * z / trials)
    spread = z * sqrt(rate * (1 - rate) / trials + z * z / (4 * trials**2))
    spread /= 1 + z * z / trials
    return max(0.0, float(centre - spread)), min(1.0, float(centre + spread))
