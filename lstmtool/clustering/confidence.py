"""How sure a run's clusters are, in a word: a cautious one, for any data can be cut in pieces.

Two numbers are held against the bits that clusters of these sizes can carry, the entropy of the
sizes, so that clusters of unequal size can be as sure as equal ones: the selection score, and what
the clusters of altered copies share. The word is the worse of what the two allow, it never falls
when either rises, and it is never high where

* it is not known what altered copies share, as in files of older versions,
* they share less than `STABLE` of the bits: on noise they do,
* the copies were altered by noise alone, which random walks survive,
* there are but two clusters, since any data can be cut in halves: then the word is low, too, where
  copies share less than `STABLE`,
* a cluster has fewer than `FEWEST` sequences, which may be outliers: then the word is low,
* runs with such a score were measured and seldom right.

How often runs in a band of the score had put every sequence with its own group and no other was
measured where the groups are known; `MEASURED` has the counts. They are quoted for such data alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from lstmtool.config import TrainSettings
from lstmtool.records.results import Confidence

EDGES = (0.995, 0.975, 0.9, 0.0)
"""Lower ends of the bands, as shares of the bits: 1.99, 1.95, 1.8 and 0 of 2 bits."""
N_CLUSTERS = 4
"""Groups of the measured data sets: of runs that found another number nothing is known."""

TELLS = {
    "copies": "The selection score says how much of a sequence's cluster is kept when the "
    "sequence is altered, and how even the clusters are.",
    "certainty": "The selection score says how clear-cut and even the clusters of the sequences "
    "are.",
    "codes": "The selection score says how clear-cut and even the codes were that NEO was "
    "prepared by, and how far its clusters keep to them.",
}
"""What a selection score tells, by what it rests on: altered copies, sequences as they are, or the
codes of a preparing stage."""

Counts = tuple[tuple[int, int], ...]
"""For every band how many runs were perfect, and how many there were."""

MEASURED_ON = {"bingo": "certainty", "neo": "codes"}
"""What the scores rested on whose worth was measured."""
KINDS = ("artificial", "clarinet")
"""Generators of the data whose groups were known."""
ON_KNOWN = "artificial and clarinet data, whose four groups are known"

MEASURED: dict[str, Counts] = {
    "bingo": ((111, 116), (0, 4), (0, 0), (0, 0)),
    "neo": ((111, 114), (0, 6), (0, 0), (0, 0)),
}
"""By objective: the restarts that were chosen without labels and found four clusters, one for
every data set of `lstmtool reproduce` (seeds 1000 to 1039: artificial data, synthetic and
shipped clarinet sounds). ``calibration`` of the JSON document of any study has this form."""

WORDS = ("low", "moderate", "high")
"""From the worst; a limit is the place of the best word that it allows, and why."""
HIGH = 0.85  # share of perfect runs below which confidence is not high where it was measured
ENOUGH = 4  # runs in a band, for their share to count
STABLE, HALF_STABLE = 0.95, 0.9  # shares kept by copies for high, and for moderate; ours
FEWEST = 3  # sequences of a cluster that are no outliers
BY_BAND = (2, 1, 1, 0)  # places in `WORDS` that a score of a band allows


def rests_on(selection: tuple[str, ...]) -> str:
    """Return what a score of these ways of selection rests on: a key of `TELLS`."""
    if "codes" in selection:
        return "codes"
    return "copies" if set(selection) - {"none"} else "certainty"


def code_bits(settings: TrainSettings) -> int | None:
    """Bits of the codes that a run ends with or, for NEO, was prepared by; None without codes."""
    if settings.network.output_unit == "logistic":
        return settings.network.outputs
    coding = [stage for stage in settings.stages if stage.record.makes_codes]
    return (coding[-1].outputs or settings.network.outputs) if coding else None


def possible_bits(settings: TrainSettings, clusters: np.ndarray) -> float:
    """Return the most bits that a run's selection score can be.

    Of codes, also of those that NEO was prepared by where the score rests on these, it is one for
    every output; of NEO's clusters (N,), what as many of equal size carry.
    """
    bits = code_bits(settings)
    codes = settings.network.output_unit == "logistic" or "codes" in settings.selection
    return float(bits) if codes and bits else float(np.log2(len(np.unique(clusters))))


def carried_bits(sizes: np.ndarray) -> float:
    """Bits that clusters of these sizes can carry: the entropy of the sizes."""
    shares = np.asarray(sizes) / np.sum(sizes)
    return float(-(shares * np.log2(shares)).sum() + 0.0)


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
    settings: TrainSettings,
    score: float,
    shared: float | None,
    clusters: np.ndarray,
    copies: tuple[str, ...] = (),
    generator: object = None,
) -> Confidence:
    """Return how sure the clusters of a run are.

    Parameters
    ----------
    settings : TrainSettings
    score : float
        Selection score in bits; NaN where there is none.
    shared : float or None
        Bits that the clusters of altered copies share; None where it is not known.
    clusters : ndarray of shape (N,)
        That the run found.
    copies : tuple of str
        How the copies were made that share these bits.
    generator : str, optional
        What made the data, from the data's own attributes.
    """
    sizes = np.sort(np.unique(clusters, return_counts=True)[1])[::-1]
    possible, carried = possible_bits(settings, clusters), carried_bits(sizes)
    found = Confidence(
        "unknown",
        score=min(score, possible),
        possible=possible,
        rests_on=rests_on(settings.selection),
        sizes=tuple(sizes.tolist()),
        carried=carried,
        shared=None if shared is None else min(max(shared, 0.0), carried),
    )
    if not np.isfinite(score) or len(sizes) < 2:
        return found
    measured, at = _measured(settings, sizes), band(score, possible)
    limits = [
        *_limits_of_score(score, _reachable(settings, possible, carried)),
        *_limits_of_copies(found, copies),
        *_limits_of_sizes(sizes),
        *_limits_of_measured(measured[: at + 1], possible),
    ]
    quoted = measured[at] if measured and generator in KINDS else (0, 0)
    perfect, trials = quoted if quoted[1] >= ENOUGH else (None, None)
    place = min((most for most, _ in limits), default=2)
    reasons = tuple(why for most, why in limits if most == place)
    return replace(found, word=WORDS[place], perfect=perfect, trials=trials, reasons=reasons)


def _reachable(settings: TrainSettings, possible: float, carried: float) -> float:
    """Return the most bits that the score can be with clusters that carry so many."""
    if "codes" in settings.selection:  # half of which are those of the codes themselves
        return 0.5 * (possible + min(carried, possible))
    return min(carried, possible)


def _limits_of_score(score: float, reachable: float) -> list[tuple[int, str]]:
    most = BY_BAND[band(score, reachable)]
    far = "" if most else "far "
    why = f"The score is {far}below the {reachable:.2f} bits that such clusters can reach."
    return [(most, why)] if most < 2 else []


def _limits_of_copies(found: Confidence, copies: tuple[str, ...]) -> list[tuple[int, str]]:
    if found.shared is None:
        return [(1, "What altered copies of a sequence share is not known, as in older run files.")]
    kept = found.shared / found.carried
    if kept < STABLE:
        moderate = kept >= HALF_STABLE and len(found.sizes) > 2
        return [(int(moderate), "There may be nothing to find in this data.")]
    if not set(copies) - {"none", "noise"}:
        return [(1, "The copies differ by noise alone, and groups by chance survive that, too.")]
    return []


def _limits_of_sizes(sizes: np.ndarray) -> list[tuple[int, str]]:
    if sizes[-1] < FEWEST:
        return [(0, f"A cluster of fewer than {FEWEST} sequences may be outliers.")]
    if len(sizes) == 2:
        return [(1, "Any data can be cut in two, so confidence in two clusters is never high.")]
    return []


def _limits_of_measured(measured: Counts, possible: float) -> list[tuple[int, str]]:
    """Limit scores in and below a band whose runs were seldom right."""
    for upper, (perfect, trials) in zip((1.0, *EDGES), measured, strict=False):
        if trials >= ENOUGH and perfect < HIGH * trials:
            below = f"few runs with less than {upper * possible:.2f} bits were right"
            return [(1, f"On {ON_KNOWN}, {below}.")]
    return []


def _measured(settings: TrainSettings, sizes: np.ndarray) -> Counts:
    """Return what was measured of runs that were asked for four groups and found them; or ()."""
    objective = settings.objective
    like = (
        rests_on(settings.selection) == MEASURED_ON.get(objective)
        and code_bits(settings) == np.log2(N_CLUSTERS)
        and len(sizes) == N_CLUSTERS
    )
    return MEASURED.get(objective, ()) if like else ()
