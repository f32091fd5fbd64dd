import datetime
import sys

import numpy as np
import pytest

from lstmtool.errors import UsageError

pyarrow = pytest.importorskip("pyarrow")
from pyarrow import feather, parquet  # noqa: E402

WRITERS = {"parquet": parquet.write_table, "feather": feather.write_feather}


@pytest.fixture(params=WRITERS)
def write(request, tmp_path):
    def make(**columns):
        path = tmp_path / f"a.{request.param}"
        WRITERS[request.param](pyarrow.table(columns), path)
        return path

    return make


def test_a_row_per_step(load, write, notes):
    days = [datetime.datetime(2024, 1, day) for day in (2, 1, 1, 2)]
    path = write(
        machine=["a", "a", "b", "b"],
        date=days,
        label=pyarrow.array(["u", "u", "v", "v"]).dictionary_encode(),
        x=[1, 2, 3, 4],
        y=[0.1, 1 / 3, 5e-324, 1e300],
    )
    data = load(path, id="machine")
    assert data.names == ("a", "b")
    assert data.label_names == ("u", "v")
    assert data[0].tolist() == [[2, 1 / 3], [1, 0.1]]
    assert data[1].tolist() == [[3, 5e-324], [4, 1e300]]
    assert any("steps in the order of column 'date'" in note for note in notes)


def test_a_row_per_sequence(load, write):
    data = load(write(name=["p", "q"], kind=[1, 2], t0=[1.5, 2], t1=[3, None]), label="kind",
                unequal=True)  # fmt: skip
    assert (data.names, data.label_names) == (("p", "q"), ("1", "2"))
    assert data.lengths.tolist() == [2, 1]


def test_columns_of_lists(load, write, notes, refused):
    path = write(
        case=["p", "q"], label=["u", "v"], x=[[1, 2, 3], [4.5]], y=[[0, 0, 1], [7]], note=["a", "b"]
    )
    data = load(path)
    assert data[0].tolist() == [[1, 0], [2, 0], [3, 1]]
    assert (data.names, data.label_names) == (("p", "q"), ("u", "v"))
    assert data.attributes["inputs"] == ["x", "y"]
    assert any("not used: 'note'" in note for note in notes)
    assert load(path, value=("y",)).n_inputs == 1
    refused(path, "no such column 'z'", "'case', 'label', 'note'", label="z")
    refused(path, "no such column 'note'", "'x', 'y'", value=("note",))


def test_lists_of_steps(load, write):
    data = load(write(x=[[[1, 2], [3, 4]], [[5, 6]]]))
    assert data[0].tolist() == [[1, 2], [3, 4]]
    assert data.lengths.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"x": [[1, 2], [3]], "y": [[1, 2], [3, 4]]}, ("row 2", "differ in length: 1, 2")),
        ({"x": [[1, 2], None]}, ("row 2", "missing")),
        ({"x": [["a"], ["b"]]}, ("row 1", "no numbers")),
        ({"x": [[1.0, float("inf")]]}, ("row 1", "infinite")),
        ({"x": [[[1, 2], [3]]]}, ("row 1", "differ in length")),
        ({"x": [{"a": 1}]}, ("type dict",)),
        ({"x": [1.0, float("inf")], "y": [1, 2]}, ("row 2", "'x'", "not a number")),
    ],
)
def test_columns_that_are_no_sequences(write, refused, columns, words):
    refused(write(**columns), *words)


def test_damaged_files(write, refused):
    path = write(x=list(range(100)), y=list(range(100)))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    refused(path, "is damaged", "pyarrow says")


def test_what_unpacks_to_far_more_is_refused(tmp_path, refused, monkeypatch):
    monkeypatch.setattr("lstmtool.io.formats.arrow_file.UNPACKED", 1000)
    parquet.write_table(pyarrow.table({"x": np.zeros(1_000_000)}), tmp_path / "a.parquet")
    refused(tmp_path / "a.parquet", "it expands to more than", "malicious", inputs=1)


def test_without_pyarrow_the_error_says_what_to_install(load, write, monkeypatch):
    path = write(x=[1, 2])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match="pip install pyarrow"):
        load(path)
