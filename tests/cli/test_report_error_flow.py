"""`lstmtool report --error-flow`."""

import json

import numpy as np
import pytest

from lstmtool.cli import main
from lstmtool.records.activations import GradientDecay
from lstmtool.supervised import error_flow


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run `lstmtool report` in an empty folder, with quick networks; code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    logs = np.array([-0.25 * np.arange(1001.0)] * 2)
    reaches = [
        GradientDecay("a network", "of two", logs),
        GradientDecay("another", "too", 0 * logs, 0 * logs),
    ]
    monkeypatch.setattr(error_flow, "error_flow", lambda: reaches)

    def report(*args):
        with pytest.raises(SystemExit) as stop:
            main.main(["report", *map(str, args)])
        streams = capsys.readouterr()
        return stop.value.code, streams.out, streams.err

    return report


def test_it_needs_no_run_and_writes_its_page(run, tmp_path):
    code, out, err = run("--error-flow")
    assert (code, err) == (0, "")
    assert "a network" in out and "1.0e-25" in out and "13 steps" in out
    assert out.splitlines()[-1] == "error-flow.html"
    assert "How far back" in (tmp_path / "error-flow.html").read_text()


def test_its_own_page_is_replaced_and_no_other(run, tmp_path):
    run("--error-flow")
    assert run("--error-flow")[1].splitlines()[-1] == "error-flow.html"
    (tmp_path / "error-flow.html").write_text("mine")
    assert run("--error-flow")[1].splitlines()[-1] == "error-flow-2.html"
    assert (tmp_path / "error-flow.html").read_text() == "mine"


def test_json_and_no_page(run, tmp_path):
    code, out, _ = run("--error-flow", "--json")
    assert code == 0
    assert json.loads(out)["networks"][0]["name"] == "a network"
    assert run("--error-flow", "--no-html")[0] == 0
    assert list(tmp_path.iterdir()) == []


def test_a_named_page(run, tmp_path):
    assert run("--error-flow", "--html", "x.html")[1].splitlines()[-1] == "x.html"
    assert run("--error-flow", "--html", "x.html")[0] == 2


@pytest.mark.parametrize("args", [("run.h5",), ("--baselines",), ("--export", "x.h5")])
def test_what_belongs_to_runs_is_refused(run, args):
    code, out, err = run("--error-flow", *args)
    assert (code, out) == (2, "")
    assert "--error-flow" in err
