"""Learning, reporting and reproducing agents that act, by commands."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.errors import UsageError
from lstmtool.io.trained import read_trained
from lstmtool.records.intervals import wilson_interval
from lstmtool.report.tasks.acting_study import shares
from lstmtool.supervised import acting_study
from lstmtool.supervised.acting import Balancing, Mastering
from lstmtool.supervised.acting_systems import POLES, maze_system
from lstmtool.supervised.systems import SYSTEMS
from tests.report.test_page import Reader

SMALL = {
    "t-maze": Mastering(limit=300, every=100, longest=40, window=5, tests=3),
    "pole": Balancing(limit=150, every=50, longest=40, steps=40, tests=2),
}


@pytest.fixture(autouse=True)
def _small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, system in SYSTEMS.items():
        if system.task in SMALL:
            monkeypatch.setitem(SYSTEMS, name, replace(system, stop=SMALL[system.task]))


def run(*arguments, code=0):
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code
    return result


@pytest.mark.parametrize(
    ("task", "system", "words", "pictures"),
    [
        ("t-maze", "t-maze-10", "Right turns of 3", 5),
        ("t-maze", "t-maze-50-bits", "clear bit 1", 3),
        ("t-maze", "t-maze-50-elman", "acting-elman", 3),
        ("pole", "two-mode-pole", "Steps that it stood in mode B", 5),
    ],
)
def test_an_agent_is_learned_and_reported(task, system, words, pictures):
    said = run("learn", task, "--system", system, "-o", "a.h5").stdout
    assert "iterations" in said
    shown = run("report", "a.h5", "--html", "a.html").stdout
    assert words in " ".join(shown.split())
    assert len(Reader(Path("a.html").read_text()).all("img")) == pictures
    document = json.loads(run("report", "a.h5", "--json").stdout)
    assert [len(e["actions"]) > 0 for e in document["episodes"]] == [True, True]


def test_options_of_a_maze():
    run("learn", "t-maze", "--set", "length=3", "--set", "noisy=yes", "-o", "a.h5")
    assert read_trained("a.h5").options == {"length": 3, "noisy": True}
    run("learn", "t-maze", "--set", "noisy=no", "-o", "b.h5")
    assert read_trained("b.h5").options["noisy"] is False
    for wrong, said in (
        (("--set", "noisy=perhaps"), "yes or no"),
        (("--blocks", "2x1"), "cannot be given"),
    ):
        with pytest.raises(UsageError, match=said):
            run("learn", "t-maze", *wrong)


def test_the_study_gives_a_table_and_a_page(monkeypatch):
    def plan(quick, agents, names):
        mazes = [maze_system(length, False, kind) for length in (2, 3) for kind in ("lstm", "bits")]
        systems = [replace(s, stop=SMALL[s.task]) for s in (*mazes, POLES[0])]
        return [(s, number) for s in systems for number in range(2)]

    monkeypatch.setattr(acting_study, "plan", plan)
    monkeypatch.setattr(acting_study, "FILMED", ("t-maze-3", "two-mode-pole"))
    result = run("reproduce", "acting", "--quick", "--threads", 1)
    assert result.stdout.splitlines()[-2:] == ["acting.json", "acting.html"]
    assert "of 2 within 300" in result.stdout
    document = json.loads(Path("acting.json").read_text())
    assert [row["name"] for row in document["systems"]][:2] == ["t-maze-2", "t-maze-2-bits"]
    page = Path("acting.html").read_text()
    assert "What the first agents do" in page
    assert len(Reader(page).all("img")) == 5


def test_a_study_in_which_all_agents_or_none_master_a_maze_is_drawn():
    """With rounding, Wilson's interval may end just beside the rate."""
    rows = [
        {"length": 5, "rule": "acting-lstm", "noisy": False, "solved": solved, "agents": n}
        | {"interval": wilson_interval(solved, n)}
        for n in range(1, 20)
        for solved in (0, n)
    ]
    assert shares(rows) is not None
    assert shares([]) is None


def test_the_plan_is_that_of_the_publication():
    work = acting_study.plan(False)
    assert len(work) == 10 * (10 * 2 * 3 + 2)
    lengths = {system.options.get("length") for system, _ in work} - {None}
    assert lengths == {5, 10, 15, 20, 25, 30, 40, 50, 60, 70}
    few = acting_study.plan(True, 1, ("t-maze-10", "two-mode-pole"))
    assert [(s.name, s.stop.limit) for s, _ in few] == [
        ("t-maze-10", 1_500_000),
        ("two-mode-pole", 500_000),
    ]
