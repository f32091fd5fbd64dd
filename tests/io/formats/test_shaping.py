"""Missing values, windows, and the way from what was read to sequences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstmtool.data.windows import windows_of
from lstmtool.errors import DataError, UsageError
from lstmtool.io.formats import missing, windows
from lstmtool.io.formats.cells import is_number, unguarded
from lstmtool.io.formats.options import ReadOptions, Span
from lstmtool.io.formats.raw import Raw, ordered, to_sequences
from lstmtool.text import guarded

NAN = np.nan


def raw(*sequences, **parts):
    columns = [np.array(s, dtype=float) for s in sequences]
    columns = [c[:, None] if c.ndim == 1 else c for c in columns]
    return Raw(columns, [f"line {n + 1}" for n in range(len(columns))], **parts)


def quiet(text):
    pass


def naive_fill(values):
    """Linear between the neighbours, the nearest value at the ends; one input."""
    filled = list(values)
    for t, value in enumerate(values):
        if not np.isnan(value):
            continue
        before = [s for s in range(t) if not np.isnan(values[s])]
        after = [s for s in range(t, len(values)) if not np.isnan(values[s])]
        if before and after:
            a, b = before[-1], after[0]
            filled[t] = values[a] + (values[b] - values[a]) * (t - a) / (b - a)
        else:
            filled[t] = values[before[-1] if before else after[0]]
    return filled


@given(arrays(float, st.integers(1, 12), elements=st.floats(-9, 9) | st.just(NAN)))
def test_interpolation_is_like_the_naive_one(values):
    data = raw(values)
    if np.isnan(values).all():
        with pytest.raises(DataError, match="All values of input 1 are missing"):
            missing.settle(data, "interpolate", quiet)
    else:
        missing.settle(data, "interpolate", quiet)
        np.testing.assert_allclose(data.arrays[0][:, 0], naive_fill(values), atol=1e-12)


def test_inputs_are_interpolated_apart():
    data = raw([[1, NAN], [NAN, 5], [3, NAN]])
    missing.settle(data, "interpolate", quiet)
    np.testing.assert_array_equal(data.arrays[0], [[1, 5], [2, 5], [3, 5]])


def test_dropping_leaves_the_sequences_out_with_all_that_belongs_to_them():
    notes = []
    data = raw([1, NAN], [2, 3], [NAN], [4], names=list("abcd"), labels=["x", "y", "x", "x"])
    missing.settle(data, "drop", notes.append)
    assert data.names == ["b", "d"]
    assert data.labels == ["y", "x"]
    assert "2 sequences with missing values left out (first: line 1 (sequence 'a'))" in notes[0]
    with pytest.raises(DataError, match="Every sequence has missing"):
        missing.settle(raw([NAN, 1], [2, NAN]), "drop", quiet)


def test_refusing_says_where_the_first_is():
    with pytest.raises(DataError) as caught:
        missing.settle(raw([1.0, 2.0], [[1.0], [NAN], [NAN], [2.0]]), "error", quiet)
    assert "2 values are missing, in 1 sequence." in str(caught.value)
    assert "line 2, step 2 of 4, input 1" in str(caught.value)
    assert "--unequal" not in str(caught.value)


def test_ends_are_trimmed_only_where_all_inputs_are_missing():
    data = raw([[1, 2], [NAN, 3], [NAN, NAN]], [[NAN, NAN]])
    missing.trim_ends(data, quiet)
    assert [len(a) for a in data.arrays] == [2, 1]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(1, 12), st.integers(1, 12))
def test_windows_are_like_naive_slices(lengths, size, hop):
    sequences = [np.arange(n) + 100 * k for k, n in enumerate(lengths)]
    wanted = [s[t : t + size] for s in sequences for t in range(0, len(s), hop)]
    wanted = [w for w in wanted if len(w) == size]
    data = raw(*sequences)
    if not wanted:
        with pytest.raises(DataError, match="shorter than a window"):
            windows.cut(data, Span(size, "steps"), Span(hop, "steps"), quiet)
        return
    windows.cut(data, Span(size, "steps"), Span(hop, "steps"), quiet)
    np.testing.assert_array_equal([a[:, 0] for a in data.arrays], wanted)


def test_seconds_need_a_sampling_rate():
    with pytest.raises(UsageError, match=r"--cut 0\.5s"):
        windows.cut(raw([1, 2]), Span(0.5, "seconds"), None, quiet)
    with pytest.raises(UsageError, match="less than a step"):
        windows.cut(raw([1, 2], sampling_rate=2.0), Span(0.1, "seconds"), None, quiet)
    with pytest.raises(UsageError, match="--sampling-rate"):
        windows.resample_all(raw([1, 2]), 5.0, "a.csv")


def test_other_numbers_of_inputs_and_empty_sequences_are_refused():
    with pytest.raises(DataError, match="2 per step here, 1 in line 1"):
        to_sequences(raw([1, 2], [[1, 2]]), quiet)
    with pytest.raises(DataError, match="empty"):
        to_sequences(raw([1, 2], []), quiet)
    with pytest.raises(DataError, match="no sequences"):
        to_sequences(Raw([], []), quiet)


def test_numbers_are_ordered_as_numbers():
    assert ordered(["10", "9", "-1"]) == ["-1", "9", "10"]
    assert ordered(["b", "10", "a"]) == ["10", "a", "b"]


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-cmd", "@x", "'=1", "''-x"])
def test_formulas_are_guarded(text):
    assert guarded(text) == f"'{text}"


@given(st.text())
def test_guarding_is_undone(text):
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in ("=", "+", "-", "@", "\t") or is_number(guarded(text))


def test_options_that_contradict_each_other_are_refused():
    with pytest.raises(UsageError, match="--hop needs --cut"):
        ReadOptions(hop=Span(5, "steps"))
    with pytest.raises(UsageError, match="--inputs"):
        ReadOptions(inputs=2, id="x")
    with pytest.raises(UsageError, match="positive"):
        ReadOptions(sampling_rate=0.0)


def test_options_become_the_words_that_gave_them():
    options = ReadOptions(value=("x", "y"), header=False, unequal=True, cut=Span(0.5, "seconds"))
    assert " ".join(options.words()) == "--value x --value y --no-header --unequal --cut 0.5s"
    assert ReadOptions().words() == []


def test_only_data_that_knows_its_rate_is_resampled():
    with pytest.raises(UsageError, match="does not state"):
        windows.resample_all(raw([[1.0], [2.0]]), 100.0, "a.csv")
    one = raw([[0.0], [1.0]] * 8, sampling_rate=100.0)
    windows.resample_all(one, 50.0, "a.h5")
    assert (len(one.arrays[0]), one.sampling_rate) == (8, 50.0)


def test_windows_remember_their_recordings():
    data = raw(np.arange(10), np.arange(2), np.arange(5), names=["a", "short", "c"])
    arrays = dict(zip(data.names, data.arrays, strict=True))
    windows.cut(data, Span(4, "steps"), Span(1, "steps"), quiet)
    found = windows_of(data.attributes, len(data.arrays))
    assert found.recordings == ("a", "c") and found.steps == (10, 5)
    for array, k, start, end in zip(
        data.arrays, found.recording, found.start, found.end, strict=True
    ):
        np.testing.assert_array_equal(array, arrays[found.recordings[k]][start:end])


@pytest.mark.parametrize("cut", [Span(0, "steps"), Span(-0.5, "seconds")])
def test_windows_of_nothing_are_refused(cut):
    with pytest.raises(UsageError, match="--cut must be positive"):
        ReadOptions(cut=cut)


def test_a_very_long_sequence_could_be_cut(load, file, notes):
    load(file("a.csv", "v\n" + "1\n2\n" * 10_001), label=None, value=("v",), id=None, time=None)
    assert any("--cut makes windows" in note for note in notes)
