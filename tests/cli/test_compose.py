"""`lstmtool compose`, with networks that have learned next to nothing."""

import json
import shutil
import sys
import wave
from dataclasses import replace

import pytest

from lstmtool.io.trained import write_trained
from lstmtool.jobs.learn import as_record
from lstmtool.supervised.systems import find_system
from lstmtool.supervised.trials import run_trial


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """Files of networks, trained for one song each."""
    folder = tmp_path_factory.mktemp("networks")
    for name in ("blues", "blues-chords"):
        system = find_system(f"{name}-batch")
        system = replace(system, stop=replace(system.stop, limit=1))
        record = as_record(system, run_trial(system, 0), 0)
        write_trained(folder / f"trained-{name}.h5", record)
    return folder


@pytest.fixture
def trained(lstmtool, networks, tmp_path):
    """Run the command line beside these networks."""
    shutil.copytree(networks, tmp_path, dirs_exist_ok=True)
    return lstmtool


def test_it_writes_a_sound_and_says_what_was_played(trained):
    code, out, _ = trained("compose", "trained-blues.h5", "-o", "a.wav", "--length", 6)
    assert code == 0
    assert out.splitlines()[-1] == "a.wav"
    assert out.startswith("6 bars; composed by the network: ")
    assert "in the scale" in out
    with wave.open("a.wav") as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(6 * 8 * 60 / 140 / 2, 0.01)


def test_the_same_seed_gives_the_same_music_and_another_one_other(trained, tmp_path):
    pytest.importorskip("mido")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        asked = ("compose", "trained-blues.h5", "--seed", seed, "-o", f"{name}.mid", "--length", 4)
        assert trained(*asked)[0] == 0
    a, b, c = ((tmp_path / f"{name}.mid").read_bytes() for name in "abc")
    assert a == b != c
    assert a[:4] == b"MThd"
    code, out, _ = trained("compose", "trained-blues-chords.h5", "--wav", "d.wav", "--json")
    document = json.loads(out)
    assert (code, document["files"]) == (0, ["blues.mid", "d.wav"])
    assert document["steps"] == 36 * 8 - 24
    assert (tmp_path / "d.wav").stat().st_size > 10**6


def test_a_threshold_leaves_silence(trained):
    asked = ("compose", "trained-blues.h5", "-o", "a.wav", "--threshold", 1, "--json")
    document = json.loads(trained(*asked)[1])
    composed = [note for note in document["notes"] if note["start"] >= 24]
    assert {note["voice"] for note in composed} <= {0}
    assert {note["voice"] for note in document["notes"]} == {0, 1}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["trained-blues.h5", "-o", "none/a.wav"], 4, "does not exist"),
        (["trained-blues.h5", "-o", "a.xml"], 2, "neither a MIDI file nor a sound"),
        (["trained-blues.h5", "-o", "a.wav", "--wav", "a.wav"], 2, "different files"),
        (["trained-blues.h5", "-o", "a.wav", "--wav", "b.mid"], 2, "does not end in .wav"),
        (["trained-blues.h5", "--temperature", "1", "--threshold", ".5"], 2, "exclude each other"),
        (["trained-blues-chords.h5", "-o", "a.wav", "--temperature", "1"], 2, "chords alone"),
        (["missing.h5", "-o", "a.wav"], 4, "missing.h5"),
    ],
)
def test_what_makes_no_sense_is_refused(trained, tmp_path, arguments, code, said):
    found = trained("compose", *arguments)
    assert found[0] == code
    assert said in found[2]
    assert not (tmp_path / "a.wav").exists()


def test_a_network_that_learned_something_else_is_refused(lstmtool):
    assert lstmtool("learn", "anbn", "--limit", 1)[0] == 0
    code, _, err = lstmtool("compose", "trained-anbn.h5", "-o", "a.wav")
    assert code == 3
    assert "trained on anbn, not on blues" in err


def test_a_file_that_exists_is_kept(trained, tmp_path):
    (tmp_path / "a.wav").write_text("mine")
    assert trained("compose", "trained-blues.h5", "-o", "a.wav")[0] == 2
    assert (tmp_path / "a.wav").read_text() == "mine"
    asked = ("compose", "trained-blues.h5", "-o", "a.wav", "--length", "2", "--force")
    assert trained(*asked)[0] == 0
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RIFF"


def test_without_mido_nothing_is_played_or_written(trained, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mido", None)
    code, _, err = trained("compose", "trained-blues.h5", "-o", "a.mid", "--wav", "a.wav")
    assert code == 2
    assert "pip install 'lstmtool[music]'" in err
    assert not list(tmp_path.glob("a.*"))


def test_the_page_shows_the_score_and_plays_it(trained, tmp_path):
    code, _, _ = trained("report", "trained-blues.h5")
    text = (tmp_path / "trained-blues.html").read_text()
    assert code == 0
    assert text.count('<rect class="block c0"') > 24
    assert '<audio controls preload="none" src="data:audio/wav;base64,' in text
    assert "What it composes" in text
    document = json.loads(trained("report", "trained-blues.h5", "--json", "--no-html")[1])
    assert set(document["composed"]) >= {"melody notes in the scale"}
