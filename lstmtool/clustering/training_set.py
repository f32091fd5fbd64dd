"""Clusters and confidence of the sequences that a run was trained on, from its stored outputs."""

from __future__ import annotations

import numpy as np

from lstmtool.clustering.assess import assess
from lstmtool.clustering.assign import _Modes
from lstmtool.clustering.matching import rate_of
from lstmtool.data.windows import windows_of
from lstmtool.records.results import Assessment, Assignment
from lstmtool.records.run import Run


def training_assignment(run: Run, assessment: Assessment | None = None) -> Assignment:
    """Return what `Assigner` gives for the training set, without the sequences.

    Parameters
    ----------
    assessment : Assessment, optional
        Of the run, if it is known; it says which answer of a consensus is meant.
    """
    told = assess(run) if assessment is None else assessment
    answer = None if told.consensus is None else told.consensus.answer
    alternative = 0 if told.consensus is None else told.consensus.shown
    if answer is not None:
        confidence = answer.confidence
    elif run.settings.makes_codes:
        p = run.after.activations
        confidence = np.maximum(p, 1 - p).prod(axis=1)
    elif np.isfinite(run.after.activations).all(axis=1).any():
        confidence = _Modes(run).assign(run.after.activations)[1]
    else:
        confidence = np.full(len(run.lengths), np.nan)
    return Assignment(
        outputs=run.after,
        clusters=told.clusters,
        cluster_names=told.cluster_names,
        confidence=confidence,
        codes=told.codes,
        density=None if answer is not None else told.density,
        alternative=alternative,
        windows=windows_of(run.source, len(told.clusters), rate_of(run.source)),
    )
