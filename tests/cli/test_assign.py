import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from lstmtool import load_run
from lstmtool.cli.main import cli, main
from lstmtool.clustering.assign import Assigner
from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError, FileError, UsageError
from lstmtool.io.clusters import read_clusters
from lstmtool.io.runs import read_run, write_run
from lstmtool.io.sequences import fingerprint, read_sequences, write_sequences
from lstmtool.report.run import recordings as recordings_report
from tests.builders import small_sequences
from tests.clustering.test_assign import trained

RUNS = {"bingo.h5": ("bingo",), "neo.h5": ("consistency", "neo", "neo")}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assign")
    for name, stages in RUNS.items():
        write_run(folder / name, trained(*stages))
    write_sequences(folder / "new.h5", small_sequences(15, seed=4))
    write_sequences(folder / "bare.h5", from_arrays(list(small_sequences(50, seed=4))))
    return folder


@pytest.fixture(autouse=True)
def folder(files, tmp_path, monkeypatch):
    for path in files.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)


def assign(*arguments, fails=None):
    result = CliRunner().invoke(cli, ["assign", *map(str, arguments)])
    if fails is None:
        assert result.exception is None, result.exception
    else:
        assert isinstance(result.exception, fails), result.output
    return result


def expected(run):
    return Assigner(read_run(run))(read_sequences("new.h5"))


@pytest.mark.parametrize("run", RUNS)
def test_a_table_and_the_agreement_with_the_labels(run):
    lines = assign(run, "new.h5").stdout.splitlines()
    assert lines[0].split()[:4] == ["Sequence", "Group", "Cluster", "Confidence"]
    assert lines[1].startswith("sequence-0")
    assert "15 sequences in" in lines[-2]
    assert "adjusted Rand index" in lines[-1]


def test_a_long_table_is_cut_and_says_so():
    out = assign("bingo.h5", "bare.h5").stdout
    assert "… 10 more" in out
    assert "Rand" not in out


@pytest.mark.parametrize("run", RUNS)
def test_csv(run):
    found = expected(run)
    rows = list(csv.DictReader(io.StringIO(assign(run, "new.h5", "--csv").stdout)))
    assert [int(row["sequence"]) for row in rows] == list(range(15))
    assert [row["cluster"] for row in rows] == [found.cluster_names[c] for c in found.clusters]
    assert [float(row["confidence"]) for row in rows] == found.confidence.tolist()
    assert [float(row["output_1"]) for row in rows] == found.outputs.activations[:, 0].tolist()
    assert ("density" in rows[0]) == (run == "neo.h5")
    assert rows[1]["label"] == "high"
    assert rows[1]["name"] == "sequence-1"


@pytest.mark.parametrize("run", RUNS)
def test_json(run):
    found = expected(run)
    told = json.loads(assign(run, "new.h5", "--json").stdout)
    assert told["clusters"] == found.clusters.tolist()
    assert told["outputs"] == found.outputs.activations.tolist()
    assert told["run"] == run
    assert told["source"]["sha256"] == fingerprint(read_sequences("new.h5"))
    assert 0 < told["nmi"] <= 1


@pytest.mark.parametrize("run", RUNS)
def test_hdf5_as_report_exports_it(run):
    found = expected(run)
    result = assign(run, "new.h5", "-o", "clusters.h5")
    assert result.stdout.splitlines()[-1] == "clusters.h5"
    assert "Confidence" not in result.stdout
    written = read_clusters("clusters.h5")
    np.testing.assert_array_equal(written.outputs, found.outputs.activations)
    np.testing.assert_array_equal(written.clusters, found.clusters)
    np.testing.assert_array_equal(written.confidence, found.confidence)
    assert (written.codes is None) == (written.density is not None) == (run == "neo.h5")
    assert written.labels.tolist() == read_sequences("new.h5").labels.tolist()
    assert written.source["file"] == "new.h5"
    info = CliRunner().invoke(cli, ["info", "clusters.h5", "--json"])
    assert json.loads(info.stdout)["kind"] == "lstmtool-clusters"


def test_other_formats_are_read_whole_and_give_the_same():
    convert = CliRunner().invoke(cli, ["convert", "bare.h5", "bare.csv"])
    assert convert.exit_code == 0, convert.output
    ours = json.loads(assign("bingo.h5", "bare.h5", "--json").stdout)
    assert len(ours["clusters"]) == 50
    other = json.loads(assign("bingo.h5", "bare.csv", "--json").stdout)
    assert other["clusters"] == ours["clusters"]
    assert other["source"]["sha256"] == ours["source"]["sha256"]
    assert other["source"]["file"] == "bare.csv"
    cut = json.loads(assign("bingo.h5", "bare.h5", "--json", "--cut", "3").stdout)
    assert len(cut["clusters"]) > 50


def test_what_is_written_is_what_is_printed():
    for ending in ("csv", "json"):
        printed = assign("bingo.h5", "new.h5", f"--{ending}").stdout
        assign("bingo.h5", "new.h5", "-o", f"x.{ending}")
        assert Path(f"x.{ending}").read_text() == printed


def test_files_are_never_overwritten_without_force():
    assign("bingo.h5", "new.h5", "-o", "x.csv")
    assert "--force" in assign("bingo.h5", "new.h5", "-o", "x.csv", fails=UsageError).exception.fix
    assign("bingo.h5", "new.h5", "-o", "x.csv", "--force")
    for own in ("bingo.h5", "new.h5"):
        before = Path(own).read_bytes()
        assign("bingo.h5", "new.h5", "-o", own, "--force", fails=UsageError)
        assert Path(own).read_bytes() == before
    assign("bingo.h5", "new.h5", "-o", "x.txt", fails=UsageError)
    assert assign("bingo.h5", "new.h5", "--csv", "--json", fails=SystemExit).exit_code == 2


def test_another_number_of_inputs_ends_with_3_and_names_both(capsys):
    write_sequences("three.h5", small_sequences(n_inputs=3))
    with pytest.raises(SystemExit) as stop:
        main(["assign", "bingo.h5", "three.h5"])
    error = capsys.readouterr().err
    assert stop.value.code == 3
    assert "3 inputs per step, the run was trained on 1" in error
    assert "three.h5" in error
    assert "bingo.h5" in error
    assert len(error.splitlines()) == 3


def test_bad_files():
    assign("missing.h5", "new.h5", fails=FileError)
    assign("bingo.h5", "missing.h5", fails=FileError)
    assign("new.h5", "bingo.h5", fails=DataError)
    with h5py.File("bingo.h5", "a") as file:
        del file["parameters"]
        file["parameters"] = np.ones(7)
    assign("bingo.h5", "new.h5", fails=DataError)


def test_help_shows_its_examples_line_by_line():
    assert "    lstmtool assign run.h5 new.h5" in assign("--help").stdout.splitlines()


@pytest.fixture
def recordings():
    """Two recordings whose windows were cut from them by `convert`."""
    rng = np.random.default_rng(5)
    data = from_arrays([rng.normal(size=30), rng.normal(2, 1, 12)], names=("one", "=two"))
    write_sequences("long.h5", replace(data, sampling_rate=100.0))
    CliRunner().invoke(cli, ["convert", "long.h5", "cut.h5", "--cut", "6", "--hop", "3"])
    return data


@pytest.mark.parametrize("options", [["long.h5", "--cut", "6", "--hop", "3"], ["cut.h5"]])
def test_windows_have_their_recording_and_times(recordings, options):
    rows = list(csv.DictReader(io.StringIO(assign("bingo.h5", *options, "--csv").stdout)))
    assert [row["recording"] for row in rows] == ["one"] * 9 + ["'=two"] * 3
    assert [int(row["start"]) for row in rows] == [*range(0, 27, 3), 0, 3, 6]
    assert {int(row["end"]) - int(row["start"]) for row in rows} == {6}
    assert [float(row["end_seconds"]) for row in rows[:2]] == [0.06, 0.09]
    document = json.loads(assign("bingo.h5", *options, "--json").stdout)
    one, two = document["recordings"]
    assert (one["name"], one["windows"], two["windows"]) == ("one", 9, 3)
    assert one["clusters"] + two["clusters"] == document["clusters"]
    assert two["start"] == [0, 3, 6] and two["end_seconds"] == [0.06, 0.09, 0.12]
    assert sum(one["shares"].values()) == pytest.approx(1)
    assert str(one["majority"]) == next(iter(one["shares"]))
    assign("bingo.h5", *options, "-o", "found.h5")
    found = read_clusters("found.h5")
    assert found.source["sampling_rate"] == 100.0
    with h5py.File("found.h5") as file:
        assert file["recordings/majority"][()].tolist() == [one["majority"], two["majority"]]


def test_a_line_for_every_recording(recordings):
    options = ["bingo.h5", "cut.h5", "--by-recording"]
    rows = list(csv.DictReader(io.StringIO(assign(*options, "--csv").stdout)))
    told = json.loads(assign("bingo.h5", "cut.h5", "--json").stdout)
    names = told["cluster_names"]
    for row, one in zip(rows, told["recordings"], strict=True):
        assert row["majority"] == names[str(one["majority"])]
        for number, name in names.items():
            assert float(row[f"share_{name}"]) == one["shares"].get(number, 0.0)
    assert rows[1]["recording"] == "'=two"
    lines = assign(*options).stdout.splitlines()
    assert lines[0].split() == ["Recording", "Windows", "Majority", "Shares"]
    assert lines[1].split()[:3] == ["one", "9", rows[0]["majority"]]
    whole = assign("bingo.h5", "cut.h5").stdout
    assert whole.count("Confidence") == 1 and lines[2] in whole.splitlines()
    assign(*options, "-o", "found.csv")
    assert list(csv.DictReader(io.StringIO(Path("found.csv").read_text()))) == rows
    assign("bingo.h5", "new.h5", "--by-recording", fails=UsageError)


def test_many_clusters_of_a_recording_are_listed_in_part(monkeypatch, recordings):
    monkeypatch.setattr(recordings_report, "MAX_LISTED", 1)
    monkeypatch.setattr(recordings_report, "MAX_ROWS", 1)
    text = assign("bingo.h5", "cut.h5", "--by-recording").stdout
    assert re.search(r"\d+%, … \d more\n… 1 more: ", text)


def test_report_exports_windows_by_recording(recordings):
    write_run("cut-run.h5", trained("bingo", data=read_sequences("cut.h5")))
    result = CliRunner().invoke(cli, ["report", "cut-run.h5", "--no-html", "--export", "c.h5"])
    assert result.exception is None
    with h5py.File("c.h5") as file:
        assert file["recordings/windows"][()].tolist() == [9, 3]
        assert file["start"][()].tolist() == [*range(0, 27, 3), 0, 3, 6]
        assert file["recordings"].attrs["sampling_rate"] == 100.0
    run = load_run("cut-run.h5")
    assert run.windows.recordings == ("one", "=two")
    assert [len(one.clusters) for one in run.recordings] == [9, 3]
    assert load_run("bingo.h5").recordings == ()
