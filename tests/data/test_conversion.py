"""Every row of the table of `as_sequences`, and what it refuses."""

import doctest
import subprocess
import sys
import warnings
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import lstmtool.data.conversion.convert
from lstmtool import as_sequences
from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.errors import DataError, DataWarning, UsageError
from lstmtool.io.sequences import read_sequences, write_sequences
from tests.builders import assert_same

RNG = np.random.default_rng(0)
RAGGED = [RNG.normal(size=(n, 2)) for n in (5, 3, 7, 4)]
EQUAL = RNG.normal(size=(4, 6, 2))


def panel(arrays=RAGGED, ids="pqrs", start=0):
    """The sequences as sktime's panel, whose rows are steps indexed by sequence and time."""
    parts = {key: pd.DataFrame(a, columns=["x", "y"]) for key, a in zip(ids, arrays, strict=True)}
    whole = pd.concat(parts, names=["case", "when"])
    return whole.set_index(whole.index.set_levels(whole.index.levels[1] + start, level=1))


def long(**changes):
    return panel().reset_index().assign(**changes)


def assert_are(found, arrays, names=(), inputs=None):
    """`found` holds these arrays and names."""
    assert isinstance(found, Sequences)
    assert_same(found.values, np.concatenate(arrays))
    assert found.lengths.tolist() == [len(a) for a in arrays]
    assert found.names == tuple(names)
    assert found.attributes.get("inputs") == inputs


def refusal(X, error=DataError, **options):
    """What is said when X is refused: what is wrong, and what to do."""
    with pytest.raises(error) as caught:
        as_sequences(X, **options)
    assert caught.value.what
    assert caught.value.fix or error is UsageError
    return str(caught.value)


@pytest.mark.parametrize("container", [list, tuple, dict, "objects", "series"])
@pytest.mark.parametrize(
    "item", [np.asarray, np.ndarray.tolist, pd.DataFrame, xr.DataArray, np.ma.asarray]
)
@pytest.mark.parametrize("arrays", [RAGGED, list(EQUAL), list(EQUAL[:1])], ids=["ragged", "", "1"])
def test_an_item_of_a_container_is_a_sequence(container, item, arrays):
    items, names = [item(a) for a in arrays], ()
    if container is dict:
        names = tuple("abcd"[: len(items)])
        X = dict(zip(names, items, strict=True))
    elif container in ("objects", "series"):
        X = np.empty(len(items), dtype=object)
        X[:] = items
        X = pd.Series(X) if container == "series" else X
    else:
        X = container(items)
    assert_are(as_sequences(X), arrays, names)


@pytest.mark.parametrize("item", [np.asarray, list, pd.Series, tuple])
def test_items_of_one_dimension_have_one_input(item):
    flat = [np.arange(n) / 7 for n in (3, 5)]
    assert_are(as_sequences([item(a) for a in flat]), [a[:, None] for a in flat])


def test_arrays_are_sequences_by_steps_by_inputs():
    assert_are(as_sequences(EQUAL), list(EQUAL))
    assert_are(as_sequences(EQUAL[:, :, 0]), list(EQUAL[:, :, :1]))
    assert_are(as_sequences(EQUAL.astype(object)), list(EQUAL))
    assert_are(as_sequences(EQUAL[:, :, 0].tolist()), list(EQUAL[:, :, :1]))
    assert_are(as_sequences(EQUAL.tolist()), list(EQUAL))


@pytest.mark.parametrize(
    "X",
    [
        EQUAL.transpose(0, 2, 1),
        [a.T for a in EQUAL],
        [a.T.tolist() for a in RAGGED],
        [pd.DataFrame(a.T) for a in RAGGED],
    ],
)
def test_inputs_may_come_before_steps(X):
    wanted = list(EQUAL) if len(X[0][0]) == 6 else RAGGED
    assert_are(as_sequences(X, channels_first=True), wanted)


class Tensor:
    """Becomes an array, as tensors of PyTorch do, or does not, as those on a GPU."""

    def __init__(self, values, error=None):
        self.values_, self.error = values, error

    def __array__(self, dtype=None, copy=None):
        if self.error:
            raise self.error
        return np.asarray(self.values_, dtype=dtype)


def test_what_becomes_an_array_is_one():
    assert_are(as_sequences(Tensor(EQUAL)), list(EQUAL))
    assert_are(as_sequences([Tensor(a) for a in RAGGED]), RAGGED)
    for error in (TypeError("on cuda:0"), RuntimeError("requires grad")):
        assert "detach().cpu().numpy()" in refusal(Tensor(EQUAL, error))
        assert "sequence 1" in refusal([EQUAL[0], Tensor(EQUAL[1], error)])


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((20, 1, 80)),
        np.zeros((40, 6, 100)),
        np.zeros((40, 6, 100)).tolist(),
        list(np.zeros((4, 6, 100))),
        np.zeros((3, 1, 2)),
    ],
)
def test_an_array_that_looks_turned_is_warned_of(X):
    with pytest.warns(DataWarning, match=r"channels_first=True.*channels_first=False") as caught:
        found = as_sequences(X)
    assert caught[0].filename == __file__
    assert issubclass(DataWarning, UserWarning)
    assert found.n_inputs == len(X[0][0])
    assert f"{len(X[0])} step" in str(caught[0].message)
    for said in (False, True):
        assert as_sequences(X, channels_first=said).n_inputs == len(X[0][0] if not said else X[0])


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((20, 80, 1)),
        np.zeros((20, 6, 6)),
        [np.zeros((3, 12)), np.zeros((30, 12))],  # steps differ, so that inputs come last
        [pd.DataFrame(np.zeros((2, 3)), columns=list("abc"))] * 3,  # columns are called
        np.zeros((3, 1, 1)),
    ],
)
def test_what_does_not_look_turned_is_not_warned_of(X):
    as_sequences(X)  # warnings are errors here


def test_lists_of_inputs_by_steps_are_told_by_their_lengths():
    assert "channels_first=True" in refusal([a.T for a in RAGGED])
    assert "channels_first" not in refusal([np.zeros((3, 2)), np.zeros((4, 3))])


def test_padding_is_cut_where_it_may_be():
    X = EQUAL.copy()
    X[1, 4:] = np.nan
    X[3, 1:] = np.nan
    shorter = [X[0], X[1, :4], X[2], X[3, :1]]
    assert_are(as_sequences(X, unequal=True), shorter)
    assert_are(as_sequences(list(X), unequal=True), shorter)
    assert_are(as_sequences(np.ma.masked_invalid(X), unequal=True), shorter)
    assert_are(as_sequences(X[:, :, 0], unequal=True), [a[:, :1] for a in shorter])
    said = refusal(X)
    assert "14 values are missing (NaN), in 2 of 4 sequences." in said
    assert "sequence 1, step 4 of 6, input 0" in said
    assert "unequal=True" in said
    X[2, 2, 1] = np.nan
    for unequal in (False, True):
        said = refusal(X, unequal=unequal)
        assert "unequal=True" not in said
    assert "first: sequence 2, step 2 of 6, input 1" in said
    X = EQUAL.copy()
    X[1] = np.nan
    assert "12 values are missing" in refusal(X, unequal=True)


def test_infinite_values_are_refused():
    X = EQUAL.copy()
    X[1, 2, 1] = -np.inf
    assert "sequence 1, step 2, input 1, value -inf" in refusal(X)


def test_a_frame_of_two_levels_is_a_panel():
    assert_are(as_sequences(panel()), RAGGED, "pqrs", ["x", "y"])
    assert_are(as_sequences(panel()["y"]), [a[:, 1:] for a in RAGGED], "pqrs", ["y"])
    numbered = panel(ids=[3, 1, 0, 2])
    assert_are(as_sequences(numbered), RAGGED, "3102", ["x", "y"])
    swapped = panel().swaplevel()
    assert_are(as_sequences(swapped, id="case", time="when"), RAGGED, "pqrs", ["x", "y"])


def test_names_of_sequences_and_inputs_are_kept_in_files(tmp_path):
    write_sequences(tmp_path / "panel.h5", as_sequences(panel()))
    assert_are(read_sequences(tmp_path / "panel.h5"), RAGGED, "pqrs", ["x", "y"])


def test_steps_are_sorted_by_time():
    mixed = panel().groupby(level=0, group_keys=False, sort=False).apply(lambda g: g[::-1])
    assert mixed.index[0][1] == 4
    assert_are(as_sequences(mixed), RAGGED, "pqrs", ["x", "y"])
    shuffled = long().sample(frac=1, random_state=0)
    found = as_sequences(shuffled, id="case", time="when")
    for name, array in zip("pqrs", RAGGED, strict=True):
        np.testing.assert_array_equal(found[found.names.index(name)], array)


@pytest.mark.parametrize(
    "times",
    [
        lambda k: k * 0.5,
        lambda k: pd.to_datetime(k, unit="h"),
        lambda k: pd.to_datetime(k, unit="h", utc=True).dt.tz_convert("Europe/Rome"),
        lambda k: pd.to_timedelta(k, unit="s"),
        lambda k: pd.PeriodIndex.from_ordinals(k, freq="M"),
        lambda k: pd.to_datetime(k, unit="D").astype(str),
        lambda k: k.astype(str),
        lambda k: k.astype("Int64"),
        lambda k: pd.Series([date(2024, 1, 1 + n) for n in k], dtype=object),
        lambda k: pd.Series([datetime(2024, 1, 1 + n) for n in k], dtype=object),
        lambda k: k + 2**60,  # too close to each other for floats
    ],
)
def test_times_are_numbers_or_dates(times):
    frame = long(when=times(long()["when"]))
    found = as_sequences(frame[::-1], id="case", time="when")
    assert_are(found, RAGGED[::-1], "srqp", ["x", "y"])


@pytest.mark.parametrize("cell", ["soon", None, "", np.nan, pd.NaT, np.inf])
def test_what_is_no_time_is_refused(cell):
    frame = long().astype({"when": object})
    frame.loc[6, "when"] = cell
    said = refusal(frame, id="case", time="when")
    assert "is not a time: neither a number nor a date such as 2024-01-31" in said
    assert "row 6" in said


def test_a_time_that_occurs_twice_is_refused():
    said = refusal(pd.concat([panel(), panel().iloc[6:7]]))
    assert "A time of sequence 'q' is repeated." in said
    assert "rows 6 and 19, time 1" in said
    assert "A time is repeated." in refusal(long(), time="when", value="x")


def test_uneven_times_are_said():
    frame = long(when=long()["when"] ** 2)
    with pytest.warns(DataWarning, match="only their order is used"):
        assert_are(as_sequences(frame, id="case", time="when"), RAGGED, "pqrs", ["x", "y"])


def test_a_missing_value_is_named_by_sequence_and_time():
    frame = panel(start=100)
    frame.loc[("q", 101), "y"] = np.nan
    said = refusal(frame)
    assert "sequence 1 (q), step 1 of 3, time 101, input y" in said
    assert "interpolate" in said
    frame = panel()
    frame.loc[("q", 2)] = np.nan
    assert as_sequences(frame, unequal=True).lengths.tolist() == [5, 2, 7, 4]


def test_frames_whose_rows_are_steps_need_an_id():
    frame = long()
    assert_are(as_sequences(frame, id="case", time="when"), RAGGED, "pqrs", ["x", "y"])
    frame = frame.drop(columns="when")
    assert_are(as_sequences(frame, id="case"), RAGGED, "pqrs", ["x", "y"])
    y = as_sequences(frame, id="case", value=["y"])
    assert_are(y, [a[:, 1:] for a in RAGGED], "pqrs", ["y"])
    assert_are(as_sequences(frame.set_index("case"), id="case"), RAGGED, "pqrs", ["x", "y"])
    numbered = as_sequences(frame.rename(columns={"y": 7}), id="case", value=7)
    assert_are(numbered, [a[:, 1:] for a in RAGGED], "pqrs")
    one = frame[["x", "y"]].set_index(pd.date_range("2024", periods=len(frame)))
    assert_are(as_sequences([one]), [one.to_numpy()], (), ["x", "y"])
    by_index = one[::-1].assign(case="p")
    assert_are(as_sequences(by_index, id="case"), [one.to_numpy()], "p", ["x", "y"])
    said = refusal(frame.iloc[[0, 5, 1]], id="case")
    assert "The rows of id 'p' are not consecutive." in said
    assert "rows 0 and 2" in said


@pytest.mark.parametrize(
    ("frame", "options", "words"),
    [
        (long(), {}, "as_sequences(frame, id='case')"),
        (long(), {"id": "cas"}, "id=: there is no column 'cas'"),
        (long(), {"id": "case", "time": "t"}, "time=: there is no column 't'"),
        (long(t=0), {"id": "case"}, "A column is called 't', as times are"),
        (long(label=1), {"id": "case", "time": "when"}, "'label', as labels are"),
        (long(kind="a"), {"id": "case", "time": "when"}, "value=[...]"),
        (long(case=None), {"id": "case", "time": "when"}, "The id is missing."),
        (long(case=" "), {"id": "case", "time": "when"}, "The id is missing."),
        (long()[["case", "when"]], {"id": "case", "time": "when"}, "No column is left"),
        (pd.concat([long(), long()], axis=1), {"id": "case"}, "there are 2 columns 'case'"),
        (pd.concat({"u": panel(), "v": panel()}), {}, "frame.groupby(level=[0, 1])"),
        (panel().rename_axis(["subject", "trial"]), {}, "'trial', is not named like a time"),
        (panel().unstack(), {}, "frame.stack"),
        (long().groupby("case"), {}, "[part for _, part in X]"),
        ([panel(), panel()], {}, "holds 4 sequences"),
        ([long(), long()], {}, "as ids are"),
        ([panel(EQUAL).loc["p"], panel(EQUAL).loc["q"][["y", "x"]]], {}, "the same columns"),
        ([pd.DataFrame(EQUAL[0])[::-1]] * 3, {}, "sort_index"),
        ([pd.Series([1.0, 2.0], index=[3, 3])] * 3, {}, "reset_index"),
        ([long(), 3], {"id": "case"}, "id="),
        (
            long(),
            {"id": "case", "time": ["when"]},
            "time= must be the name of a column, not a list",
        ),
        (long(), {"id": "case", "time": np.arange(19)}, "time= must be the name of a column"),
        (panel().rename(columns={"x": "T"}), {}, "as_sequences(X, id=..., time=..., value=[...])"),
    ],
)
def test_frames_that_are_not_clear_are_refused(frame, options, words):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        assert words in refusal(frame, (DataError, UsageError), **options)


def test_what_the_refusal_of_a_hierarchy_says_works():
    frame = pd.concat({"u": panel(), "v": panel()})
    parts = [part.droplevel([0, 1]) for _, part in frame.groupby(level=[0, 1])]
    assert_are(as_sequences(parts), RAGGED * 2, (), ["x", "y"])


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": {"x": "id"}},
        {"columns": {"x": "unique_id"}},
        {"columns": {"x": "Time"}},
        {"columns": {"x": "timestamp"}},
        {"columns": {"x": "label"}},
        {"columns": {"x": "machine_id"}},
        {"columns": {"x": "__index__0"}},
    ],
)
def test_a_column_called_like_an_id_a_time_or_a_label_is_asked_about(changes):
    frame = pd.DataFrame(RNG.normal(size=(300, 2)), columns=["x", "y"]).rename(**changes)
    said = refusal(frame)
    assert "it is unclear whether a row is a step or a sequence" in said
    assert "frame.set_index(" in said or "frame.drop(columns='label')" in said


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2024", periods=300),
        pd.period_range("2024-01", periods=300, freq="M"),
        pd.RangeIndex(300, name="time"),
        pd.Index([*("a" * 150), *("b" * 150)]),
        pd.Index(np.repeat([1, 2], 150), name="id"),
    ],
)
def test_an_index_of_ids_or_times_is_asked_about(index):
    frame = pd.DataFrame(RNG.normal(size=(300, 2)), columns=["x", "y"], index=index)
    said = refusal(frame)
    assert "If a row is a step, write as_sequences(" in said
    assert "frame.reset_index(drop=True)" in said
    plain = as_sequences(frame.reset_index(drop=True))
    assert_are(plain, list(frame.to_numpy()[:, :, None]))


def test_frames_put_together_are_warned_of():
    whole = pd.concat([pd.DataFrame(a, columns=["x", "y"]) for a in RAGGED])
    with pytest.warns(DataWarning, match="a list of frames, one per sequence"):
        assert len(as_sequences(whole)) == 19


def test_a_row_of_numbers_is_a_sequence():
    table = RNG.normal(size=(5, 8))
    wanted = list(table[:, :, None])
    for columns in (range(8), [f"t{k}" for k in range(8)], list("abcdefgh")):
        frame = pd.DataFrame(table, columns=columns)
        assert_are(as_sequences(frame), wanted)
        for index in (list("vwxyz"), pd.Index(range(5), name="id")):
            assert_are(as_sequences(frame.set_axis(index)), wanted, map(str, index))
    days = pd.date_range("2024", periods=5)
    named = as_sequences(pd.DataFrame(table, index=days))  # a curve per day
    assert_are(named, wanted, map(str, days))


def test_text_and_times_are_no_values():
    frame = pd.DataFrame(RNG.normal(size=(4, 3)))
    said = refusal(frame.assign(store=list("aabb")))
    assert "'store' holds text, such as 'a'" in said
    assert "as_sequences(frame, id='store')" in said
    said = refusal(frame.assign(day=pd.date_range("2024", periods=4)))
    assert "'day' holds times" in said
    assert "time='day'" in said


def test_integers_of_pandas_may_be_missing():
    frame = pd.DataFrame({"t0": [1, 2], "t1": [3, None], "t2": [5, None]}, dtype="Int64")
    assert "sequence 1, step 1 of 3" in refusal(frame)
    assert as_sequences(frame, unequal=True).lengths.tolist() == [3, 1]
    assert as_sequences([frame["t0"], frame["t1"]], unequal=True).lengths.tolist() == [2, 1]


@pytest.mark.parametrize("cell", [pd.Series, np.asarray, list, tuple])
def test_cells_may_be_sequences(cell):
    nested = pd.DataFrame({k: [cell(a[:, n]) for a in RAGGED] for n, k in enumerate("xy")})
    assert_are(as_sequences(nested), RAGGED, (), ["x", "y"])
    assert_are(as_sequences(nested.set_axis(list("pqrs"))), RAGGED, "pqrs", ["x", "y"])
    assert_are(as_sequences(nested.to_numpy()), RAGGED)
    assert_are(as_sequences(nested["x"]), [a[:, :1] for a in RAGGED])
    nested.at[2, "y"] = cell([1.0, 2.0])
    said = refusal(nested)
    assert "7, 2 steps" in said
    assert "sequence 2" in said
    assert "sequence 0, input z" in refusal(nested.assign(z=1.0))


def test_dimensions_with_names_say_which_are_the_steps():
    X = xr.DataArray(
        RNG.normal(size=(3, 2, 9)),
        dims=("case", "channel", "time"),
        coords={"case": list("pqr"), "channel": ["u", "v"]},
    )
    wanted = list(X.values.transpose(0, 2, 1))
    for turned in (X, X.transpose("case", "time", "channel")):
        assert_are(as_sequences(turned), wanted, "pqr", ["u", "v"])
        assert_are(as_sequences(list(turned)), wanted)
    assert "X.transpose('case', 'channel', 'time')" in refusal(X.transpose("time", ...))
    assert_are(as_sequences(X[:, 0]), [a[:, :1] for a in wanted], "pqr")
    assert "X['name']" in refusal(X.to_dataset(name="q"))


def test_sequences_are_left_alone():
    data = from_arrays(RAGGED, labels=[0, 1, 0, 1], label_names=("a", "b"))
    assert as_sequences(data) is data
    assert "id=" in refusal(data, UsageError, id="case")
    assert "channels_first=" in refusal(EQUAL, UsageError, channels_first="yes")
    assert "time=" in refusal(EQUAL, UsageError, time="when")


@pytest.mark.parametrize(
    "X",
    [
        *([], (), {}, [[]], [[], [1.0]], np.zeros((0, 5)), np.zeros((3, 0)), np.zeros((3, 0, 2))),
        *(np.zeros((3, 2, 0)), [np.zeros((0, 2))], [np.zeros((3, 0))]),
        *(pd.DataFrame(), pd.Series(dtype=float), panel().iloc[:0], xr.DataArray(np.zeros((0, 3)))),
    ],
)
def test_nothing_is_refused(X):
    with pytest.raises(DataError):
        as_sequences(X)


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ("data.csv", "load_sequences(path)"),
        (b"data.csv", "load_sequences(path)"),
        ((k for k in RAGGED), "list(X)"),
        (np.arange(5.0), "Write [X]"),
        ([1.0, 2.0, 3.0], "Write [X]"),
        (pd.Series([1.0, 2.0]), "Write [X]"),
        (np.zeros((2, 3, 4, 5)), "(sequences, steps, inputs)"),
        ([np.zeros((2, 3, 4))], "(steps, inputs)"),
        ([[[1, 2], [3]], [[4, 5]]], "sequence 0"),
        ([[1, 2], 3], "sequence 1"),
        (pd.DataFrame({"a": [[[1], [2, 3]]] * 3}), "sequence 0, input a"),
        ([[1, 2], None], "sequence 1"),
        ([[1, 2], "ab"], "sequence 1"),
        ([{"target": [1, 2]}], "type dict"),
        ([["a", "b"], [1, 2, 3]], "text"),
        (np.array([["a", "b"]]), "text"),
        (np.ones((2, 3)) * 1j, "complex"),
        (np.zeros((2, 3), dtype="datetime64[s]"), "times"),
        ([np.zeros((3, 2)), np.zeros((3, 3))], "3 in sequence 1, 2 in sequence 0"),
        (None, "NoneType"),
        ({1.0, 2.0}, "type set"),
        (object(), "type object"),
    ],
)
def test_what_cannot_be_read_is_refused(X, words):
    assert words in refusal(X)


def test_a_path_is_refused(tmp_path):
    assert "load_sequences(path)" in refusal(tmp_path)


def test_a_frame_may_be_of_polars():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({name: long()[name].to_list() for name in long()})
    wanted = RAGGED, "pqrs", ["x", "y"]
    assert_are(as_sequences(frame[::-1].sort("case"), id="case", time="when"), *wanted)
    nested = frame.group_by("case", maintain_order=True).agg("x", "y").drop("case")
    assert_are(as_sequences(nested), RAGGED, (), ["x", "y"])
    assert_are(
        as_sequences([polars.DataFrame(a, schema=["x", "y"]) for a in RAGGED]),
        RAGGED,
        (),
        ["x", "y"],
    )
    assert_are(as_sequences(polars.DataFrame(EQUAL[:, :, 0])), list(EQUAL[:, :, :1]))
    assert "id='case'" in refusal(frame)
    assert "X.collect()" in refusal(frame.lazy())


def test_the_examples_run_without_pandas():
    result = doctest.testmod(lstmtool.data.conversion.convert)
    assert result.attempted >= 5
    assert not result.failed
    program = (
        "import sys; from lstmtool import as_sequences; as_sequences([[1, 2], [3]]);"
        "heavy = {'pandas', 'sklearn', 'numba', 'polars', 'xarray'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


NEAR = [1_700_000_000_000_000_000 + 100 * k for k in range(5)]


@pytest.mark.parametrize(
    "times",
    [
        list(map(str, NEAR)),
        pd.Series(NEAR, dtype=object),
        pd.Series([pd.Timestamp(ns) for ns in NEAR], dtype=object),
        [pd.Timestamp(ns).isoformat() for ns in NEAR[1:]] + ["2023-11-14T22:13:20.000000500Z"],
        [f"0.{k}e-9" for k in range(1, 6)],
    ],
    ids=["text", "objects", "dates", "text of dates", "exponents"],
)
def test_times_100_ns_apart_differ(times):
    frame = pd.DataFrame({"case": "p", "when": times, "x": range(5)})
    found = as_sequences(frame[::-1], id="case", time="when")
    assert found[0][:, 0].tolist() == [0, 1, 2, 3, 4]


def counting(**changes):
    """A long frame of 4 sequences of 6 steps, whose columns have no usual names."""
    values = RNG.normal(size=(24, 2))
    engine, cycle = np.divmod(np.arange(24), 6)
    frame = pd.DataFrame({"engine": engine, "cycle": cycle, "a": values[:, 0], "b": values[:, 1]})
    return frame.assign(**changes)


def test_a_long_frame_without_usual_names_is_refused():
    said = refusal(counting())
    assert "The column 'cycle' counts up while 'engine' stays the same" in said
    assert "as_sequences(frame, id='engine', time='cycle')" in said
    assert as_sequences(counting(), id="engine", time="cycle").lengths.tolist() == [6] * 4


@pytest.mark.parametrize("name", ["index", "Unnamed: 0", "hour"])
def test_a_column_that_counts_rows_is_refused(name):
    wide = pd.DataFrame(RNG.normal(size=(12, 9)))
    wide.insert(0, name, range(12))
    assert f"The column '{name}' counts up" in refusal(wide)
    assert as_sequences(wide.drop(columns=name)).lengths.tolist() == [9] * 12


def test_frames_of_ramps_are_values():
    ramps = pd.DataFrame(np.arange(60.0).reshape(12, 5), columns=list("abcde"))
    assert as_sequences(ramps).lengths.tolist() == [5] * 12


def test_counters_are_asked_about_before_they_become_inputs():
    said = refusal(counting(), id="engine")
    assert "The column 'cycle' counts up in every sequence: is it an input?" in said
    assert "time='cycle'" in said
    assert as_sequences(counting(), id="engine", value=["cycle", "a"]).n_inputs == 2
    assert as_sequences(counting()[["engine", "cycle"]], id="engine").n_inputs == 1
    parts = [part.drop(columns="engine") for _, part in counting().groupby("engine")]
    assert "counts up in every sequence" in refusal(parts)
    assert as_sequences(parts, time="cycle").n_inputs == 2


def test_several_ids_make_one():
    frame = counting(subject=[0] * 12 + [1] * 12, trial=([0] * 6 + [1] * 6) * 2)
    frame = frame.drop(columns="engine")
    long = as_sequences(frame, id=["subject", "trial"], time="cycle")
    assert long.names == ("0/0", "0/1", "1/0", "1/1")
    assert long.lengths.tolist() == [6] * 4
    assert long.attributes["inputs"] == ["a", "b"]
    levels = frame.set_index(["subject", "trial", "cycle"])
    found = as_sequences(levels, id=["subject", "trial"], time="cycle")
    assert found.names == long.names
    assert_same(found.values, long.values)
    assert "The index has 3 levels" in refusal(levels)
    assert "A time of sequence '0' is repeated." in refusal(levels, id="subject", time="cycle")
