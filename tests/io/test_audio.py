import numpy as np
import pytest

from lstmtool.errors import DataError, FileError
from lstmtool.io import audio

soundfile = pytest.importorskip("soundfile")


def test_the_loudest_channel_of_every_sound_and_why_others_are_skipped(tmp_path):
    rng = np.random.default_rng(0)
    stereo = np.stack([rng.uniform(-0.1, 0.1, 900), rng.uniform(-0.9, 0.9, 900)], axis=1)
    (tmp_path / "b").mkdir()
    soundfile.write(tmp_path / "b" / "good.wav", stereo, 8000, subtype="DOUBLE")
    soundfile.write(tmp_path / "a.wav", stereo[:, 0], 9000, subtype="DOUBLE")
    soundfile.write(tmp_path / "slow.wav", stereo, 7999)
    soundfile.write(tmp_path / "none.wav", stereo[:0], 8000)
    soundfile.write(tmp_path / "nan.wav", np.full(9, np.nan), 8000, subtype="DOUBLE")
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / ".hidden.wav").write_text("no sound")
    skipped = []
    found = list(audio.read_recordings(tmp_path, skipped.append))
    assert [(r.name, r.rate) for r in found] == [("a.wav", 9000.0), ("b/good.wav", 8000.0)]
    np.testing.assert_array_equal(found[0].samples, stereo[:, 0])
    np.testing.assert_array_equal(found[1].samples, stereo[:, 1])
    assert skipped == [
        "nan.wav: sample 1 is not finite",
        "none.wav: no sound in it",
        "slow.wav: 7999 samples per second are too few",
        "text.wav: cannot be read as sound",
    ]


def test_a_minute_at_most(tmp_path, monkeypatch):
    monkeypatch.setattr(audio, "SECONDS", 0.1)
    soundfile.write(tmp_path / "a.wav", np.zeros(5000), 8000)
    (one,) = audio.read_recordings(tmp_path, print)
    assert len(one.samples) == 800


def test_folders_without_sounds_are_refused(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DataError, match="no audio files"):
        audio.audio_files(tmp_path)
    with pytest.raises(FileError, match="is not a folder"):
        audio.audio_files(tmp_path / "notes.txt")
    with pytest.raises(FileError, match="does not exist"):
        audio.audio_files(tmp_path / "gone")
