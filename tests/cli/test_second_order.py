"""Learning and reproducing Hessian-free optimisation and momentum by commands."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from lstmtool.cli.main import cli
from lstmtool.errors import UsageError
from lstmtool.io.trained import read_trained
from lstmtool.report.tasks import second_order
from lstmtool.supervised import evaluate, second_order_study
from lstmtool.supervised.evaluate import trained_network
from lstmtool.supervised.held_out import HeldOut
from lstmtool.supervised.rules.hessian_free import HessianFree
from lstmtool.supervised.second_order_systems import LISTED, SECOND_ORDER, STUDIED
from lstmtool.supervised.systems import SYSTEMS
from lstmtool.supervised.trials import generators
from tests.report.test_page import Reader

SMALL = HeldOut(limit=64, chunk=32, every=32, tests=32, bound=0.0)


def small(system):
    changes = {"steps": 3} if system.rule == "hessian-free" else {}
    return replace(
        system,
        stop=SMALL,
        options={"delay": 2},
        topology=replace(system.topology, plain=6)
        if system.topology.plain
        else replace(system.topology, blocks=(1, 1)),
        settings=replace(system.settings, **changes),
    )


@pytest.fixture(autouse=True)
def _small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(evaluate, "TESTED", 32)
    for system in LISTED:
        if system.task == "five-bits":
            monkeypatch.setitem(SYSTEMS, system.name, small(system))


def run(*arguments):
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0
    return result


@pytest.mark.parametrize("method", ["hf", "lstm-hf", "nag-0.995"])
def test_a_network_is_learned_and_reported(method):
    name = f"five-bits-{method}"
    said = run("learn", "five-bits", "--system", name, "-o", "a.h5").stdout
    assert "not solved after 64 sequences; wrong a sequence: " in said
    task, rule = trained_network(found := read_trained("a.h5"))
    strings = task.sample(generators(0, 0)[1], 32)
    outputs = np.zeros_like(strings.targets)
    rule.run(strings, outputs)
    assert np.isfinite(outputs).all()
    assert found.rule == SYSTEMS[name].rule
    run("report", "a.h5", "--html", "a.html")
    assert Reader(Path("a.html").read_text()).all("img")


@pytest.mark.parametrize("rule", ["hessian-free", "momentum"])
def test_other_systems_learn_by_these_rules(rule):
    more = ["--set", "length=30", "--limit", 100, "-o", "a.h5"]
    run("learn", "adding", "--system", "adding-100", "--rule", rule, *more)
    assert read_trained("a.h5").rule == rule


def test_what_does_not_go_together_is_refused():
    with pytest.raises(UsageError, match="no rate"):
        run("learn", "adding", "--rule", "hessian-free", "--rate", 0.1)
    with pytest.raises(UsageError, match="for the rule hessian-free"):
        run("learn", "five-bits", "--rule", "lstm-batch")


def test_the_study_gives_a_table_and_a_page(monkeypatch):
    few = [small(system) for system in SECOND_ORDER if system.task == "five-bits"]
    monkeypatch.setattr(second_order_study, "SECOND_ORDER", few)
    monkeypatch.setattr(second_order_study, "GUESSED", 3200)
    result = run("reproduce", "second-order", "--seeds", 2, "--threads", 1)
    assert result.stdout.splitlines()[-2:] == ["second-order.json", "second-order.html"]
    assert "0 of 2 (0.00 to 0.66)" in result.stdout
    document = json.loads(Path("second-order.json").read_text())
    rows = {row["method"]: row for row in document["systems"]}
    assert set(rows) == {
        *("hf", "lstm", "gradient", "lstm-nag", "lstm-hf"),
        *(f"{kind}-{m}" for kind in ("nag", "cm") for m in ("0.9", "0.98", "0.995")),
    }
    assert rows["nag-0.995"]["published"] == "0.63 at T = 200"
    assert rows["hf"]["guessed"] == pytest.approx(2.5, abs=0.3)
    assert 0 < rows["hf"]["steps"] <= 6
    page = Path("second-order.html").read_text()
    assert "Over training" in page
    assert len(Reader(page).all("img")) == 1
    second_order.show(document, Console(file=(shown := StringIO()), force_terminal=True, width=70))
    assert "no nearer than guessing" in shown.getvalue()
    before = Path("second-order.json").read_bytes()
    run("reproduce", "second-order", "--seeds", 2, "--threads", 1, "--force")
    assert Path("second-order.json").read_bytes() == before


def test_the_quick_study_is_a_part_of_the_whole():
    full, quick = second_order_study.plan(False), second_order_study.plan(True)
    assert len(full) == 4 * len(SECOND_ORDER) == 44 * len(STUDIED)
    names = {system.name for system, _ in full}
    assert {system.name for system, _ in quick} < names
    assert all(system.stop.limit < 50_000 for system, _ in quick)
    (one,) = second_order_study.plan(False, 1, ("five-bits-hf",))
    assert one[0].name == "five-bits-hf"
    assert {system.name for system in LISTED} < names


def test_guessing_is_what_arithmetic_says():
    levels = {
        name: second_order_study.guessed(name, options, 1) for name, options in STUDIED.items()
    }
    assert levels["scaled-adding"] == pytest.approx(0.92**2, abs=0.01)
    low, high = 0.21, 0.29  # the product lies near its mean: p - p ln p is its distribution
    right = high - high * np.log(high) - low + low * np.log(low)
    assert levels["scaled-multiplication"] == pytest.approx(1 - right, abs=0.01)
    assert levels["five-bits"] == pytest.approx(2.5, abs=0.03)
    assert levels["twenty-bits"] == pytest.approx(8.0, abs=0.03)
    assert levels["scaled-order-2"] == pytest.approx(0.75, abs=0.01)
    assert levels["scaled-order-3"] == pytest.approx(0.875, abs=0.01)
    assert levels["random-permutation"] == pytest.approx(0.5, abs=0.05)


def test_networks_of_a_task_see_the_same_sequences(monkeypatch):
    seen = {}
    learn = HessianFree.__mro__[1].learn

    def watched(self, strings, outputs, *, update="batch"):
        seen.setdefault(self, []).append(strings.inputs)
        learn(self, strings, outputs, update=update)

    monkeypatch.setattr(HessianFree.__mro__[1], "learn", watched)
    monkeypatch.setattr(HessianFree, "learn", watched)
    for method in ("hf", "lstm", "nag-0.995"):
        second_order_study.run_one(SYSTEMS[f"five-bits-{method}"], 3, 0)
    first, second, third = (np.concatenate(inputs) for inputs in seen.values())
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)
