"""Recorded sentences and their labels, read from a folder; files of frames."""

import h5py
import numpy as np
import pytest

from lstmtool.data.phonemes import from_spoken
from lstmtool.errors import DataError, FileError
from lstmtool.io import phonemes as io
from lstmtool.io.sequences import read_sequences

soundfile = pytest.importorskip("soundfile")
RATE = 8000


def sentence(folder, name, labels, suffix=".lab", labels_in=None):
    """Write half a second of noise, and its labels."""
    samples = 0.1 * np.random.default_rng(len(name)).standard_normal(RATE // 2)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / f"{name}.wav", samples, RATE)
    beside = folder / (labels_in or name)
    beside.parent.mkdir(parents=True, exist_ok=True)
    beside.with_suffix(suffix).write_text(labels)


FESTIVAL = "separator ;\n#\n0.2 125 aa\n0.5 125 pau\n"
HTK = "0 2000000 aa\n2000000 5000000 pau\n"
TIMIT = "0 1600 aa\n1600 4000 pau\n"


def test_three_kinds_of_label_files(tmp_path):
    sentence(tmp_path, "wav/one", FESTIVAL, labels_in="lab/one")
    sentence(tmp_path, "two", HTK)
    sentence(tmp_path, "b/three", TIMIT, ".PHN")
    sentence(tmp_path, "c/d/e/four", FESTIVAL, labels_in="lab/four")
    found = list(io.read_spoken(tmp_path))
    assert [one.name for one in found] == [
        *("b/three.wav", "c/d/e/four.wav", "two.wav", "wav/one.wav"),
    ]
    for one in found:
        np.testing.assert_allclose(one.ends, [0.2, 0.5])
        assert one.labels == ("aa", "pau")
        assert (len(one.samples), one.rate) == (4000, 8000.0)


def test_equal_names_in_several_folders_go_with_their_own_labels(tmp_path):
    for speaker, label in (("x", "aa"), ("y", "pau")):
        sentence(tmp_path, f"{speaker}/sa1", f"0 4000 {label}\n", ".phn")
    assert [one.labels for one in io.read_spoken(tmp_path)] == [("aa",), ("pau",)]


def test_a_sound_without_labels_or_with_too_many(tmp_path):
    sentence(tmp_path, "a", FESTIVAL)
    (tmp_path / "a.lab").unlink()
    with pytest.raises(DataError, match="no label file"):
        list(io.read_spoken(tmp_path))
    for suffix in (".lab", ".phn"):
        (tmp_path / f"a{suffix}").write_text(FESTIVAL)
    with pytest.raises(DataError, match="several label files"):
        list(io.read_spoken(tmp_path))
    with pytest.raises(FileError, match="does not exist"):
        list(io.read_spoken(tmp_path / "gone"))


@pytest.mark.parametrize("text", ["#\n0.2 125\n", "0 x aa\n", "#\nhalf 125 aa\n"])
def test_a_line_that_is_no_label_is_named(tmp_path, text):
    (tmp_path / "a.lab").write_text(text)
    with pytest.raises(DataError, match="line") as error:
        io.read_labels(tmp_path / "a.lab", 8000.0)
    assert "a.lab" in str(error.value)
    with pytest.raises(FileError, match="cannot be read"):
        io.read_labels(tmp_path, 8000.0)


def test_slow_sounds_are_refused(tmp_path):
    sentence(tmp_path, "a", FESTIVAL)
    soundfile.write(tmp_path / "a.wav", np.zeros(4000), 4000)
    with pytest.raises(DataError, match="too few"):
        list(io.read_spoken(tmp_path))


@pytest.fixture
def made(tmp_path):
    for n in range(10):
        sentence(tmp_path / "ten", f"s{n}", FESTIVAL)
    return from_spoken(io.read_spoken(tmp_path / "ten"))


def test_files_of_frames_are_read_back(tmp_path, made):
    io.write_phonemes(tmp_path / "a.h5", made)
    again = io.read_phonemes(tmp_path / "a.h5")
    np.testing.assert_array_equal(again.classes, made.classes)
    np.testing.assert_array_equal(again.parts, made.parts)
    np.testing.assert_array_equal(again.sentences.values, made.sentences.values)
    assert (again.class_names, again.sentences.names) == (made.class_names, made.sentences.names)
    io.write_phonemes(tmp_path / "b.h5", again)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    assert len(read_sequences(tmp_path / "a.h5")) == 10


@pytest.mark.parametrize("name", ["classes", "parts"])
def test_damaged_frames_are_refused(tmp_path, made, name):
    io.write_phonemes(tmp_path / "a.h5", made)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file[f"phonemes/{name}"][...] = 7
    with pytest.raises(DataError):
        io.read_phonemes(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file["phonemes"]
    with pytest.raises(DataError, match="no classes"):
        io.read_phonemes(tmp_path / "a.h5")
