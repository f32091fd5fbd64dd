"""Learning and reproducing echo state networks by commands."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.io.trained import read_trained
from lstmtool.supervised import evaluate, series_study
from lstmtool.supervised.free_running import Continuation
from lstmtool.supervised.systems import SYSTEMS
from tests.report.test_page import Reader

SMALL = Continuation(length=300, washout=100, blocks=2, read=100, free=5, bound=2.8e-4)
SIZES = {"echo-state": (1, 30, 1), "echo-blocks": (1, 4, 1), "feed-forward": (6, 3, 1)}


@pytest.fixture(autouse=True)
def _small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(evaluate, "TESTED", 16)
    monkeypatch.setattr(evaluate, "Continuation", lambda: SMALL)
    for name, system in SYSTEMS.items():
        if system.task == "mackey-glass":
            settings, limit = system.settings, min(system.stop.limit, 2)
            if system.rule == "echo-state":
                settings = replace(settings, density=0.1)
            stop = replace(SMALL, limit=limit, pieces=system.stop.pieces)
            shape = SIZES.get(system.rule, system.topology)
            small = replace(system, topology=shape, settings=settings, stop=stop)
            monkeypatch.setitem(SYSTEMS, name, small)


def run(*arguments, code=0):
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    if code == 0 and result.exception:
        raise result.exception
    assert getattr(result.exception, "exit_code", result.exit_code) == code
    return result


def test_a_reservoir_is_learned_and_reported():
    said = run("learn", "mackey-glass", "-o", "a.h5").stdout
    assert said.startswith("Stability without feedback: contraction")
    assert "31 weights" in said
    found = read_trained("a.h5")
    assert found.topology == {"sizes": [1, 30, 1]}
    assert found.parameter_table[-1][0] == "readout"
    run("learn", "mackey-glass", "-o", "b.h5", "--json")
    assert Path("a.h5").read_bytes() == Path("b.h5").read_bytes()
    told = json.loads(run("report", "a.h5", "--json", "--html", "a.html").stdout)
    assert len(told["free_errors"]) == 5
    assert told["right"]["after"] > told["right"]["before"]
    page = Reader(Path("a.html").read_text())
    assert "Going on by itself" in Path("a.html").read_text()
    assert page.all("img")


def test_blocks_are_learned_and_reported():
    run("learn", "mackey-glass", "--system", "echo-blocks-17", "-o", "a.h5")
    assert "4 units" in run("report", "a.h5", "--no-html").stdout


@pytest.mark.parametrize(
    "options", [["--rate", "1"], ["--rule", "lstm"], ["--blocks", "2x1"], ["--momentum", "0.9"]]
)
def test_options_of_other_networks_are_refused(options):
    assert "cannot be given" in str(run("learn", "mackey-glass", *options, code=2).exception)


def test_an_invalid_reservoir_in_a_file_is_refused(monkeypatch):
    from lstmtool.io.trained import write_trained

    run("learn", "mackey-glass", "-o", "a.h5")
    found = read_trained("a.h5")
    write_trained("b.h5", replace(found, topology={}))
    write_trained("c.h5", replace(found, topology={"sizes": [1, 31, 1]}))
    for name in ("b.h5", "c.h5"):
        run("report", name, "--no-html", code=3)


def test_the_study_gives_a_table_and_a_page(monkeypatch):
    monkeypatch.setattr(
        series_study, "RESERVOIRS", [SYSTEMS[s.name] for s in series_study.RESERVOIRS]
    )
    monkeypatch.setattr(series_study, "BESIDE", [SYSTEMS[s.name] for s in series_study.BESIDE])
    asked = ("reproduce", "echo-state", "--quick", "--seeds", 1, "--threads", 1)
    result = run(*asked)
    assert result.stdout.splitlines()[-2:] == ["echo-state.json", "echo-state.html"]
    assert "of 1 networks have at most the published error" in result.stdout
    document = json.loads(Path("echo-state.json").read_text())
    rows = {row["name"]: row for row in document["systems"]}
    assert set(rows) == {s.name for s, _ in series_study.plan(True)}
    assert rows["echo-state-17"]["networks"] == 1
    assert rows["echo-state-17"]["limits"]["effective radius"][0] > 0
    assert set(document["naive"]["17"]) == set(series_study.NAIVE)
    assert len(Reader(Path("echo-state.html").read_text()).all("img")) == 5
    assert "tau = 30" in Path("echo-state.html").read_text()

    only = ("--systems", "echo-state-17-long", "-o", "c.json")
    run(*asked, *only, "--json")
    assert [row["name"] for row in json.loads(Path("c.json").read_text())["systems"]] == [
        "echo-state-17-long"
    ]
    assert "tau = 30" not in Path("c.html").read_text()


def test_the_study_stands_alone():
    unknown = run("reproduce", "echo-state", "--systems", "anbn", code=2)
    assert "no system 'anbn' in echo-state" in str(unknown.exception)
    assert "stands alone" in str(run("reproduce", "echo-state", "classic", code=2).output)
    assert "does not go with" in run("reproduce", "echo-state", "--restarts", 2, code=2).output
