import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

import lstmtool
from lstmtool.cli.info import command
from lstmtool.errors import DataError, FileError, UsageError
from lstmtool.io.clusters import write_clusters
from lstmtool.io.runs import write_run
from lstmtool.io.sequences import fingerprint, write_sequences
from lstmtool.io.studies import write_study
from tests.builders import small_run, small_sequences
from tests.io.test_studies import study


def info(*arguments):
    result = CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def lines(path):
    return dict(line.split(maxsplit=1) for line in info(path).splitlines())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.h5"


def test_sequences_are_described(path):
    data = small_sequences(n_inputs=2)
    write_sequences(path, data)
    table = lines(path)
    assert table["kind"] == "lstmtool-sequences"
    assert table["sequences"] == "12"
    assert table["steps"] == str(len(data.values))
    assert table["inputs"] == "2"
    assert table["labels"] == "low: 4; high: 4; wide: 4"
    assert json.loads(info(path, "--json"))["sha256"] == fingerprint(data)


def test_a_run_is_described(path):
    run = small_run("neo")
    write_run(path, run)
    table, document = lines(path), json.loads(info(path, "--json"))
    assert table["objective"] == "neo"
    assert table["stages"] == "neo (invariant), 5 epochs, momentum"
    assert "stages.0.epochs: 5; restarts: 3; seed: 7" in table["changed"]
    assert document["settings"] == run.settings.model_dump(mode="json")
    assert document["source"] == run.source


def test_clusters_are_described(path):
    parts = {"outputs": np.zeros((4, 2)), "clusters": np.array([0, 1, 1, 3])}
    write_clusters(path, **parts, scores={"ari": 0.25, "nmi": None})
    assert lines(path)["clusters"] == "3"
    assert lines(path)["scores"] == "ari: 0.25"
    assert json.loads(info(path, "--json"))["scores"] == {"ari": 0.25, "nmi": None}


def test_data_without_labels_says_nothing_of_labels(path):
    write_sequences(path, small_sequences(labelled=False))
    assert "labels" not in lines(path)


def test_groups_of_one_name_are_counted_together(path):
    from lstmtool.data.sequences import from_arrays

    data = from_arrays([[1], [2], [3]], labels=np.array([0, 1, 2]), label_names=("a", "b", "a"))
    write_sequences(path, data)
    assert lines(path)["labels"] == "a: 2; b: 1"


def test_other_files_are_refused(path):
    with pytest.raises(FileError, match="There is no file"):
        info(path)
    path.write_bytes(b"text")
    with pytest.raises(DataError, match="is not HDF5, despite its name"):
        info(path)


def test_of_a_study_its_plan_and_summaries(tmp_path):
    written = study() | {"plan": {"seed": 1000, "experiments": ["bingo-artificial"]}}
    write_study(tmp_path / "s.h5", written, {})
    told = json.loads(info(tmp_path / "s.h5", "--json"))
    assert told["plan"] == written["plan"]
    summary = json.loads(json.dumps(written["experiments"][0]["summary"]))
    assert told["bingo-artificial"] == summary


SENSORS = """machine,t,state,cur,vib
m0,0,on,1,-2
m0,1,on,2,0
m1,0,off,3,4
m1,1,off,,nan
m1,2,off,4,7
m2,0,off,5,1.5
"""


@pytest.fixture
def sensors(tmp_path):
    path = tmp_path / "sensors.csv"
    path.write_text(SENSORS)
    return path


def test_a_table_is_described_before_anyone_trains(sensors):
    table = lines_of(sensors, "--id", "machine", "--label", "state", "--missing", "drop")
    assert table["sequences"] == "2"
    assert table["steps"] == "3"
    assert (table["shortest"], table["median"], table["longest"]) == ("1", "1", "2")
    assert table["values"] == "cur: 1 to 5; vib: -2 to 1.5"
    assert table["labels"] == "off: 1; on: 1"
    assert "steps in the order of column 't'" in table["guesses"]
    assert "1 sequence with missing values left out" in table["guesses"]
    assert "There are 2 sequences" in table["training"]


def lines_of(*arguments):
    return dict(line.split(maxsplit=1) for line in info(*arguments).splitlines())


def test_missing_values_are_counted_where_training_would_refuse_them(sensors):
    options = ("--id", "machine", "--label", "state")
    told = json.loads(info(sensors, *options, "--json"))
    assert told["missing"] == {"values": 2, "sequences": 1}
    assert told["ranges"] == [
        {"name": "cur", "minimum": 1.0, "maximum": 5.0, "missing": 1},
        {"name": "vib", "minimum": -2.0, "maximum": 7.0, "missing": 1},
    ]
    assert told["labels"] == {"off": 2, "on": 1}
    assert told["recipe"] is None
    assert "--missing drop or --missing interpolate" in told["training"]
    table = info(sensors, *options)
    assert "2 values in 1 sequence" in table
    assert "m1 cur                ▅·▇" in table.splitlines()
    assert "· missing" in table


def test_windows_of_sequences_with_gaps_are_described(sensors):
    told = json.loads(info(sensors, "--id", "machine", "--label", "state", "--cut", "1", "--json"))
    assert (told["sequences"], told["missing"]["sequences"]) == (6, 1)


def test_an_input_without_any_value(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,t,a,b\nx,0,1,\nx,1,2,\ny,0,3,\n")
    assert "empty: column 'b'" in info(path)
    both = ("--id", "id", "--value", "a", "--value", "b")
    told = json.loads(info(path, *both, "--json"))
    assert told["ranges"][1] == {"name": "b", "minimum": None, "maximum": None, "missing": 3}
    assert "b: none (3 missing)" in info(path, *both)


def test_what_train_would_choose_is_what_train_chooses(tmp_path, lstmtool):
    time = np.arange(50.0)
    noise = np.random.default_rng(0).normal(0, 0.1, (12, 50))
    np.savetxt("phase-locked.csv", np.sin(time) + noise, "%.4f", ",")
    np.savetxt("shapes.csv", np.sin(time / 8) + noise, "%.4f", ",")
    np.savetxt("stationary.csv", np.random.default_rng(0).normal(size=(12, 50)), "%.4f", ",")
    for recipe in ("phase-locked", "shapes", "stationary"):
        _, out, _ = lstmtool("info", f"{recipe}.csv", "--json")
        told = json.loads(out)
        assert told["recipe"] == recipe
        _, _, err = lstmtool("train", f"{recipe}.csv", "--print-config")
        assert told["training"] in err.splitlines()


@pytest.mark.parametrize("ending", ["h5", "json", "csv", "npz"])
def test_every_format_is_described_alike(tmp_path, lstmtool, ending):
    data = small_sequences()
    write_sequences("a.h5", data)
    if ending == "npz":
        np.savez("a.npz", *data)
    elif ending != "h5":
        assert lstmtool("convert", "a.h5", f"a.{ending}")[0] == 0
    code, out, err = lstmtool("info", f"a.{ending}", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["sha256"] == fingerprint(data)
    assert told["sampling_rate"] == (100.0 if ending in ("h5", "json") else None)
    assert told["median"] == sorted(data.lengths)[5]


def test_sounds_and_options(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    for n in range(3):
        samples = np.random.default_rng(n).uniform(-0.5, 0.5, 800)
        soundfile.write(tmp_path / f"{n}.wav", samples, 8000)
    table = lines_of(tmp_path, "--cut", "0.05s")
    assert table["kind"] == "a sound"
    assert table["sequences"] == "6"
    assert table["sampling"] == "rate     8000 Hz"
    assert "Cut 3 sequences into 6 windows of 400 steps." in table["guesses"]
    assert "the first 240 of up to 400 steps" in table["picture"]
    assert "3 sounds at 8000 Hz" in info(tmp_path)


def test_ours_with_options_and_a_part_of_a_foreign_file(path):
    write_sequences(path, small_sequences())
    assert lines_of(path, "--cut", "2")["longest"] == "2"
    with h5py.File(path.with_name("other.h5"), "w") as file:
        file["x"], file["y"] = np.ones((4, 5)), np.zeros((3, 2))
    assert lines_of(f"{path.with_name('other.h5')}:/x")["sequences"] == "4"
    write_run(path, small_run())
    with pytest.raises(UsageError, match="--cut is for files of sequences"):
        info(path, "--cut", "2")


def test_a_screen_without_blocks_gets_plain_ascii(sensors):
    environment = os.environ | {
        "PYTHONPATH": str(Path(lstmtool.__file__).parent.parent),
        "PYTHONIOENCODING": "ascii",
    }
    words = ("--id", "machine", "--label", "state")
    program = [sys.executable, "-m", "lstmtool.cli.main", "info", str(sensors), *words]
    done = subprocess.run(program, capture_output=True, check=True, env=environment)
    assert done.stdout.isascii()
    assert b"m1 cur                =?*" in done.stdout.replace(b"\r", b"").splitlines()


def test_long_names_keep_the_ends_that_tell_them_apart(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("".join(f"loading dock of bay no. {n},{n},2,3,5,8,9\n" for n in (7, 8, 9)))
    drawn = [line for line in info(path, "--rows", "sequences").splitlines() if "…" in line]
    assert [line[:20] for line in drawn] == [f"loading dock … no. {n}" for n in (7, 8, 9)]
