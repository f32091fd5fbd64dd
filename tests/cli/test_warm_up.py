import os
import subprocess
import sys

import numba
import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.jobs import warm_up


def test_parts_are_announced_and_run(monkeypatch):
    ran = []
    made = [warm_up.Part(name, lambda name=name: ran.append(name)) for name in ("one", "two")]
    monkeypatch.setattr(warm_up, "parts", lambda learn: made if learn else made[:1])
    result = CliRunner().invoke(cli, ["warm-up"])
    assert ran == ["one", "two"]
    assert result.stderr.splitlines() == ["1 of 2: one", "2 of 2: two"]
    assert result.stdout.startswith("Everything is compiled, in ")
    result = CliRunner().invoke(cli, ["warm-up", "--no-learn", "-q"])
    assert ran[2:] == ["one"] and not result.stderr


def test_the_classic_tasks_may_be_left_out():
    names = [part.name for part in warm_up.parts()]
    assert len(set(names)) == len(names)
    few = [part.name for part in warm_up.parts(learn=False)]
    assert names[: len(few)] == few
    assert {f"learn, {name}" for name in warm_up.SYSTEMS} == set(names[len(few) :])


@pytest.mark.parametrize(
    "name", ["BINGO", "BINGO, output units alone, consensus", "learn, anbn", "check-grad"]
)
def test_a_part_runs(name):
    (part,) = (part for part in warm_up.parts() if part.name == name)
    part.run()


COMMANDS = (
    "train data.h5 --objective neo --restarts 1 -o neo.h5",
    "train data.h5 --recipe shapes --surrogates 2 -o shapes.h5",
    "assign neo.h5 data.h5",
    "report shapes.h5 --no-html",
    "check-grad",
)


@pytest.mark.slow
@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_afterwards_nothing_is_compiled(tmp_path):
    def run(words):
        return subprocess.run(
            [sys.executable, "-m", "lstmtool", *words.split()],
            cwd=tmp_path,
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            check=True,
        )

    assert "Compiling NEO" in run("warm-up").stderr
    run("gen-data --per-group 8 --length 30 -o data.h5")
    for words in COMMANDS:
        assert "Compiling" not in run(words).stderr, words
