import itertools
import math

import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.clustering import confidence
from lstmtool.clustering.confidence import (
    EDGES,
    MEASURED,
    TELLS,
    WORDS,
    band,
    carried_bits,
    code_bits,
    count,
    judge,
    judge_consensus,
    possible_bits,
    rests_on,
)
from lstmtool.records.results import Alternative
from lstmtool.records.run import CrossCheck, NullTest

FOUR = np.arange(20) % 4
COUNTS = ((30, 31), (7, 10), (0, 3), (0, 3))


def settings(objective="bingo", name="stationary", **changes):
    """Settings of a recipe, some of them changed."""
    nested = recipes.recipe(recipes.default_stages(objective, name), name)
    return recipes.checked(recipes.merge(nested, changes))


def of_sizes(*sizes):
    return np.repeat(np.arange(len(sizes)), sizes)


def judged(score=2.0, shared=2.0, clusters=FOUR, chosen=None, copies=("none", "crop"), **options):
    return judge(chosen or settings(), score, shared, clusters, copies, **options)


@pytest.fixture(autouse=True)
def measured(monkeypatch):
    monkeypatch.setattr(confidence, "MEASURED", {"bingo": COUNTS})


def test_the_shipped_table_is_one():
    for counts in MEASURED.values():
        assert len(counts) == len(EDGES)
        assert all(0 <= perfect <= trials for perfect, trials in counts)


NEO_OF_COPIES = {"objective": "neo", "selection": ("none", "crop")}


@pytest.mark.parametrize(
    ("chosen", "clusters", "bits"),
    [
        ({}, of_sizes(7, 7, 6), 2.0),  # of two outputs, however many codes occur
        ({"network": {"outputs": 1}}, of_sizes(10, 10), 1.0),
        ({"objective": "neo"}, of_sizes(7, 7, 6), 2.0),  # of the codes that prepared it
        ({"objective": "neo"}, of_sizes(5, 5, 4, 3, 3), 2.0),
        (NEO_OF_COPIES, of_sizes(7, 7, 6), math.log2(3)),
        ({"objective": "neo", "name": "literal"}, of_sizes(7, 7, 6), math.log2(3)),
    ],
)
def test_possible_bits_are_the_most_that_the_score_can_be(chosen, clusters, bits):
    assert possible_bits(settings(**chosen), clusters) == pytest.approx(bits)


def test_bits_of_codes():
    assert code_bits(settings()) == code_bits(settings("neo")) == 2
    assert code_bits(settings("neo", "literal")) is None
    assert code_bits(settings(network={"outputs": 3})) == 3


@pytest.mark.parametrize(
    ("sizes", "bits"), [((5, 5, 5, 5), 2.0), ((36, 4), 0.469), ((20,), 0.0), ((1, 1), 1.0)]
)
def test_clusters_of_these_sizes_carry_their_entropy(sizes, bits):
    assert carried_bits(np.array(sizes)) == pytest.approx(bits, abs=1e-3)


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


@pytest.mark.parametrize("chosen", [{}, {"objective": "neo"}, NEO_OF_COPIES])
@pytest.mark.parametrize("sizes", [(4, 6, 10), (10, 10), (8, 4, 4, 4), (5, 5, 4, 3, 3), (36, 4)])
def test_no_more_is_told_than_is_possible(sizes, chosen):
    """Scores of soft codes may pass what their clusters carry, and copies may be more even."""
    for score, shared in itertools.product((0.3, 1.61, 2.2), (0.1, 1.5, 2.5)):
        found = judged(score, shared, of_sizes(*sizes), settings(**chosen))
        assert found.score <= found.possible
        assert found.shared <= found.carried <= math.log2(len(sizes)) + 1e-12


SIZES = ((5, 5, 5, 5), (8, 4, 4, 4), (14, 3, 3), (10, 10), (36, 4), (18, 2), (5, 5, 5, 3, 2))
CHOICES = (
    {},
    {"objective": "neo"},
    NEO_OF_COPIES,
    {"network": {"outputs": 1}},
    {"name": "phase-locked"},
)


@pytest.mark.parametrize("counts", [COUNTS, ((9, 9), (0, 9), (9, 9), (9, 9)), None])
@pytest.mark.parametrize("chosen", CHOICES)
def test_a_better_score_is_never_less_sure(chosen, counts, monkeypatch):
    """Nor are more bits that copies share, or copies of which it is known."""
    shipped = MEASURED if counts is None else {"bingo": counts, "neo": counts}
    monkeypatch.setattr(confidence, "MEASURED", shipped)
    grid, chosen = np.linspace(-0.01, 2.4, 49), settings(**chosen)

    def places(clusters, scores, shared):
        return [WORDS.index(judged(a, b, clusters, chosen).word) for a in scores for b in shared]

    for sizes in SIZES:
        clusters, carried = of_sizes(*sizes), carried_bits(np.array(sizes))
        for share in (None, 0.5, 0.92, 1.0):
            words = places(clusters, grid, [None if share is None else share * carried])
            assert words == sorted(words)
        for score in (0.5, 0.99 * carried, 2.0):
            words = places(clusters, [score], grid)
            assert words == sorted(words)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({}, "high"),
        ({"shared": 1.89}, "moderate"),
        ({"shared": 1.79}, "low"),
        ({"shared": None}, "moderate"),
        ({"score": 1.96}, "moderate"),
        ({"score": 1.79}, "low"),
        ({"copies": ("none", "noise")}, "moderate"),
        ({"clusters": of_sizes(10, 10), "score": 1.0}, "moderate"),
        ({"clusters": of_sizes(10, 10), "score": 1.0, "shared": 0.94}, "low"),
        ({"clusters": of_sizes(6, 6, 6, 2)}, "low"),
        ({"clusters": of_sizes(7, 7, 6)}, "high"),
        # A perfect 90:10 answer, and one that altered copies do not share.
        ({"clusters": of_sizes(36, 4), "score": 0.469, "shared": 0.46}, "moderate"),
        ({"clusters": of_sizes(36, 4), "score": 0.469, "shared": 0.4}, "low"),
    ],
)
def test_words_are_cautious(options, word):
    found = judged(**options)
    assert found.word == word
    assert bool(found.reasons) == (word != "high")


def test_what_copies_do_not_share_may_be_nothing():
    assert "There may be nothing to find in this data." in judged(shared=1.89).reasons
    assert not any("nothing to find" in reason for reason in judged(score=1.9).reasons)


@pytest.mark.parametrize("sizes", [(10, 10), (36, 4), (19, 1), (57, 3)])
@pytest.mark.parametrize("chosen", CHOICES)
def test_two_clusters_are_never_sure(sizes, chosen):
    assert judged(9.0, 9.0, of_sizes(*sizes), settings(**chosen)).word != "high"


def test_scores_that_were_seldom_right_are_not_sure(monkeypatch):
    """Even where the sizes of the clusters would carry no more."""
    clusters = of_sizes(8, 5, 5, 5)
    assert judged(1.96, 1.96, clusters).word == "moderate"
    monkeypatch.setattr(confidence, "MEASURED", {"bingo": ((30, 31), (9, 10), (0, 3), (0, 3))})
    assert judged(1.96, 1.96, clusters).word == "high"


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ({}, (30, 31)),
        ({"score": 1.96}, (7, 10)),
        ({"score": 1.85}, (None, None)),  # three runs say nothing
        ({"generator": "clarinet"}, (30, 31)),
        ({"generator": None}, (None, None)),
        ({"generator": ["artificial"]}, (None, None)),
        ({"chosen": settings(network={"outputs": 3})}, (None, None)),
        ({"chosen": settings("neo")}, (None, None)),
        ({"chosen": settings(selection=("none", "crop"))}, (None, None)),
        ({"clusters": of_sizes(7, 7, 6)}, (None, None)),
    ],
)
def test_counts_are_quoted_where_four_groups_of_known_data_were_asked_for(options, counts):
    found = judged(**({"generator": "artificial"} | options))
    assert (found.perfect, found.trials) == counts


@pytest.mark.parametrize("generator", ["artificial", "clarinet", None, 3, ["artificial"], {}])
def test_the_word_does_not_hang_on_where_the_data_come_from(generator):
    assert judged(generator=generator).word == judged().word


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
    objective = "neo" if kind == "codes" else "bingo"
    assert judged(chosen=settings(objective, selection=selection)).rests_on == kind
    assert kind in TELLS


@pytest.mark.parametrize("recipe", ["stationary", "phase-locked"])
@pytest.mark.parametrize("objective", confidence.MEASURED_ON)
def test_what_was_measured_is_the_default(objective, recipe):
    kind = rests_on(settings(objective, recipe).selection)
    assert kind == confidence.MEASURED_ON[objective]


def test_without_a_score_or_with_one_cluster_nothing_is_known():
    assert judged(float("nan")).word == "unknown"
    assert judged(0.0, 0.0, np.zeros(20, int)).word == "unknown"


def compared(as_good, of=19):
    """A test in which so many surrogates were as good."""
    return NullTest(1.0, (1.0,) * as_good + (0.5,) * (of - as_good))


HALVES = {"clusters": of_sizes(10, 10), "score": 1.0}


@pytest.mark.parametrize(
    ("options", "as_good", "word"),
    [
        ({}, 0, "high"),
        ({}, 1, "low"),
        ({}, 19, "low"),
        ({"shared": 1.89}, 0, "moderate"),
        ({"shared": 1.79}, 0, "low"),
        ({"copies": ("none", "noise")}, 0, "high"),
        ({"copies": ("none", "noise")}, 3, "low"),
        (HALVES, 0, "high"),
        (HALVES, 1, "low"),
        (HALVES | {"shared": 0.94}, 0, "low"),
        (HALVES | {"shared": None}, 0, "moderate"),
        ({"clusters": of_sizes(36, 4), "score": 0.469, "shared": 0.46}, 0, "high"),
        ({"clusters": of_sizes(18, 2), "score": 0.469, "shared": 0.46}, 0, "low"),
    ],
)
def test_the_word_follows_the_test_against_nothing(options, as_good, word):
    found = judged(test=compared(as_good), **options)
    assert found.word == word
    assert bool(found.reasons) == (word != "high")
    assert (found.as_good, found.surrogates) == (as_good, 19)
    assert found.p_value == (1 + as_good) / 20
    assert found.nothing_found == (as_good > 0)


def test_the_more_surrogates_are_as_good_the_less_sure():
    for options in ({}, HALVES, {"shared": 1.85}, {"score": 1.9}):
        words = [WORDS.index(judged(test=compared(k), **options).word) for k in range(20)]
        assert words == sorted(words, reverse=True)


def test_a_few_surrogates_do_not_make_it_sure():
    found = judged(test=compared(0, of=5))
    assert (found.word, found.nothing_found) == ("moderate", False)
    assert "too few" in found.reasons[0]
    assert judged(test=compared(1, of=5)).word == "low"
    for few in (5, 9):
        found = judged_by_gap(test=compared(0, of=few))
        assert (found.word, found.nothing_found) == ("moderate", False)
        assert "too few" in found.reasons[0]


def judged_by_gap(gap=0.7, agreement=0.95, sizes=(10, 10), test=None, check=None):
    clusters = of_sizes(*sizes)
    answer = Alternative((0, 1), 1.5, clusters, sizes, np.ones(len(clusters)), agreement)
    return judge_consensus(settings(name="shapes"), answer, gap, test, check)


@pytest.mark.parametrize(
    ("options", "as_good", "word"),
    [
        ({}, 0, "high"),
        ({}, 1, "high"),
        ({}, 2, "moderate"),
        ({}, 3, "low"),
        ({}, None, "moderate"),
        ({"gap": 0.57}, 0, "moderate"),
        ({"gap": 0.54}, 0, "low"),
        ({"gap": 0.45}, None, "low"),
        ({"agreement": 0.85}, 0, "moderate"),
        ({"sizes": (18, 2)}, 0, "low"),
        ({"sizes": (17, 3)}, 0, "high"),
    ],
)
def test_a_consensus_is_judged_by_its_gap_and_the_test(options, as_good, word):
    found = judged_by_gap(test=None if as_good is None else compared(as_good), **options)
    assert found.word == word
    assert bool(found.reasons) == (word != "high")
    assert (found.gap, found.agreement) == (options.get("gap", 0.7), options.get("agreement", 0.95))
    assert (found.score, found.possible, found.shared) == (1.5, 3.0, None)


@pytest.mark.parametrize(
    ("agreement", "gap", "as_good", "word"),
    [
        (1.0, 0.7, 0, "high"),
        (1.0, 0.7, 1, "high"),
        (1.0, 0.7, 2, "moderate"),
        (1.0, 0.57, 0, "moderate"),
        (1.0, 0.5, 0, "low"),
        (0.8, 0.7, 0, "moderate"),
        (0.5, 0.7, 0, "low"),
    ],
)
def test_networks_with_more_outputs_stand_for_those_with_few(agreement, gap, as_good, word):
    check = CrossCheck("3 outputs", agreement, gap)
    for own in ({"gap": 0.1, "agreement": 0.8}, {}):
        found = judged_by_gap(test=compared(as_good), check=check, **own)
        assert found.word == word
        assert bool(found.reasons) == (word != "high")
        assert found.check is check


def test_clusters_that_more_outputs_divide_are_no_high_answer():
    checks = {more: CrossCheck("3 outputs", 1.0, 0.9, more) for more in (0, 3)}
    word = {more: judged_by_gap(test=compared(0), check=check) for more, check in checks.items()}
    assert (word[0].word, word[3].word) == ("high", "moderate")
    assert word[3].reasons == ("Networks with 3 outputs tell 3 clusters apart.",)
    low = judged_by_gap(check=CrossCheck("3 outputs", 1.0, 0.3, 3))
    assert low.word == "low"


def test_a_wider_gap_or_more_agreement_is_never_less_sure():
    grid = np.linspace(0.0, 1.0, 41)
    for test in (None, compared(0), compared(1)):
        for fixed in (0.3, 0.57, 0.95):
            for names in (("gap", "agreement"), ("agreement", "gap")):
                made = [
                    judged_by_gap(test=test, **dict(zip(names, (x, fixed), strict=True)))
                    for x in grid
                ]
                words = [WORDS.index(found.word) for found in made]
                assert words == sorted(words)


def test_one_cluster_of_a_consensus_is_never_high():
    found = judged_by_gap(gap=0.0, agreement=1.0, sizes=(20,))
    assert (found.word, found.nothing_found, found.reasons) == ("unknown", True, ())


def checked(agreement=1.0, gap=0.7, clusters=FOUR, **options):
    check = CrossCheck("shapes", agreement, gap)
    return judged(clusters=clusters, check=check, **options)


@pytest.mark.parametrize(
    ("agreement", "gap", "of_four", "of_two"),
    [
        (1.0, 0.7, "high", "high"),
        (0.9, 0.65, "high", "high"),
        (1.0, 0.62, "high", "moderate"),
        (1.0, 0.5, "high", "low"),
        (1.0, 0.4, "low", "low"),
        (0.8, 0.7, "moderate", "moderate"),
        (0.6, 0.9, "low", "low"),
    ],
)
def test_clusters_of_trained_blocks_are_as_sure_as_other_networks_see_them(
    agreement, gap, of_four, of_two
):
    assert checked(agreement, gap).word == of_four
    two = settings(network={"outputs": 1})
    halves = {"clusters": FOUR // 2, "score": 1.0, "shared": 1.0, "chosen": two}
    assert checked(agreement, gap, **halves).word == of_two


def test_a_passed_check_makes_up_for_weak_copies_and_a_failed_test_and_no_more():
    noise = {"copies": ("none", "noise")}
    assert (judged(**noise).word, checked(**noise).word) == ("moderate", "high")
    assert (judged(shared=1.85).word, checked(shared=1.85).word) == ("moderate", "high")
    assert checked(shared=1.7).word == "low"
    assert checked(test=compared(5)).word == "high"
    assert checked(agreement=0.8, test=compared(5)).word == "low"
    assert checked(score=1.5, shared=1.5).word == "low"


def test_where_rates_are_known_they_stand_instead_of_the_check():
    known = checked(agreement=0.0, gap=0.0, generator="artificial")
    assert (known.word, known.perfect, known.trials) == ("high", 30, 31)
    assert checked(agreement=0.0, gap=0.0).word == "low"
    assert known.check == CrossCheck("shapes", 0.0, 0.0)
