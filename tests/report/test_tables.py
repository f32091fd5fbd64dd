from dataclasses import replace

import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.clustering.assess import assess
from lstmtool.clustering.certainty import certainty
from lstmtool.records.results import Confidence
from lstmtool.records.run import CrossCheck, Outputs
from lstmtool.report.run import tables
from lstmtool.report.run.origin import of_the_paper
from tests.builders import small_run


def test_every_row_has_a_cell_per_heading(case):
    run, assessment = case
    sure = certainty(run, assessment)
    made = [
        tables.score_table(run, assessment),
        tables.range_table(run, assessment),
        tables.range_table(run, assessment, max_outputs=1),
        tables.restart_table(run),
        *(table for _, table in tables.sequence_tables(run, assessment, sure)),
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


def by_cluster(run):
    told = assess(run)
    return tables.sequence_tables(run, told, certainty(run, told))


def test_every_sequence_stands_with_its_cluster_the_surest_first():
    run = small_run(n=24)
    made = by_cluster(run)
    assert [name for name, _ in made] == [f"Cluster {c}: 8 sequences" for c in ("00", "01", "10")]
    found = {row[0] for _, table in made for row in table.rows}
    assert found == set(run.names)
    for _, table in made:
        place = table.headings.index("Confidence")
        sure = [float(row[place]) for row in table.rows]
        assert sure == sorted(sure, reverse=True)


def test_long_tables_end_in_how_many_more(monkeypatch):
    monkeypatch.setattr(tables, "MAX_SEQUENCES", 30)
    run = replace(small_run(n=90), labels=None, label_names=())
    for _, table in by_cluster(run):
        assert len(table.rows) == 11
        assert table.rows[-1][0].startswith("… 20 more")


def test_the_objective_says_its_form():
    run = small_run("neo")
    assert tables.objective_name(run) == "NEO, affine-invariant form"
    stage = run.settings.stages[-1].model_copy(update={"form": "literal"})
    settings = run.settings.model_copy(update={"stages": (stage,)})
    assert "literal" in tables.objective_name(replace(run, settings=settings))


KNOWN = Confidence("moderate", 1.9, 2.0, "copies", (5, 5, 5, 5), 2.0, 1.87, 14, 20, ("So it is.",))


def told(**changes):
    """The sentence about a run of this confidence."""
    found = replace(assess(small_run()), confidence=replace(KNOWN, **changes))
    return tables.confidence_sentence(found)


def test_confidence_states_what_was_measured():
    assert told() == (
        "Confidence is moderate: 4 clusters of equal size (5 sequences each), selection score 1.90 "
        "of at most 2.00 bits. Altered copies of a sequence share 1.87 of the 2.00 bits that "
        "clusters of these sizes can carry. So it is. On artificial and clarinet data, whose four "
        "groups are known, 14 of 20 runs with such a score found the groups exactly."
    )
    assert "groups are known" not in told(perfect=None, trials=None)
    assert "Altered copies" not in told(shared=None)


COMPARED = "scores like this came up in {} of 19 data sets made from yours without groups"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            "The data probably split into 4 groups of equal size (5 sequences each). That was not "
            "compared with data without groups.",
        ),
        (
            {"word": "high", "as_good": 0, "surrogates": 19, "p_value": 0.05},
            "The data split into 4 groups of equal size (5 sequences each), as far as this can be "
            f"known without labels, since {COMPARED.format(0)}.",
        ),
        (
            {"as_good": 0, "surrogates": 19, "check": CrossCheck("3 outputs", 1.0, 0.8, 5)},
            "The data probably split into 4 groups of equal size (5 sequences each), or into 5, "
            f"since {COMPARED.format(0)}.",
        ),
        (
            {"word": "low", "as_good": 7, "surrogates": 19, "p_value": 0.4},
            "Perhaps there is nothing to split: the 12 sequences may be one group, since "
            f"{COMPARED.format(7)}.",
        ),
        (
            {"word": "unknown", "sizes": (12,)},
            "One group: nothing was found that divides the 12 sequences.",
        ),
        (
            {"word": "unknown"},
            "The run splits the data into 4 groups of equal size (5 sequences each); how sure "
            "that is, is not known. That was not compared with data without groups.",
        ),
    ],
)
def test_the_answer_says_how_many_groups_how_sure_and_compared_with_what(changes, said):
    run = small_run()
    found = replace(assess(run), confidence=replace(KNOWN, **changes))
    assert tables.answer(run, found) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"word": "low", "as_good": 7, "surrogates": 19, "p_value": 0.4}, COMPARED.format(7)),
        (
            {"word": "unknown", "sizes": (12,)},
            "the restarts agree on no such division",
        ),
    ],
)
def test_a_number_that_was_asked_for_and_does_not_fit_is_not_called_one_group(changes, said):
    run = small_run()
    run = replace(run, settings=run.settings.model_copy(update={"clusters": 3}))
    found = replace(assess(run), confidence=replace(KNOWN, **changes))
    assert tables.answer(run, found) == (
        "3 clusters were asked for, but the data do not seem to split into so many: "
        f"{said}. Leave --clusters out, to find a number that fits."
    )


def test_small_gaps_are_told_though_the_test_is_passed():
    by_gap = {"word": "low", "gap": 0.4, "agreement": 0.95, "shared": None, "trials": None}
    passed = {"as_good": 0, "surrogates": 19, "p_value": 0.05}
    assert "cluster. Between the nearest two clusters 40% of the way is free" in told(**by_gap)
    run = small_run()
    found = replace(assess(run), confidence=replace(KNOWN, **by_gap, **passed))
    assert tables.answer(run, found).endswith(
        f"but that may mean nothing, although {COMPARED.format(0)}."
    )


def test_the_comparison_is_part_of_confidence():
    sentence = told(as_good=2, surrogates=19, p_value=0.15)
    assert f"{COMPARED.format(2).capitalize()} (p = 0.15)." in sentence


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((10, 6, 4), "3 clusters of 10, 6 and 4 sequences"),
        ((10, 10), "2 clusters of equal size (10 sequences each)"),
        ((1, 1), "2 clusters of equal size (one sequence each)"),
        (tuple(range(12, 2, -1)), "10 clusters of 3 to 12 sequences"),
    ],
)
def test_sizes_are_those_of_the_clusters(sizes, said):
    assert said in told(sizes=sizes)
    assert ("equal size" in told(sizes=sizes)) == (len(set(sizes)) == 1)


def test_confidence_is_told_with_its_numbers():
    run = small_run()
    sentence = tables.confidence_sentence(assess(run))
    assert sentence.startswith("Confidence is low: 3 clusters of equal size (4 sequences each)")
    assert "0.90 of at most 2.00 bits" in sentence
    assert sentence.endswith("The score is far below the maximum of 1.58 bits for such clusters.")
    run.restarts["score"][1] = 1.58
    sentence = tables.confidence_sentence(assess(run))
    assert sentence.startswith("Confidence is moderate: 3 clusters")
    assert sentence.endswith("shared by altered copies are unknown, as in older run files.")
    run.restarts["score"][1] = np.nan
    assert "no selection score" in tables.confidence_sentence(assess(run))


def test_a_score_of_codes_is_not_held_against_the_clusters():
    """NEO's score may be above what its three clusters carry, never above what it can be."""
    run = small_run("neo", n=20)
    network = run.settings.network
    nested = recipes.recipe(recipes.default_stages("neo", "stationary"), "stationary")
    settings = recipes.checked(recipes.merge(nested, {"network": network.model_dump()}))
    groups = np.repeat([0.0, 9.0, 18.0], [4, 6, 10])[:, None]
    after = Outputs(*2 * [groups + np.linspace(0, 0.3, 20)[:, None]])
    run = replace(run, settings=settings, after=after, shared_bits=1.1)
    run.restarts["score"][1] = 1.61
    sentence = tables.confidence_sentence(assess(run))
    assert "3 clusters of 10, 6 and 4 sequences" in sentence
    assert "selection score 1.61 of at most 2.00 bits" in sentence
    assert "share 1.10 of the 1.49 bits" in sentence
    assert "There may be nothing to find in this data." in sentence


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
