"""Learning networks with delays and others, and comparing them, by commands."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.supervised import evaluate, lag_study
from lstmtool.supervised.stopping import Window
from lstmtool.supervised.systems import SYSTEMS
from tests.report.test_page import Reader


@pytest.fixture(autouse=True)
def _small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(evaluate, "TESTED", 16)


def run(*arguments):
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize("kind", ["narx-3", "slow", "tdnn-mean", "echo-state"])
def test_a_network_is_learned_and_reported(kind, monkeypatch):
    name = f"latch-10-{kind}"
    stop = replace(SYSTEMS[name].stop, tests=20)
    if isinstance(stop, Window):
        stop = replace(stop, size=120, chunk=60)
    monkeypatch.setitem(SYSTEMS, name, replace(SYSTEMS[name], stop=stop))
    arguments = ("learn", "latch", "--system", name, "--limit", 120, "--set", "length=8")
    said = run(*arguments, "-o", "a.h5").stdout
    assert f"latch, {SYSTEMS[name].n_weights} weights" in said
    run(*arguments, "-o", "b.h5")
    assert Path("a.h5").read_bytes() == Path("b.h5").read_bytes()
    shown = run("report", "a.h5", "--html", "a.html").stdout
    assert "The latch" in shown
    assert Reader(Path("a.html").read_text()).all("img")


def test_the_study_gives_tables_and_a_page(monkeypatch):
    names = ("latch-10-narx-3", "latch-20-narx-3", "latch-10-slow", "order-30-slow")
    few = [SYSTEMS[name.replace("order", "order-2")] for name in names]
    monkeypatch.setattr(lag_study, "LAG_SYSTEMS", few)
    monkeypatch.setattr(lag_study, "ONE_UNIT", [SYSTEMS["one-unit-20-delays-1"]])
    monkeypatch.setattr(lag_study, "QUICK_LIMIT", 240)
    result = run("reproduce", "lags", "--quick", "--seeds", 2, "--threads", 1)
    lines = result.stdout.splitlines()
    assert lines[-2:] == ["lags.json", "lags.html"]
    assert any(line.split() == ["NARX,", "3", "delays", "169", "0/2", "0/2"] for line in lines)
    document = json.loads(Path("lags.json").read_text())
    assert [row["name"] for row in document["systems"]] == [
        *(s.name for s in few),
        "one-unit-20-delays-1",
    ]
    assert document["systems"][0]["interval"][0] == 0.0
    page = Path("lags.html").read_text()
    assert "The latch of one unit" in page
    assert len(Reader(page).all("img")) == 1
    assert len(Reader(page).all("table")) == 3
    alone = run(
        "reproduce",
        "lags",
        "--quick",
        "--systems",
        "one-unit-20-delays-1",
        "--json",
        "--seeds",
        1,
        "-o",
        "own.json",
    ).stdout
    assert [row["kind"] for row in json.loads(alone)["systems"]] == ["One unit, 1 delay"]
