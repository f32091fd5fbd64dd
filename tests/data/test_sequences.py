import numpy as np
import pytest

from lstmtool.data.sequences import Sequences, block_edges, from_arrays
from lstmtool.errors import DataError


@pytest.fixture
def three():
    return from_arrays(
        [[1.0, 2.0], [3.0], [4.0, 5.0, 6.0]],
        labels=[1, 0, 1],
        label_names=("a", "b"),
        names=("x", "y", "z"),
        sampling_rate=10.0,
    )


def test_sequences_are_slices(three):
    assert len(three) == 3
    assert three.n_inputs == 1
    assert three.lengths.tolist() == [2, 1, 3]
    assert [s.ravel().tolist() for s in three] == [[1, 2], [3], [4, 5, 6]]
    assert three[-1].ravel().tolist() == [4, 5, 6]
    with pytest.raises(IndexError):
        three[3]
    with pytest.raises(IndexError):
        three[-4]


def test_first_steps_take_everything_along(three):
    cut = three.first(1)
    assert [s.ravel().tolist() for s in cut] == [[1], [3], [4]]
    assert cut.labels.tolist() == [1, 0, 1]
    assert (cut.label_names, cut.names, cut.sampling_rate) == (("a", "b"), ("x", "y", "z"), 10.0)
    assert three.first(None) is three


def test_a_sequence_shorter_than_the_window_is_named(three):
    with pytest.raises(DataError) as caught:
        three.first(2)
    assert "sequence 1 (y) has 1 steps" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3


def test_labels_can_be_removed(three):
    bare = three.without_labels()
    assert bare.labels is None
    assert bare.label_names == ()
    assert bare.names == three.names


def test_values_become_contiguous_float64():
    data = from_arrays([np.arange(6, dtype=np.int32).reshape(3, 2)[::-1]])
    assert data.values.dtype == np.float64
    assert data.values.flags.c_contiguous
    assert data.offsets.dtype == np.int64


@pytest.mark.parametrize(
    ("bad", "words"),
    [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")],
)
def test_bad_values_are_named_by_sequence_and_step(bad, words):
    arrays = [np.zeros((4, 2)), np.zeros((3, 2)), np.zeros((2, 2))]
    arrays[1][2, 1] = bad
    with pytest.raises(DataError) as caught:
        from_arrays(arrays, names=("p", "q", "r"))
    assert "1 (q), step 2, input 1" in caught.value.where
    assert words in caught.value.where
    assert caught.value.what == "1 value is not finite."


def test_bad_values_are_counted():
    with pytest.raises(DataError, match="3 values are not finite"):
        from_arrays([[np.nan, np.inf], [0.0, np.nan]])


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ([], "no sequences"),
        ([[1.0], []], "empty"),
        ([np.zeros((2, 2)), np.zeros((2, 3))], "Sequence 1 has shape"),
        ([np.zeros((2, 2, 2))], "shape"),
        ([np.zeros((3, 0))], "shape"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays, words):
    with pytest.raises(DataError, match=words):
        from_arrays(arrays)


@pytest.mark.parametrize("offsets", [[0, 2], [1, 3], [0, 4], [[0, 3]], [0]])
def test_offsets_must_cover_the_values(offsets):
    with pytest.raises(DataError):
        Sequences(np.zeros((3, 1)), np.array(offsets))


def test_offsets_must_rise():
    with pytest.raises(DataError, match="empty"):
        Sequences(np.zeros((3, 1)), np.array([0, 2, 1, 3]))


@pytest.mark.parametrize(
    "parts",
    [
        {"labels": [0], "label_names": ("a",)},
        {"labels": [0, 1], "label_names": ("a",)},
        {"labels": [0, -1], "label_names": ("a",)},
        {"names": ("only one",)},
    ],
)
def test_parts_must_fit(parts):
    with pytest.raises(DataError):
        from_arrays([[1.0], [2.0]], **parts)


def test_labels_without_names_are_refused():
    with pytest.raises(DataError, match="label has no name"):
        from_arrays([[1.0], [2.0]], labels=[0, 2], label_names=("a", "b"))
    with pytest.raises(DataError, match="There are 3 names for 2 sequences"):
        from_arrays([[1.0], [2.0]], names=("a", "b", "c"))
    assert from_arrays([[1.0], [2.0]], labels=()).labels is None


def test_a_block_holds_one_sequence_where_more_are_too_large():
    assert list(block_edges(np.arange(4), n_inputs=5, size=9)) == [(0, 1), (1, 2), (2, 3)]
    assert list(block_edges(np.arange(4), n_inputs=5, size=10)) == [(0, 2), (2, 3)]
