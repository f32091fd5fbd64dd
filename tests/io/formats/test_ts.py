import numpy as np
import pytest

HEAD = """# A comment: with a colon
@problemName Made
@timeStamps false
@missing false
@univariate {univariate}
@equalLength {equal}
{more}@classLabel {labels}
@data
"""


def ts(*cases, univariate="true", equal="true", labels="true up down", more=""):
    head = HEAD.format(univariate=univariate, equal=equal, labels=labels, more=more)
    return head + "\n".join(cases) + "\n"


def test_one_input_and_labels_in_the_order_of_the_header(load, file):
    data = load(file("a.ts", ts("1,2.5,-3e1:down", "4,5,6:up")))
    np.testing.assert_array_equal(data[0][:, 0], [1, 2.5, -30])
    assert data.label_names == ("up", "down")
    assert data.labels.tolist() == [1, 0]


def test_several_inputs_and_unequal_lengths(load, file):
    cases = ("1,2,3:4,5,6:up", "7:8:down")
    data = load(file("a.ts", ts(*cases, univariate="false", equal="false")))
    np.testing.assert_array_equal(data[0], [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(data[1], [[7, 8]])


def test_without_labels(load, file):
    data = load(file("a.ts", ts("1,2", "3,4", labels="false")))
    assert data.labels is None
    assert data.lengths.tolist() == [2, 2]


def test_unknown_labels_and_targets_are_left_out_and_said(load, file, notes):
    assert load(file("a.ts", ts("1,2:?", "3,4:up"))).labels is None
    assert "1 of 2 sequences have no label" in notes[0]
    text = "@targetLabel true\n@data\n1,2:0.5\n3,4:0.25\n"
    assert load(file("b.ts", text)).lengths.tolist() == [2, 2]
    assert "Targets" in notes[1]


def test_times(load, file):
    head = "@timeStamps true\n@classLabel true a b\n@data\n"
    cases = "(0,1),(1,2.5):a\n(2020-01-01 10:30:00,3),(2020-01-01 10:31:00,4):b\n"
    data = load(file("a.ts", head + cases))
    np.testing.assert_array_equal(data.values[:, 0], [1, 2.5, 3, 4])
    assert [data.label_names[k] for k in data.labels] == ["a", "b"]


def test_the_header_may_say_little_in_any_case_of_letters(load, file):
    data = load(file("x.txt", "@PROBLEMNAME x\n@CLASSLABEL TRUE a b\n\n@DATA\n1,2:a\n3:b\n"))
    assert data.lengths.tolist() == [2, 1]


def test_missing_values(load, file, refused):
    text = ts("1,?,3:up", "4,NaN,6:down").replace("@missing false\n", "")
    refused(file("a.ts", text), "2 values are missing", "line 8", "step 2 of 3")
    np.testing.assert_array_equal(
        load(file("a.ts", text), missing="interpolate").values[:, 0], [1, 2, 3, 4, 5, 6]
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ts("1,2:3,4:up"), ("@univariate true", "2 dimensions", "line 9")),
        (ts("1,2:up", "1,2,3:up"), ("@equalLength true", "3 steps, not 2", "line 10")),
        (ts("1,2:up", more="@seriesLength 3\n"), ("@seriesLength 3", "2 steps", "line 10")),
        (
            ts("1:2:up", univariate="false", more="@dimensions 3\n"),
            ("@dimensions 3", "2 dimensions", "line 10"),
        ),
        (ts("1,?:up"), ("@missing false", "line 9")),
        (ts("(0,1),(1,2):up"), ("@timeStamps false", "line 9")),
        (ts("1,2:left"), ("@classLabel up, down", "label 'left'", "line 9")),
        (ts("1,2:up", "3,4"), ("no label", "line 10")),
        (ts("1,2:up", "3,4:up", labels="false"), ("'up' is not a number", "line 9", "dimension 2")),
        (
            ts("1,2:3:up", univariate="false"),
            ("Dimension 2 has 1 value, the first has 2", "line 9"),
        ),
        (
            ts("1:2:up", "1:up", univariate="false"),
            ("1 dimension, the first has 2", "line 10"),
        ),
        (ts("1,x:up"), ("'x' is not a number", "line 9", "value 2")),
        (ts("1,2:up", equal="perhaps"), ("@equallength is neither true nor false", "line 6")),
        (
            ts("1,2:up", more="@dimensions many\n"),
            ("@dimensions is not a positive number", "line 7"),
        ),
        (ts(), ("no sequences after @data",)),
        ("@problemName x\n@univariate true\n", ("no @data",)),
        ("@problemName x\n@\n", ("no @data",)),
        ("@problemName x\n1,2:a\n", ("does not begin with @", "line 2")),
        ("@timeStamps true\n@data\n1,2\n", ("@timeStamps true", "line 3")),
        ("@timeStamps true\n@data\n(1,2),(1,3)\n", ("Times do not increase", "line 3")),
        ("@timeStamps true\n@data\n(1,2),(x,3)\n", ("cannot be read", "line 3")),
    ],
)
def test_headers_that_lie_and_damaged_cases_are_refused(refused, file, text, words):
    refused(file("bad.ts", text), *words)


def test_ucr_tables(load, file, notes):
    data = load(file("a.tsv", "2\t0.5\t1.5\t2\n-1\t3\t4\tNaN\n"))
    assert data.lengths.tolist() == [3, 2]
    assert data.label_names == ("-1", "2")
    assert "UCR" in notes[0] and "read as shorter" in notes[1]


def test_other_tables_of_tabs_are_csv(load, file):
    assert load(file("a.tsv", "0.5\t1.5\t2\n3\t4\t5\n")).lengths.tolist() == [3, 3]
    data = load(file("b.tsv", "1\t2\t3\n1\t5\t6\n"), header=False)
    assert data.lengths.tolist() == [3, 3]
    assert load(file("c.tsv", "name\tx\ty\na\t1\t2\n")).names == ("a",)


def test_ucr_cells_that_are_no_numbers_are_named(refused, file):
    refused(file("a.tsv", "1\t2\t3\n2\tx\t3\n"), "'x' is not a number", "line 2", "column 2")


@pytest.mark.parametrize("case", ["1,2,3:?:up", "?:1,2,3:up", "1,2,3::up", "?:?:up"])
def test_whole_dimensions_may_be_missing(load, file, refused, notes, case):
    text = ts(case, "4,5,6:7,8,9:down", univariate="false").replace("@missing false\n", "")
    path = file("a.ts", text)
    refused(path, "values are missing, in 1 sequence", "line 8", "--missing drop")
    refused(path, "All values of input", "line 8", "--missing drop", missing="interpolate")
    data = load(path, missing="drop")
    np.testing.assert_array_equal(data.values, [[4, 7], [5, 8], [6, 9]])
    assert "1 sequence with missing values left out" in notes[-1]
    refused(file("b.ts", text.replace("@univariate", "@missing false\n@univariate")), "@missing")


def test_a_missing_dimension_hides_no_other_length(refused, file):
    path = file("a.ts", ts("?:1,2,3:1,2:up", univariate="false"))
    refused(path, "Dimension 3 has 2 values, dimension 2 has 3", "line 9")


def test_times_a_nanosecond_apart_rise(load, file, refused):
    head = "@timeStamps true\n@data\n"
    times = "(1700000000000000000,1),(1700000000000000100,2)\n"
    assert load(file("a.ts", head + times)).values[:, 0].tolist() == [1, 2]
    refused(file("b.ts", head + times.replace("100,", "000,")), "Times do not increase", "line 3")
