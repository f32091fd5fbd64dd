"""`--cluster` of train, with real processes: the same bytes, kind errors, a soon end."""

import os
import signal
import subprocess
import sys
import time

import pytest

from lstmtool.distributed import dask_client as connecting
from lstmtool.io.sequences import write_sequences
from tests.builders import small_sequences
from tests.clusters import ROOT, cluster, until

SHORT = ("--stages", "bingo", "--trials", "1", "--epochs", "5", "--restarts", "3")


@pytest.fixture
def data(tmp_path):
    write_sequences(tmp_path / "small.h5", small_sequences(20))


def test_a_cluster_gives_the_same_bytes(lstmtool, data, tmp_path, monkeypatch):
    with cluster(tmp_path, 1) as made:
        code, _, err = lstmtool(
            "train", "small.h5", *SHORT, "-o", "a.h5", "--cluster", made.address
        )
        assert code == 0, err
        assert "1 tasks at a time" in err
        monkeypatch.setattr(connecting, "other_processors", lambda client: "Others compute.")
        monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", made.address)
        code, _, err = lstmtool("train", "small.h5", *SHORT, "-o", "b.h5")
        assert "Others compute." in err
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS")
    lstmtool("train", "small.h5", *SHORT, "-o", "c.h5")
    files = [(tmp_path / f"{name}.h5").read_bytes() for name in "abc"]
    assert files[0] == files[1] == files[2]


def test_an_error_of_connecting_is_three_lines_and_leaves_nothing(lstmtool, data, tmp_path):
    code, _, err = lstmtool("train", "small.h5", *SHORT, "--cluster", "nonsense")
    assert (code, len(err.splitlines())) == (2, 3 + err.count("Recipe"))
    assert [path.name for path in tmp_path.iterdir()] == ["small.h5"]


@pytest.mark.slow
def test_ctrl_c_ends_soon_and_training_goes_on_without_the_cluster(lstmtool, data, tmp_path):
    """Restarts that have ended are not run again, and the bytes are the same."""
    longer = (*SHORT[:-4], "--epochs", "60000", "--restarts", "4")
    with cluster(tmp_path, 1) as made:
        words = ("train", "small.h5", *longer, "-o", "a.h5", "--cluster", made.address)
        training = subprocess.Popen(
            [sys.executable, "-m", "lstmtool.cli.main", *words],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        until((tmp_path / "a.partial.h5").exists)
        time.sleep(3.0)  # restarts begin a moment later
        training.send_signal(signal.SIGINT)
        _, err = training.communicate(timeout=60)
    assert training.returncode == 130
    assert "Resume with `lstmtool train --resume -o a.h5`." in err
    assert lstmtool("train", "--resume", "-o", "a.h5")[0] == 0
    lstmtool("train", "small.h5", *longer, "-o", "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
