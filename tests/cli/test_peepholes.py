"""Peepholes and the timing of spikes, compared by a command."""

import json
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.report.tasks import timing
from lstmtool.supervised import timing_study
from lstmtool.supervised.systems import SYSTEMS
from tests.report.test_page import Reader


def test_systems_are_the_published_one_but_for_what_is_varied():
    assert len(timing_study.TIMERS) == 18
    for system in timing_study.TIMERS:
        peepholes = not system.name.endswith("-no-peepholes")
        assert system.topology.peepholes == peepholes
        assert system.n_weights == (17 if peepholes else 14)
        assert system.settings.rate == SYSTEMS["gts"].settings.rate
        assert system.settings.momentum == SYSTEMS["gts"].settings.momentum
    by_name = {system.name: system for system in timing_study.TIMERS}
    for name, like in (
        ("gts-10-published", "gts"),
        ("gts-10-published-no-peepholes", "gts-no-peepholes"),
        ("gts-10-exchanged", "gts-exchanged"),
        ("gts-10-counting", "gts-ours"),
        ("gts-10-counting-no-peepholes", "gts-ours-no-peepholes"),
    ):
        assert by_name[name].settings == SYSTEMS[like].settings
        assert by_name[name].topology == SYSTEMS[like].topology
    assert [s.options["shortest"] for s in timing_study.TIMERS[::6]] == [10, 20, 50]


def test_all_are_trained_or_those_that_are_named():
    work = timing_study.plan(quick=False)
    assert len(work) == 18 * 30
    assert {system.stop.limit for system, _ in work} == {1_000_000}
    few = timing_study.plan(True, 2, ("gts-20-counting",))
    assert [(s.name, s.stop.limit, n) for s, n in few] == [
        ("gts-20-counting", 100_000, 0),
        ("gts-20-counting", 100_000, 1),
    ]


def rows(**solved):
    """A study's table of one network each, by name."""
    work = [(s, 0) for s in timing_study.TIMERS if s.name.replace("-", "_") in solved]
    records = [
        {"experiment": s.name, "solved": solved[s.name.replace("-", "_")] > 0, "sequences": n}
        for s, _ in work
        for n in [solved[s.name.replace("-", "_")] or 1_000_000]
    ]
    return {"systems": timing_study.summarise(work, records), "records": records}


def test_the_table_has_a_row_for_biases_with_and_without_peepholes():
    found = rows(gts_10_published=0, gts_50_published=0, gts_10_published_no_peepholes=5_000)
    made = timing.table(found)
    assert made.headings[2:] == ("Every 10 steps", "Every 50 steps")
    assert made.rows == [
        ("as published: 0, -2, 2", "with", "0 of 1 [0.00, 0.79]", "0 of 1 [0.00, 0.79]"),
        ("as published: 0, -2, 2", "without", "1 of 1 [0.21, 1.00], 5,000", ""),
    ]


@pytest.mark.parametrize("biases", timing_study.BIASES)
def test_what_the_page_calls_the_biases(biases):
    assert biases in timing.BIASES


def test_the_command_writes_a_table_and_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(timing_study, "QUICK_LIMIT", 60)
    names = [f"gts-{n}-counting{end}" for n, end in product((10, 20), ("", "-no-peepholes"))]
    words = ["reproduce", "peepholes", "--quick", "--systems", ",".join(names), "--threads", "1"]
    result = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-2:] == ["peepholes.json", "peepholes.html"]
    document = json.loads(Path("peepholes.json").read_text())
    assert [row["name"] for row in document["systems"]] == names
    assert {row["networks"] for row in document["systems"]} == {3}
    made = Path("peepholes.html").read_text()
    assert len(Reader(made).all("img")) == 2
    assert "within 60 streams" in made
