"""What is written is read back: values to the last bit, groups and names."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError, FileError, UsageError
from lstmtool.io.formats.cells import is_missing, is_number
from lstmtool.io.formats.load import load_sequences
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.write import write
from lstmtool.text import clean_text
from tests.builders import assert_same, small_sequences

# Texts that a table can hold apart from each other and from a missing value or a number.
TEXTS = (
    st.text(min_size=1, max_size=6)
    .map(lambda text: clean_text(text).strip())
    .filter(lambda text: not is_missing(text) and not is_number(text))
)
VALUES = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def sequences(draw):
    n, width = draw(st.integers(2, 5)), draw(st.integers(1, 3))
    lengths = draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    rows = st.lists(VALUES, min_size=width, max_size=width)
    arrays = [np.array(draw(st.lists(rows, min_size=t, max_size=t))) for t in lengths]
    groups = draw(st.lists(TEXTS, min_size=1, max_size=3, unique=True))
    names = draw(st.none() | st.lists(TEXTS, min_size=n, max_size=n, unique=True))
    labels = draw(st.none() | st.lists(st.integers(0, len(groups) - 1), min_size=n, max_size=n))
    return from_arrays(
        arrays,
        names=tuple(names or ()),
        labels=labels,
        label_names=tuple(groups) if labels is not None else (),
        sampling_rate=draw(st.none() | st.floats(0.1, 1e6)),
    )


def groups(data):
    return None if data.labels is None else [data.label_names[k] for k in data.labels]


def same(read, written):
    assert_same(read.values, written.values)
    assert_same(read.offsets, written.offsets)
    assert groups(read) == groups(written)
    numbers = tuple(str(n + 1) for n in range(len(written)))
    assert read.names in (written.names, numbers if not written.names else written.names)


@pytest.mark.parametrize("ending", ["long.csv", "wide.csv", "json", "h5"])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=sequences())
def test_round_trip(tmp_path_factory, ending, data):
    path = tmp_path_factory.mktemp("trip") / f"a.{ending}"
    layout = ending.split(".")[0]
    write(path, data, layout if layout in ("long", "wide") else None)
    read = load_sequences(path, ReadOptions(unequal=layout == "wide"))
    same(read, data)
    if ending in ("json", "h5"):
        assert read.label_names == data.label_names
        assert read.sampling_rate == data.sampling_rate


def test_the_layout_follows_the_data(tmp_path):
    write(tmp_path / "a.csv", from_arrays([[1.0, 2], [3, 4]]))
    assert (tmp_path / "a.csv").read_text() == "name,t0,t1\n1,1.0,2.0\n2,3.0,4.0\n"
    write(tmp_path / "b.csv", from_arrays([[1.0, 2], [3]], labels=[0, 1], label_names=("x", "y")))
    assert (tmp_path / "b.csv").read_text() == (
        "id,label,step,value\n1,x,0,1.0\n1,x,1,2.0\n2,y,0,3.0\n"
    )


def test_several_inputs_in_a_wide_table(tmp_path):
    data = from_arrays([[[1.0, 2], [3, 4]], [[5, 6], [7, 8]]], attributes={"inputs": ["u", "v"]})
    write(tmp_path / "a.csv", data, "wide")
    assert (tmp_path / "a.csv").read_text().startswith("name,t0.u,t0.v,t1.u,t1.v\n")
    read = load_sequences(tmp_path / "a.csv")
    same(read, data)
    assert read.attributes["inputs"] == ["u", "v"]


@pytest.mark.parametrize("inputs", [["label", "x"], ["id", "x"], ["1", "2"], ["x", "x"], ["", "x"]])
def test_inputs_are_renamed_where_a_reader_would_take_them_for_something_else(tmp_path, inputs):
    data = from_arrays([np.ones((2, 2)), np.zeros((3, 2))], attributes={"inputs": inputs})
    write(tmp_path / "a.csv", data)
    read = load_sequences(tmp_path / "a.csv")
    same(read, data)
    assert read.attributes["inputs"] == ["x1", "x2"]


def test_csv_has_no_cell_that_a_spreadsheet_would_compute(tmp_path):
    texts = ("=cmd()", "+1+1", "-2+3", "@sum", "\t=x", "-5")
    data = from_arrays(
        [[-1.0, -2.0]] * len(texts),
        names=texts,
        labels=range(len(texts)),
        label_names=texts,
        attributes={"inputs": ["=evil"]},
    )
    for layout in ("long", "wide"):
        write(tmp_path / "a.csv", data, layout)
        for row in csv.reader(io.StringIO((tmp_path / "a.csv").read_text())):
            for cell in row:
                assert cell[:1] not in ("=", "+", "-", "@", "\t") or is_number(cell)


def test_equal_names_become_numbers_in_csv(tmp_path):
    data = from_arrays([[1.0], [2.0]], names=("a", "a"))
    write(tmp_path / "a.csv", data)
    assert load_sequences(tmp_path / "a.csv").names == ("1", "2")


def test_the_json_document(tmp_path):
    write(tmp_path / "a.json", small_sequences(3, n_inputs=2))
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["encoding-type"] == "lstmtool-sequences"
    assert document["sampling_rate"] == 100
    first = document["sequences"][0]
    assert (first["name"], first["label"]) == ("sequence-0", "low")
    assert len(first["values"][0]) == 2


def test_missing_values_in_json(tmp_path):
    write(tmp_path / "a.json", from_arrays([[1.0, 2, 3], [4, 5, 6]]))
    text = (tmp_path / "a.json").read_text().replace("[2.0]", "[null]")
    (tmp_path / "a.json").write_text(text)
    read = load_sequences(tmp_path / "a.json", ReadOptions(missing="drop"))
    assert len(read) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: "no JSON", "not JSON"),
        (lambda d: "[1, 2]", "not JSON|not a JSON object|not written"),
        (lambda d: json.dumps({"a": 1}), "not written by lstmtool"),
        (lambda d: json.dumps(d | {"encoding-type": 5}), "not written by lstmtool"),
        (lambda d: json.dumps(d | {"encoding-version": "9.0"}), "version"),
        (lambda d: json.dumps(d | {"sequences": 5}), "not a list"),
        (lambda d: json.dumps(d | {"sequences": []}), "no sequences"),
        (lambda d: json.dumps(d | {"sampling_rate": -1}), "sampling_rate"),
        (lambda d: json.dumps(d | {"sequences": [{"values": []}]}), "sequence 1"),
        (lambda d: json.dumps(d | {"sequences": [{"values": [["x"]]}]}), '"x" is not a number'),
        (lambda d: json.dumps(d | {"sequences": [{"values": [[1, 2], [3]]}]}), "Step 2 has 1"),
        (lambda d: json.dumps(d | {"sequences": [{"values": [[True]]}]}), "not a number"),
    ],
)
def test_bad_json_is_refused(tmp_path, change, words):
    path = tmp_path / "a.json"
    write(path, small_sequences(3))
    path.write_text(change(json.loads(path.read_text())))
    with pytest.raises(DataError, match=words) as caught:
        load_sequences(path)
    assert "a.json" in str(caught.value)


def test_where_nothing_can_be_written(tmp_path):
    with pytest.raises(UsageError, match="which format"):
        write(tmp_path / "a.xyz", small_sequences(3))
    with pytest.raises(FileError):
        write(tmp_path / "nowhere" / "a.csv", small_sequences(3))


def test_json_keeps_how_the_data_came_about(tmp_path):
    told = {"generator": "artificial", "seed": 3, "inputs": ["u"]}
    write(tmp_path / "a.json", from_arrays([[1.0], [2.0]], attributes=told))
    assert load_sequences(tmp_path / "a.json").attributes == told | {"file": "a.json"}
