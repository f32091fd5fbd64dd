"""Files are read again before they replace others, and have the same bytes whenever written."""

import time

import h5py
import numpy as np
import pytest

from lstmtool.errors import FileError
from lstmtool.io import atomic, hdf5, readback
from lstmtool.io.checksum import is_whole
from lstmtool.io.kinds import RUN
from lstmtool.io.readback import refuse_unlike
from tests.io.test_layout import KINDS

VALUES = np.arange(300_000.0)  # more than is compared at once


def build(file):
    hdf5.write_header(file, RUN)
    hdf5.add_axis(file, "step", len(VALUES))
    part = hdf5.add_group(hdf5.add_group(file, "outer"), "inner")
    hdf5.add_array(part, "values", VALUES, ["step"])
    hdf5.add_json(part, "long", "x" * 40_000)
    file.attrs["number"] = np.nan


@pytest.mark.parametrize("kind", KINDS)
def test_any_hdf5_reads_every_part_of_a_file(tmp_path, kind):
    KINDS[kind](tmp_path / "a.h5")
    seen = []

    def look(name, thing):
        seen.append((name, dict(thing.attrs), thing[()] if isinstance(thing, h5py.Dataset) else 0))

    with h5py.File(tmp_path / "a.h5", "r") as file:
        file.visititems(look)
    assert seen
    assert is_whole(tmp_path / "a.h5")


def test_bytes_are_the_same_at_another_time(tmp_path):
    for kind, write in KINDS.items():
        write(tmp_path / f"{kind}.1")
    time.sleep(1.1)  # HDF5 counts seconds
    for kind, write in KINDS.items():
        write(tmp_path / f"{kind}.2")
        assert (tmp_path / f"{kind}.1").read_bytes() == (tmp_path / f"{kind}.2").read_bytes()


def of_another_file(content, path):
    hdf5.write_atomically(path / "other.h5", lambda file: hdf5.write_header(file, RUN))
    other = (path / "other.h5").read_bytes()
    (path / "other.h5").unlink()
    return other


def flipped(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


DAMAGE = {
    "checksum of the superblock": lambda content, _: flipped(content, 45),
    "end of the superblock": lambda content, _: flipped(content, 30),
    "first value": lambda content, _: flipped(content, content.index(VALUES[:9].tobytes()) + 8),
    "last value": lambda content, _: flipped(content, content.index(VALUES[-9:].tobytes()) + 70),
    "an attribute": lambda content, _: flipped(content, content.index(b"lstmtool-run")),
    "a name": lambda content, _: flipped(content, content.index(b"inner")),
    "truncated": lambda content, _: content[: len(content) // 2],
    "empty": lambda content, _: b"",
    "zeros": lambda content, _: bytes(len(content)),
    "another file": of_another_file,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_file_that_cannot_be_read_again_does_not_replace_the_old_one(
    tmp_path, monkeypatch, damage
):
    path, write = tmp_path / "a.h5", atomic._write_through
    path.write_bytes(b"old")

    def spoil(temporary, content):
        whole = b"".join(content)
        monkeypatch.setattr(atomic, "_write_through", write)
        write(temporary, (DAMAGE[damage](whole, tmp_path),))

    monkeypatch.setattr(atomic, "_write_through", spoil)
    with pytest.raises(FileError, match=r"Cannot write .*a\.h5") as caught:
        hdf5.write_atomically(path, build)
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert h5py.version.hdf5_version in lines[1]
    assert "install another h5py" in lines[2]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    hdf5.write_atomically(path, build)  # with nothing in the way
    assert is_whole(path)


def test_a_file_may_be_written_while_another_is(tmp_path):
    def build_both(file):
        build(file)
        hdf5.write_atomically(tmp_path / "inner.h5", build)

    hdf5.write_atomically(tmp_path / "outer.h5", build_both)
    assert (tmp_path / "outer.h5").read_bytes() == (tmp_path / "inner.h5").read_bytes()


def test_an_image_that_hdf5_leaves_wrong_is_refused(tmp_path, monkeypatch):
    """As HDF5 before 2.0 gives it."""
    monkeypatch.setattr(hdf5, "mended", lambda superblock: superblock[:-4] + b"open")
    with pytest.raises(FileError, match="cannot be read back"):
        hdf5.write_atomically(tmp_path / "a.h5", build)
    assert not list(tmp_path.iterdir())


def replaced(name, **options):
    def change(file):
        del file[name]
        file.create_dataset(name, **options)

    return change


def changed_value(file):
    file["outer/inner/values"][-1] = 0


CHANGES = {
    "another value": (changed_value, "outer/inner/values"),
    "another type": (replaced("outer/inner/values", data=VALUES.astype("f4")), "outer/inner/val"),
    "another shape": (replaced("outer/inner/values", data=VALUES[:-1]), "outer/inner/values"),
    "nothing stored": (replaced("outer/inner/values", shape=VALUES.shape, dtype="f8"), "outer/inn"),
    "another scalar": (replaced("outer/inner/long", data=b"y" * 40_002), "outer/inner/long"),
    "another kind": (
        lambda file: (file.__delitem__("outer/inner/long"), file.create_group("outer/inner/long")),
        "outer/inner/long",
    ),
    "another attribute": (lambda file: file.attrs.create("number", 1.0), "/"),
    "one attribute more": (lambda file: file["outer"].attrs.create("more", 1), "outer"),
    "one attribute less": (lambda file: file.attrs.__delitem__("number"), "/"),
    "one part more": (lambda file: file.create_group("more"), "other members"),
    "one part less": (lambda file: file.__delitem__("outer/inner"), "other members"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_differs_is_named(tmp_path, change):
    spoil, where = CHANGES[change]
    path = tmp_path / "made.h5"
    hdf5.write_atomically(path, build)
    with h5py.File("written", "w", driver="core", backing_store=False) as written:
        with h5py.File(path) as file:
            for name in file:
                file.copy(name, written)
            for name, value in file.attrs.items():
                written.attrs.create(name, value, dtype=file.attrs.get_id(name).dtype)
        refuse_unlike(tmp_path / "a.h5", path, written)
        spoil(written)
        with pytest.raises(FileError) as caught:
            refuse_unlike(tmp_path / "a.h5", path, written)
    assert caught.value.where.startswith(
        where if where != "other members" else "it has other members"
    )


def test_what_cannot_be_compared_is_read(tmp_path):
    def build_others(file):
        file["objects"] = np.array(["a", "bc"], dtype=h5py.string_dtype())
        file["nothing"] = h5py.Empty("f8")
        file["scalar"] = 1.5
        file["packed"] = file.create_dataset("x", data=VALUES, compression="gzip")
        file["none"] = np.empty((0, 3))

    hdf5.write_atomically(tmp_path / "a.h5", build_others)
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["packed"][-1] == VALUES[-1]
        assert file["none"].shape == (0, 3)


def test_values_are_read_again_in_small_parts(tmp_path, monkeypatch):
    sizes, is_same = [], readback._is_same

    def counted(written, read):
        sizes.append(np.asarray(read).nbytes)
        return is_same(written, read)

    monkeypatch.setattr(readback, "_is_same", counted)
    hdf5.write_atomically(tmp_path / "a.h5", build)
    assert sum(sizes) > VALUES.nbytes
    assert max(sizes) == 1 << 20
