import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.data.generators import recorded
from lstmtool.errors import DataError, FileError, UsageError
from lstmtool.experiments import paper as experiments
from lstmtool.jobs import study as studying
from tests.report.test_page import Reader
from tests.shortened import quick_rivals, short_runs

SMALL = ("bingo-artificial", "--seeds", 2, "--restarts", 2, "--threads", 1)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    short_runs(monkeypatch)
    quick_rivals(monkeypatch)
    return tmp_path


def reproduce(*arguments, code=0):
    result = CliRunner().invoke(cli, ["reproduce", *map(str, arguments)])
    if code == 0 and result.exception:
        raise result.exception
    assert getattr(result.exception, "exit_code", result.exit_code) == code
    return result


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


def test_a_study_that_was_begun_with_other_settings_is_refused(monkeypatch):
    calls = []

    def fail(experiment, seed, *arguments, **options):
        calls.append(seed)
        if len(calls) == 2:
            raise FileError("The disk is full.")
        return honest(experiment, seed, *arguments, **options)

    honest = experiments.run_seed
    monkeypatch.setattr(experiments, "run_seed", fail)
    result = reproduce(*SMALL, code=4)
    assert "1 of 2 data sets are finished; progress is saved in study.partial" in result.stderr
    said = "lstmtool reproduce bingo-artificial --seeds 2 --restarts 2 --threads 1 --resume"
    assert f"Resume with `{said} -o study.h5`." in result.stderr
    before = Path("study.partial.jsonl").read_bytes()
    for change in (("--restarts", 3), ("--seed", 7), ("--seeds", 3)):
        error = reproduce(*SMALL, *change, "--resume", code=2).exception
        assert isinstance(error, UsageError)
        assert "now" in error.where
        assert Path("study.partial.jsonl").read_bytes() == before
    reproduce(*SMALL, "--resume")
    assert calls == [1000, 1001, 1001, calls[-1]]  # the last is the typical one, for its figures


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

    def only_plan(work, *_, **again):
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
