"""What a selection score is worth: how often runs with such a score were right.

The score is compared with the bits that as many clusters of equal size can carry. How often runs
in a band of that share had put every sequence with its own group and no other was measured where
the groups are known; `MEASURED` has the counts, and nothing here is a guess of what other data do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from lstmtool.scores import Confidence

EDGES = (0.995, 0.975, 0.9, 0.0)
"""Lower ends of the bands, as shares of the bits: 1.99, 1.95, 1.8 and 0 of 2 bits."""
N_CLUSTERS = 4
"""Groups of the measured data sets: of runs that found another number nothing is known."""


class Tells(NamedTuple):
    """What a selection score tells, in words."""

    meaning: str
    bands: tuple[str, str, str, str]
    """What is found with a score in each of the bands."""
    doubt: str
    """What makes clusters with a score in the last band doubtful."""


TELLS = {
    "copies": Tells(
        "The selection score tells how much of a sequence's cluster is kept when the sequence is "
        "altered, and how even the clusters are.",
        (
            "the clusters are of equal size, and stay the same when the sequences are altered",
            "the clusters are of nearly equal size, and hardly a sequence leaves its own when it "
            "is altered",
            "some sequences leave their cluster when they are altered, or clusters differ in size",
            "many sequences leave their cluster when they are altered, or clusters differ much in "
            "size",
        ),
        "altered copies of a sequence often fall into another cluster, or the clusters differ much "
        "in size",
    ),
    "certainty": Tells(
        "The selection score tells how clear-cut and even the clusters of the sequences are.",
        (
            "the clusters are of equal size, and no sequence is between two",
            "the clusters are of nearly equal size, and hardly a sequence is between two",
            "some sequences are between two clusters, or clusters differ in size",
            "many sequences are between two clusters, or clusters differ much in size",
        ),
        "many sequences are between two clusters, or the clusters differ much in size",
    ),
    "codes": Tells(
        "The selection score tells how clear-cut and even the codes were that NEO was prepared by, "
        "and how far its clusters keep to them.",
        (
            "the clusters are of equal size, and keep to the clear codes that they come from",
            "the clusters are of nearly equal size, and hardly a sequence has left its code",
            "some sequences have left the codes that they come from, or clusters differ in size",
            "many sequences have left the codes that they come from, or clusters differ much in "
            "size",
        ),
        "the codes that they come from were unclear or have been left, or the clusters differ much "
        "in size",
    ),
}
"""By what the score rests on: altered copies, sequences as they are, or a preparing stage."""

Counts = tuple[tuple[int, int], ...]
"""For every band how many runs were perfect, and how many there were."""

MEASURED_ON = {"bingo": "certainty", "neo": "codes"}
"""What the scores rested on whose worth was measured."""

MEASURED: dict[str, Counts] = {
    "bingo": ((111, 116), (0, 4), (0, 0), (0, 0)),
    "neo": ((111, 114), (0, 6), (0, 0), (0, 0)),
}
"""By objective: the restarts that were chosen without labels and found four clusters, one for
every data set of `lstmtool reproduce` (seeds 1000 to 1039: artificial data, synthetic and
shipped clarinet sounds). ``calibration`` of the JSON document of any study has this form."""

HIGH, MODERATE = 0.85, 0.6  # share of perfect runs from which on confidence is called so
ENOUGH = 4  # runs in a band, for their share to count
UNMEASURED = ("high", "moderate", "moderate", "low")  # words for bands without enough runs


def rests_on(selection: tuple[str, ...]) -> str:
    """Return what a score of these ways of selection rests on: a key of `TELLS`."""
    if "codes" in selection:
        return "codes"
    return "copies" if set(selection) - {"none"} else "certainty"


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


def judge(
    objective: str, selection: tuple[str, ...], score: float, clusters: np.ndarray
) -> Confidence:
    """Return what the score of a run is worth.

    Parameters
    ----------
    objective : str
        Of the run's last stage.
    selection : tuple of str
        Ways of selection, from the run's settings.
    score : float
        Selection score in bits; NaN where there is none.
    clusters : ndarray of shape (N,)
        That the run found.
    """
    possible, rests = possible_bits(clusters), rests_on(selection)
    if not np.isfinite(score) or possible <= 0:
        return Confidence("unknown", score, possible, rests)
    at = band(score, possible)
    perfect, trials = MEASURED.get(objective, ((0, 0),) * len(EDGES))[at]
    like = rests == MEASURED_ON.get(objective) and len(np.unique(clusters)) == N_CLUSTERS
    if not like or trials < ENOUGH:
        return Confidence(UNMEASURED[at], score, possible, rests)
    rate = perfect / trials
    word = "high" if rate >= HIGH else "moderate" if rate >= MODERATE else "low"
    return Confidence(word, score, possible, rests, perfect, trials)
