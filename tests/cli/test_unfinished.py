"""All commands that train are interrupted, gone on with, refused and followed in the same way."""

import os
import re
import shlex
import signal
from pathlib import Path
from threading import Event

import pytest

from lstmtool.io.locks import _free, _try, locked
from lstmtool.io.sequences import write_sequences
from lstmtool.jobs import interruption, progress
from lstmtool.jobs.unfinished import taking
from lstmtool.report.study import page
from lstmtool.supervised import results_table
from lstmtool.training.threads import Threads
from tests.builders import small_sequences
from tests.shortened import quick_rivals, short_runs

GRID = """
data = "small.h5"
seeds = 1
[fixed]
stages = "bingo"
restarts = 1
trials = 1
epochs = 3
[grid]
rate = [0.01, 0.02]
"""
TRAIN = ("train", "small.h5", "--stages", "bingo", "--restarts", 2, "--trials", 1, "--epochs", 25)
COMMANDS = {
    "train": ((*TRAIN, "--threads", 1), "out.h5", "out.partial.h5", "epochs"),
    "learn": (("learn", "anbn", "--limit", 4000), "out.h5", "out.partial.h5", "sequences"),
    "sweep": (("sweep", "grid.toml", "--threads", 1), "out.h5", "out.partial.jsonl", "runs"),
    "reproduce": (
        ("reproduce", "bingo-artificial", "--seeds", 2, "--restarts", 1, "--threads", 1),
        *("out.h5", "out.partial.jsonl", "data sets"),
    ),
    "classic": (
        ("reproduce", "classic", "--quick", "--systems", "anbn", "--threads", 1),
        *("out.json", "out.partial.jsonl", "trials"),
    ),
}


@pytest.fixture(params=COMMANDS)
def command(request, tmp_path, monkeypatch):
    """Return the words of a command, its file, what lies beside that, and what it counts."""
    write_sequences(tmp_path / "small.h5", small_sequences(14))
    (tmp_path / "grid.toml").write_text(GRID)
    short_runs(monkeypatch)
    quick_rivals(monkeypatch)
    monkeypatch.setattr(page, "page", lambda *arguments: "")  # which takes long to draw
    monkeypatch.setitem(results_table.QUICK, "anbn", (3, {"limit": 200}))
    words, target, partial, unit = COMMANDS[request.param]
    return (*words, "-o", target), tmp_path / target, tmp_path / partial, unit


@pytest.fixture
def at_show(monkeypatch):
    """Return a function that lets something happen when progress is shown the n-th time."""
    plain = progress._State.show

    def at(n, happens):
        left = [n]

        def show(self, *arguments):
            plain(self, *arguments)
            left[0] -= 1
            if left[0] == 0:
                happens()

        monkeypatch.setattr(progress._State, "show", show)

    return at


def interrupted(number):
    return lambda: os.kill(os.getpid(), number)


def made(folder):
    """Return what was written into a folder."""
    given = ("small.h5", "grid.toml")
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in given}


def going_on(err):
    """Return the words of the command that goes on, without the program's name."""
    return shlex.split(re.search("Resume with `lstmtool (.+)`", err)[1])


def test_a_command_goes_on_as_it_says_to_the_same_bytes(lstmtool, command, at_show, tmp_path):
    words, target, partial, _ = command
    code, _, err = lstmtool(*words)
    assert code == 0, err
    whole = made(tmp_path)
    assert not partial.exists()
    for name in whole:
        (tmp_path / name).unlink()

    at_show(1, interrupted(signal.SIGINT))
    code, out, err = lstmtool(*words)
    assert (code, out) == (130, ""), err
    assert re.search(r"Interrupted: \d of \d [\w ]+ are finished; progress is saved in", err)
    assert [*made(tmp_path)] == [partial.name]

    code, _, err = lstmtool(*words)
    assert code == 2
    assert f"{partial.name} is an unfinished run." in err
    assert "Use --resume to continue it, or --force to start over." in err

    at_show(1, interrupted(signal.SIGTERM))
    code, _, err = lstmtool(*words[:-2], "--resume")  # the newest here
    assert code == 143, err
    assert "Resuming out.partial" in err

    at_show(0, None)
    code, _, err = lstmtool(*going_on(err))
    assert code == 0, err
    assert made(tmp_path) == whole

    code, out, err = lstmtool(
        *going_on("Resume with `lstmtool " + shlex.join(map(str, words)) + "`"), "--resume"
    )
    assert (code, out) == (0, f"{target.name}\n")
    assert "no unfinished run" in err


def test_force_starts_over(lstmtool, command, at_show, tmp_path):
    words, target, partial, _ = command
    target.write_text("mine")
    at_show(1, interrupted(signal.SIGINT))
    code, _, err = lstmtool(*words, "--force")
    assert code == 130, err
    assert target.read_text() == "mine"
    at_show(0, None)
    code, _, err = lstmtool(*words, "--force")
    assert code == 0, err
    assert "Going on" not in err
    assert target.read_bytes() != b"mine"
    assert not partial.exists()


def test_a_second_signal_ends_at_once(lstmtool, command, at_show, monkeypatch):
    codes = []
    monkeypatch.setattr(os, "_exit", codes.append)

    def twice():
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)

    at_show(1, twice)
    lstmtool(*command[0])
    assert set(codes) == {130}


def test_what_takes_too_long_to_end_is_saved_and_says_so(lstmtool, command, at_show, monkeypatch):
    """By a thread of its own, which then ends the process."""
    words, target, partial, _ = command
    codes, over = [], Event()
    monkeypatch.setattr(os, "_exit", lambda code: (codes.append(code), over.set()))
    monkeypatch.setattr(interruption, "PATIENCE", 0.0)
    at_show(1, lambda: (os.kill(os.getpid(), signal.SIGTERM), over.wait(10)))
    code, _, err = lstmtool(*words)
    assert (code, codes) == (143, [143]), err
    said = ["train"] if words[0] == "train" else map(str, words[:-2])
    assert going_on(err) == [*said, "--resume", "-o", target.name]
    assert partial.exists()


def test_what_is_there_or_being_written_is_refused_before_any_work(lstmtool, command, monkeypatch):
    words, target, partial, _ = command

    def work(*arguments, **options):
        raise AssertionError("work has begun")

    monkeypatch.setattr(Threads, "map", work)
    monkeypatch.chdir(target.parent)
    for path in (target, partial):
        with locked(path):
            code, _, err = lstmtool(*words)
        assert code == 6
        assert f"Another process is writing {path.name}" in err
    target.write_text("mine")
    code, _, err = lstmtool(*words)
    assert (code, f"{target.name} exists" in err) == (2, True)
    assert target.read_text() == "mine"
    assert not partial.exists()


def test_progress_is_said_in_the_same_words(lstmtool, command, at_show, monkeypatch):
    words, *_, unit = command
    said, line = Event(), progress._State.line

    def telling(self):
        said.set()
        return line(self)

    monkeypatch.setattr(progress, "QUIET", 0.02)
    monkeypatch.setattr(progress._State, "line", telling)
    at_show(1, lambda: (said.clear(), said.wait(10)))
    code, _, err = lstmtool(*words)
    assert code == 0, err
    assert re.search(rf"^.+: [\d,]+ of (at most )?[\d,]+ {unit}", err, re.MULTILINE)


def test_a_default_name_that_another_process_writes_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lock = tmp_path / ".lstmtool-run.h5.lock"
    descriptor = _try(lock)
    with taking(None, "run", "train", resume=False, force=False) as path:
        assert path == Path("run-2.h5")
    _free(lock, descriptor)


def test_a_default_name_that_is_unfinished_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.partial.h5").touch()
    with taking(None, "run", "train", resume=False, force=False) as path:
        assert path == Path("run-2.h5")
