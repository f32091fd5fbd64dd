"""The answers of a run."""

from dataclasses import replace

import pytest

from lstmtool.clustering import answers
from lstmtool.clustering.answers import answers_of, first_clusters
from tests.clustering.test_consensus_null_test import grouped as grouped


def test_answers_are_found_once_for_an_ensemble(grouped, monkeypatch):
    _, run = grouped
    ensemble = replace(run.ensemble, scores=run.ensemble.scores.copy())  # another one
    run = replace(run, ensemble=ensemble)
    found = answers_of(run)
    assert len(found[0].ranks) == 2

    def again(*_):
        raise AssertionError("They were known.")

    monkeypatch.setattr(answers, "alternatives", again)
    assert answers_of(replace(run, null_test=None)) is found
    assert first_clusters(run) is found[0].clusters
    three = run.settings.model_copy(update={"clusters": 3})
    with pytest.raises(AssertionError, match="known"):
        answers_of(replace(run, settings=three))
    monkeypatch.undo()
    assert len(answers_of(replace(run, settings=three))[0].ranks) <= 3
    assert len(answers_of(run)[0].ranks) == 2


def test_a_run_without_an_ensemble_has_none(grouped):
    _, run = grouped
    alone = replace(run, ensemble=None)
    assert answers_of(alone) == ()
    assert len(first_clusters(alone)) == 40
