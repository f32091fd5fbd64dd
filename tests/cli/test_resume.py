"""A training that was ended goes on to the same bytes, in time, and nothing is lost unasked."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from lstmtool.data.sequences import from_arrays
from lstmtool.errors import FileError
from lstmtool.io import unfinished
from lstmtool.io.sequences import write_sequences
from lstmtool.io.unfinished import read_unfinished, write_unfinished
from lstmtool.jobs.unfinished import Unfinished
from lstmtool.network.layout import Network
from lstmtool.training import checkpoint as keeping
from lstmtool.training import stage as stage_state
from lstmtool.training.batch import (
    SequenceBatch,
    batch_data,
    new_optimiser_state,
    stage_options,
    train_epochs,
)
from tests.builders import small_sequences
from tests.soak.running import start

FLAGS = ("train", "small.h5", "--restarts", 3, "--trials", 2, "--trial-epochs", 12)
FLAGS = (*FLAGS, "--epochs", 30, "--threads", 2, "-o", "run.h5")
GROWN = ("train", "small.h5", "--outputs", "auto", "--stages", "bingo", "--restarts", 2)
GROWN = (*GROWN, "--epochs", 20, "--threads", 1, "-o", "run.h5")
NEO = (*FLAGS, "--objective", "neo")
STREAM = (*FLAGS, "--stream")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    write_sequences(tmp_path / "small.h5", small_sequences())
    monkeypatch.setattr(keeping, "EVERY", 0.0)
    return tmp_path


@pytest.fixture
def interrupt(monkeypatch):
    """Return a function that lets a signal arrive in the n-th chunk of training from now."""

    def after(n, number=signal.SIGINT):
        plain, left, lock = train_epochs, [n], threading.Lock()

        def counting(*arguments):
            with lock:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), number)
                    time.sleep(0.05)
            return plain(*arguments)

        monkeypatch.setattr(stage_state, "train_epochs", counting)

    return after


def files(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("flags", "chunk"),
    [
        pytest.param(FLAGS, 2, id="bingo-2"),
        pytest.param(FLAGS, 17, id="bingo-17"),
        pytest.param(NEO, 2, id="neo-2"),
        pytest.param(NEO, 17, id="neo-17", marks=pytest.mark.slow),
        pytest.param(GROWN, 17, id="grown-17"),
        pytest.param(STREAM, 2, id="stream-2"),
    ],
)
def test_resuming_ends_in_the_same_bytes(lstmtool, folder, interrupt, flags, chunk):
    assert lstmtool(*flags)[0] == 0
    whole = Path("run.h5").read_bytes()
    Path("run.h5").unlink()
    for n in range(3):
        interrupt(chunk + n)
        code, _, err = lstmtool(*flags, *(["--resume"] if n else []))
        assert code == 130
        assert "lstmtool train --resume -o run.h5" in err
        assert files(folder) == ["run.partial.h5", "small.h5"]
    interrupt(-1)
    code, out, err = lstmtool(
        "train", "--resume", "--threads", 1, *(flags[-1:] * (flags is STREAM))
    )
    assert (code, out.splitlines()[-1]) == (0, "run.h5")
    assert "Resuming run.partial.h5" in err
    assert Path("run.h5").read_bytes() == whole
    assert files(folder) == ["run.h5", "small.h5"]


def test_what_is_done_is_not_done_again(lstmtool, folder, interrupt, monkeypatch):
    interrupt(20)
    assert lstmtool(*FLAGS)[0] == 130
    _, parts = read_unfinished("run.partial.h5")
    assert all("epochs" in part.values for part in parts.values())  # no restart has ended
    done = sum(part.values["epochs"] for part in parts.values())
    assert done > 30
    epochs = []

    def counting(*arguments):
        epochs.append(arguments[3])
        return train_epochs(*arguments)

    monkeypatch.setattr(stage_state, "train_epochs", counting)
    assert lstmtool("train", "--resume")[0] == 0
    resumed = sum(epochs)
    epochs.clear()
    assert lstmtool(*FLAGS, "--force")[0] == 0
    assert resumed + done == sum(epochs)


def test_sigterm_ends_with_143(lstmtool, folder, interrupt):
    interrupt(5, signal.SIGTERM)
    assert lstmtool(*FLAGS)[0] == 143
    assert files(folder) == ["run.partial.h5", "small.h5"]


def test_an_unfinished_run_is_not_lost_unasked(lstmtool, folder, interrupt):
    interrupt(5)
    assert lstmtool(*FLAGS)[0] == 130
    before = Path("run.partial.h5").read_bytes()
    code, _, err = lstmtool(*FLAGS)
    assert (code, "Use --resume to continue it" in err) == (2, True)
    code, _, err = lstmtool(*FLAGS, "--seed", 4, "--resume")
    assert code == 2
    assert "seed: it has 0, now 4" in err
    write_sequences("small.h5", small_sequences(seed=1))
    code, _, err = lstmtool("train", "--resume")
    assert (code, "started with other sequences" in err) == (3, True)
    code, _, err = lstmtool("report", "run.partial.h5")
    assert (code, "holds an unfinished run" in err) == (3, True)
    assert lstmtool("info", "run.partial.h5", "--json")[0] == 0
    assert Path("run.partial.h5").read_bytes() == before
    interrupt(-1)
    assert lstmtool("train", *FLAGS[1:-2])[1].splitlines()[-1] == "run-2.h5"
    assert lstmtool(*FLAGS, "--force")[0] == 0
    assert files(folder) == ["run-2.h5", "run.h5", "small.h5"]


def test_resuming_where_there_is_nothing_to_resume(lstmtool, folder):
    code, _, err = lstmtool("train", "--resume")
    assert (code, "no unfinished run in this folder" in err) == (4, True)
    code, _, err = lstmtool(*FLAGS, "--resume")
    assert (code, "starting from the beginning" in err) == (0, True)
    written = Path("run.h5").read_bytes()
    code, out, _ = lstmtool(*FLAGS, "--resume")
    assert (code, out) == (0, "run.h5\n")
    assert Path("run.h5").read_bytes() == written


def test_a_run_written_just_before_the_end_is_recognised(lstmtool, folder, monkeypatch):
    monkeypatch.setattr(Unfinished, "remove", lambda self: None)
    assert lstmtool(*FLAGS)[0] == 0
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    code, out, err = lstmtool("train", "--resume", "-o", "run.h5")
    assert (code, out, "is finished" in err) == (0, "run.h5\n", True)
    assert files(folder) == ["run.h5", "small.h5"]


def test_a_file_of_somebody_else_is_not_overwritten_by_resuming(lstmtool, folder, interrupt):
    interrupt(5)
    assert lstmtool(*FLAGS)[0] == 130
    Path("run.h5").write_bytes(Path("small.h5").read_bytes())
    code, _, err = lstmtool("train", "--resume")
    assert (code, "is another run" in err) == (2, True)
    assert Path("run.h5").read_bytes() == Path("small.h5").read_bytes()


@pytest.mark.parametrize("name", ["parameters", "velocity", "sigma", "epochs"])
def test_a_partial_file_that_lies_is_refused(lstmtool, folder, interrupt, name):
    from lstmtool.io.unfinished import write_unfinished

    interrupt(5)
    assert lstmtool(*FLAGS)[0] == 130
    plan, parts = read_unfinished("run.partial.h5")
    part = parts["2/0/0"]
    part.arrays[f"learner/{name}"] = part.arrays[f"learner/{name}"][:0]
    write_unfinished("run.partial.h5", plan, parts)
    code, _, err = lstmtool("train", "--resume")
    assert (code, "damaged" in err) == (3, True)


SIZES = {"small": (5, 3, "1x1"), "large": (96, 400, "64x1")}


def begun(process, seconds=60.0):
    """Wait until training is under way."""
    path, end = Path("run.partial.h5"), time.monotonic() + seconds
    while not path.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.3)


@pytest.mark.parametrize("size", ["small", pytest.param("large", marks=pytest.mark.slow)])
def test_a_signal_ends_within_two_seconds(folder, monkeypatch, size):
    monkeypatch.chdir(folder)
    n, t, blocks = SIZES[size]
    rng = np.random.default_rng(0)
    write_sequences("data.h5", from_arrays(rng.normal(size=(n, t))))
    flags = ("train", "data.h5", "--stages", "bingo", "--epochs", 10**9, "--blocks", blocks)
    process = start((*flags, "-o", "run.h5", "--outputs", 1, "--trials", 1), folder)
    begun(process)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert time.monotonic() - sent < 2.0
    assert "Traceback" not in err
    assert files(folder) == ["data.h5", "run.partial.h5", "small.h5"]
    assert json.dumps(read_unfinished("run.partial.h5")[0])


HANGING = "import lstmtool.training.train as t, time; t.prepare = lambda *a: time.sleep(60)"


def test_what_does_not_end_is_ended(folder, monkeypatch):
    """Also where no compiled loop looks at the flag, e.g. while kernels are compiled."""
    monkeypatch.chdir(folder)
    process = start(FLAGS, folder, HANGING)
    begun(process)
    sent = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, "Interrupted" in err) == (143, True)
    assert time.monotonic() - sent < 2.0


def test_a_second_signal_ends_at_once(folder, monkeypatch):
    monkeypatch.chdir(folder)
    process = start(FLAGS, folder, HANGING)
    begun(process)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - sent < 0.6


@pytest.mark.parametrize("size", SIZES)
def test_compiled_loops_answer_within_a_quarter_of_a_second(size):
    if os.environ.get("NUMBA_DISABLE_JIT"):
        pytest.skip("nothing is compiled")
    n, t, blocks = SIZES[size]
    settings = course_settings(blocks)
    data = batch_data(from_arrays(np.random.default_rng(0).normal(size=(n, t))))
    network = Network(settings, 1)
    stop = stage_state.Stop()
    lanes = SequenceBatch(network, data, stop=stop.flag)
    learner = new_optimiser_state(np.random.default_rng(0).normal(0, 0.1, network.size))
    options, rng = stage_options(stage_state.Stage()), np.random.default_rng(0)
    train_epochs(learner, lanes, options, 1, rng, stop.flag)
    asked = []

    def ask():
        asked.append(time.monotonic())
        stop.set()

    threading.Timer(0.4, ask).start()
    before = learner.parameters.copy()
    rows = train_epochs(learner, lanes, options, 10**6, rng, stop.flag)
    assert asked, "it ended by itself"
    assert time.monotonic() - asked[0] < 0.25
    if not len(rows):  # an epoch half done changes nothing
        np.testing.assert_array_equal(learner.parameters, before)


def course_settings(blocks):
    from lstmtool.config import NetworkSettings

    n, cells = map(int, blocks.split("x"))
    return NetworkSettings(blocks=(cells,) * n, outputs=1)


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"version": "0.0.0"}, 2, "begun by lstmtool 0.0.0"),
        ({"sha256": 3}, 3, "damaged"),
        ({"reading": None}, 3, "damaged"),
    ],
)
def test_a_plan_of_another_version_or_damaged(lstmtool, folder, interrupt, change, code, said):
    interrupt(1)
    assert lstmtool(*FLAGS)[0] == 130
    plan, parts = read_unfinished("run.partial.h5")
    write_unfinished("run.partial.h5", plan | change, parts)
    got, _, err = lstmtool("train", "--resume", "-o", "run.h5")
    assert (got, said in err) == (code, True)


def test_where_nothing_more_can_be_kept_training_goes_on_and_an_interrupt_says_so(
    lstmtool, folder, interrupt, monkeypatch
):
    calls = []

    def full(path, plan, parts):
        calls.append(parts)
        if len(calls) > 1:
            raise FileError("The disk is full.")
        write_unfinished(path, plan, parts)

    monkeypatch.setattr(unfinished, "write_unfinished", full)
    interrupt(6)
    code, _, err = lstmtool(*FLAGS)
    assert code == 130
    assert err.count("Training continues, but progress cannot be saved: The disk is full.") == 1
    assert "Interrupted, and progress cannot be saved" in err


def test_a_finished_run_of_other_settings_is_not_taken_for_this_one(lstmtool, folder, interrupt):
    other = ("train", "small.h5", "--stages", "bingo", "--restarts", 1, "--epochs", 3)
    assert lstmtool(*other, "-o", "other.h5")[0] == 0
    interrupt(1)
    assert lstmtool(*FLAGS)[0] == 130
    Path("other.h5").rename("run.h5")
    code, _, err = lstmtool("train", "--resume", "-o", "run.h5")
    assert (code, "run.h5 exists and is another run" in err) == (2, True)
