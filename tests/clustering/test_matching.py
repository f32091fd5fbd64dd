from dataclasses import replace

import numpy as np
import pytest

from lstmtool.clustering.assign import Assigner
from lstmtool.clustering.matching import (
    compare_lengths,
    input_names,
    match_inputs,
    match_rates,
    rate_of,
)
from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError
from tests.builders import assert_same, small_sequences
from tests.clustering.test_assign import trained


def match(wanted, found, by_place=False):
    return match_inputs(tuple(wanted), len(wanted), tuple(found), len(found), by_place, "a, b")


def test_inputs_of_the_same_names_are_taken_as_they_are():
    assert match("ab", "ab") == (None, ())


def test_inputs_in_another_order_are_put_in_the_runs():
    assert match(["cur", "vib"], ["vib", "cur"]) == (
        (1, 0),
        ("Inputs reordered by name: cur, vib.",),
    )


def test_inputs_that_the_run_does_not_have_are_left_out_and_named():
    columns, said = match("ab", "xbya")
    assert columns == (3, 1)
    assert said == ("Inputs matched by name: a, b; not used: x, y.",)


@pytest.mark.parametrize(
    ("wanted", "found"), [("ab", "ac"), ("ab", "a"), ("ab", "acd"), ("aa", "aab"), ("ab", "aba")]
)
def test_inputs_of_other_names_are_refused_with_both_lists(wanted, found):
    with pytest.raises(DataError, match="names of the data's inputs differ") as caught:
        match(wanted, found)
    assert f"data: {', '.join(found)}; run: {', '.join(wanted)} (a, b)" == caught.value.where
    assert ("--by-place" in caught.value.fix) == (len(wanted) == len(found))


def test_by_place_names_do_not_count_but_numbers_do():
    assert match("ab", "ca", by_place=True) == (
        None,
        ("Inputs matched by order: c for a, a for b.",),
    )
    assert match("ab", "ab", by_place=True) == (None, ())
    with pytest.raises(DataError, match="has 3 inputs per step, the run was trained on 2"):
        match("ab", "abc", by_place=True)


def test_without_names_inputs_go_by_place_and_it_is_said():
    assert match_inputs(("a", "b"), 2, (), 2, False).said == (
        "The data's inputs have no names: taken as a, b.",
    )
    assert match_inputs((), 2, ("a", "b"), 2, False).said == (
        "The run's inputs have no names: a, b matched by order.",
    )
    assert match_inputs((), 2, (), 2, False) == (None, ())
    assert match_inputs((), 1, ("a",), 1, False) == (None, ())


@pytest.mark.parametrize("noted", [None, "ab", ["a"], ["a", 1], ["a", ""], {"a": 1, "b": 2}])
def test_names_that_are_not_those_of_all_inputs_do_not_count(noted):
    assert input_names({"inputs": noted}, 2) == ()
    assert input_names({"inputs": ["a", "b"]}, 2) == ("a", "b")


@pytest.mark.parametrize(
    ("source", "rate"),
    [
        ({"sampling_rate": 8000.0}, 8000.0),
        ({"reading": ["--cut", "5", "--sampling-rate", "8000"]}, 8000.0),
        ({"reading": ["--sampling-rate"]}, None),
        ({"sampling_rate": "fast"}, None),
        ({"sampling_rate": -1}, None),
        ({"sampling_rate": [1]}, None),
        ({}, None),
    ],
)
def test_the_rate_that_a_run_notes(source, rate):
    assert rate_of(source) == rate


def test_rates():
    assert match_rates(8000, 8000.0000001, False) == match_rates(None, None, False) == ()
    with pytest.raises(DataError, match=r"has 16000 steps per second, .* trained on 8000") as error:
        match_rates(8000, 16000, False, "data a, run b")
    assert error.value.where == "data a, run b"
    assert "--sampling-rate 8000" in error.value.fix
    assert "used unchanged" in match_rates(8000, 16000, True)[0]
    assert "sampling rate of the data is unknown" in match_rates(8000, None, False)[0]
    assert "sampling rate of the run is unknown" in match_rates(None, 8000, False)[0]


def test_lengths_that_are_far_off_are_said():
    lengths = np.array
    assert compare_lengths(lengths([100, 150]), lengths([37, 400])) == ()
    assert compare_lengths(lengths([100, 150]), lengths([601, 12_000])) == (
        "Sequences have 601 to 12,000 steps, those of the run had 100 to 150; --cut makes windows.",
    )
    assert compare_lengths(lengths([100]), lengths([24]))[0].endswith("had 100.")


def named(data, *names):
    return replace(data, attributes={"inputs": list(names)})


def turned(data):
    return named(replace(data, values=data.values[:, ::-1]), "vib", "cur")


def test_sequences_with_turned_inputs_get_the_same_outputs_and_score():
    data = named(small_sequences(n_inputs=2), "cur", "vib")
    run = trained("bingo", data=data)
    assigner = Assigner(run)
    assert_same(assigner(turned(data)).outputs, assigner(data).outputs)
    assert assigner.score(turned(data)) == assigner.score(data)
    wider = from_arrays([np.insert(s, 1, 7.0, axis=1) for s in data])
    wider = replace(wider, attributes={"inputs": ["cur", "temp", "vib"]})
    assert_same(assigner(wider).outputs, assigner(data).outputs)
    by_place = Assigner(run, by_place=True)
    assert (by_place(turned(data)).outputs.net_inputs != assigner(data).outputs.net_inputs).any()
    with pytest.raises(DataError, match="names of the data's inputs differ"):
        assigner(named(data, "a", "b"))


def test_a_run_notes_its_sampling_rate_and_holds_others_to_it():
    data = small_sequences()
    run = trained("bingo", data=data)
    assert run.source["sampling_rate"] == data.sampling_rate == 100
    faster = replace(data, sampling_rate=200.0)
    with pytest.raises(DataError, match="steps per second"):
        Assigner(run)(faster)
    found = Assigner(run, any_rate=True)(faster)
    assert_same(found.outputs, Assigner(run)(data).outputs)
    assert "sampling_rate" not in trained("bingo", data=replace(data, sampling_rate=None)).source
