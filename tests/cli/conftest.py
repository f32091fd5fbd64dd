from functools import partialmethod
from inspect import signature

import pytest
from click.testing import CliRunner

from lstmtool.cli import main
from lstmtool.jobs import interruption as running


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Commands that run in the tests' own process must not end it where compiling takes long."""
    monkeypatch.setattr(running, "PATIENCE", 600.0)
    monkeypatch.setattr(running, "LONGEST", 601.0)


@pytest.fixture(autouse=True)
def streams_apart(monkeypatch):
    """Click before 8.2 puts stderr into stdout unless told otherwise."""
    if "mix_stderr" in signature(CliRunner).parameters:
        apart = partialmethod(CliRunner.__init__, mix_stderr=False)
        monkeypatch.setattr(CliRunner, "__init__", apart)


@pytest.fixture
def lstmtool(tmp_path, monkeypatch, capsys):
    """Run the command line in an empty folder; exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*args):
        with pytest.raises(SystemExit) as stop:
            main.main([str(a) for a in args])
        streams = capsys.readouterr()
        return stop.value.code, streams.out, streams.err

    return run
