"""What a selection score is worth: how often runs with such a score were right.

The score is compared with the bits that clusters of the sizes found can carry. How often runs in a
band of that share had put every sequence with its own group and no other was measured where the
groups are known; `MEASURED` has the counts, and nothing here is a guess of what other data do.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lstmtool.scores import Confidence

EDGES = (0.995, 0.975, 0.9, 0.0)
"""Lower ends of the bands, as shares of the bits: 1.99, 1.95, 1.8 and 0 of 2 bits."""
N_CLUSTERS = 4
"""Groups of the measured data sets: of runs that found another number nothing is known."""

Counts = tuple[tuple[int, int], ...]
"""For every band how many runs were perfect, and how many there were."""

MEASURED: dict[str, Counts] = {
    "bingo": ((10, 14), (0, 1), (0, 0), (0, 0)),
    "neo": ((9, 10), (1, 3), (0, 1), (0, 0)),
}
"""By objective: the restarts that were chosen without labels and found four clusters, one for
every data set of `lstmtool reproduce --quick` (seeds 1000 to 1004: artificial data, synthetic and
shipped clarinet sounds). ``calibration`` of the JSON document of any study has this form."""

HIGH, MODERATE = 0.85, 0.6  # share of perfect runs from which on confidence is called so
ENOUGH = 5  # runs in a band, for their share to count
UNMEASURED = ("high", "moderate", "moderate", "low")  # words for bands without enough runs


def possible_bits(clusters: np.ndarray) -> float:
    """Bits that so many clusters (N,) can carry, if they are of equal size."""
    return float(np.log2(len(np.unique(clusters))))


def band(score: float, possible: float) -> int:
    """Place in `EDGES` of a score in bits, of so many possible bits."""
    share = score / possible
    return next((k for k, edge in enumerate(EDGES) if share >= edge), len(EDGES) - 1)


def count(runs: Iterable[tuple[float, float, bool]]) -> Counts:
    """Count the runs of every band, and the perfect ones among them.

    Parameters
    ----------
    runs : iterable of (float, float, bool)
        Score and possible bits of a run that found four clusters, and whether it was perfect.
    """
    found = [[0, 0] for _ in EDGES]
    for score, possible, perfect in runs:
        pair = found[band(score, possible)]
        pair[0] += bool(perfect)
        pair[1] += 1
    return tuple((perfect, trials) for perfect, trials in found)


def judge(objective: str, score: float, clusters: np.ndarray) -> Confidence:
    """Return what the score of a run is worth.

    Parameters
    ----------
    objective : str
        Of the run's last stage.
    score : float
        Selection score in bits; NaN where there is none.
    clusters : ndarray of shape (N,)
        That the run found.
    """
    possible = possible_bits(clusters)
    if not np.isfinite(score) or possible <= 0:
        return Confidence("unknown", score, possible)
    at = band(score, possible)
    perfect, trials = MEASURED.get(objective, ((0, 0),) * len(EDGES))[at]
    if trials < ENOUGH or len(np.unique(clusters)) != N_CLUSTERS:
        return Confidence(UNMEASURED[at], score, possible)
    rate = perfect / trials
    word = "high" if rate >= HIGH else "moderate" if rate >= MODERATE else "low"
    return Confidence(word, score, possible, perfect, trials)
