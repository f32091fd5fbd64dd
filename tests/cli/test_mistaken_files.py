"""A file of another kind is named for what it is, with what to do with it, by every command."""

from pathlib import Path

import numpy as np
import pytest

from lstmtool.io.runs import write_run
from lstmtool.io.sequences import write_sequences
from tests.builders import small_sequences
from tests.clustering.test_assign import trained

NAMES = {
    "run.h5": "holds a run",
    "data.h5": "holds sequences",
    "data.csv": "is CSV or other text",
    "data.npy": "is an array (NPY)",
    "settings.toml": "holds settings",
    "run.html": "holds a page",
}


@pytest.fixture(scope="module")
def run():
    return trained("bingo")


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    write_run("run.h5", run)
    write_sequences("data.h5", small_sequences())
    Path("data.csv").write_text("1,2,3\n4,5,6\n7,8,9\n")
    np.save("data.npy", np.ones((3, 4)))
    Path("settings.toml").write_text('data = "data.h5"\n')
    Path("run.html").write_text("<!doctype html>\n<p>a page\n")


CASES = [
    *[("train {} --restarts 1", name) for name in ("run.h5", "settings.toml", "run.html")],
    *[("convert {} x.csv", name) for name in ("run.h5", "settings.toml", "run.html")],
    *[("report {}", name) for name in NAMES if name != "run.h5"],
    *[("assign {} new.h5", name) for name in NAMES if name not in ("run.h5",)],
    *[("assign run.h5 {}", name) for name in ("run.h5", "settings.toml", "run.html")],
    *[("sweep {}", name) for name in ("run.h5", "data.h5", "data.csv", "data.npy")],
    *[("train data.h5 --config {}", name) for name in ("run.h5", "data.csv")],
    *[("learn reber --network {}", name) for name in ("run.h5", "data.csv")],
    *[("info {}", name) for name in ("settings.toml", "run.html")],
]


@pytest.mark.parametrize(("command", "name"), CASES)
def test_a_file_of_another_kind_is_named(lstmtool, command, name):
    code, out, err = lstmtool(*command.format(name).split())
    assert code in (2, 3)
    assert not out
    lines = err.splitlines()
    assert lines[0].startswith(f"Error: {name} {NAMES[name]}, not ")
    assert len(lines) == 3
    assert "lstmtool " in lines[2]


@pytest.mark.parametrize("data", ["data.h5", "data.csv", "data.npy"])
def test_swapped_arguments_are_said_to_be_swapped(lstmtool, data):
    code, _, err = lstmtool("assign", data, "run.h5")
    assert code == 3
    assert "RUN and DATA are swapped" in err
    assert f"`lstmtool assign run.h5 {data}`" in err


def test_report_on_data_says_how_to_make_a_run_of_it(lstmtool):
    for name in ("data.h5", "data.csv"):
        assert f"lstmtool train {name}" in lstmtool("report", name)[2]


def test_settings_that_are_no_toml_are_told_where(lstmtool):
    Path("settings.toml").write_text("a = = 3")
    code, _, err = lstmtool("sweep", "settings.toml")
    assert code == 2
    assert "settings.toml is not TOML" in err
    assert "line 1" in err


def test_what_cannot_be_told_is_only_said_not_to_be_ours(lstmtool):
    Path("noise").write_bytes(bytes(range(256)))
    assert "is not an HDF5 file, or is truncated" in lstmtool("report", "noise")[2]
