"""`lstmtool report` of a network trained on a classic task."""

import json

import numpy as np
import pytest

from lstmtool.cli import main
from lstmtool.io.trained import write_trained
from lstmtool.report.tasks.page import history, history_table
from tests.supervised.test_evaluate import trained


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run `lstmtool report` in a folder with one trained network; code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    at = np.arange(1.0, 41.0)
    rows = np.stack([100 * at, 1 / at, at / 40], axis=1)
    write_trained("trained.h5", trained(history=rows, figures={"wrong of 2560": 7.0}))

    def report(*args):
        with pytest.raises(SystemExit) as stop:
            main.main(["report", *map(str, args)])
        streams = capsys.readouterr()
        return stop.value.code, streams.out, streams.err

    return report


@pytest.mark.slow
def test_the_newest_file_may_be_a_trained_network(run, tmp_path):
    code, out, err = run()
    assert code == 0
    assert "Reading trained.h5" in err
    assert "A delay of twenty steps: not solved after 5 training sequences" in out
    assert "0 of 256" in out
    assert "Wrong of 2560" in out
    assert out.splitlines()[-1] == "trained.html"


def test_the_page_shows_learning_and_activations(run, tmp_path):
    run("trained.h5")
    page = (tmp_path / "trained.html").read_text()
    assert page.count("data:image/svg+xml") == 3
    for title in ("Learning", "Activations over time", "before training", "How it was made"):
        assert title in page
    first = page
    run("trained.h5")
    assert (tmp_path / "trained.html").read_text() == first


def test_json_is_one_document(run, tmp_path):
    code, out, _ = run("trained.h5", "--json")
    assert code == 0
    document = json.loads(out)
    assert document["tested"] == 256
    assert document["figures"] == {"wrong of 2560": 7.0}
    assert len(document["history"]["error"]) == 40
    states = document["activations"]["Cell states"]
    assert states["names"] == ["block 1"]
    assert len(states["values"]) == len(document["activations"]["Inputs"]["values"])
    assert not list(tmp_path.glob("*.html"))


@pytest.mark.parametrize("args", [("--baselines",), ("--export", "x.h5")])
def test_what_belongs_to_runs_is_refused(run, args):
    code, out, err = run("trained.h5", *args)
    assert (code, out) == (2, "")
    assert "without labels" in err


def test_the_trained_file_is_never_written_over(run, tmp_path):
    before = (tmp_path / "trained.h5").read_bytes()
    assert run("trained.h5", "--html", "trained.h5", "--force")[0] == 2
    assert (tmp_path / "trained.h5").read_bytes() == before


def test_a_file_that_fits_no_task_is_bad_data(run):
    write_trained("odd.h5", trained(task="adding"))
    code, out, err = run("odd.h5")
    assert (code, out) == (3, "")
    assert "does not fit" in err
    assert len(err.strip().splitlines()) <= 3


def test_rows_of_the_table_are_means():
    rows = np.array([[1, 4.0, 0.0], [2, 2.0, 1.0], [3, 8.0, 0.5]] * 10)
    told = history_table(trained(history=rows))
    assert len(told.rows) == 10
    assert told.rows[0] == ("3", "4.66667", "0.500")
    assert history_table(trained()).rows == []
    assert history(trained()) is None


def test_streams_are_called_streams():
    told = history_table(trained(counted="streams"))
    assert told.headings == ("Streams", "Mean squared error", "Share of the stream done")


def test_short_and_faultless_courses_are_drawn_as_they_are():
    """No mean of neighbours where there are few, and no logarithm of an error that is zero."""
    at = np.arange(1.0, 4.0)
    error, _ = history(trained(history=np.stack([at, at * 0, at / 3], axis=1))).axes
    assert error.get_yscale() == "linear"
    assert len(error.lines) == 1
    long = np.arange(1.0, 41.0)
    error, _ = history(trained(history=np.stack([long, 1 / long, long / 40], axis=1))).axes
    assert error.get_yscale() == "log"
    assert len(error.lines) == 2
