"""`lstmtool gen-data phonemes`: the shipped sentences, and a folder of sounds with labels."""

import json

import pytest

from lstmtool.cli import main
from lstmtool.io.phonemes import read_phonemes
from tests.io.test_phonemes import FESTIVAL, sentence

soundfile = pytest.importorskip("soundfile")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run `lstmtool gen-data phonemes` in an empty folder; exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def gen_data(*args):
        with pytest.raises(SystemExit) as stop:
            main.main(["gen-data", "phonemes", *map(str, args)])
        streams = capsys.readouterr()
        return stop.value.code, streams.out, streams.err

    return gen_data


def test_the_shipped_sentences(run):
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "80 sentences of 78,537 frames, 26 features, 27 classes" in out
    assert out.splitlines()[-1] == "phonemes.h5"
    assert len(read_phonemes("phonemes.h5").class_names) == 27
    document = json.loads(run("--unfolded", "--json", "-o", "all.h5")[1])
    assert len(document["classes"]) == 51
    assert document["parts"]["test"] == {"sentences": 12, "frames": 12204}


def test_a_folder_of_sounds_with_labels(run, tmp_path):
    for n in range(10):
        sentence(tmp_path / "own", f"s{n}", FESTIVAL)
    code, out, _ = run("--from", "own")
    assert code == 0
    assert "10 sentences of 480 frames, 26 features, 2 classes (recordings)" in out
    (tmp_path / "own" / "s3.lab").write_text("#\n0.9 125 aa\n")
    code, out, err = run("--from", "own", "-o", "again.h5")
    assert (code, out) == (3, "")
    assert "do not fit the sound" in err
    assert "s3.wav" in err
    assert not (tmp_path / "again.h5").exists()


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("--count", "3"), "tasks"),
        (("--per-group", "3"), "--per-group"),
        (("--set", "window=3"), "tasks"),
        (("--synthetic",), "clarinet"),
    ],
)
def test_senseless_options_are_refused(run, args, word):
    code, out, err = run(*args)
    assert (code, out) == (2, "")
    assert word in err
