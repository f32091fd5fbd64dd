"""Files made to do harm: every one is refused with a message, and no other file is touched."""

import h5py
import numpy as np
import pytest

from lstmtool.errors import DataError
from lstmtool.io import reader
from lstmtool.io.reading import open_any
from lstmtool.io.sequences import read_sequences, write_sequences
from tests.builders import small_sequences


@pytest.fixture
def spoil(tmp_path):
    """Return a function that changes a good file and reads it."""
    path = tmp_path / "a.h5"
    write_sequences(path, small_sequences())

    def change_and_read(change, **options):
        with h5py.File(path, "r+") as file:
            change(file)
        return read_sequences(path, **options)

    return change_and_read


def replace(name, **options):
    def change(file):
        del file[name]
        file.create_dataset(name, **options)

    return change


def refused(spoil, change, message):
    with pytest.raises(DataError, match=message) as caught:
        spoil(change)
    assert "a.h5" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


def test_unspoilt_file_is_read(spoil):
    assert len(spoil(lambda file: None)) == 12


@pytest.mark.parametrize(
    "link", [h5py.SoftLink("/offsets"), h5py.SoftLink("/values"), h5py.SoftLink("/nowhere")]
)
@pytest.mark.parametrize("name", ["values", "labels", "names"])
def test_soft_links_are_refused(spoil, name, link):
    def change(file):
        del file[name]
        file[name] = link

    refused(spoil, change, f"{name} is a link")


def test_external_links_are_refused_and_not_opened(spoil, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["values"] = np.zeros((70, 1))

    def change(file):
        del file["values"]
        file["values"] = h5py.ExternalLink("other.h5", "/values")

    refused(spoil, change, "values is a link")


def test_external_storage_is_refused_and_left_alone(spoil, tmp_path):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(560))
    storage = [(str(secret), 0, h5py.h5f.UNLIMITED)]
    refused(spoil, replace("values", shape=(70, 1), dtype="f8", external=storage), "other files")
    assert secret.read_bytes() == bytes(560)


def test_virtual_datasets_are_refused(spoil, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["values"] = np.zeros((70, 1))

    def change(file):
        del file["values"]
        layout = h5py.VirtualLayout((70, 1), "f8")
        layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "values", (70, 1))
        file.create_virtual_dataset("values", layout)

    refused(spoil, change, "values is stored in other files")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("values", np.zeros((70, 1), dtype="c16")),
        ("values", np.zeros((70, 1), dtype=[("a", "f8")])),
        ("values", np.full((70, 1), b"1.0")),
        ("values", np.zeros((70, 1), dtype=np.longdouble)),
        ("offsets", np.linspace(0, 70, 13)),
        ("labels", np.zeros(12)),
        ("names", np.zeros(12)),
    ],
)
def test_other_types_are_refused(spoil, name, data):
    refused(spoil, replace(name, data=data), f"{name} has type")


@pytest.mark.parametrize(
    "dtype", [h5py.string_dtype(), h5py.vlen_dtype(np.float64), h5py.ref_dtype], ids=str
)
@pytest.mark.parametrize("name", ["values", "names"])
def test_types_that_point_elsewhere_are_refused(spoil, name, dtype):
    shape = (70, 1) if name == "values" else (12,)
    refused(spoil, replace(name, shape=shape, dtype=dtype), f"{name} has type object")


@pytest.mark.parametrize(
    "options",
    [
        {"shape": (1 << 40, 1), "dtype": "f8"},
        {"shape": (1 << 40, 1), "dtype": "f8", "chunks": (1024, 1), "compression": "gzip"},
        {"shape": (70, 1), "maxshape": (None, 1), "dtype": "f8", "chunks": (1 << 28, 1)},
    ],
    ids=["contiguous", "chunked", "one huge chunk"],
)
def test_sizes_are_checked_before_reading(spoil, options):
    refused(spoil, replace("values", **options), r"values .* would take [\d,]+ bytes")


@pytest.mark.parametrize(("stored", "fix"), [(2000, "--stream"), (1999, "malicious")])
def test_what_is_large_but_not_packed_is_no_harm(stored, fix):
    with pytest.raises(DataError) as error:
        reader.Budget(left=1000, stored=stored).spend(2000, "values")
    assert fix in error.value.fix


def test_parts_share_one_limit(spoil):
    """Ten thousand names for one dataset must not be loaded ten thousand times."""
    limit = 70 * 8 + 13 * 8 - 1 + len("lstmtool-sequences1.0")
    with pytest.raises(DataError, match=r"offsets .* would take 104 bytes"):
        spoil(lambda file: None, max_size=limit)
    assert len(spoil(lambda file: None, max_size=10_000)) == 12


def test_a_larger_limit_can_be_asked_for(spoil):
    change = replace("values", shape=(10_000_000, 1), dtype="f8")
    refused(spoil, change, "would take 80,000,000 bytes")
    with pytest.raises(DataError, match="Offsets do not cover"):
        spoil(lambda file: None, max_size=100_000_000)


@pytest.mark.parametrize("compression", ["lzf", "scaleoffset"])
def test_unusual_packing_is_refused(spoil, compression):
    options = {"scaleoffset": 3} if compression == "scaleoffset" else {"compression": compression}
    refused(spoil, replace("values", data=np.zeros((70, 1)), **options), "unsupported filter")


def test_packing_twice_is_refused(spoil):
    def change(file):
        del file["values"]
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((70, 1))
        plist.set_deflate(9)
        plist.set_deflate(9)
        space = h5py.h5s.create_simple((70, 1))
        h5py.h5d.create(file.id, b"values", h5py.h5t.IEEE_F64LE, space, plist)

    refused(spoil, change, "unsupported filter")


@pytest.mark.parametrize("name", ["values", "offsets"])
def test_missing_datasets_are_named(spoil, name):
    def change(file):
        del file[name]

    refused(spoil, change, f"{name} is missing")


@pytest.mark.parametrize("name", ["values", "labels", "names"])
def test_groups_are_no_datasets(spoil, name):
    def change(file):
        del file[name]
        file.create_group(name)

    refused(spoil, change, f"{name} is not a dataset")


def test_null_datasets_are_refused(spoil):
    refused(spoil, replace("values", data=h5py.Empty("f8")), "values is empty")


@pytest.mark.parametrize("shape", [(70,), (70, 1, 1), ()])
def test_values_of_other_shapes_are_refused(spoil, shape):
    refused(spoil, replace("values", data=np.zeros(shape)), r"has shape .*, not \(any, any\)")


@pytest.mark.parametrize("name", ["labels", "names"])
def test_wrong_lengths_are_refused(spoil, name):
    data = np.zeros(3, dtype="i8" if name == "labels" else "S4")
    refused(spoil, replace(name, data=data), rf"{name} has shape \(3,\), not \(12,\)")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite_values_are_named_by_sequence_and_step(spoil, bad):
    def change(file):
        file["values"][10, 0] = bad

    refused(spoil, change, r"a\.h5: first: sequence 1 \(sequence-1\), step 2, input 0, value")


@pytest.mark.parametrize(
    "offsets",
    [
        [0, 10, 5, 70],
        [0, 10, 10, 70],
        [-5, 10, 70],
        [0, 10, 71],
        [1, 70],
        [0, 69],
        [0],
        [],
        [0, 2**62, 2**63 - 1, -(2**63), -(2**62), 70],
    ],
)
def test_offsets_must_rise_over_all_steps(spoil, offsets):
    def change(file):
        replace("offsets", data=np.array(offsets, dtype=np.int64))(file)
        del file["labels"], file["names"]

    refused(spoil, change, "[Oo]ffset|no sequences")


@pytest.mark.parametrize("label", [-1, 3, -(2**63), 2**63 - 1])
def test_labels_need_names(spoil, label):
    def change(file):
        file["labels"][0] = label

    refused(spoil, change, "A label has no name")


def test_names_that_are_not_utf8_are_refused(spoil):
    refused(spoil, replace("names", data=np.full(12, b"\xff")), "Cannot read names")


def test_names_are_cleaned(spoil):
    names = np.full(12, "\x1b[2J\u202eabc".encode())
    assert spoil(replace("names", data=names)).names == ("[2Jabc",) * 12


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("sampling_rate", np.nan, "sampling_rate is nan"),
        ("sampling_rate", -1.0, "must be positive"),
        ("sampling_rate", "fast", "is not one number"),
        ("sampling_rate", np.zeros(2), "is not one number"),
        ("attributes", "{", "Cannot read attributes"),
        ("attributes", "[1]", "is not a JSON object"),
        ("attributes", "[" * 60_000, "nested too deeply"),
        ("attributes", 3, "is not one string"),
        ("encoding-type", 3, "is not one string"),
        ("encoding-type", ["lstmtool-sequences"] * 2, "is not one string"),
    ],
)
def test_odd_attributes_are_refused(spoil, name, value, message):
    def change(file):
        file.attrs[name] = value

    refused(spoil, change, message)


def test_strings_that_others_write_as_attributes_are_read(spoil):
    def change(file):
        file.attrs["encoding-type"] = "lstmtool-sequences"
        file.attrs["encoding-version"] = np.array(["1.0"], dtype=h5py.string_dtype())

    assert len(spoil(change)) == 12


def test_types_among_the_parts_are_left_out(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["kind"], file["x"] = np.dtype("f8"), np.arange(3)
    with open_any(tmp_path / "a.h5") as root:
        assert root.parts() == {"x": (3,)}


def test_what_the_library_says_is_cut(tmp_path):
    with pytest.raises(DataError) as error, reader.damaged(tmp_path / "a.h5", "x"):
        raise OSError("y" * 300)
    assert error.value.where == "y" * 200
