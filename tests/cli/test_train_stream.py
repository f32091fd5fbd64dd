"""`lstmtool train --stream`: sequences that stay on the disk."""

import sys

import h5py
import numpy as np
import pytest

from lstmtool.data.sequences import SequenceSource, from_arrays
from lstmtool.errors import FileError
from lstmtool.io.runs import read_run
from lstmtool.io.sequences import write_sequences
from lstmtool.io.spool import FileSpool
from lstmtool.training import batch as learner
from tests.builders import small_sequences
from tests.cli.test_train import refused

SHORT = ("--trials", "2", "--trial-epochs", "2", "--epochs", "4", "--restarts", "2")


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "small.h5"
    write_sequences(path, small_sequences(n=24))
    return path


@pytest.mark.parametrize("parallel", [pytest.param(1, marks=pytest.mark.slow), learner.PARALLEL])
@pytest.mark.parametrize("flags", [(), ("--objective", "neo"), ("--window", "3")])
def test_the_run_has_the_same_bytes(lstmtool, data, tmp_path, monkeypatch, parallel, flags):
    monkeypatch.setattr(SequenceSource.blocks, "__defaults__", (50,))
    monkeypatch.setattr(learner, "PARALLEL", parallel)  # with 1 these few come in pieces, too
    assert lstmtool("train", data, *SHORT, *flags, "-o", "held.h5")[0] == 0
    code, out, err = lstmtool("train", data, *SHORT, *flags, "--stream", "-o", "streamed.h5")
    assert code == 0
    assert "24 sequences (0.0 MB) stay on disk" in err
    assert out.splitlines()[-1] == "streamed.h5"
    assert (tmp_path / "held.h5").read_bytes() == (tmp_path / "streamed.h5").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["held.h5", "small.h5", "streamed.h5"]


def test_settings_are_printed_from_the_disk(lstmtool, data):
    flags = ("train", data, "--print-config")
    assert lstmtool(*flags, "--stream")[1] == lstmtool(*flags)[1]


def test_a_terminal_shows_how_far_reading_has_come(lstmtool, data, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    code, _, err = lstmtool("train", data, *SHORT, "--stream")
    assert code == 0
    assert "stay on disk" in err


def test_what_cannot_stay_on_the_disk(lstmtool, data, tmp_path):
    (tmp_path / "a.csv").write_text("1,2,3\n2,3,4\n4,5,6\n")
    refused(lstmtool("train", "a.csv", "--stream"), 2, "--stream reads", "lstmtool convert")
    refused(lstmtool("train", data, "--stream", "--cut", 2), 2, "--stream reads", "convert")
    refused(lstmtool("train", data, "--stream", "--outputs", "auto"), 2, "--outputs auto")
    refused(lstmtool("train", data, "--stream", "--cluster", "tcp://127.0.0.1:1"), 2, "--shards")


def test_a_disk_without_room_is_seen_before_anything_begins(lstmtool, data, tmp_path, monkeypatch):
    asked = []

    def full(spool, n_rows, n_columns):
        asked.append((n_rows, n_columns))
        raise FileError("Cannot write sequences under way.", "No space left on device")

    monkeypatch.setattr(FileSpool, "make_room", full)
    stream = ("train", data, "--stream", "--recipe", "stationary")
    refused(lstmtool(*stream, "--square"), 4, "No space left")
    refused(lstmtool(*stream, "--no-square"), 4, "No space left")
    (n, two), (_, one) = asked
    assert (n, two, one) == (int(small_sequences(n=24).lengths.sum()), 2, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["small.h5"]


def test_a_value_that_is_not_finite_is_named_by_its_place_in_the_file(
    lstmtool, tmp_path, monkeypatch
):
    monkeypatch.setattr(SequenceSource.blocks, "__defaults__", (50,))
    path = tmp_path / "nan.h5"
    write_sequences(path, from_arrays([np.ones((6, 1)) for _ in range(40)]))
    with h5py.File(path, "r+") as file:
        file["values"][33 * 6 + 4] = np.nan
    refused(lstmtool("train", path, "--stream"), 3, "sequence 33, step 4", "not finite")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numpy's, where nothing is compiled
def test_divergence_names_the_largest_after_scaling(lstmtool, data, tmp_path):
    flags = ("--recipe", "literal", "--stages", "neo", "--rate", 1e308, "--output-rate", 1e308)
    held = lstmtool("train", data, *flags, "-o", "held.h5")
    streamed = lstmtool("train", data, *flags, "--stream", "-o", "streamed.h5")
    refused(streamed, 5, "Largest after scaling: sequence")
    line = next(x for x in held[2].splitlines() if "Largest after scaling" in x)
    assert line.split("The best")[0] in streamed[2]


def test_it_notes_the_same_of_the_sequences(lstmtool, data, tmp_path):
    assert lstmtool("train", data, *SHORT, "--stream", "-o", "run.h5")[0] == 0
    run = read_run(tmp_path / "run.h5")
    assert run.label_names == ("low", "high", "wide")
    assert run.names[21] == "sequence-21"
    assert run.source["file"] == "small.h5"
