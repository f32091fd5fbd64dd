from dataclasses import replace

import h5py
import numpy as np
import pytest
import xarray
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstmtool.data.sequences import from_arrays
from lstmtool.io.sequences import fingerprint, read_sequences, write_sequences
from lstmtool.text import clean_text
from tests.builders import assert_same, small_sequences

NAMES = st.text(max_size=5).map(clean_text)


ATTRIBUTES = st.dictionaries(NAMES, NAMES | st.floats(-1, 1) | st.integers(), max_size=3)


@st.composite
def any_sequences(draw):
    n, n_inputs = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    steps = st.integers(1, 4)
    values = st.floats(allow_nan=False, allow_infinity=False)
    rows = [draw(arrays(np.float64, (draw(steps), n_inputs), elements=values)) for _ in range(n)]
    group_names = draw(st.lists(NAMES, min_size=1, max_size=3))
    labels = draw(st.none() | arrays(np.int64, n, elements=st.integers(0, len(group_names) - 1)))
    return from_arrays(
        rows,
        labels=labels,
        label_names=() if labels is None else tuple(group_names),
        names=tuple(draw(st.just([]) | st.lists(NAMES, min_size=n, max_size=n))),
        sampling_rate=draw(st.none() | st.floats(1e-3, 1e6)),
        attributes=draw(
            st.dictionaries(NAMES, NAMES | st.floats(-1, 1) | st.integers(), max_size=3)
        ),
    )


@given(any_sequences())
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_round_trip(tmp_path, sequences):
    write_sequences(tmp_path / "a.h5", sequences)
    assert_same(read_sequences(tmp_path / "a.h5"), sequences)


def test_same_bytes_twice(tmp_path):
    for name in ("a.h5", "b.h5"):
        write_sequences(tmp_path / name, small_sequences())
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_attributes_too_long_for_an_attribute(tmp_path):
    sequences = replace(small_sequences(), attributes={"pieces": list(range(50_000))})
    write_sequences(tmp_path / "a.h5", sequences)
    assert_same(read_sequences(tmp_path / "a.h5"), sequences)


def test_xarray_opens_it_with_named_dimensions(tmp_path):
    sequences = small_sequences(n_inputs=2)
    write_sequences(tmp_path / "a.h5", sequences)
    with xarray.open_dataset(tmp_path / "a.h5", engine="h5netcdf") as opened:
        assert opened["values"].dims == ("step", "input")
        assert opened["offsets"].dims == ("boundary",)
        assert opened["labels"].dims == opened["names"].dims == ("sequence",)
        assert opened["label_names"].dims == ("group",)
        assert opened.attrs["sampling_rate"] == 100.0
        np.testing.assert_array_equal(opened["values"].to_numpy(), sequences.values)


def test_fingerprint_is_of_values_and_offsets_alone():
    sequences = small_sequences()
    other_cut = replace(sequences, offsets=sequences.offsets + np.eye(13, dtype=int)[3])
    assert fingerprint(sequences) == fingerprint(replace(sequences, names=(), sampling_rate=None))
    assert fingerprint(sequences) == fingerprint(sequences.without_labels())
    assert fingerprint(sequences) != fingerprint(small_sequences(seed=1))
    assert fingerprint(sequences) != fingerprint(other_cut)


def test_fingerprint_stays_the_same_between_versions():
    known = from_arrays([[0.0, 1.0], [2.0]])
    assert fingerprint(known)[:16] == "c53be7e12d492e55"


@pytest.mark.parametrize("dtype", ["f4", "i2", "u8"])
def test_values_of_other_numeric_types_become_floats(tmp_path, dtype):
    write_sequences(tmp_path / "a.h5", from_arrays([[1, 2], [3]]))
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file["values"], file["offsets"]
        file["values"] = np.array([[1], [2], [3]], dtype=dtype)
        file["offsets"] = np.array([0, 2, 3], dtype="u4")
    assert_same(read_sequences(tmp_path / "a.h5"), from_arrays([[1, 2], [3]]))
