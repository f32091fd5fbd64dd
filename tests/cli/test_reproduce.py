import json
import signal
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.data.generators import recorded
from lstmtool.errors import DataError, UsageError
from lstmtool.experiments import paper as experiments
from lstmtool.jobs import study as studying
from tests.report.test_page import Reader
from tests.shortened import short_runs

SMALL = ("bingo-artificial", "--seeds", 2, "--restarts", 2, "--threads", 1)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    short_runs(monkeypatch)
    return tmp_path


def reproduce(*arguments, code=0):
    result = CliRunner().invoke(cli, ["reproduce", *map(str, arguments)])
    if code == 0 and result.exception:
        raise result.exception
    assert getattr(result.exception, "exit_code", result.exit_code) == code
    return result


def interrupt_after(monkeypatch, n, number=signal.SIGINT):
    """Let a signal arrive while data set n + 1 is under way."""
    honest, calls = experiments.run_seed, []

    def run_seed(*arguments, **options):
        calls.append(arguments)
        if len(calls) == n + 1:
            signal.raise_signal(number)
        return honest(*arguments, **options)

    monkeypatch.setattr(experiments, "run_seed", run_seed)
    return calls


def test_a_study_gives_a_file_a_page_and_a_table(folder):
    result = reproduce(*SMALL)
    assert result.stdout.splitlines()[-2:] == ["study.h5", "study.html"]
    assert "BINGO, artificial data" in result.stdout
    assert sorted(p.name for p in folder.iterdir()) == ["study.h5", "study.html"]
    assert len(result.stderr.splitlines()) < 25
    assert Reader(Path("study.html").read_text()).all("img")
    with h5py.File("study.h5") as file:
        np.testing.assert_array_equal(file["bingo-artificial/seed"], [1000, 1001])
        assert file["bingo-artificial/ari"].shape == (2, 2)
        assert "seconds" not in file["bingo-artificial"]


def test_default_names_are_numbered():
    reproduce(*SMALL)
    assert reproduce(*SMALL).stdout.splitlines()[-2:] == ["study-2.h5", "study-2.html"]
    assert Path("study.h5").read_bytes() == Path("study-2.h5").read_bytes()


def test_an_interrupted_study_goes_on_and_gives_the_same_bytes(monkeypatch):
    reproduce(*SMALL, "-o", "whole.h5")
    with monkeypatch.context() as patch:
        interrupt_after(patch, 1)
        result = reproduce(*SMALL, code=130)
    assert "1 of 2 data sets are done and kept in study.partial.jsonl" in result.stderr
    assert not Path("study.h5").exists()
    calls = interrupt_after(monkeypatch, 99)
    result = reproduce(*SMALL)
    assert "Going on: 1 of 2 data sets are done." in result.stderr
    assert calls[0][1] == 1001
    assert len(calls) == 2  # the other data set, and the typical one for its figures
    assert Path("study.h5").read_bytes() == Path("whole.h5").read_bytes()
    assert not Path("study.partial.jsonl").exists()


def test_an_interruption_of_the_last_runs_keeps_all_records(monkeypatch):
    interrupt_after(monkeypatch, 2)
    assert "2 of 2 data sets are done" in reproduce(*SMALL, code=130).stderr
    assert reproduce(*SMALL).stdout.splitlines()[-1] == "study.html"


@pytest.mark.parametrize("change", [("--restarts", 3), ("--seed", 7), ("--seeds", 3)])
def test_an_interrupted_study_with_other_settings_is_refused(monkeypatch, change):
    with monkeypatch.context() as patch:
        interrupt_after(patch, 1)
        reproduce(*SMALL, code=130)
    before = Path("study.partial.jsonl").read_bytes()
    error = reproduce(*SMALL, *change, code=2).exception
    assert isinstance(error, UsageError)
    assert "now" in error.where
    assert Path("study.partial.jsonl").read_bytes() == before


def test_termination_has_a_code_of_its_own(monkeypatch):
    interrupt_after(monkeypatch, 0, signal.SIGTERM)
    assert "0 of 2 data sets are done" in reproduce(*SMALL, code=143).stderr


def test_json_is_one_document():
    result = reproduce(*SMALL, "--json")
    told = json.loads(result.stdout)
    (part,) = told["experiments"]
    assert part["summary"]["ways"]["label-free choice"]["trials"] == 2
    assert [r["seed"] for r in part["records"]] == [1000, 1001]
    assert part["records"][0]["seconds"] > 0
    assert (told["file"], told["page"]) == ("study.h5", "study.html")


def test_times_are_stored_only_if_wanted():
    reproduce(*SMALL, "--provenance")
    with h5py.File("study.h5") as file:
        assert (file["bingo-artificial/seconds"][:] > 0).all()
        assert "host" in json.loads(file.attrs["provenance"])


def test_clarinet_experiments_run_on_every_kind_of_sounds():
    told = reproduce("bingo-clarinet", "--seeds", 1, "--restarts", 1, "--json").stdout
    found = [part["experiment"] for part in json.loads(told)["experiments"]]
    assert found == ["bingo-clarinet-synthetic", "bingo-clarinet-shipped"]


def test_quick_is_small_and_other_options_win(monkeypatch):
    planned = []

    def only_plan(work, *_):
        planned.append((work.plan["seeds"], work.plan["restarts"], len(work.experiments)))
        raise SystemExit(0)

    monkeypatch.setattr(studying, "study_to_files", only_plan)
    for options in (("--quick",), ("--quick", "--seeds", 1), ("--quick", "--restarts", 3), ()):
        reproduce(*options)
    assert planned == [(5, 8, 6), (1, 8, 6), (5, 3, 6), (40, None, 6)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("bingo-artifical",), "Did you mean 'bingo-artificial'?"),
        (("--sounds", "shiped"), "Did you mean 'shipped'?"),
        (("neo-artificial", "--from", "."), "--from is for the clarinet experiments"),
        (("--seeds", 0), "0 is not in the range"),
        (("-o", "a.h5", "--html", "a.h5"), "must be different files"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, said):
    assert said in reproduce(*arguments, code=2).stderr


def test_named_files_are_not_overwritten_without_force():
    Path("a.h5").write_text("mine")
    reproduce(*SMALL, "-o", "a.h5", code=2)
    assert Path("a.h5").read_text() == "mine"
    reproduce(*SMALL, "-o", "a.h5", "--force")


def test_help_names_the_defaults():
    told = " ".join(reproduce("--help").stdout.split())
    assert "default: 40; 5 with --quick" in told
    assert "default: 1000" in told
    assert "fresh" in told


def test_sounds_that_cannot_be_used_are_told(folder, capsys):
    pytest.importorskip("soundfile")
    (folder / "broken.wav").write_text("no sound")
    with pytest.raises(DataError):
        studying._sources([], folder)
    assert "1, e.g. broken.wav: cannot be read as sound" in capsys.readouterr().err


def test_sounds_that_can_all_be_used(folder, monkeypatch, capsys):
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(folder / "a.wav", np.full(50, 0.5), 8000)
    monkeypatch.setattr(recorded, "source", lambda recordings, **options: list(recordings))
    (one,) = studying._sources([], folder)["own"]
    assert one.name == "a.wav"
    assert not capsys.readouterr().err
