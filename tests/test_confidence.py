import math

import numpy as np
import pytest

from lstmtool import confidence, recipes
from lstmtool.confidence import (
    EDGES,
    MEASURED,
    TELLS,
    band,
    count,
    judge,
    possible_bits,
    rests_on,
)

FOUR = np.arange(20) % 4
COUNTS = ((30, 31), (7, 10), (1, 8), (0, 3))


@pytest.fixture(autouse=True)
def measured(monkeypatch):
    monkeypatch.setattr(confidence, "MEASURED", {"bingo": COUNTS})


def test_the_shipped_table_is_one():
    for counts in MEASURED.values():
        assert len(counts) == len(EDGES)
        assert all(0 <= perfect <= trials for perfect, trials in counts)


def test_possible_bits_are_those_of_as_many_clusters_of_equal_size():
    assert possible_bits(FOUR) == pytest.approx(2.0)
    assert possible_bits(np.array([5, 5, -1, 5])) == pytest.approx(1.0)
    assert possible_bits(np.arange(3)) == pytest.approx(math.log2(3))
    assert possible_bits(np.zeros(9, int)) == 0.0


@pytest.mark.parametrize(
    ("score", "place"),
    [(2.5, 0), (1.99, 0), (1.98, 1), (1.95, 1), (1.94, 2), (1.8, 2), (1.7, 3), (0, 3), (-1e-9, 3)],
)
def test_bands_of_two_bits(score, place):
    assert band(score, 2.0) == place


def test_bands_are_of_the_bits_that_are_possible():
    assert band(0.996, 1.0) == 0
    assert band(0.996, 2.0) == 3


def test_counting():
    runs = [
        (2.0, 2.0, True),
        (1.995, 2.0, False),
        (0.996, 1.0, True),
        (1.85, 2.0, True),
        (0, 2, False),
    ]
    assert count(runs) == ((2, 3), (0, 0), (1, 1), (0, 1))
    assert count([]) == ((0, 0),) * 4


@pytest.mark.parametrize(
    ("score", "word", "counts"),
    [
        (2.0, "high", (30, 31)),
        (1.96, "moderate", (7, 10)),
        (1.9, "low", (1, 8)),
        (1.0, "low", (None, None)),  # three runs say nothing
    ],
)
def test_words_follow_what_was_measured(score, word, counts):
    found = judge("bingo", ("none",), score, FOUR)
    assert (found.word, (found.perfect, found.trials)) == (word, counts)
    assert (found.score, found.possible) == (score, pytest.approx(2.0))


@pytest.mark.parametrize(
    ("objective", "selection", "clusters"),
    [
        ("neo", ("codes",), FOUR),
        ("consistency", ("none",), FOUR),
        ("bingo", ("none",), np.arange(20) % 2),
        ("bingo", ("none",), np.arange(20) % 5),
        ("bingo", ("none", "crop"), FOUR),
    ],
)
def test_nothing_is_quoted_that_was_not_measured(objective, selection, clusters):
    found = judge(objective, selection, 0.999 * possible_bits(clusters), clusters)
    assert (found.word, found.perfect, found.trials) == ("high", None, None)


@pytest.mark.parametrize(
    ("selection", "kind"),
    [
        (("none",), "certainty"),
        (("none", "none"), "certainty"),
        (("none", "crop"), "copies"),
        (("shift",), "copies"),
        (("codes",), "codes"),
    ],
)
def test_what_a_score_rests_on(selection, kind):
    assert rests_on(selection) == kind
    assert judge("bingo", selection, 1.0, FOUR).rests_on == kind
    assert len(TELLS[kind].bands) == len(EDGES)


@pytest.mark.parametrize("recipe", ["steady", "locked"])
@pytest.mark.parametrize("objective", confidence.MEASURED_ON)
def test_what_was_measured_is_the_default(objective, recipe):
    nested = recipes.recipe(recipes.default_stages(objective, recipe), recipe)
    kind = rests_on(recipes.checked(nested).selection)
    assert kind == confidence.MEASURED_ON[objective]


def test_without_a_score_or_with_one_cluster_nothing_is_known():
    assert judge("bingo", ("none",), float("nan"), FOUR).word == "unknown"
    assert judge("bingo", ("none",), 0.0, np.zeros(20, int)).word == "unknown"
