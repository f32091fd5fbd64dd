"""Assessment of a run for the report: scores, clusters, output ranges, warnings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lstmtool.clustering.answers import answers_of, consensus_record, which
from lstmtool.clustering.confidence import UNSURE, judge, judge_consensus, low_agreement
from lstmtool.clustering.diagnosis import diagnose
from lstmtool.clustering.gap import gap, judged_by_gap
from lstmtool.objectives.clusters import NO_CLUSTER, agreement, binary_codes
from lstmtool.objectives.modes import Modes, find_modes
from lstmtool.records.results import (
    Assessment,
    Confidence,
    Consensus,
    Curve,
    OutputRange,
    Scores,
)
from lstmtool.records.run import Outputs, Run
from lstmtool.training.selection import altered_ways

CURVE_POINTS = 400
SLAB = 256  # points whose density is computed at a time
CURVE_MARGIN = 4.0  # kernel widths beyond the outermost output


def assess(run: Run, alternative: int | None = None) -> Assessment:
    """Score a run and diagnose it.

    Parameters
    ----------
    alternative : int, optional
        Which answer of the consensus the clusters are to be of, counted from 1; 0 for those of the
        chosen restart alone. By default the first, where there is a consensus.

    Returns
    -------
    Assessment
        BINGO and consistency: bits of equations 1-2 and binary codes. NEO: the entropy of
        equation 6, or its affine-invariant form if the run used that, with the kernel width of
        equation 5 fitted separately to each set of outputs, and the modes of that density.

    Raises
    ------
    UsageError
        If there is no such alternative.
    """
    found = answers_of(run)
    consensus = consensus_record(run, found, which(alternative, len(found)))
    answer = None if consensus is None else consensus.answer
    coded = run.settings.makes_codes
    score = _code_scores if coded else _mode_scores
    before, *_ = score(run.before, run)
    after, clusters, modes = score(run.after, run)
    untrained, *_ = score(run.untrained, run)
    codes = binary_codes(run.after.activations)[0] if coded and answer is None else None
    if answer is not None:
        clusters = answer.clusters
        after = replace(after, n_clusters=len(answer.sizes), ari=answer.ari, nmi=answer.nmi)
    names = cluster_names(clusters, codes)
    confidence = confidence_in(run, clusters, consensus)
    return Assessment(
        before=before,
        after=after,
        untrained=untrained,
        clusters=clusters,
        cluster_names=names,
        codes=codes,
        density=None if modes is None else _density(run.after, modes),
        ranges=_ranges(run, clusters, names),
        confidence=confidence,
        curves={} if coded else _curves(run, before, after),
        warnings=diagnose(run, before, after, untrained, clusters, confidence, answer is None),
        consensus=consensus,
    )


def confidence_in(run: Run, clusters: np.ndarray, consensus: Consensus | None) -> Confidence:
    """Return the confidence in the clusters (N,) of a run's sequences after training.

    An answer of the consensus is judged by the restarts behind it: by the gap between its clusters
    where output units alone were trained, else by their mean score. Confidence in it is not high if
    on average less than `UNSURE` of them agree on a sequence's cluster. The null test and the
    check by other networks, if any, were of the first answer.
    """
    answer = None if consensus is None else consensus.answer
    if answer is not None and run.ensemble is not None and judged_by_gap(run):
        own = np.isin(run.ensemble.restarts, answer.restarts)
        width = gap(run.ensemble.net_inputs[own].astype(np.float64), answer.clusters)
        shown = consensus is not None and consensus.shown == 1
        evidence = (run.null_test, run.cross_check) if shown else (None, None)
        return judge_consensus(run.settings, answer, width, *evidence)
    score = run.restarts.get("score", np.full(run.chosen + 1, np.nan))[run.chosen]
    first, of_consensus = consensus is None or consensus.shown == 1, judged_by_gap(run)
    test = None if of_consensus else run.null_test
    check = run.cross_check if first and not of_consensus else None
    found = judge(
        run.settings,
        float(score) if answer is None else answer.score,
        run.shared_bits,
        clusters,
        altered_ways(run.settings),
        run.source.get("generator"),
        test,
        check,
    )
    if answer is None:
        return found
    found = replace(found, perfect=None, trials=None)  # which were counted of single restarts
    if answer.agreement >= UNSURE or found.word != "high":
        return found
    return replace(found, word="moderate", reasons=(low_agreement(answer.agreement),))


def _code_scores(outputs: Outputs, run: Run) -> tuple[Scores, np.ndarray, None]:
    from lstmtool.objectives import bingo

    p, u = _finite(outputs.activations), _finite(outputs.net_inputs)
    _, clusters = binary_codes(outputs.activations)
    ari, nmi = _agreement(run, clusters)
    if not len(p) or len(p) != len(u):
        return Scores(n_clusters=_count(clusters), ari=ari, nmi=nmi), clusters, None
    scores = Scores(
        bits_per_node=np.asarray(bingo.bits_per_node(p)),
        joint_bits=float(bingo.joint_bits(p)),
        correlation=_correlation(u),
        balance=(p > 0.5).mean(axis=0),
        saturation=np.abs(2 * p - 1).mean(axis=0),
        n_clusters=_count(clusters),
        ari=ari,
        nmi=nmi,
    )
    return scores, clusters, None


def _mode_scores(outputs: Outputs, run: Run) -> tuple[Scores, np.ndarray, Modes]:
    from lstmtool.objectives import neo

    y, stage = _finite(outputs.activations), run.settings.stages[-1]
    modes, clusters = find_modes(outputs.activations, stage.width_floor)
    ari, nmi = _agreement(run, clusters)
    entropy = neo.invariant_entropy if stage.form == "invariant" else neo.entropy
    scores = Scores(
        correlation=_correlation(y) if len(y) else None,
        entropy=float(entropy(modes.centres, modes.sigma)) if modes.sigma else None,
        sigma=modes.sigma or None,
        n_clusters=_count(clusters),
        ari=ari,
        nmi=nmi,
    )
    return scores, clusters, modes


def _finite(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values).all(axis=1)]


def _count(clusters: np.ndarray) -> int:
    return len(np.unique(clusters[clusters != NO_CLUSTER]))


def _agreement(run: Run, clusters: np.ndarray) -> tuple[float | None, float | None]:
    return (None, None) if run.labels is None else agreement(run.labels, clusters)


def _correlation(u: np.ndarray) -> np.ndarray | None:
    from lstmtool.objectives import bingo

    return bingo.correlation(u) if u.shape[1] > 1 else None


def _density(outputs: Outputs, modes: Modes) -> np.ndarray:
    y = outputs.activations
    finite = np.isfinite(y).all(axis=1)
    density = np.full(len(y), np.nan)
    if modes.sigma:
        density[finite] = _density_at(y[finite], modes.centres, modes.sigma)
    return density


def _density_at(points: np.ndarray, y: np.ndarray, sigma: float) -> np.ndarray:
    """Return the Parzen density (M,) at points (M, K), in blocks that fit in memory."""
    from lstmtool.objectives import neo

    slabs = np.array_split(points, -(-len(points) // SLAB))
    return np.concatenate([neo.density(slab, y, sigma) for slab in slabs])


def _curves(run: Run, before: Scores, after: Scores) -> dict[str, Curve]:
    sides = {"before": (run.before, before.sigma), "after": (run.after, after.sigma)}
    return {
        side: _curve(_finite(outputs.activations), sigma)
        for side, (outputs, sigma) in sides.items()
        if sigma and outputs.activations.shape[1] == 1
    }


def _curve(y: np.ndarray, sigma: float) -> Curve:
    """Return the density on a regular grid and near every output, where narrow kernels peak."""
    margin = CURVE_MARGIN * sigma
    even = np.linspace(y.min() - margin, y.max() + margin, CURVE_POINTS)
    some = np.unique(y)[:: max(1, len(np.unique(y)) // 100)]
    around = np.add.outer(some, sigma * np.linspace(-CURVE_MARGIN, CURVE_MARGIN, 17)).ravel()
    points = np.unique(np.concatenate([even, around]))
    return Curve(points, _density_at(points[:, None], y, sigma))


def cluster_names(clusters: np.ndarray, codes: np.ndarray | None) -> dict[int, str]:
    """Return the names of all occurring clusters: binary codes, or numbers from 1."""
    numbers, first = np.unique(clusters, return_index=True)
    names = {}
    for number, n in zip(numbers.tolist(), first, strict=True):
        name = str(number + 1) if codes is None else "".join(map(str, codes[n]))
        names[number] = "not finite" if number == NO_CLUSTER else name
    return names


def _ranges(run: Run, clusters: np.ndarray, names: dict[int, str]) -> tuple[OutputRange, ...]:
    """Return the output range of every occurring group or, without labels, cluster."""
    if run.labels is None:
        found = enumerate(names)
        members = [(names[c], index, clusters == c) for index, c in found]
    else:
        present = np.unique(run.labels).tolist()
        members = [(run.label_names[g], g, run.labels == g) for g in present]
    y = run.after.activations
    return tuple(
        _range(name, index, y[mask], clusters[mask], names) for name, index, mask in members
    )


def _range(
    name: str, index: int, y: np.ndarray, clusters: np.ndarray, names: dict[int, str]
) -> OutputRange:
    numbers, counts = np.unique(clusters, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    finite = _finite(y)
    nothing = np.full(y.shape[1], np.nan)
    return OutputRange(
        name=name,
        index=index,
        size=len(y),
        low=finite.min(axis=0) if len(finite) else nothing,
        high=finite.max(axis=0) if len(finite) else nothing,
        clusters=tuple((names[int(numbers[k])], int(counts[k])) for k in order),
    )
