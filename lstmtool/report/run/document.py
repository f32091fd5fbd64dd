"""A run and its assessment as a JSON document."""

from __future__ import annotations

import math
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from lstmtool import __version__
from lstmtool.records.results import Assessment, Comparison, Scores
from lstmtool.records.run import Run
from lstmtool.report.run.tables import answer, epochs
from lstmtool.report.text import shown


def document(
    run: Run, assessment: Assessment, comparison: Comparison | None = None
) -> dict[str, Any]:
    """Return the report as JSON-compatible types; None where something does not apply.

    Returns
    -------
    dict
        Strict JSON: non-finite numbers are None.
    """
    stage = run.settings.stages[-1]
    return plain(
        {
            "encoding-type": "lstmtool-report",
            "encoding-version": "1.0",
            "created-by": f"lstmtool {__version__}",
            "answer": answer(run, assessment),
            "objective": run.settings.objective,
            "form": stage.form if stage.record.forms else None,
            "epochs": epochs(run),
            "n_sequences": len(run.after.activations),
            "before": _scores(assessment.before),
            "after": _scores(assessment.after),
            "untrained": _scores(assessment.untrained),
            "outputs": run.after.activations,
            "clusters": assessment.clusters,
            "cluster_names": {str(k): v for k, v in assessment.cluster_names.items()},
            "names": run.names,
            "labels": run.labels,
            "label_names": run.label_names,
            "warnings": assessment.warnings,
            **({} if comparison is None else {"baselines": _compared(comparison)}),
            **_consensus(assessment),
            "notes": run.notes,
            "confidence": asdict(assessment.confidence),
            "restarts": _restarts(run),
            "chosen": run.chosen,
            "source": run.source,
            "settings": run.settings.model_dump(mode="json"),
        }
    )


def _scores(scores: Scores) -> dict[str, Any]:
    return {field.name: getattr(scores, field.name) for field in fields(scores)}


def _consensus(assessment: Assessment) -> dict[str, Any]:
    found = assessment.consensus
    if found is None:
        return {}
    told = [vars(alternative) for alternative in found.alternatives]
    return {"consensus": vars(found) | {"alternatives": told}}


def _compared(comparison: Comparison) -> dict[str, Any]:
    return vars(comparison) | {"rivals": [vars(rival) for rival in comparison.rivals]}


def _restarts(run: Run) -> list[dict[str, Any]]:
    n_restarts = len(next(iter(run.restarts.values()), ()))
    return [{k: v[r] for k, v in run.restarts.items()} for r in range(n_restarts)]


def plain(value: Any) -> Any:
    """Return a value as JSON-compatible types: printable text, None where not finite."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return shown(value, limit=10_000)
    if isinstance(value, dict):
        return {shown(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value
