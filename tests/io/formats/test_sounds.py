import sys

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.io import audio
from lstmtool.io.formats.options import Span

soundfile = pytest.importorskip("soundfile")

RATE = 8000


def tone(pitch, seconds=0.25, rate=RATE, phase=0.0):
    return 0.5 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate + phase)


def save(path, samples, rate=RATE, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **{"subtype": "FLOAT"} | options)
    return path


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "sounds"
    save(root / "b.wav", tone(440))
    save(root / "a.flac", tone(300, 0.1), subtype="PCM_24")
    (root / "notes.txt").write_text("no sound")
    return root


def test_a_folder_of_whole_files_by_name(load, folder, notes):
    data = load(folder)
    assert data.names == ("a.flac", "b.wav")
    assert data.lengths.tolist() == [800, 2000]
    assert data.sampling_rate == RATE
    np.testing.assert_allclose(data[1][:, 0], tone(440), atol=1e-6)
    assert data.labels is None
    assert data.attributes["file"] == "sounds"
    assert "2 sounds at 8000 Hz" in notes[0]


def test_folders_in_the_folder_are_labels(load, tmp_path):
    for name in ("low/0", "low/1", "high/0", "high/1"):
        save(tmp_path / "s" / f"{name}.wav", tone(440))
    data = load(tmp_path / "s")
    assert data.names == ("high/0.wav", "high/1.wav", "low/0.wav", "low/1.wav")
    assert [data.label_names[k] for k in data.labels] == ["high", "high", "low", "low"]


def test_channels(load, tmp_path):
    stereo = np.stack([tone(440), tone(300)], axis=1)
    path = save(tmp_path / "s" / "a.wav", stereo)
    np.testing.assert_allclose(load(path)[0][:, 0], stereo.mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(load(path, channels="inputs")[0], stereo, atol=1e-6)
    split = load(path, channels="split")
    assert split.names == ("a.wav#1", "a.wav#2")
    np.testing.assert_allclose(split[1][:, 0], stereo[:, 1], atol=1e-6)


def test_files_with_other_numbers_of_channels_are_refused_as_inputs(load, folder, refused):
    save(folder / "c.wav", np.stack([tone(440)] * 2, axis=1))
    refused(folder, "2 per step here, 1 in", "c.wav", channels="inputs")
    assert load(folder, channels="split").n_inputs == 1


@pytest.mark.parametrize(("old", "new"), [(44100, 8000), (8000, 11025), (48000, 16000)])
def test_resampling_keeps_a_tone(load, tmp_path, old, new):
    path = save(tmp_path / "a.wav", tone(440, rate=old) + 0.25, old)
    data = load(path, sampling_rate=float(new))
    wanted = tone(440, rate=new) + 0.25
    assert data.sampling_rate == new
    assert abs(len(data[0]) - len(wanted)) <= 1
    inner = slice(100, min(len(wanted), len(data[0])) - 100)
    np.testing.assert_allclose(data[0][inner, 0], wanted[inner], atol=5e-3)


def test_resampling_removes_what_would_alias(load, tmp_path):
    path = save(tmp_path / "a.wav", tone(5000, rate=44100), 44100)
    data = load(path, sampling_rate=8000.0)
    assert np.abs(data[0][100:-100]).max() < 0.01


def test_other_rates_need_one_to_be_brought_to(load, folder, refused):
    save(folder / "c.wav", tone(440, rate=16000), 16000)
    refused(folder, "a.flac has 8000 Hz", "c.wav has 16000 Hz", "--sampling-rate 8000")
    assert load(folder, sampling_rate=8000.0).lengths.tolist() == [800, 2000, 2000]


def test_windows(load, folder, notes, refused):
    data = load(folder, cut=Span(0.05, "seconds"))
    assert set(data.lengths) == {400}
    assert len(data) == 2 + 5
    assert data.names[:3] == ("a.flac[1]", "a.flac[2]", "b.wav[1]")
    np.testing.assert_allclose(data[3][:, 0], tone(440)[400:800], atol=1e-6)
    assert data.attributes["reading"] == ["--cut", "0.05s"]
    overlapping = load(folder, cut=Span(1000, "steps"), hop=Span(500, "steps"))
    assert overlapping.names == ("b.wav[1]", "b.wav[2]", "b.wav[3]")
    assert any("1 sequence shorter than a window" in note for note in notes)
    refused(folder, "shorter than a window of 3,000 steps", "b.wav", cut=Span(3000, "steps"))


def test_windows_of_labelled_recordings_keep_the_label(load, tmp_path):
    save(tmp_path / "s" / "x" / "a.wav", tone(440))
    save(tmp_path / "s" / "y" / "b.wav", tone(300))
    data = load(tmp_path / "s", cut=Span(1000, "steps"))
    assert [data.label_names[k] for k in data.labels] == ["x", "x", "y", "y"]


@pytest.mark.parametrize("content", [b"RIFF" + bytes(range(200)), b"not a sound", b"RIFF"])
def test_a_wav_that_is_none_is_refused_by_name(refused, folder, content):
    (folder / "c.wav").write_bytes(content)
    refused(folder, "cannot be read as sound", "c.wav")
    refused(folder / "c.wav", "cannot be read as sound")


def test_sounds_without_samples_or_not_finite_are_refused(refused, folder):
    save(folder / "c.wav", np.array([0.0, np.nan, 0.0]))
    refused(folder, "Sample 2 is not finite", "c.wav")
    save(folder / "c.wav", np.zeros(0))
    refused(folder, "no sound in it", "c.wav")


def test_a_folder_without_sounds(refused, tmp_path):
    refused(tmp_path, "no audio files")


def test_without_soundfile_the_error_says_what_to_install(load, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(UsageError, match=r"lstmtool\[audio\]"):
        load(folder)
    with pytest.raises(UsageError, match=r"lstmtool\[audio\]"):
        load(folder / "b.wav")


def test_a_sound_longer_than_allowed_is_refused(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(audio, "SOUND", 1000)
    soundfile.write(tmp_path / "a.wav", np.zeros(200), 8000)
    refused(tmp_path / "a.wav", "too many")


@pytest.mark.parametrize("noise", [0.0, 1e-6])
def test_channels_in_antiphase_are_not_averaged_to_nothing(load, tmp_path, refused, noise):
    other = -tone(440) + noise * tone(300)
    path = save(tmp_path / "a.wav", np.stack([tone(440), other + 0.2], axis=1))
    refused(path, "antiphase", "--channels inputs or --channels split")
    refused(path, "antiphase", channels="mono")
    assert load(path, channels="inputs").n_inputs == 2
    assert len(load(path, channels="split")) == 2


def test_channels_that_nearly_cancel_each_other_are_said(load, tmp_path, notes):
    load(save(tmp_path / "a.wav", np.stack([tone(440), -0.7 * tone(440)], axis=1)))
    assert any("3.0% of their power" in note for note in notes)
    notes.clear()
    load(save(tmp_path / "b.wav", np.stack([tone(440), tone(300)], axis=1)))
    assert len(notes) == 1


def test_sounds_without_any_sound_are_said(load, tmp_path, notes):
    save(tmp_path / "s" / "a.wav", np.zeros(100))
    save(tmp_path / "s" / "b.wav", np.full(100, 0.5))
    save(tmp_path / "s" / "c.wav", np.stack([tone(440), np.zeros(2000)], axis=1))
    load(tmp_path / "s")
    assert {"a.wav is silent.", "b.wav is 0.5 throughout.", "c.wav, channel 2, is silent."} <= set(
        notes
    )


def test_files_that_cannot_be_read_are_left_out_where_asked(load, folder, refused, notes):
    (folder / "c.wav").write_text("no sound")
    save(folder / "d.wav", np.array([0.0, np.nan]))
    refused(folder, "cannot be read as sound", "c.wav", "--skip-unreadable")
    data = load(folder, skip_unreadable=True)
    assert data.names == ("a.flac", "b.wav")
    assert "2 files of 4 left out:" in notes
    assert "  c.wav (cannot be read as sound)" in notes
    assert "  d.wav (sample 2 is not finite)" in notes
    assert data.attributes["reading"] == ["--skip-unreadable"]


def test_folders_are_labels_without_the_files_left_out(load, tmp_path):
    for name in ("x/a", "y/b"):
        save(tmp_path / "s" / f"{name}.wav", tone(440))
    (tmp_path / "s" / "c.wav").write_text("no sound")
    assert load(tmp_path / "s", skip_unreadable=True).label_names == ("x", "y")
