import json

import h5py
import numpy as np
import pytest

from lstmtool.errors import DataError
from lstmtool.io.unfinished import read_unfinished, write_unfinished
from lstmtool.records.run import CheckpointEntry

PLAN = {"version": "0", "data": "a.h5"}
PART = CheckpointEntry(
    {"epochs": 3}, {"rows": np.ones((3, 5)), "counts": np.arange(2), "none": np.empty(0)}
)


@pytest.fixture
def path(tmp_path):
    write_unfinished(tmp_path / "a.h5", PLAN, {"2/0": PART})
    return tmp_path / "a.h5"


def test_round_trip(path):
    plan, parts = read_unfinished(path)
    assert plan == PLAN
    assert parts["2/0"].values == PART.values
    for name, array in PART.arrays.items():
        np.testing.assert_array_equal(parts["2/0"].arrays[name], array)
        assert parts["2/0"].arrays[name].dtype == array.dtype


def changed(path, name, value):
    with h5py.File(path, "r+") as file:
        file.attrs[name] = np.bytes_(json.dumps(value))


@pytest.mark.parametrize("plan", [None, 3, [1]])
def test_a_plan_that_is_none_is_refused(path, plan):
    changed(path, "plan", plan)
    with pytest.raises(DataError, match="plan is missing"):
        read_unfinished(path)


@pytest.mark.parametrize(
    "entry",
    [
        {"values": {}},
        {"values": {}, "arrays": {"x": ["f8", [-3, 5], 0]}},
        {"values": {}, "arrays": {"x": ["f8", [3, 5], -8]}},
        {"values": {}, "arrays": {"x": ["f8", [300, 5], 0]}},
        {"values": {}, "arrays": {"x": ["O", [3, 5], 0]}},
        [],
    ],
)
def test_an_index_that_fits_nothing_is_refused(path, entry):
    changed(path, "index", {"2/0": entry})
    with pytest.raises(DataError, match="index is damaged"):
        read_unfinished(path)
