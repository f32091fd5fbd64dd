import pickle
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from lstmtool.errors import DataError, FileError
from lstmtool.io.formats import numpy_file
from lstmtool.io.formats.hdf5_file import as_raw
from lstmtool.io.formats.json_file import read_json
from lstmtool.io.formats.numpy_file import _refusal
from lstmtool.io.formats.options import Span
from lstmtool.io.formats.text import open_text
from lstmtool.io.runs import write_run
from lstmtool.io.sequences import write_sequences
from tests.builders import assert_same, small_run, small_sequences

X = np.arange(24.0).reshape(4, 3, 2)


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


@pytest.fixture
def h5(tmp_path):
    """A file as another program writes it."""
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        file["raw/X_train"] = X
        file["raw/y_train"] = [1, 2, 1, 2]
        file["raw/X_test"] = X[:2] + 100
        file["raw/notes"] = "words"
        file["each/one"] = np.arange(5.0)
        file["each/two"] = np.arange(3.0)
        file["names"] = np.array([b"up", b"down", b"up", b"up"])
    return path


def test_npy_of_two_and_three_dimensions(load, tmp_path, notes):
    np.save(tmp_path / "a.npy", X.astype(np.float32))
    data = load(tmp_path / "a.npy")
    assert (len(data), data.n_inputs) == (4, 2)
    np.testing.assert_array_equal(data[1], X[1])
    assert "4 x 3 x 2 read as sequences x steps x inputs" in notes[0]
    np.save(tmp_path / "a.npy", X[:, :, 0].astype(int))
    np.testing.assert_array_equal(load(tmp_path / "a.npy")[1][:, 0], X[1, :, 0])


def test_arrays_with_channels_first(load, tmp_path, notes):
    np.save(tmp_path / "a.npy", X.transpose(0, 2, 1))
    np.testing.assert_array_equal(load(tmp_path / "a.npy", channels_first=True).values[:3], X[0])
    load(tmp_path / "a.npy")
    assert "--channels-first" in notes[-1]


def test_arrays_padded_by_nan(load, tmp_path, refused):
    padded = X.copy()
    padded[2, 1:] = np.nan
    np.save(tmp_path / "a.npy", padded)
    refused(tmp_path / "a.npy", "4 values are missing", "row 3", "--unequal")
    assert load(tmp_path / "a.npy", unequal=True).lengths.tolist() == [3, 3, 1, 3]


LABELS = ("labels", "label", "y", "target", "targets", "classes")


@pytest.mark.parametrize("names", [("X_train", "y_train"), *(("values", name) for name in LABELS)])
def test_npz_and_the_labels_that_belong_to_an_array(load, tmp_path, names):
    path = save(tmp_path / "a.npz", **dict(zip(names, (X, [3, 1, 3, 1]), strict=True)))
    data = load(path)
    assert data.label_names == ("1", "3")
    assert data.labels.tolist() == [1, 0, 1, 0]


def test_npz_by_name(load, tmp_path, refused):
    path = save(tmp_path / "a.npz", X_train=X, X_test=X[:2], y_test=np.array(["b", "a"]))
    refused(path, "which array", "X_train, X_test")
    data = load(tmp_path / "a.npz:X_test")
    assert data.label_names == ("a", "b")
    assert data.attributes["file"] == "a.npz:X_test"
    assert load(tmp_path / "a.npz:X_train").labels is None
    refused(tmp_path / "a.npz:X_tain", "no array 'X_tain'", "Did you mean", "X_train")


def test_npz_of_one_array_per_sequence(load, tmp_path, refused):
    np.savez(tmp_path / "a.npz", np.zeros((3, 2)), np.ones((5, 2)))
    data = load(tmp_path / "a.npz")
    assert data.lengths.tolist() == [3, 5]
    assert data.names == ("arr_0", "arr_1")
    np.savez(tmp_path / "b.npz", np.zeros((3, 2)), np.ones((5, 3)))
    refused(tmp_path / "b.npz", "3 per step here, 2 in", "arr_1")


class Harm:
    def __reduce__(self):
        return (print, ("harm",))


def test_objects_and_pickles_are_refused_and_not_run(refused, tmp_path, capsys):
    objects = np.empty(2, dtype=object)
    objects[:] = [Harm(), np.zeros(3)]
    np.save(tmp_path / "a.npy", objects)
    np.savez(tmp_path / "a.npz", X=objects)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(Harm()))
    (tmp_path / "b.npy").write_bytes(pickle.dumps(Harm()))
    for name in ("a.npy", "a.npz"):
        refused(tmp_path / name, "Python objects", "np.savez(file, *sequences)")
    for name in ("a.pkl", "b.npy"):
        refused(tmp_path / name, "pickle")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((2, 3), complex), ("type complex128",)),
        (np.array([["1", "2"]]), ("type <U1",)),
        (np.zeros((2, 2, 2, 2)), ("shape (2, 2, 2, 2)",)),
        (np.zeros((0, 3)), ("shape (0, 3)",)),
        (np.float64(3), ("shape ()",)),
        (np.array([[1, np.inf], [1, 2]]), ("infinite", "entry 1, 2")),
        (np.zeros(2, dtype=[("a", float)]), ("type [('a'",)),
    ],
)
def test_arrays_of_other_types_and_shapes_are_refused(refused, tmp_path, values, words):
    np.save(tmp_path / "a.npy", values)
    refused(tmp_path / "a.npy", *words)


def test_labels_of_another_number_are_refused(refused, tmp_path):
    refused(save(tmp_path / "a.npz", X=X, y=[1, 2]), "shape (2,) for 4 sequences", "a.npz:y")
    refused(save(tmp_path / "b.npz", X=X, y=np.ones((4, 2))), "shape (4, 2) for 4 sequences")


def test_labels_may_be_a_column(load, tmp_path):
    data = load(save(tmp_path / "a.npz", X=X, y=np.array([[1], [2], [2], [1]])))
    assert data.labels.tolist() == [0, 1, 1, 0]


def test_damaged_arrays_are_refused(refused, tmp_path):
    np.save(tmp_path / "a.npy", X)
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content[:-20])
    refused(tmp_path / "a.npy", "damaged")
    for number, shape in enumerate((b"(4, 3, 99", b"(4, 9999)", b"'4, 3, 2'", b"(4, 3, x)")):
        path = tmp_path / f"b{number}.npy"
        path.write_bytes(content.replace(b"(4, 3, 2)", shape))
        refused(path, "damaged")
    path = save(tmp_path / "a.npz", X=X, y=[1, 2, 1, 2])
    content = bytearray(path.read_bytes())
    content[120:160] = bytes(40)
    path.write_bytes(content)
    refused(path, "damaged")


def test_hdf5_by_path_with_labels_beside_it(load, h5, notes):
    data = load(f"{h5}:/raw/X_train")
    np.testing.assert_array_equal(data[3], X[3])
    assert data.label_names == ("1", "2")
    assert data.attributes["file"] == "other.h5:/raw/X_train"
    assert "Labels in /raw/y_train." in notes
    assert load(f"{h5}:raw/X_test").labels is None
    data = load(f"{h5}:/raw/X_train", label="/names")
    assert [data.label_names[k] for k in data.labels] == ["up", "down", "up", "up"]


def test_a_group_of_hdf5_of_one_dataset_per_sequence(load, h5):
    data = load(f"{h5}:/each")
    assert data.names == ("one", "two")
    assert data.lengths.tolist() == [5, 3]


def test_hdf5_paths_that_are_not_there(refused, h5):
    refused(Path(f"{h5}:/raw/X_trian"), "no dataset '/raw/X_trian'", "Did you mean", "/raw/X_train")
    refused(h5, "name the dataset", "/raw/X_train 4x3x2")
    refused(Path(f"{h5}:/raw/X_train"), "no dataset '/nmaes'", "/names", label="nmaes")
    refused(Path(f"{h5}:/raw/notes"), "notes has type object")


def test_the_root_of_an_hdf5_file_is_a_group_too(load, tmp_path, refused, notes):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["one"], file["two"] = X[0], X[1, :2]
        file["inner/three"] = X[2]
    for name in ("a.h5:/", "a.h5:"):
        data = load(f"{tmp_path}/{name}")
        assert data.names == ("one", "two")
        np.testing.assert_array_equal(data[1], X[1, :2])
    assert notes[0] == "Each of 2 datasets in / read as a sequence."
    refused(tmp_path / "a.h5", "a.h5:/ if each")


def test_hdf5_behind_a_block_of_the_user(load, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w", userblock_size=1024) as file:
        file["x"] = X
    np.testing.assert_array_equal(load(tmp_path / "a.h5")[3], X[3])


def test_the_only_table_of_an_hdf5_file_needs_no_path(load, tmp_path, notes):
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file["x"] = X
    assert len(load(tmp_path / "a.hdf5")) == 4
    assert "sequences in /x" in notes[0]


def test_links_to_other_files_are_not_followed(refused, h5, tmp_path):
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["x"] = h5py.ExternalLink(str(h5), "/raw/X_train")
    refused(Path(f"{tmp_path}/link.h5:/x"), "no dataset '/x'")


def test_our_own_files_are_read_whole(load, tmp_path):
    data = small_sequences(n_inputs=2)
    write_sequences(tmp_path / "a.h5", data)
    read = load(tmp_path / "a.h5")
    assert read.attributes == data.attributes | {"file": "a.h5"}
    for part in ("values", "offsets", "labels", "label_names", "names", "sampling_rate"):
        assert_same(getattr(read, part), getattr(data, part))


def test_our_own_files_that_hold_no_sequences_are_refused(refused, tmp_path):
    write_run(tmp_path / "run.h5", small_run())
    refused(tmp_path / "run.h5", "holds a run, not sequences")


def test_a_wrong_ending_is_told_from_the_content(load, tmp_path, refused, file):
    with open(tmp_path / "a.csv", "wb") as stream:
        np.save(stream, X)
    assert len(load(tmp_path / "a.csv")) == 4
    refused(file("b.h5", "1,2\n3,4\n"), "is not HDF5")
    refused(file("b.npy", "1,2\n3,4\n"), "is not NPY")


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.csv.gz", b"\x1f\x8b\x08" + bytes(20), "gzip"),
        ("a.csv.zst", b"\x28\xb5\x2f\xfd" + bytes(20), "zstd"),
        ("a.tar", b"a.csv".ljust(257, b"\x00") + b"ustar" + bytes(200), "TAR"),
        ("a.xlsx", b"PK\x03\x04" + b"[Content_Types].xml" + bytes(20), "Excel"),
        ("a.mat", b"MATLAB 5.0 MAT-file", "no variable"),
        ("a.mat", b"\x00\x01\x02", "not a MATLAB file"),
        ("a.mat", b"# Created by Octave 9", "save -v7"),
        ("a.arff", b"@relation x\n@data\n1,2", "no attributes"),
        ("a.bin", bytes(range(256)), "not supported"),
        ("a.csv", b"", "empty"),
    ],
)
def test_other_formats_are_refused_by_name(refused, file, name, content, word):
    refused(file(name, content), word)


def test_a_file_that_is_not_there(load, tmp_path):
    (tmp_path / "sensors.csv").write_text("1,2\n")
    with pytest.raises(FileError, match=r"sensors\.csv\?"):
        load(tmp_path / "sensor.csv")


def test_options_of_other_formats_are_refused(refused, tmp_path, file):
    np.save(tmp_path / "a.npy", X)
    refused(tmp_path / "a.npy", "--id is for csv", code=2, id="x")
    refused(file("a.csv", "1,2\n"), "--channels is for sound", code=2, channels="mono")
    write_sequences(tmp_path / "a.h5", small_sequences())
    refused(tmp_path / "a.h5", "not for lstmtool's own files", code=2, label="x")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"X": np.zeros((3, 4)), "y": np.zeros(3, complex)}, "complex128"),
        ({"arr_0": np.zeros((2, 3)), "arr_1": np.zeros((2, 3, 4))}, "(2, 3, 4)"),
        ({"arr_0": np.zeros((2, 3)), "arr_1": np.zeros((0, 3))}, "(0, 3)"),
    ],
)
def test_npz_of_other_shapes_and_types_is_refused(refused, tmp_path, parts, words):
    refused(save(tmp_path / "a.npz", **parts), words)


def test_a_disk_that_fails_is_no_damage():
    error = OSError(5, "Input/output error")
    assert isinstance(_refusal(Path("a.npz"), error), FileError)


def test_a_row_of_numbers_is_one_sequence(load, tmp_path):
    np.save(tmp_path / "a.npy", np.arange(5.0))
    assert load(tmp_path / "a.npy").values.ravel().tolist() == [0, 1, 2, 3, 4]


def test_an_npy_file_has_no_parts(refused, tmp_path):
    np.save(tmp_path / "a.npy", np.ones((3, 4)))
    refused(Path(f"{tmp_path / 'a.npy'}:X"), "has no ")


def test_labels_beside_that_do_not_fit_are_left_out_and_said(load, tmp_path, notes):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["X"], file["y"] = np.ones((3, 4)), np.arange(2)
        file["empty/inner"] = h5py.SoftLink("/nowhere")
    assert load(Path(f"{tmp_path / 'a.h5'}:/X")).labels is None
    assert any("not read as labels" in note for note in notes)
    with pytest.raises(DataError, match="dataset"):
        load(Path(f"{tmp_path / 'a.h5'}:/empty"))


def test_names_of_inputs_that_do_not_fit_are_left_out(tmp_path):
    data = replace(small_sequences(3, n_inputs=2), attributes={"inputs": ["one"]})
    assert not as_raw(data, "a.h5").inputs
    data = replace(data, attributes={"inputs": ["one", "two"]})
    assert as_raw(data, "a.h5").inputs == ("one", "two")


@pytest.mark.parametrize("read", [read_json, lambda path: open_text(path).__enter__()])
def test_a_file_that_vanishes_is_an_error_of_the_file_system(tmp_path, read):
    with pytest.raises(FileError, match="Cannot read"):
        read(tmp_path / "gone.json")


def test_a_file_that_cannot_be_read(load):
    """Its first bytes are not there."""
    with pytest.raises(FileError, match="Cannot read"):
        load(Path("/proc/self/mem"))


def test_what_is_neither_file_nor_folder_nor_pipe_is_refused(load):
    with pytest.raises(FileError, match="is not a file, a folder or a pipe"):
        load(Path("/dev/null"))


def test_arrays_that_unpack_to_far_more_are_refused(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(numpy_file, "UNPACKED", 10_000)
    np.savez_compressed(tmp_path / "a.npz", X=np.zeros((100, 100)))
    refused(tmp_path / "a.npz", "it would take", "bytes of memory")


def test_labels_that_are_not_there(refused, tmp_path):
    refused(save(tmp_path / "a.npz", X=np.ones((3, 4))), "no array 'kind'", label="kind")


def test_numbers_that_no_float_holds_are_refused(refused, file):
    text = '{"encoding-type": "lstmtool-sequences", "encoding-version": "1.0", "sequences": [%s]}'
    refused(file("a.json", text % ('{"values": [[1%s]]}' % ("0" * 400))), "too large")


def test_text_is_opened_as_text_only(file):
    with pytest.raises(DataError, match="not text"), open_text(file("a.csv", b"\x00\x01\x00\x00")):
        pass
    with pytest.raises(FileError, match="other"), open_text(file("b.csv", "1,2\n")):
        raise FileError("other")


def test_labels_named_after_their_array_are_no_second_array(load, tmp_path):
    data = load(save(tmp_path / "a.npz", X=np.ones((2, 3)), X_labels=np.array([5, 7])))
    assert (len(data), data.label_names) == (2, ("5", "7"))


@pytest.mark.parametrize("name", ["Y_other", "label_source", "targets_of_day"])
def test_arrays_named_as_labels_hold_no_sequences(load, tmp_path, name):
    data = load(save(tmp_path / "a.npz", signals=np.ones((2, 3)), **{name: np.arange(2)}))
    assert (len(data), data.labels) == (2, None)


def test_options_shape_our_own_files_too(load, tmp_path):
    write_sequences(tmp_path / "a.h5", small_sequences(3))
    whole = load(tmp_path / "a.h5")
    cut = load(tmp_path / "a.h5", cut=Span(2, "steps"))
    assert set(cut.lengths) == {2}
    assert len(cut) == sum(n // 2 for n in whole.lengths)


def test_groups_that_share_a_name_are_numbered_and_no_others(load, tmp_path):
    data = replace(small_sequences(), label_names=("low", "wide", "wide"))
    write_sequences(tmp_path / "a.h5", data)
    read = load(tmp_path / "a.h5", cut=Span(2, "steps"))
    assert read.label_names == ("low", "wide (2)", "wide (3)")


def test_json_that_may_not_be_read_is_told_in_the_system_s_words(tmp_path):
    with pytest.raises(FileError) as error:
        read_json(tmp_path)
    assert error.value.where == "Is a directory"


def test_what_numpy_says_is_shown_up_to_two_hundred_characters():
    assert len(_refusal(Path("a.npy"), ValueError("x" * 300)).where) == 200
