import errno
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import click
import numpy as np
import pytest

from lstmtool import __version__
from lstmtool.cli import main
from lstmtool.data.sequences import from_arrays
from lstmtool.io.sequences import write_sequences
from lstmtool.jobs import interruption

HEAVY = ("numpy", "numba", "scipy", "sklearn", "h5py", "matplotlib", "pydantic")
SCRIPT = """
import sys
from lstmtool.cli.main import main
try:
    main(sys.argv[1:])
finally:
    print(*sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize("command", [None, *main.COMMANDS])
def test_help_is_quick_and_wakes_nothing_heavy(command):
    start = time.monotonic()
    arguments = [*filter(None, [command]), "--help"]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert time.monotonic() - start < 5
    assert done.stdout.startswith("Usage: ")
    assert set(done.stderr.split()).isdisjoint(HEAVY)


def test_training_wakes_no_scikit_learn(tmp_path):
    data = from_arrays([np.random.default_rng(n).normal(n % 2, 1, 30) for n in range(24)])
    write_sequences(tmp_path / "data.h5", data)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "train", "data.h5", "-o", "run.h5"],
        cwd=tmp_path, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert set(done.stderr.split()).isdisjoint({"sklearn", "pandas", "matplotlib"})


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main.main(list(arguments))
    streams = capsys.readouterr()
    return stop.value.code, streams.out, streams.err


def test_version(capsys):
    assert run(capsys, "--version")[:2] == (0, f"lstmtool, version {__version__}\n")


def test_the_package_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "lstmtool", "--version"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f"version {__version__}\n")


@pytest.mark.parametrize("error", [RuntimeError("torn"), ValueError("two\nlines\nand\nmore")])
def test_a_bug_is_one_error_without_traceback(capsys, monkeypatch, error):
    def broken(*arguments, **options):
        raise error

    monkeypatch.setattr(main.cli, "main", broken)
    code, out, err = run(capsys, "info")
    assert (code, out) == (1, "")
    assert err.startswith("Error: A bug in lstmtool: ")
    assert len(err.splitlines()) <= 3
    with pytest.raises(type(error)):
        main.main(["--debug", "info"])


def test_an_interrupt_is_130(capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(main.cli, "main", interrupted)
    assert run(capsys, "info") == (130, "", "Error: Interrupted.\n")


def test_a_command_that_heeds_no_interrupt_is_ended(capsys, monkeypatch):
    codes = []
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.setattr(interruption, "LONGEST", 0.1)

    def deaf(*arguments, **options):
        end = time.monotonic() + 10
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        while not codes and time.monotonic() < end:
            time.sleep(0.01)

    monkeypatch.setattr(main.cli, "main", deaf)
    assert "Error: Interrupted.\n" in run(capsys, "info")[2]
    assert codes == [130]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (click.exceptions.Abort(), 130, "Interrupted."),
        (OSError(errno.ENOSPC, "No space left", "kernels.nbi"), 4, "Cannot write kernels.nbi."),
        (OSError(errno.ENOSPC, "No space left"), 4, "Cannot write a file."),
    ],
)
def test_what_click_and_the_disk_raise_has_a_code(capsys, monkeypatch, error, code, said):
    def broken(*arguments, **options):
        raise error

    monkeypatch.setattr(main.cli, "main", broken)
    assert run(capsys, "info")[0] == code
    assert said in str(run(capsys, "info"))


def test_termination_is_143(capsys, monkeypatch):
    def terminated(*arguments, **options):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(main.cli, "main", terminated)
    assert run(capsys, "info") == (143, "", "Error: Terminated.\n")
    assert signal.getsignal(signal.SIGTERM) == before


def test_debug_shows_what_was_raised():
    with pytest.raises(click.UsageError):
        main.main(["--debug", "info", "--nothing-of-this-name"])


def test_a_reader_that_has_enough_ends_the_command():
    """As `lstmtool gen-data --help | head -1` does."""
    script = "import sys; sys.stdout.close = lambda: None; from lstmtool.cli import main\n"
    script += "def broken(*a, **b): raise BrokenPipeError\nmain.cli.main = broken; main.main([])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (141, "")


def test_commands_run_in_other_threads_too(capsys):
    """Where signals cannot be caught."""
    with ThreadPoolExecutor(1) as pool, pytest.raises(SystemExit) as stop:
        pool.submit(main.main, ["--version"]).result()
    assert not stop.value.code
