"""Files of an earlier lstmtool are read by every command that reads their kind."""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from lstmtool.cli.main import main
from lstmtool.io.runs import read_run

EARLIER = Path(__file__).parent / "earlier"
FOUND = {
    "run-bingo.h5": [1, 1, 1, 1, 0, 0, 0, 0],
    "run-neo.h5": [1, 3, 3, 1, 2, 2, 0, 0],
    "run-no-forget-gate.h5": [2, 2, 0, 2, 3, 3, 1, 1],
    "run-no-peepholes.h5": [1, 3, 3, 1, 2, 2, 0, 0],
}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    for path in EARLIER.glob("*.h5"):
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        streams = capsys.readouterr()
        assert not end.value.code, streams.err
        return streams.out

    return run


@pytest.mark.parametrize("path", sorted(EARLIER.glob("*.h5")), ids=lambda path: path.stem)
def test_info_describes_it(run, path):
    assert json.loads(run("info", path.name, "--json"))


@pytest.mark.parametrize("name", FOUND)
def test_a_run_has_the_clusters_that_it_had(run, name):
    assert json.loads(run("report", name, "--no-html", "--json"))["clusters"] == FOUND[name]
    assert json.loads(run("assign", name, "sequences.h5", "--json"))["clusters"] == FOUND[name]


def test_sequences_are_trained_on_as_they_were(run):
    run(
        "train",
        "sequences.h5",
        "--restarts",
        "2",
        "--epochs",
        "20",
        "--outputs",
        "1",
        "-o",
        "new.h5",
    )
    before, now = read_run("run-bingo.h5"), read_run("new.h5")
    assert now.settings == before.settings
    np.testing.assert_allclose(now.parameters, before.parameters, rtol=1e-6)  # another processor


def test_a_network_is_shown_and_gone_on_with(run):
    assert json.loads(run("report", "network.h5", "--no-html", "--json"))["task"] == "anbn"
    run("learn", "anbn", "--network", "network.h5", "--limit", "1", "-o", "more.h5")


def test_an_estimator_that_was_pickled_before_is_refused_in_a_sentence():
    with pytest.raises(ImportError, match=r"^This was pickled by an earlier lstmtool.*again\.$"):
        pickle.loads(b"clstmtool.run\nRun\n.")
