"""A fourth objective, which is a module of its own and a registration, goes everywhere."""

import json

import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.cli.main import main
from lstmtool.config import Stage
from lstmtool.io.runs import read_run
from lstmtool.objectives import registry
from lstmtool.records.run import Run
from tests.objectives.polar import POLAR, variance


@pytest.fixture
def polar(monkeypatch):
    monkeypatch.setattr(registry, "_KNOWN", dict(registry._KNOWN))
    return registry.register(POLAR)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        streams = capsys.readouterr()
        return end.value.code or 0, streams.out, streams.err

    return run


GROUPS = ("--groups", "0.2:0.1,0.8:0.9", "--per-group", "4", "--length", "8:12")
DATA = ("gen-data", "artificial", *GROUPS, "-o", "d.h5")
SHORT = ("--stages", "polar", "--epochs", "20", "--trials", "1")  # runs as plain Python, too


def test_the_slopes_are_the_gradient():
    net, step = np.random.default_rng(0).normal(size=(2, 5)), 1e-6
    _, slopes = variance(net)
    for k in np.ndindex(net.shape):
        up, down = net.copy(), net.copy()
        up[k], down[k] = net[k] + step, net[k] - step
        difference = (variance(up)[0] - variance(down)[0]) / (2 * step)
        assert abs(difference - slopes[k]) < 1e-9


def test_it_trains_and_is_reported_assigned_and_swept(polar, run, tmp_path):
    assert run(*DATA)[0] == 0
    asked = ("--objective", "polar", *SHORT, "--restarts", "2")
    code, _, err = run("train", "d.h5", *asked, "-o", "run.h5")
    assert code == 0, err
    found = read_run("run.h5")
    assert isinstance(found, Run)
    assert found.settings.objective == "polar"
    assert len(found.history["objective"]) == 20
    assert found.history["objective"][-1] > found.history["objective"][0]

    code, _, err = run("report", "run.h5", "--html", "page.html")
    assert code == 0, err
    assert "Polar" in (tmp_path / "page.html").read_text()
    clusters = json.loads(run("report", "run.h5", "--no-html", "--json")[1])["clusters"]
    assert json.loads(run("assign", "run.h5", "d.h5", "--json")[1])["clusters"] == clusters
    assert "polar" in run("info", "run.h5")[1]

    (tmp_path / "plan.toml").write_text(
        'data = "d.h5"\nseeds = 1\n[fixed]\nstages = "polar"\nepochs = 5\nrestarts = 1\n'
        "trials = 1\n[grid]\noutputs = [1, 2]\n"
    )
    code, _, err = run("sweep", "plan.toml", "-o", "table.json")
    assert code == 0, err
    assert len(json.loads((tmp_path / "table.json").read_text())["settings"]) == 2


def test_recipes_prepare_it_by_consistency(polar):
    assert recipes.default_stages("polar", "stationary") == ("consistency", "polar")
    made = recipes.checked(recipes.recipe(("consistency", "polar")))
    assert [stage.objective for stage in made.stages] == ["consistency", "polar"]
    assert (made.stages[1].epochs, made.selection) == (50, ("none",))


def test_the_same_seed_gives_the_same_bytes(polar, run, tmp_path):
    assert run(*DATA)[0] == 0
    asked = ("train", "d.h5", *SHORT, "--restarts", "1")
    for name in ("a.h5", "b.h5"):
        assert run(*asked, "-o", name)[0] == 0
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_an_unknown_objective_is_refused_with_the_nearest(run):
    assert run(*DATA)[0] == 0
    code, _, err = run("train", "d.h5", "--objective", "bingoo")
    assert code == 2
    assert "Did you mean 'bingo'" in err
    with pytest.raises(ValueError, match="Did you mean 'bingo'"):
        Stage(objective="bingoo")


def test_a_name_is_given_once(polar):
    assert registry.register(POLAR) is POLAR
    with pytest.raises(ValueError, match="already"):
        registry.register(registry.Objective(name="bingo", title="Another"))


def test_an_installed_package_brings_its_own(monkeypatch):
    class Entry:
        name = "polar"

        def load(self):
            return POLAR

    monkeypatch.setattr(registry, "_KNOWN", dict(registry._KNOWN))
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [Entry()])
    assert registry.find("polar") is POLAR
