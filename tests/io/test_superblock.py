import h5py
import numpy as np
import pytest

from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError
from lstmtool.io.checksum import trailer
from lstmtool.io.locate import encoding_type
from lstmtool.io.sequences import read_sequences, write_sequences
from lstmtool.io.superblock import SIZE, lookup3, mended


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"", 0xDEADBEEF),
        (b"Four score and seven years ago", 0x17770551),
    ],
)
def test_the_checksum_is_the_one_that_its_author_publishes(data, checksum):
    assert lookup3(data) == checksum


def written_by_hdf5(path, n_bytes):
    with h5py.File(path, "w", libver=("v108", "v110")) as file:
        file.create_dataset("x", data=np.zeros(n_bytes, "u1"))
    return path.read_bytes()[:SIZE]


@pytest.mark.parametrize("n_bytes", [1, 10_000, 3_000_000])
def test_what_hdf5_wrote_into_a_closed_file_is_right(tmp_path, n_bytes):
    superblock = written_by_hdf5(tmp_path / "a.h5", n_bytes)
    assert mended(superblock) == superblock
    assert mended(superblock[:-4] + b"what") == superblock


def test_other_superblocks_are_refused(tmp_path):
    superblock = written_by_hdf5(tmp_path / "a.h5", 1)
    for other in (b"", superblock[:-1], superblock + b"x", superblock.replace(b"\x02", b"\x03", 1)):
        with pytest.raises(ValueError, match="not a superblock of version 2"):
            mended(other)


def test_files_of_ours_with_a_wrong_superblock_are_read(tmp_path):
    """As lstmtool wrote them with h5py before 3.16; no HDF5 reads them."""
    write_sequences(tmp_path / "a.h5", from_arrays([[1.0, 2.0], [3.0]]))
    image = (tmp_path / "a.h5").read_bytes()[: -len(trailer(b""))]
    wrong = image[: SIZE - 4] + b"what" + image[SIZE:]
    (tmp_path / "b.h5").write_bytes(wrong + trailer(wrong))
    with pytest.raises(OSError, match="checksum"):
        h5py.File(tmp_path / "b.h5")
    assert encoding_type(tmp_path / "b.h5") == "lstmtool-sequences"
    assert read_sequences(tmp_path / "b.h5")[0].ravel().tolist() == [1.0, 2.0]
    # Without our checksum nobody knows whether the rest is as it was written.
    (tmp_path / "c.h5").write_bytes(wrong)
    with pytest.raises(DataError):
        read_sequences(tmp_path / "c.h5")
