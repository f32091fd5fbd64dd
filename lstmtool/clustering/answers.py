"""The answers of a run: those that its restarts agree on, and that of the chosen one alone."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.objectives.clusters import NO_CLUSTER, agreement, binary_codes
from lstmtool.records.results import Alternative, Consensus
from lstmtool.records.run import Ensemble, Run
from lstmtool.training.consensus import Answer, alternatives
from lstmtool.training.selection import clusters_of

_FOUND: WeakKeyDictionary[Ensemble, tuple[str, tuple[Answer, ...]]] = WeakKeyDictionary()


def answers_of(run: Run) -> tuple[Answer, ...]:
    """Return what the restarts agree on, one to three answers; none without an ensemble.

    They are kept for as long as the ensemble is.
    """
    if run.ensemble is None:
        return ()
    settings = run.settings.model_dump_json()
    known, found = _FOUND.get(run.ensemble, ("", ()))
    if known != settings:
        stage, nets = run.settings.stages[-1], run.ensemble.net_inputs.astype(np.float64)
        labels = np.stack([clusters_of(net, stage) for net in nets])
        found = alternatives(labels, run.settings.clusters, run.settings.seed)
        _FOUND[run.ensemble] = settings, found
    return found


def first_clusters(run: Run) -> np.ndarray:
    """Return the clusters (N,) of the first answer or, without a consensus, the chosen restart."""
    answers, y = answers_of(run), run.after.activations
    if answers:
        return answers[0].clusters
    if run.settings.makes_codes:
        return binary_codes(y)[1]
    finite = np.isfinite(y).all(axis=1)
    clusters = np.where(finite, 0, NO_CLUSTER)
    if len(np.unique(y[finite], axis=0)) > 1:
        clusters[finite] = clusters_of(y[finite], run.settings.stages[-1])
    return clusters


def which(wanted: int | None, found: int) -> int:
    """Return the number of the answer to show, from 1; 0 is the chosen restart alone.

    Parameters
    ----------
    wanted : int or None
        None for the first answer or, where there is none, the chosen restart.
    found : int
        Number of answers.

    Raises
    ------
    UsageError
        If there is no such answer.
    """
    if wanted is None:
        return min(found, 1)
    if not 0 <= wanted <= found:
        many = f"{found} answer{'s' * (found > 1)}"
        raise UsageError(
            f"There is no alternative {wanted}.",
            f"the restarts agree on {many}" if found else "the run has no consensus of restarts",
            f"Ask for one from 0, the chosen restart alone, to {found}."
            if found
            else "Train with --consensus, or leave --alternative out.",
        )
    return wanted


def consensus_record(run: Run, found: tuple[Answer, ...], shown: int) -> Consensus | None:
    """Return the answers with their sizes and scores; None where there are none."""
    if run.ensemble is None or not found:
        return None
    made = tuple(_alternative(run, answer) for answer in found)
    return Consensus(made, len(run.ensemble.restarts), shown)


def _alternative(run: Run, answer: Answer) -> Alternative:
    assert run.ensemble is not None
    clusters = answer.clusters
    ari, nmi = (None, None) if run.labels is None else agreement(run.labels, clusters)
    sizes = np.bincount(clusters[clusters != NO_CLUSTER])
    return Alternative(
        restarts=tuple(run.ensemble.restarts[answer.members].tolist()),
        score=float(run.ensemble.scores[answer.members].mean()),
        clusters=clusters,
        sizes=tuple(sizes.tolist()),
        confidence=answer.confidence,
        agreement=float(np.nan_to_num(answer.confidence).mean()),
        ari=ari,
        nmi=nmi,
    )
