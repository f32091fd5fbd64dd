import h5py
import numpy as np
import pytest

from lstmtool import __version__
from lstmtool.errors import DataError, FileError
from lstmtool.io import hdf5
from lstmtool.io.kinds import CLUSTERS, RUN, SEQUENCES
from lstmtool.io.locate import encoding_type
from lstmtool.io.reading import open_reading


def write(path, build, kind=RUN):
    def build_all(file):
        hdf5.write_header(file, kind)
        build(file)

    hdf5.write_atomically(path, build_all)


def test_header_says_what_the_file_is(tmp_path):
    write(tmp_path / "a.h5", lambda file: None)
    with open_reading(tmp_path / "a.h5", RUN) as root:
        assert root.text("encoding-type") == RUN
        assert root.text("encoding-version") == "1.0"
        assert root.text("created-by") == f"lstmtool {__version__}"


def test_failing_build_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.h5"
    write(path, lambda file: None)
    old = path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        write(path, lambda file: 1 / 0)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_missing_folder_is_a_file_error(tmp_path):
    with pytest.raises(FileError, match="Cannot write"):
        write(tmp_path / "none" / "a.h5", lambda file: None)


def test_json_is_an_attribute_up_to_32_kib(tmp_path):
    def build(file):
        for name, more in (("short", 0), ("long", 1)):
            hdf5.add_json(file, name, "x" * ((32 << 10) - 2 + more))  # and two quotation marks

    write(tmp_path / "a.h5", build)
    with h5py.File(tmp_path / "a.h5") as file:
        assert "short" in file.attrs
        assert list(file) == ["long"]


@pytest.mark.parametrize("length", [1, 100, 40_000, 200_000])
def test_json_of_any_length_survives(tmp_path, length):
    value = {"text": "ä" * length, "numbers": [1, 2.5, None, True]}
    write(tmp_path / "a.h5", lambda file: hdf5.add_json(file, "config", value))
    with open_reading(tmp_path / "a.h5", RUN) as root:
        assert root.json("config") == value


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "u1", "?"])
def test_numbers_keep_their_type(tmp_path, dtype):
    values = np.array([[0, 1], [1, 0], [1, 1]], dtype=dtype)

    def build(file):
        hdf5.add_axis(file, "row", 3)
        hdf5.add_axis(file, "column", 2)
        hdf5.add_array(file.create_group("part"), "values", values, ["row", "column"])

    write(tmp_path / "a.h5", build)
    with open_reading(tmp_path / "a.h5", RUN) as root:
        read = root.group("part").array("values", (3, None))
    np.testing.assert_array_equal(read, values)
    assert read.dtype == values.dtype


def test_foreign_byte_order_and_boolean_enumerations_are_read(tmp_path):
    def build(file):
        file["big"] = np.array([1, 2], dtype=">i4")
        file["truth"] = np.array([True, False])

    write(tmp_path / "a.h5", build)
    with open_reading(tmp_path / "a.h5", RUN) as root:
        big, truth = root.array("big", (2,)), root.array("truth", (2,))
    assert big.dtype == np.int32 and big.tolist() == [1, 2]
    assert truth.dtype == bool and truth.tolist() == [True, False]


@pytest.mark.parametrize(
    "options", [{"compression": "gzip", "shuffle": True}, {"fletcher32": True}]
)
def test_usual_compression_is_read(tmp_path, options):
    values = np.arange(1000.0)
    write(tmp_path / "a.h5", lambda file: file.create_dataset("v", data=values, **options))
    with open_reading(tmp_path / "a.h5", RUN) as root:
        np.testing.assert_array_equal(root.array("v", (None,)), values)


def test_missing_file_and_folder_are_file_errors(tmp_path):
    with pytest.raises(FileError, match="There is no file"), open_reading(tmp_path / "a", RUN):
        pass
    with pytest.raises(FileError, match="is a folder"), open_reading(tmp_path, RUN):
        pass


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"text", "is not an HDF5 file"),
        (b"\x89HDF\r\n\x1a\n", ""),
        (b"\x89HDF\r\n\x1a\n" * 99, ""),
    ],
)
def test_other_files_are_data_errors(tmp_path, content, what):
    (tmp_path / "a.h5").write_bytes(content)
    with (
        pytest.raises(DataError, match=rf"a\.h5 ?{what}"),
        open_reading(tmp_path / "a.h5", RUN),
    ):
        pass
    assert encoding_type(tmp_path / "a.h5") is None


def test_cut_file_is_a_data_error(tmp_path):
    path = tmp_path / "a.h5"
    write(path, lambda file: file.create_dataset("v", data=np.arange(1000.0)))
    whole = path.read_bytes()
    for size in range(8, len(whole), len(whole) // 7):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"a\.h5"), open_reading(path, RUN) as root:
            root.array("v", (None,))


@pytest.mark.parametrize(
    ("kind", "wanted", "message"),
    [
        (RUN, SEQUENCES, "holds a run, not sequences"),
        (SEQUENCES, RUN, "holds sequences, not a run"),
        (CLUSTERS, RUN, "holds clusters, not a run"),
        ("anndata", RUN, "was not written by lstmtool"),
    ],
)
def test_other_kinds_are_named(tmp_path, kind, wanted, message):
    write(tmp_path / "a.h5", lambda file: None, kind)
    with (
        pytest.raises(DataError, match=message) as caught,
        open_reading(tmp_path / "a.h5", wanted),
    ):
        pass
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(("version", "known"), [("1.0", True), ("1.7", True), ("2.0", False)])
def test_newer_versions_are_refused(tmp_path, version, known):
    write(tmp_path / "a.h5", lambda file: hdf5.add_text(file, "encoding-version", version))
    if known:
        with open_reading(tmp_path / "a.h5", RUN):
            return
    with pytest.raises(DataError, match="version"), open_reading(tmp_path / "a.h5", RUN):
        pass


def test_encoding_type_of_anything(tmp_path):
    write(tmp_path / "a.h5", lambda file: None, CLUSTERS)
    with h5py.File(tmp_path / "plain.h5", "w"):
        pass
    assert encoding_type(tmp_path / "a.h5") == CLUSTERS
    assert encoding_type(str(tmp_path / "a.h5")) == CLUSTERS
    for other in ("plain.h5", "none.h5", "", "nul\0.h5"):
        assert encoding_type(tmp_path / other) is None


def test_paths_that_cannot_be_opened_are_file_errors():
    with pytest.raises(FileError, match="Cannot read"), open_reading("nul\0.h5"):
        pass


def test_json_in_a_dataset_must_be_one_string(tmp_path):
    texts = np.array([b"{}", b"{}"])
    write(tmp_path / "a.h5", lambda file: file.create_dataset("config", data=texts))
    with (
        open_reading(tmp_path / "a.h5") as root,
        pytest.raises(DataError, match=r"config has shape \(2,\), not \(\)"),
    ):
        root.json("config")
