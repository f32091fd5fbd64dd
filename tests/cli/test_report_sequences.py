"""The report reads the sequences of its run, if they are still there, and says if they are not."""

import csv
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from lstmtool.cli import report_data
from lstmtool.cli.repeat_reading import parse
from lstmtool.errors import DataError, FileError
from lstmtool.io.clusters import read_clusters
from lstmtool.io.runs import write_run
from lstmtool.io.sequences import fingerprint, write_sequences
from lstmtool.jobs.train import read_data
from tests.builders import small_ensemble, small_run, small_sequences
from tests.cli.test_report import report

SHOWN = "The sequences of every cluster"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A run beside its sequences."""
    monkeypatch.chdir(tmp_path)
    write_sequences("data.h5", small_sequences(24))
    source = {"file": "data.h5", "sha256": fingerprint(small_sequences(24))}
    write_run("run.h5", replace(small_run(n=24), source=source))
    return tmp_path


def page():
    return Path("run.html").read_text()


def test_the_sequences_beside_the_run_are_shown():
    result = report("run.h5")
    assert SHOWN in page()
    assert "How the clusters differ" in page()
    assert "How the clusters differ\n  Cluster" in result.stdout
    assert result.stderr == ""


def test_many_sentences_are_left_to_the_page(monkeypatch):
    monkeypatch.setattr("lstmtool.report.run.terminal.MAX_SENTENCES", 1)
    assert "2 more on the page" in report("run.h5", "--no-html").stdout


def test_json_alone_reads_no_sequences(monkeypatch):
    monkeypatch.setattr(report_data, "look_for", None)
    assert json.loads(report("run.h5", "--json").stdout)["n_sequences"] == 24


def test_sequences_that_are_gone_are_missed_and_may_be_named():
    Path("data.h5").rename("moved.h5")
    result = report("run.h5")
    assert "data.h5: not found" in result.stderr
    assert "data.h5: not found" in page()
    assert SHOWN not in page()
    report("run.h5", "--data", "moved.h5")
    assert SHOWN in page()
    report("run.h5", "--data", "none.h5", fails=FileError)


def test_other_sequences_of_the_same_name_are_not_shown():
    write_sequences("data.h5", small_sequences(24, seed=7))
    result = report("run.h5")
    assert "not the sequences that the run was trained on any more" in result.stderr
    assert SHOWN not in page()
    error = report("run.h5", "--data", "data.h5", fails=DataError).exception
    assert "--data" in error.fix


def test_a_file_that_cannot_be_read_is_no_failure_of_the_report():
    Path("data.h5").write_text("not HDF5")
    assert "data.h5: could not be read" in report("run.h5").stderr
    assert SHOWN not in page()


@pytest.mark.parametrize("limit", ["MAX_NUMBERS", "MAX_BYTES"])
def test_large_data_are_read_only_if_they_are_named(monkeypatch, limit):
    monkeypatch.setattr(report_data, limit, 10)
    assert "too large to be read unasked" in report("run.h5").stderr
    assert SHOWN not in page()
    report("run.h5", "--data", "data.h5")
    assert SHOWN in page()


def test_a_pipe_in_its_place_is_not_waited_for():
    Path("data.h5").unlink()
    os.mkfifo("data.h5")
    assert "too large" in report("run.h5").stderr


def test_a_run_that_names_no_file():
    write_run("run.h5", replace(small_run(), source={}))
    assert report("run.h5").stderr.startswith("The data: not found")


def test_the_classic_pages_take_no_sequences():
    assert report("--error-flow", "--data", "data.h5", fails=SystemExit).exit_code == 2


def test_windows_are_exported_with_their_recording():
    cut = {"recordings": ["a", "b"], "steps": [40, 80], "counts": [8, 16], "length": 5, "hop": 5}
    write_run("run.h5", replace(small_run(n=24), source={"file": "x.h5", "windows": cut}))
    report("run.h5", "--export", "c.csv")
    rows = list(csv.DictReader(Path("c.csv").read_text().splitlines()))
    assert [row["recording"] for row in rows] == ["a"] * 8 + ["b"] * 16
    assert [row["start"] for row in rows[7:10]] == ["35", "0", "5"]
    assert "Recordings" in page()


@pytest.mark.parametrize("consensus", [False, True])
def test_every_sequence_is_exported_with_its_confidence(consensus):
    run = small_ensemble(small_run()) if consensus else small_run()
    write_run("run.h5", run)
    report("run.h5", "--export", "c.csv")
    report("run.h5", "--export", "c.h5")
    rows = list(csv.DictReader(Path("c.csv").read_text().splitlines()))
    found = read_clusters("c.h5")
    assert [row["name"] for row in rows] == list(run.names)
    assert [float(row["confidence"]) for row in rows] == found.confidence.tolist()
    assert [row["label"] for row in rows] == [run.label_names[g] for g in run.labels]
    names = {"1", "2", "3"} if consensus else {"00", "01", "10"}
    assert {row["cluster"] for row in rows} == names


def test_other_formats_are_read_as_the_run_read_them():
    words = ["--cut", "3"]
    lines = [",".join(f"{k + 10 * n}" for k in range(12)) for n in range(6)]
    Path("wide.csv").write_text("\n".join(lines) + "\n")
    data = read_data(Path("wide.csv"), parse(words))
    run = small_run(n=len(data), labelled=False)
    source = {"file": "wide.csv", "sha256": data.attributes["sha256"], "reading": words}
    write_run("run.h5", replace(run, source=source, lengths=data.lengths, names=data.names))
    assert "read like the run's data, with --cut 3" in report("run.h5").stderr
    assert SHOWN in page()
