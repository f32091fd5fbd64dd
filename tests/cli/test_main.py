import subprocess
import sys
import time

import pytest

from lstmtool import __version__
from lstmtool.cli import main

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
