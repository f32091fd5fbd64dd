import json
import sys

import numpy as np
import pytest

from lstmtool.cli import main
from lstmtool.cli.gen_data import _at_most
from lstmtool.io.sequences import read_sequences
from tests.data.generators.sounds import note, spectral_pitch

soundfile = pytest.importorskip("soundfile")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run `lstmtool gen-data` in an empty folder; exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def gen_data(*args):
        with pytest.raises(SystemExit) as stop:
            main.main(["gen-data", *map(str, args)])
        streams = capsys.readouterr()
        return stop.value.code, streams.out, streams.err

    return gen_data


@pytest.fixture
def folder(tmp_path):
    """Recordings near the four pitches: formats, rates, channels and levels differ."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    soundfile.write(folder / "a.wav", note(452.0), 44100, subtype="PCM_16")
    soundfile.write(folder / "b.flac", 0.1 * note(440.0, rate=48000, seed=1), 48000)
    left = note(890.0, rate=22050)
    soundfile.write(folder / "c.wav", np.stack([left, -left], axis=1), 22050, subtype="FLOAT")
    both = np.concatenate([note(1320.0), note(1480.0)])
    soundfile.write(folder / "d.wav", both, 44100, subtype="PCM_24")
    return folder


def refused(result, code, *words):
    assert result[0] == code
    assert result[1] == ""
    assert 1 <= len(result[2].strip().splitlines()) <= 3
    for word in words:
        assert word in result[2]


def test_bare_command_writes_the_artificial_data(run, tmp_path):
    code, out, _ = run()
    assert code == 0
    assert out.splitlines()[-1] == "artificial.h5"
    data = read_sequences(tmp_path / "artificial.h5")
    assert len(data) == 20
    assert data.attributes["seed"] == 0


def test_default_names_are_numbered(run, tmp_path):
    assert [run()[1].splitlines()[-1] for _ in range(3)] == [
        "artificial.h5",
        "artificial-2.h5",
        "artificial-3.h5",
    ]


def test_same_seed_same_bytes(run, tmp_path):
    for dataset in ("artificial", "clarinet"):
        for name, seed in (("a", 1), ("b", 1), ("c", 2)):
            assert run(dataset, "--seed", seed, "-o", f"{dataset}-{name}.h5")[0] == 0
        a, b, c = ((tmp_path / f"{dataset}-{name}.h5").read_bytes() for name in "abc")
        assert a == b != c


def test_options_of_the_artificial_data(run, tmp_path):
    run("--groups", "0:1,-1:0.5", "--per-group", 3, "--length", "8:12", "-o", "x.h5")
    data = read_sequences(tmp_path / "x.h5")
    assert data.label_names == ("mean 0, var 1", "mean -1, var 0.5")
    assert len(data) == 6
    assert data.lengths.min() >= 8 and data.lengths.max() <= 12


def test_shipped_clarinet_says_that_it_is_one_recording_per_note(run, tmp_path):
    code, out, _ = run("clarinet")
    assert code == 0
    assert "one recording per note" in out
    assert out.splitlines()[-1] == "clarinet.h5"
    assert read_sequences(tmp_path / "clarinet.h5").sampling_rate == 44100


@pytest.mark.parametrize("phase", ["random", "aligned", "trigger"])
def test_synthetic_clarinet(run, tmp_path, phase):
    assert run("clarinet", "--synthetic", "--phase", phase, "--length", 1500)[0] == 0
    data = read_sequences(tmp_path / "clarinet.h5")
    assert data.attributes["phase"] == phase
    assert len(data) == 20
    assert spectral_pitch(data[0][:, 0], 440.0) == pytest.approx(440.0, rel=0.01)


def test_own_recordings(run, folder, tmp_path):
    code, out, err = run("clarinet", "--from", folder, "--length", 400, "--per-group", 2)
    assert (code, err) == (0, "")
    assert "from a.wav (452.0 Hz, moved -0.47 semitones)" in out
    assert "880 Hz: 2 from c.wav" in out
    data = read_sequences(tmp_path / "clarinet.h5")
    for fragment, label in zip(data, data.labels, strict=True):
        pitch = (440, 880, 1320, 1480)[label]
        assert spectral_pitch(fragment[:, 0], pitch) == pytest.approx(pitch, rel=0.01)


def test_recordings_that_cannot_be_used_are_named(run, folder):
    (folder / "garbage.wav").write_bytes(b"RIFF" + bytes(range(200)))
    (folder / "empty.flac").write_bytes(b"")
    (folder / "notes.txt").write_text("not a sound")
    soundfile.write(folder / "silent.wav", np.zeros(44100), 44100)
    soundfile.write(folder / "nothing.wav", np.zeros(0), 44100)
    soundfile.write(folder / "slow.wav", note(440.0, rate=4000), 4000)
    bad = note(440.0)
    bad[100] = np.nan
    soundfile.write(folder / "nan.wav", bad, 44100, subtype="FLOAT")
    code, _, err = run("clarinet", "--from", folder)
    assert code == 0
    named = [line.split(":")[1].strip() for line in err.splitlines()]
    assert sorted(named) == [
        "empty.flac",
        "garbage.wav",
        "nan.wav",
        "nothing.wav",
        "silent.wav",
        "slow.wav",
    ]


def test_a_folder_without_the_pitches(run, folder):
    (folder / "c.wav").unlink()
    code, out, err = run("clarinet", "--from", folder)
    assert (code, out) == (3, "")
    assert "within two semitones of 880 Hz" in err and "b.flac 440.0 Hz" in err


def test_a_folder_that_is_not_there_or_has_no_sound(run, tmp_path):
    refused(run("clarinet", "--from", tmp_path / "nowhere"), 4, "does not exist")
    refused(run("clarinet", "--from", tmp_path), 3, "no audio files")
    (tmp_path / "file").write_text("")
    refused(run("clarinet", "--from", tmp_path / "file"), 4, "not a folder")


def test_without_soundfile_the_error_says_what_to_install(run, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    refused(run("clarinet", "--from", folder), 2, "pip install 'lstmtool[audio]'")


def test_json_is_one_document(run):
    document = json.loads(run("clarinet", "--json")[1])
    assert document["file"] == "clarinet.h5"
    assert document["n_sequences"] == 20
    assert document["source"] == "shipped"


def test_a_named_file_that_exists_is_kept(run, tmp_path):
    (tmp_path / "mine.h5").write_text("mine")
    refused(run("-o", "mine.h5"), 2, "exists", "--force")
    assert (tmp_path / "mine.h5").read_text() == "mine"
    assert run("-o", "mine.h5", "--force")[0] == 0
    assert len(read_sequences(tmp_path / "mine.h5")) == 20


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("artificial", "--phase", "random"), "--phase"),
        (("artificial", "--synthetic"), "--synthetic"),
        (("artificial", "--from", "."), "--from"),
        (("--scale", "sd"), "--scale"),
        (("clarinet", "--groups", "0:1"), "--groups"),
        (("clarinet", "--from", ".", "--synthetic"), "--from and --synthetic"),
        (("claranet",), "clarinet"),
        (("--groups", "0.4"), "0.4:0.3,0.4:0.1"),
        (("--groups", "a:b"), "'a:b' is not MEAN:VARIANCE"),
        (("--groups", "0:1,0:1"), "same"),
        (("--groups", "0:-1"), "positive variance"),
        (("--length", "0"), "80:120"),
        (("--length", "9:3"), "80:120"),
        (("--length", "x"), "80:120"),
        (("--per-group", "0"), "--per-group"),
    ],
)
def test_senseless_options_are_refused(run, tmp_path, args, word):
    refused(run(*args), 2, word)
    assert list(tmp_path.glob("*.h5")) == []


def test_help_has_examples(run):
    code, out, _ = run("--help")
    assert code == 0
    assert "lstmtool gen-data clarinet --from" in out


def test_long_lists_are_cut():
    assert _at_most(3, ["a", "b", "c"]) == ["a", "b", "c"]
    assert _at_most(2, ["a", "b", "c", "d"]) == ["a", "b", "  ... and 2 more"]
