"""Learning and reproducing history compressors by commands."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.supervised import chunking_study, evaluate
from lstmtool.supervised.remembering import Remembering
from lstmtool.supervised.systems import SYSTEMS
from tests.report.test_page import Reader

SMALL = Remembering(limit=100, tests=1)


@pytest.fixture(autouse=True)
def _small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(evaluate, "STREAMS", 1)
    for name, system in SYSTEMS.items():
        if system.task == "chunking":
            monkeypatch.setitem(SYSTEMS, name, replace(system, stop=SMALL))


def run(*arguments):
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0
    return result


def test_a_compressor_is_learned_and_reported():
    said = run("learn", "chunking", "-o", "a.h5").stdout
    assert "1957 weights" in said
    shown = run("report", "a.h5", "--html", "a.html").stdout
    assert "20 and 10 units" in shown
    assert Reader(Path("a.html").read_text()).all("img")


def test_the_study_gives_a_table_and_a_page(monkeypatch):
    for group in ("COMPRESSORS", "RIVALS"):
        few = [SYSTEMS[s.name] for s in getattr(chunking_study, group)[:2]]
        monkeypatch.setattr(chunking_study, group, few)
    result = run("reproduce", "compressor", "--quick", "--seeds", 1, "--threads", 1)
    assert result.stdout.splitlines()[-2:] == ["compressor.json", "compressor.html"]
    assert re.search(r" 0 of 1 +> 100 ", result.stdout)
    document = json.loads(Path("compressor.json").read_text())
    assert [row["name"] for row in document["systems"]][:2] == ["compressor-20", "compressor-5"]
    page = Path("compressor.html").read_text()
    assert "What the higher network sees" in page
    assert len(Reader(page).all("img")) == 2
