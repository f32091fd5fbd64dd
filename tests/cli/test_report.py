import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import lstmtool
from lstmtool.cli.main import cli
from lstmtool.errors import DataError, FileError, UsageError
from lstmtool.io.clusters import read_clusters
from lstmtool.io.pages import is_report_page, write_text_atomically
from lstmtool.io.runs import write_run
from lstmtool.io.sequences import fingerprint, write_sequences
from tests.builders import small_run, small_sequences
from tests.clustering.test_assign import trained


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_run("run.h5", small_run())
    return tmp_path


def report(*arguments, fails=None):
    result = CliRunner().invoke(cli, ["report", *map(str, arguments)])
    if fails is None:
        assert result.exception is None, result.exception
        assert result.exit_code == 0
    else:
        assert isinstance(result.exception, fails)
    return result


def test_the_bare_command_shows_the_newest_run_and_ends_in_the_path_of_the_page():
    result = report()
    assert result.stderr.splitlines()[0] == "Reading run.h5"
    assert result.stdout.splitlines()[-1] == "run.html"
    assert "BINGO: 12 sequences, 5 epochs" in result.stdout
    assert is_report_page("run.html", "run.h5")


def test_an_earlier_page_of_the_same_run_is_replaced():
    report()
    first = Path("run.html").read_bytes()
    assert report().stdout.splitlines()[-1] == "run.html"
    assert Path("run.html").read_bytes() == first


def test_other_peoples_pages_and_other_runs_pages_are_kept():
    Path("run.html").write_text("<p>my own</p>")
    write_run("run-2.h5", small_run("neo"))
    assert report("run-2.h5").stdout.splitlines()[-1] == "run-2.html"
    before = Path("run-2.html").read_bytes()
    assert report("run.h5").stdout.splitlines()[-1] == "run-3.html"
    assert Path("run.html").read_text() == "<p>my own</p>"
    assert Path("run-2.html").read_bytes() == before


def test_the_page_lies_beside_its_run(folder):
    (folder / "sub").mkdir()
    write_run("sub/mine.h5", small_run())
    assert report("sub/mine.h5").stdout.splitlines()[-1] == str(Path("sub/mine.html"))


def test_a_named_page_is_not_overwritten_without_force():
    report("run.h5", "--html", "x.html")
    error = report("run.h5", "--html", "x.html", fails=UsageError).exception
    assert "--force" in error.fix
    assert report("run.h5", "--html", "x.html", "--force").stdout.splitlines()[-1] == "x.html"


def test_no_html():
    report("run.h5", "--no-html")
    assert not Path("run.html").exists()
    assert report("run.h5", "--no-html", "--html", "x", fails=SystemExit).exit_code == 2


def test_json_is_one_document_and_writes_no_page():
    result = report("run.h5", "--json")
    told = json.loads(result.stdout)
    assert told["objective"] == "bingo"
    assert told["after"]["ari"] == 1.0
    assert not list(Path().glob("*.html"))


def test_json_with_a_page_keeps_stdout_clean():
    result = report("run.h5", "--json", "--html", "x.html", "--export", "c.h5")
    assert json.loads(result.stdout)["n_sequences"] == 12
    assert result.stderr.splitlines()[1:] == ["c.h5", "x.html"]


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_export(objective):
    run = small_run(objective)
    write_run("run.h5", run)
    result = report("run.h5", "--export", "c.h5")
    assert result.stdout.splitlines()[-2:] == ["c.h5", "run.html"]
    found = read_clusters("c.h5")
    np.testing.assert_array_equal(found.outputs, run.after.activations)
    np.testing.assert_array_equal(found.labels, run.labels)
    assert len(found.clusters) == 12
    assert (found.codes is None) == (objective == "neo")
    assert (found.density is None) == (objective == "bingo")
    assert found.scores["after"]["ari"] == 1.0
    assert found.names == run.names
    report("run.h5", "--export", "c.h5", fails=UsageError)


def test_the_run_itself_is_never_overwritten():
    before = Path("run.h5").read_bytes()
    report("run.h5", "--export", "run.h5", "--force", fails=UsageError)
    report("run.h5", "--html", "../" + Path.cwd().name + "/run.h5", "--force", fails=UsageError)
    assert Path("run.h5").read_bytes() == before


def test_the_data_of_the_run_are_never_overwritten():
    named = "sequences.h5"
    write_run("run.h5", replace(small_run(), source={"file": f"elsewhere/{named}"}))
    Path(named).write_bytes(b"precious")
    for option in ("--export", "--html"):
        report("run.h5", option, named, "--force", fails=UsageError)
    assert Path(named).read_bytes() == b"precious"


def test_bad_files():
    report("missing.h5", fails=FileError)
    Path("text.h5").write_text("not HDF5")
    report("text.h5", fails=DataError)
    Path("run.h5").unlink()
    Path("text.h5").unlink()
    assert "lstmtool train" in str(report(fails=FileError).exception)


def test_no_escape_codes_outside_a_terminal():
    program = [sys.executable, "-m", "lstmtool.cli.main", "report", "--no-html"]
    package = Path(lstmtool.__file__).parent.parent
    environment = os.environ | {"PYTHONPATH": str(package)}
    done = subprocess.run(program, capture_output=True, check=True, env=environment)
    assert b"Untrained control" in done.stdout
    assert b"\x1b" not in done.stdout + done.stderr


def test_help_shows_its_examples_line_by_line():
    lines = report("--help").stdout.splitlines()
    assert "    lstmtool report run.h5 --export clusters.h5" in lines


def test_pages_are_told_by_their_head(folder):
    page = folder / "page.html"
    assert not is_report_page(page, "run.h5")
    write_text_atomically(page, "<p>lstmtool report</p>")
    assert not is_report_page(page, "run.h5")
    assert not is_report_page(folder, "run.h5")
    head = '<meta name="generator" content="lstmtool 9.9 report">\n'
    write_text_atomically(page, head + '<meta name="lstmtool-run" content="a&amp;b.h5">')
    assert is_report_page(page, "a&b.h5")
    assert not is_report_page(page, "b.h5")


def test_text_is_written_whole_or_not_at_all(folder):
    write_text_atomically("a.html", "Kraków")
    assert Path("a.html").read_text(encoding="utf-8") == "Kraków"
    with pytest.raises(FileError):
        write_text_atomically("missing/a.html", "x")
    assert {p.name for p in folder.iterdir()} == {"a.html", "run.h5"}


@pytest.fixture
def trained_run(folder):
    """A run on a file that lies beside it, with the fingerprint of that file."""
    data = small_sequences()
    write_sequences("artificial.h5", data)
    source = {"file": "artificial.h5", "sha256": fingerprint(data)}
    write_run("run.h5", replace(trained("bingo", data=data), source=source))


def test_baselines_stand_beside_the_run_everywhere(trained_run):
    out = report("run.h5", "--baselines").stdout
    assert "k-means, random convolutions" in out
    assert "By the adjusted Rand index" in out
    assert "Beside simple methods" in Path("run.html").read_text()
    told = json.loads(report("run.h5", "--baselines", "--json").stdout)["baselines"]
    assert told["rivals"][0]["name"] == "this run"
    assert told["rivals"][-1]["name"] == "chance"
    assert told["verdict"] in " ".join(out.split())
    assert "baselines" not in json.loads(report("run.h5", "--json").stdout)
    assert "Beside simple" not in report("run.h5").stdout


def test_baselines_need_the_sequences_of_the_run(trained_run, folder):
    Path("artificial.h5").rename("moved.h5")
    assert "--data" in report("run.h5", "--baselines", fails=FileError).exception.fix
    report("run.h5", "--baselines", "--data", "moved.h5")
    write_sequences("artificial.h5", small_sequences(seed=5))
    assert "not the sequences" in str(report("run.h5", "--baselines", fails=DataError).exception)
    before = Path("moved.h5").read_bytes()
    flags = ("--baselines", "--data", "moved.h5", "--html", "moved.h5", "--force")
    report("run.h5", *flags, fails=UsageError)
    assert Path("moved.h5").read_bytes() == before


def test_a_run_on_cut_sequences_says_how_to_make_their_file(folder):
    data = small_sequences()
    write_sequences("artificial.h5", data)
    source = {"file": "artificial.h5", "sha256": "0", "reading": ["--cut", "3"]}
    write_run("run.h5", replace(small_run(), source=source))
    error = report("run.h5", "--baselines", fails=DataError).exception
    assert "lstmtool convert DATA FILE.h5 --cut 3" in error.fix


def test_a_run_that_names_no_file_or_one_elsewhere(folder):
    (folder / "sub").mkdir()
    write_sequences("sub/secret.h5", small_sequences())
    for file in ("", "sub/secret.h5", "..", "/etc/passwd"):
        write_run("run.h5", replace(small_run(), source={"file": file}))
        report("run.h5", "--baselines", fails=FileError)


def test_what_cannot_be_read_is_no_page_of_ours():
    assert not is_report_page("/proc/self/mem", "run.h5")


def test_a_folder_is_no_run(lstmtool, tmp_path):
    (tmp_path / "folder").mkdir()
    code, _, err = lstmtool("report", "folder")
    assert code == 4
    assert "folder is a folder" in err
