import numpy as np
import pytest
from scipy.stats import binomtest

from lstmtool.experiments.success_rates import (
    BEST,
    CHOICE,
    CONTROL,
    FRESH,
    LITERAL,
    SINGLE,
    SPLITTABLE,
    TRUE_FEATURES,
    calibration,
    grouped_interval,
    median_seed,
    pooled_calibration,
    summarise,
    without_seconds,
)
from lstmtool.records.intervals import wilson_interval
from tests.studies import record


@pytest.mark.parametrize(("successes", "trials"), [(8, 10), (0, 10), (40, 40), (37, 40)])
def test_wilson_interval(successes, trials):
    wanted = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(wilson_interval(successes, trials), tuple(wanted), atol=1e-12)


def test_wilson_interval_of_a_textbook_and_of_nothing():
    np.testing.assert_allclose(wilson_interval(8, 10), (0.4902, 0.9433), atol=5e-5)
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_trials_that_agree_within_a_data_set_count_once():
    shares = np.array([1.0] * 5 + [0.0] * 5)
    low, high = grouped_interval(shares, 20)
    wide = wilson_interval(4.5, 9)  # the variance is divided by n - 1
    np.testing.assert_allclose((low, high), wide)


def test_trials_that_are_independent_count_each():
    shares = np.full(10, 0.5)
    assert grouped_interval(shares, 20) == wilson_interval(100, 200)


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_where_all_trials_agree_data_sets_count(rate):
    assert grouped_interval(np.full(10, rate), 20) == wilson_interval(10 * rate, 10)


RECORDS = [
    record(1000),
    record(1001, aris=(0.5, 1.0), chosen=0, fresh_ari=0.7, literal_ari=0.4, splittable=False),
    record(1002, aris=(0.2, 0.8), chosen=1, true_features_ari=0.9),
    record(1003, aris=(1.0, 1.0), chosen=1, control_aris=[0.0, 1.0], control_chosen=1),
]


def test_summary_of_records_made_by_hand():
    found = summarise(RECORDS)
    ways = found["ways"]
    counts = {name: (way["perfect"], way["trials"]) for name, way in ways.items()}
    assert counts == {
        LITERAL: (0, 4),
        SINGLE: (4, 8),
        CHOICE: (2, 4),
        SPLITTABLE: (2, 3),
        FRESH: (0, 4),
        BEST: (3, 4),
        CONTROL: (1, 4),
        "k-means, raw values": (0, 4),
        TRUE_FEATURES: (3, 4),
    }
    assert ways[CHOICE]["rate"] == 0.5
    assert (ways[CHOICE]["low"], ways[CHOICE]["high"]) == wilson_interval(2, 4)
    assert ways[CHOICE]["mean_ari"] == pytest.approx((1 + 0.5 + 0.8 + 1) / 4)
    assert ways[FRESH]["mean_ari"] == pytest.approx((0.9 + 0.7 + 0.9 + 0.9) / 4)
    assert ways[LITERAL]["mean_ari"] == pytest.approx(0.1)
    assert (found["data_sets"], found["restarts"]) == (4, 2)
    assert found["recipes"] == {"stationary": 4}
    assert (found["splittable"], found["k_means_splits"]) == (3, 3)
    assert (found["some_restart_perfect"], found["of_these_chosen"]) == (3, 2)
    assert (found["epochs"], found["seconds"]) == (100.0, 2.0)
    assert found["calibration"] == ((0, 0), (0, 0), (1, 2), (1, 2))


def test_only_choices_with_four_clusters_and_a_score_calibrate():
    told = [
        record(),
        record(clusters=3, possible=1.5),
        record(scores=[None, 1.0]),
        record(possible=1.9),  # a larger share of fewer bits
        record(aris=(0.9, 1.0)),
    ]
    assert calibration(told) == ((1, 1), (0, 0), (1, 2), (0, 0))
    parts = [
        {"name": "bingo-artificial", "records": told},
        {"name": "neo-artificial", "records": told[:1]},
        {"name": "bingo-clarinet", "records": told[:1]},
    ]
    assert pooled_calibration(parts) == {
        "bingo": ((1, 1), (0, 0), (2, 3), (0, 0)),
        "neo": ((0, 0), (0, 0), (1, 1), (0, 0)),
    }


def test_the_typical_data_set_is_neither_the_best_nor_the_worst():
    assert median_seed(RECORDS) == 1002
    assert median_seed(RECORDS[::-1]) == 1002
    assert median_seed(RECORDS[:3]) == 1002
    assert summarise(RECORDS)["median_seed"] == 1002


def test_one_sequence_of_a_hundred_in_the_wrong_group_is_not_perfect():
    assert summarise([record(aris=(0.974, 0.5))])["ways"][CHOICE]["perfect"] == 0


def test_sounds_have_no_true_features():
    found = summarise([record(true_features_ari=None)])
    assert found["k_means_splits"] is None
    assert TRUE_FEATURES not in found["ways"]


def test_no_trials():
    way = summarise([record(splittable=False)])["ways"][SPLITTABLE]
    assert (way["trials"], way["rate"], way["mean_ari"]) == (0, None, None)


def test_seconds_are_left_out_everywhere():
    found = without_seconds({"a": [record()], "summary": summarise([record()])})
    assert "seconds" not in found["a"][0]
    assert "seconds" not in found["summary"]
    assert found["a"][0]["seed"] == 1000
