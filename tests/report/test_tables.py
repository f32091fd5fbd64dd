from dataclasses import replace

import numpy as np

from lstmtool.assessment import assess
from lstmtool.report import tables
from lstmtool.report.origin import of_the_paper
from lstmtool.scores import Confidence
from tests.builders import small_run


def test_every_row_has_a_cell_per_heading(case):
    run, assessment = case
    made = [
        tables.score_table(run, assessment),
        tables.range_table(run, assessment),
        tables.range_table(run, assessment, max_outputs=1),
        tables.restart_table(run),
        tables.sequence_table(run, assessment),
        tables.settings_table(run),
    ]
    for table in made:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.headings)}
        assert all(isinstance(cell, str) for row in table.rows for cell in row)


def test_scores_that_do_not_apply_have_no_row():
    def names(objective):
        run = small_run(objective)
        return {row[0] for row in tables.score_table(run, assess(run)).rows}

    assert "Joint information, bits" in names("bingo") - names("neo")
    assert "Kernel width σ" in names("neo") - names("bingo")


def test_restarts_stand_in_order_of_their_score_with_the_chosen_marked():
    table = tables.restart_table(small_run())
    assert [row[0] for row in table.rows] == ["2", "1", "3"]
    assert table.rows[table.marked][0] == "2"


def test_long_tables_end_in_how_many_more():
    run = replace(small_run(n=400), labels=None, label_names=())
    table = tables.sequence_table(run, assess(run))
    assert len(table.rows) == tables.MAX_SEQUENCES + 1
    assert table.rows[-1][0].startswith("… 100 more")


def test_the_objective_says_its_form():
    run = small_run("neo")
    assert tables.objective_name(run) == "NEO, affine-invariant form"
    stage = run.settings.stages[-1].model_copy(update={"form": "literal"})
    settings = run.settings.model_copy(update={"stages": (stage,)})
    assert "literal" in tables.objective_name(replace(run, settings=settings))


def test_confidence_quotes_what_was_measured():
    run = small_run()
    found = assess(run)
    known = Confidence("moderate", 1.9, 2.0, "copies", 14, 20)
    sentence = tables.confidence_sentence(replace(found, confidence=known))
    assert sentence == (
        "Confidence is moderate: some sequences leave their cluster when they are altered, or "
        "clusters differ in size (score 1.90 of 2.00 bits). Where four groups are known, 14 of 20 "
        "runs with such a score had every sequence in its own group."
    )
    certain = replace(known, rests_on="certainty")
    sentence = tables.confidence_sentence(replace(found, confidence=certain))
    assert "some sequences are between two clusters, or clusters differ in size (" in sentence
    unknown = Confidence("high", 0.99, 1.0)
    sentence = tables.confidence_sentence(replace(found, confidence=unknown))
    assert sentence.endswith("How often runs with such a score are right was not measured.")


def test_confidence_is_told_with_its_numbers():
    run = small_run()
    sentence = tables.confidence_sentence(assess(run))
    assert sentence.startswith("Confidence is low")
    assert "0.90 of 1.58 bits" in sentence
    run.restarts["score"][1] = np.nan
    assert "no selection score" in tables.confidence_sentence(assess(run))


def test_a_run_of_unknown_length_was_as_long_as_planned():
    run = small_run()
    assert tables.epochs(run) == 5
    run = replace(run, restarts={k: v for k, v in run.restarts.items() if k != "epochs"})
    assert tables.epochs(run) == sum(s.epochs for s in run.settings.stages)


def test_squares_are_the_papers_where_they_are_used():
    run = small_run()
    square = "The square of every input as a second input."
    assert square in of_the_paper(run)
    inputs = run.settings.inputs.model_copy(update={"square": False})
    plain = replace(run, settings=run.settings.model_copy(update={"inputs": inputs}))
    assert square not in of_the_paper(plain)
