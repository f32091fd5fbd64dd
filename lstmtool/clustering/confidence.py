"""Confidence in a run's clusters: cautious, since any data can be divided into clusters.

The selection score, and the bits shared by clusters of altered copies, are compared with the bits
that clusters of these sizes can carry (the entropy of the sizes), so clusters of unequal size can
be as reliable as equal ones. The null test (`lstmtool.training.null_test`) says how often data made
from the user's, but without groups, gave clusters as good. The check by other networks, of which
the memory blocks were not trained (`lstmtool.clustering.cross_check`), says whether these find the
same clusters, with a gap between them. Confidence is the lowest that any of these allows, never
decreases if one of them improves, is low if the check or the test fails, and is never high if

* the bits shared by altered copies are unknown, as in files of older versions,
* they share less than `STABLE` of the bits, as they do on noise, or `HALF_STABLE` if the check is
  passed,
* the copies were altered only by noise, to which even clusters of random walks are robust, unless
  the test or the check is passed,
* there are only two clusters, since any data can be halved, unless the test or the check is passed:
  confidence is low if copies share less than `STABLE`,
* a cluster has fewer than `FEWEST` sequences, which may be outliers: confidence is then low,
* runs with such a score were measured and rarely right.

A consensus of networks of which only the output units were trained is judged instead by its
members: by the `gap` that they see between the two clusters that are nearest to each other. The
limits of the gap were measured on kinds of data with and without groups, see docs/EXPERIMENTS.md.
Confidence is low if the gap is small or the null test fails, in which one of 19 surrogates may be
as good, and never high without this test, or if the members do not agree. If the members have fewer
outputs than their recipe, or linear ones, agreement and gap are instead those of networks with as
many binary outputs as the recipe has, as is the null test. If these find more clusters than the
members do, with a visible gap between any two, confidence is at most moderate.

How often runs in a band of the score found the groups exactly was measured on data with known
groups; `MEASURED` has the counts. They are quoted only for such data, where they stand instead of
the check by other networks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from lstmtool.config import TrainSettings
from lstmtool.records.results import SIGNIFICANT, Alternative, Confidence
from lstmtool.records.run import CrossCheck, NullTest

EDGES = (0.995, 0.975, 0.9, 0.0)
"""Lower edges of the bands, as fractions of the possible bits: 1.99, 1.95, 1.8 and 0 of 2 bits."""
N_CLUSTERS = 4
"""Number of groups in the measured data sets; runs that found another number were not counted."""

TELLS = {
    "copies": "The selection score measures how stable clusters are when sequences are altered, "
    "and how equal their sizes.",
    "certainty": "The selection score measures how clear-cut the clusters are, and how equal "
    "their sizes.",
    "codes": "The selection score measures how clear-cut and equally used the codes were that NEO "
    "was prepared by, and how well its clusters agree with them.",
}
"""What a selection score means, by what it is based on: altered copies, unaltered sequences, or the
codes of a preparing stage."""

Counts = tuple[tuple[int, int], ...]
"""For every band the number of perfect runs and of all runs."""

MEASURED_ON = {"bingo": "certainty", "neo": "codes"}
"""What the measured scores were based on."""
KINDS = ("artificial", "clarinet")
"""Generators of the data with known groups."""
ON_KNOWN = "artificial and clarinet data, whose four groups are known"

MEASURED: dict[str, Counts] = {
    "bingo": ((111, 116), (0, 4), (0, 0), (0, 0)),
    "neo": ((111, 114), (0, 6), (0, 0), (0, 0)),
}
"""By objective: counts of the restarts chosen without labels that found four clusters, one for
every data set of `lstmtool reproduce` (seeds 1000 to 1039: artificial data, synthetic and
shipped clarinet sounds). ``calibration`` in the JSON document of any study has this form."""

WORDS = ("low", "moderate", "high")
"""From the lowest; a limit is the index of the highest word that it allows, and the reason."""
HIGH = 0.85  # fraction of perfect runs below which measured confidence is not high
ENOUGH = 4  # minimum number of runs in a band
STABLE, HALF_STABLE = 0.95, 0.9  # fractions shared by copies for high and for moderate; ours
FEWEST = 3  # a smaller cluster may be outliers
FEW = f"A cluster of fewer than {FEWEST} sequences may be outliers."
CLOSE = "Two clusters lie so close that the data may vary continuously from one to the other."
WIDE, VISIBLE = 0.6, 0.55  # gaps between clusters for high and for moderate confidence
RARE, DOUBTFUL = 0.1, 0.15  # p-values of a gap up to which it may be high, and moderate
SAME, SIMILAR = 0.9, 0.7  # agreement with other networks for high and for moderate confidence
APART, APART_TWO = 0.45, 0.65  # gaps that these see, for high; of two clusters
UNSURE = 0.9  # mean share of the restarts that agree, below which confidence is not high
BY_BAND = (2, 1, 1, 0)  # index in `WORDS` allowed by each band


def rests_on(selection: tuple[str, ...]) -> str:
    """Return what a score by these selection criteria is based on: a key of `TELLS`."""
    if "codes" in selection:
        return "codes"
    return "copies" if set(selection) - {"none"} else "certainty"


def code_bits(settings: TrainSettings) -> int | None:
    """Return the bits of a run's final codes or, for NEO, preparing codes; None without codes."""
    if settings.network.output_unit == "logistic":
        return settings.network.outputs
    coding = [stage for stage in settings.stages if stage.record.makes_codes]
    return (coding[-1].outputs or settings.network.outputs) if coding else None


def possible_bits(settings: TrainSettings, clusters: np.ndarray) -> float:
    """Return the maximum of a run's selection score in bits.

    For codes, including those that NEO was prepared by if the score is based on them, it is one per
    output; for NEO's clusters (N,) the entropy of as many clusters of equal size.
    """
    bits = code_bits(settings)
    codes = settings.network.output_unit == "logistic" or "codes" in settings.selection
    return float(bits) if codes and bits else float(np.log2(len(np.unique(clusters))))


def carried_bits(sizes: np.ndarray) -> float:
    """Return the bits that clusters of these sizes can carry: the entropy of the sizes."""
    shares = np.asarray(sizes) / np.sum(sizes)
    return float(-(shares * np.log2(shares)).sum() + 0.0)


def band(score: float, possible: float) -> int:
    """Return the index in `EDGES` of a score, given the possible bits."""
    share = score / possible
    return next((k for k, edge in enumerate(EDGES) if share >= edge), len(EDGES) - 1)


def count(runs: Iterable[tuple[float, float, bool]]) -> Counts:
    """Count the perfect runs and all runs in every band.

    Parameters
    ----------
    runs : iterable of (float, float, bool)
        Score and possible bits of a run with four clusters, and whether it was perfect.
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
    test: NullTest | None = None,
    check: CrossCheck | None = None,
) -> Confidence:
    """Return the confidence in the clusters of a run.

    Parameters
    ----------
    score : float
        Selection score in bits; NaN if there is none.
    shared : float or None
        Bits shared by the clusters of altered copies; None if unknown.
    clusters : ndarray of shape (N,)
        Cluster of every sequence.
    copies : tuple of str
        Methods by which these copies were altered.
    generator : str, optional
        Generator of the data, from their attributes.
    test : NullTest, optional
        Result of the null test.
    check : CrossCheck, optional
        Result of the check by other networks.
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
        as_good=None if test is None else test.as_good,
        surrogates=None if test is None else len(test.surrogates),
        p_value=None if test is None else test.p_value,
        check=check,
    )
    if not np.isfinite(score) or len(sizes) < 2:
        return found
    measured, at = _measured(settings, sizes), band(score, possible)
    known = bool(measured) and generator in KINDS
    checked = [] if check is None else _limits_of_check(check, len(sizes))
    confirmed = check is not None and not checked
    passed = confirmed or (found.p_value is not None and found.p_value <= SIGNIFICANT)
    limits = [
        *(() if known else checked),
        *(() if confirmed else _limits_of_test(found)),
        *_limits_of_score(score, _reachable(settings, possible, carried)),
        *_limits_of_copies(found, copies, passed, HALF_STABLE if confirmed else STABLE),
        *_limits_of_sizes(sizes, passed),
        *_limits_of_measured(measured[: at + 1], possible),
    ]
    quoted = measured[at] if known else (0, 0)
    perfect, trials = quoted if quoted[1] >= ENOUGH else (None, None)
    place = min((most for most, _ in limits), default=2)
    reasons = tuple(why for most, why in limits if most == place)
    return replace(found, word=WORDS[place], perfect=perfect, trials=trials, reasons=reasons)


def judge_consensus(
    settings: TrainSettings,
    answer: Alternative,
    gap: float,
    test: NullTest | None = None,
    check: CrossCheck | None = None,
) -> Confidence:
    """Return the confidence in an answer of restarts that trained their output units alone.

    Parameters
    ----------
    gap : float
        Smallest gap between two clusters, as its restarts see it; see `lstmtool.clustering.gap`.
    test : NullTest, optional
        Result of the null test of this answer.
    check : CrossCheck, optional
        Result of the check by networks with more outputs.
    """
    possible = possible_bits(settings, answer.clusters)
    found = Confidence(
        "unknown",
        score=min(answer.score, possible),
        possible=possible,
        rests_on=rests_on(settings.selection),
        sizes=answer.sizes,
        carried=carried_bits(np.array(answer.sizes)),
        gap=gap,
        agreement=answer.agreement,
        as_good=None if test is None else test.as_good,
        surrogates=None if test is None else len(test.surrogates),
        p_value=None if test is None else test.p_value,
        check=check,
    )
    if len(found.sizes) < 2:
        return found
    seen = _limits_of_gap(found) if check is None else _limits_of_wider(check)
    limits = [*_limits_of_test(found, RARE, DOUBTFUL), *seen]
    if found.sizes[-1] < FEWEST:
        limits.append((0, FEW))
    if found.p_value is None:
        limits.append((1, "They were not compared with those of data without groups."))
    place = min((most for most, _ in limits), default=2)
    reasons = tuple(why for most, why in limits if most == place)
    return replace(found, word=WORDS[place], reasons=reasons)


def _limits_of_gap(found: Confidence) -> list[tuple[int, str]]:
    assert found.gap is not None
    assert found.agreement is not None
    limits = [] if found.gap >= WIDE else [(int(found.gap >= VISIBLE), CLOSE)]
    if found.agreement < UNSURE:
        limits.append((1, low_agreement(found.agreement)))
    return limits


def _limits_of_wider(check: CrossCheck) -> list[tuple[int, str]]:
    limits = [] if check.gap >= WIDE else [(int(check.gap >= VISIBLE), CLOSE)]
    if check.agreement < SAME:
        some = check.agreement >= SIMILAR
        why = f"Networks with {check.recipe} find {'somewhat ' * some}other clusters."
        limits.append((int(some), why))
    if check.more:
        limits.append((1, f"Networks with {check.recipe} tell {check.more} clusters apart."))
    return limits


def low_agreement(agreement: float) -> str:
    """Say how many of the restarts agree on average."""
    return f"On average only {agreement:.0%} of the restarts agree on a sequence's cluster."


def _reachable(settings: TrainSettings, possible: float, carried: float) -> float:
    """Return the maximum score in bits with clusters that carry `carried` bits."""
    if "codes" in settings.selection:  # half of the score is that of the codes themselves
        return 0.5 * (possible + min(carried, possible))
    return min(carried, possible)


def _limits_of_score(score: float, reachable: float) -> list[tuple[int, str]]:
    most = BY_BAND[band(score, reachable)]
    far = "" if most else "far "
    why = f"The score is {far}below the maximum of {reachable:.2f} bits for such clusters."
    return [(most, why)] if most < 2 else []


def _limits_of_test(
    found: Confidence, rare: float = SIGNIFICANT, doubtful: float = SIGNIFICANT
) -> list[tuple[int, str]]:
    """Limit p-values above `rare`, and more those above `doubtful`.

    A p-value above `SIGNIFICANT` only because there were few surrogates is limited as well.
    """
    if found.p_value is None or found.p_value <= SIGNIFICANT:
        return []
    if not found.as_good:
        few = f"{found.surrogates} data sets without groups are too few to compare with."
        return [(1, few)]
    if found.p_value <= rare:
        return []
    return [(int(found.p_value <= doubtful), "Data without groups give clusters as good.")]


def _limits_of_check(check: CrossCheck, n_clusters: int) -> list[tuple[int, str]]:
    apart = APART if n_clusters > 2 else APART_TWO
    if check.agreement >= SAME and check.gap >= apart:
        return []
    if check.agreement < SIMILAR:
        why = "Networks whose memory blocks are as drawn find other clusters."
        return [(0, why)]
    moderate = check.gap >= (APART if n_clusters > 2 else WIDE)
    if check.agreement < SAME:
        why = "Networks whose memory blocks are as drawn find somewhat other clusters."
    else:
        why = "Networks whose memory blocks are as drawn see no clear gap between these clusters."
    return [(int(moderate), why)]


def _limits_of_copies(
    found: Confidence, copies: tuple[str, ...], passed: bool, stable: float
) -> list[tuple[int, str]]:
    if found.shared is None:
        return [(1, "The bits shared by altered copies are unknown, as in older run files.")]
    kept = found.shared / found.carried
    if kept < stable:
        moderate = kept >= HALF_STABLE and len(found.sizes) > 2
        return [(int(moderate), "There may be nothing to find in this data.")]
    if not passed and not set(copies) - {"none", "noise"}:
        return [(1, "The copies differ only by noise, to which even chance groups are robust.")]
    return []


def _limits_of_sizes(sizes: np.ndarray, passed: bool) -> list[tuple[int, str]]:
    if sizes[-1] < FEWEST:
        return [(0, FEW)]
    if len(sizes) == 2 and not passed:
        why = "Any data can be halved, so two clusters need the test against data without groups."
        return [(1, why)]
    return []


def _limits_of_measured(measured: Counts, possible: float) -> list[tuple[int, str]]:
    """Limit scores in and below a band whose runs were rarely right."""
    for upper, (perfect, trials) in zip((1.0, *EDGES), measured, strict=False):
        if trials >= ENOUGH and perfect < HIGH * trials:
            below = f"few runs with less than {upper * possible:.2f} bits were right"
            return [(1, f"On {ON_KNOWN}, {below}.")]
    return []


def _measured(settings: TrainSettings, sizes: np.ndarray) -> Counts:
    """Return the counts measured for runs with four clusters, if they apply; or ()."""
    objective = settings.objective
    like = (
        rests_on(settings.selection) == MEASURED_ON.get(objective)
        and code_bits(settings) == np.log2(N_CLUSTERS)
        and len(sizes) == N_CLUSTERS
    )
    return MEASURED.get(objective, ()) if like else ()
