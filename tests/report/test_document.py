import json
from dataclasses import replace

import numpy as np

from lstmtool.clustering.assess import assess
from lstmtool.records.run import Outputs
from lstmtool.report.run.document import document
from tests.builders import small_run

SCORES = {"bits_per_node", "joint_bits", "correlation", "entropy", "sigma", "n_clusters"} | {
    "ari",
    "nmi",
}


def strict(run):
    told = document(run, assess(run))
    return json.loads(json.dumps(told, allow_nan=False), parse_constant=None)


def test_what_the_document_holds(case):
    told = strict(case[0])
    run = case[0]
    assert told["objective"] == run.settings.objective
    assert told["epochs"] == 5
    assert told["n_sequences"] == len(told["clusters"]) == len(told["outputs"]) == 20
    for state in ("before", "after", "untrained"):
        assert set(told[state]) >= SCORES
    assert told["chosen"] == 1
    assert len(told["restarts"]) == 3
    assert told["restarts"][2]["score"] is None
    assert told["settings"]["seed"] == 7
    assert isinstance(told["warnings"], list)


def test_null_where_a_number_does_not_apply():
    bingo, neo = strict(small_run("bingo")), strict(small_run("neo"))
    assert bingo["after"]["entropy"] is bingo["after"]["sigma"] is bingo["form"] is None
    assert neo["after"]["bits_per_node"] is neo["after"]["joint_bits"] is None
    assert neo["form"] == "invariant"
    unlabelled = strict(small_run("bingo", labelled=False))
    assert unlabelled["after"]["ari"] is unlabelled["labels"] is None


def test_correlation_is_a_matrix():
    correlation = np.array(strict(small_run())["after"]["correlation"])
    assert correlation.shape == (2, 2)
    np.testing.assert_allclose(np.diag(correlation), 1.0)


def test_numbers_that_are_not_finite_are_null():
    run = small_run("neo")
    y = run.after.activations.copy()
    y[0] = np.inf
    told = strict(replace(run, after=Outputs(y, y)))
    assert told["outputs"][0] == [None]
    assert told["clusters"][0] == -1


def test_hostile_text_is_cleaned(hostile):
    text = json.dumps(document(*hostile), ensure_ascii=False)
    assert "\\u001b" not in text
    assert "\u202e" not in text
