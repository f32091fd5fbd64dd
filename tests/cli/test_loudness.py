"""How much is said on stderr, and completions of the shell."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from lstmtool.cli.main import COMMANDS, cli
from lstmtool.io.sequences import write_sequences
from lstmtool.jobs import progress
from lstmtool.jobs.screen import loudness
from tests.builders import small_sequences

TRAIN = "train data.h5 --restarts 1 --epochs 3 --seed 1 -o run.h5 --force"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_sequences("data.h5", small_sequences())


def invoke(words):
    result = CliRunner().invoke(cli, words.split())
    assert result.exception is None, result.output
    return result


@pytest.mark.parametrize("words", [f"-q {TRAIN}", f"{TRAIN} --quiet"])
def test_a_quiet_command_says_nothing_but_its_result(words):
    usual = invoke(TRAIN)
    assert usual.stderr.startswith("Recipe ")
    quiet = invoke(words)
    assert quiet.stderr == ""
    assert quiet.stdout == usual.stdout
    assert loudness() == 0


def test_a_verbose_command_says_more(monkeypatch):
    monkeypatch.setattr(progress, "QUIET", 0.005)
    lines = invoke(f"{TRAIN} -v --epochs 3000").stderr.splitlines()
    assert len([line for line in lines if "restart 1/1" in line]) > 3


def test_lines_of_a_verbose_log_come_at_equal_intervals(monkeypatch, capsys):
    pauses = []

    class Clock:
        def wait(self, pause):
            pauses.append(pause)
            return len(pauses) == 4

    progress._State(100, "runs", 0, False).log(Clock(), often=True)
    assert pauses == [progress.QUIET] * 4


def test_every_command_has_the_options_once():
    for name in COMMANDS:
        for _ in range(2):
            command = cli.get_command(None, name)
        flags = [flag for param in command.params for flag in param.opts]
        assert flags.count("-q") == flags.count("-v") == 1


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("lstmtool tra", "train"),
        ("lstmtool example h", "heartbeats"),
        ("lstmtool info -", "--json"),
    ],
)
def test_the_shell_is_told_completions(words, wanted):
    told = {
        "_LSTMTOOL_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    program = "import sys; from lstmtool.cli.main import main; sys.argv[0] = 'lstmtool'; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **told}, capture_output=True, text=True
    )
    assert f"plain,{wanted}" in done.stdout.splitlines(), done.stderr
