import random
import struct
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io

from lstmtool.errors import LstmtoolError
from lstmtool.io.formats import mat5_file
from lstmtool.io.formats.load import load_sequences

X = np.arange(24.0).reshape(4, 3, 2)


def cells(*values):
    made = np.empty((len(values), 1), dtype=object)
    made[:, 0] = values
    return made


def write_v73(path, **variables):
    """A file as MATLAB writes it with -v7.3: axes in the opposite order, cells by reference."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in variables.items():
            if isinstance(value, dict):
                group = file.create_group(name)
                group.attrs["MATLAB_class"] = np.bytes_("struct")
                for field, part in value.items():
                    put(group, field, part)
            elif value.dtype == object:
                parts = [put(file, f"#refs#/{name}{k}", v) for k, v in enumerate(value[:, 0])]
                made = file.create_dataset(
                    name, data=np.array([[part.ref for part in parts]], dtype=h5py.ref_dtype)
                )
                made.attrs["MATLAB_class"] = np.bytes_("cell")
            else:
                put(file, name, value)
    with open(path, "r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")


def put(group, name, value):
    if isinstance(value, str):
        made = group.create_dataset(name, data=np.array([[ord(c)] for c in value], np.uint16))
        made.attrs["MATLAB_class"] = np.bytes_("char")
    elif value.size == 0:
        made = group.create_dataset(name, data=np.array(value.shape, np.uint64))
        made.attrs["MATLAB_class"] = np.bytes_("double")
        made.attrs["MATLAB_empty"] = np.uint8(1)
    else:
        made = group.create_dataset(name, data=np.atleast_2d(value).T)
        made.attrs["MATLAB_class"] = np.bytes_("double")
    return made


WRITERS = {
    "v7": lambda path, **v: scipy.io.savemat(path, v, do_compression=True),
    "v6": lambda path, **v: scipy.io.savemat(path, v),
    "v7.3": write_v73,
}


@pytest.fixture(params=WRITERS)
def write(request, tmp_path):
    def make(**variables):
        WRITERS[request.param](tmp_path / "a.mat", **variables)
        return tmp_path / "a.mat"

    return make


def test_an_array_and_its_labels(load, write, notes):
    path = write(XTrain=X, YTrain=cells("up", "down", "up", "up"), rate=np.array([[100.0]]))
    data = load(path)
    np.testing.assert_array_equal(np.stack(list(data)), X)
    assert [data.label_names[k] for k in data.labels] == ["up", "down", "up", "up"]
    assert notes[0] == "MATLAB, sequences in XTrain."
    assert notes[-1] == "Labels in YTrain."
    data = load(Path(f"{path}:XTrain"), label="YTrain")
    assert data.attributes["file"] == "a.mat:XTrain"


def test_labels_that_are_numbers_or_do_not_fit(load, write, notes):
    path = write(X=X[:, :, 0], y=np.array([[3.0], [1], [3], [1]]))
    assert load(path).label_names == ("1", "3")
    path = write(X=X[:, :, 0], y=cells("a", "b"))
    assert load(path).labels is None
    assert "y not read as labels: There are 2 texts for 4 sequences." in notes


def test_cells_of_sequences(load, write, notes):
    parts = [X[0], X[1, :2], X[2]]
    path = write(data=cells(*parts))
    data = load(path)
    for found, wanted in zip(data, parts, strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert data.names == ("data{1}", "data{2}", "data{3}")
    assert "3 cells of data read as one sequence each." in notes


def test_cells_of_inputs_by_steps(load, write, refused):
    path = write(data=cells(X[0].T, X[1, :2].T))
    refused(path, "all have 2 rows", "--channels-first")
    np.testing.assert_array_equal(load(path, channels_first=True)[1], X[1, :2])


def test_cells_of_rows_and_columns(load, write):
    data = load(write(data=cells(np.arange(3.0)[None], np.arange(5.0)[:, None])))
    assert (data.lengths.tolist(), data.n_inputs) == ([3, 5], 1)


def test_a_vector_is_one_sequence(load, write):
    assert load(write(x=np.arange(5.0)[:, None])).lengths.tolist() == [5]
    assert load(write(x=np.arange(5.0)[None])).lengths.tolist() == [5]


def test_variables_are_listed_and_others_refused(write, refused):
    path = write(a=X, b=X[:, :, 0], s={"raw": X, "note": np.ones((1, 1))}, c=cells("u", "v"))
    refused(path, "unclear which variable", "a (4x3x2 double)", "b (4x3 double)", "c (2x1 cell)")
    refused(Path(f"{path}:s"), "struct with the fields", "raw", "note", "= s.")
    refused(Path(f"{path}:c"), "holds texts")
    refused(Path(f"{path}:bb"), "no variable 'bb'", "a, b")
    refused(Path(f"{path}:a"), "no variable 'd'", label="d")


def test_cells_of_other_things_and_empty_ones(write, refused):
    refused(write(x=cells(X[0], "text")), "holds texts")
    refused(write(x=cells(X[0], np.zeros((0, 0)))), "x{2}")


def test_classes_without_real_numbers_are_refused(refused, tmp_path):
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"x": scipy.sparse.eye_array(3).tocsc(), "z": X[0] * 1j})
    refused(Path(f"{path}:x"), "sparse", "full(x)")
    refused(Path(f"{path}:z"), "complex")


@pytest.mark.parametrize("dtype", ["<i2", ">u1", "<f4", "<i8", "?"])
def test_numbers_of_every_type(load, tmp_path, dtype):
    scipy.io.savemat(tmp_path / "a.mat", {"x": X[:, :, 0].astype(dtype)})
    wanted = X[:, :, 0].astype(dtype).astype(float)
    np.testing.assert_array_equal(np.hstack(list(load(tmp_path / "a.mat"))).T, wanted)


def test_version_4(load, tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"x": X[:, :, 0]}, format="4")
    np.testing.assert_array_equal(load(tmp_path / "a.mat")[3][:, 0], X[3, :, 0])


def test_what_unpacks_to_far_more_is_refused(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(mat5_file, "UNPACKED", 10_000)
    scipy.io.savemat(tmp_path / "a.mat", {"x": np.zeros((100, 100))}, do_compression=True)
    refused(tmp_path / "a.mat", "it would take more than", "malicious")


def test_sizes_that_are_promised_take_no_memory(refused, file):
    """A cell array of 2**31 cells in a hundred bytes."""
    flags = struct.pack("<IIII", 6, 8, 1, 0)
    sizes = struct.pack("<IIii", 5, 8, 2**31 - 1, 1)
    body = flags + sizes + struct.pack("<HH4s", 1, 1, b"x\0\0\0")
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    whole = struct.pack("<II", 14, len(body)) + body
    packed = zlib.compress(whole)
    for content in (whole, struct.pack("<II", 15, len(packed)) + packed):
        refused(file("a.mat", head + content), "is damaged", "fewer cells than")


@pytest.mark.parametrize("version", WRITERS)
def test_damaged_files_are_read_or_refused(tmp_path, version):
    path = tmp_path / "bad.mat"
    values = {"data": cells(X[0], X[1, :2]), "s": {"a": X}, "y": np.ones((2, 1))}
    WRITERS[version](path, **values)
    whole = path.read_bytes()
    for seed in range(150):
        rng = random.Random(seed)
        content = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(100, max(len(content), 101))
            if rng.random() < 0.5:
                content[place : place + 4] = rng.choice((b"\xff" * 4, bytes(4), b"\x0e\0\0\0"))
            elif rng.random() < 0.5:
                del content[place : place + rng.randint(1, 9)]
            else:
                content[place : place + 1] = bytes([rng.randrange(256)])
        path.write_bytes(content)
        try:
            load_sequences(path)
        except LstmtoolError as error:
            assert len(str(error).splitlines()) <= 3
            assert "bad.mat" in str(error)


@pytest.mark.parametrize("write", [scipy.io.savemat, lambda path, v: write_v73(path, **v)])
def test_a_file_of_one_struct_tells_its_fields(tmp_path, write):
    path = tmp_path / "s.mat"
    write(path, {"run": {"signal": X[:, :, 0], "rate": np.ones((1, 1))}})
    with pytest.raises(LstmtoolError, match="a struct with the fields") as caught:
        load_sequences(path)
    assert "signal" in caught.value.what and "= run." in caught.value.fix
