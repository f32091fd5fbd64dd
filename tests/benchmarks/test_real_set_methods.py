"""Methods of the comparison, each on a small set, and lstmtool by its command."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.real_sets import baselines, commands, methods, protocols, same_cells
from benchmarks.real_sets.sets import SETS, RealSet
from lstmtool.data.sequences import from_arrays
from lstmtool.io.sequences import read_sequences
from tests.benchmarks.small import parts

SOME = RealSet("Some", "numbers", 2, 6, 4, "20")


@pytest.fixture(params=baselines.BASELINES)
def method(request):
    if request.param in baselines.NEEDS:
        pytest.importorskip(baselines.NEEDS[request.param])
    return request.param


@pytest.mark.filterwarnings("ignore")  # of packages that are not installed with the tests
@pytest.mark.parametrize("protocol", protocols.PROTOCOLS)
def test_baselines_do_not_see_what_they_are_scored_on(method, protocol):
    train, test = parts()
    data = protocols.split(train, test, protocol)
    clusters = baselines.BASELINES[method](SOME, data, 0).clusters
    assert clusters.shape == (len(data.scored),)
    if protocol == protocols.HELD_OUT:
        # Alone or with others, a sequence goes to the same cluster: nothing is fitted to it.
        alone = data._replace(scored=from_arrays([test[2]]))
        assert baselines.BASELINES[method](SOME, alone, 0).clusters[0] == clusters[2]


@pytest.mark.filterwarnings("ignore")
def test_baselines_take_sequences_of_any_length_and_several_inputs(method):
    rng = np.random.default_rng(1)
    lengths = (2, 15, 18, 21, 30, 17, 24)
    whole = from_arrays([rng.normal(size=(n, 2)) for n in lengths])
    data = protocols.Split(protocols.HELD_OUT, whole, whole)
    assert baselines.BASELINES[method](SOME, data, 0).clusters.shape == (len(lengths),)


def test_inputs_are_standardised_by_what_is_fitted():
    train, test = parts()
    data = protocols.split(train, test, protocols.HELD_OUT)
    shifted = [replace(part, values=5 * part.values + 3) for part in (data.fitted, data.scored)]
    fitted, scored = baselines.standardised(data._replace(fitted=shifted[0], scored=shifted[1]))
    np.testing.assert_allclose((fitted.values.mean(), fitted.values.std()), (0, 1), atol=1e-12)
    np.testing.assert_allclose(scored.values, baselines.standardised(data)[1].values)


def test_a_constant_input_stays_finite():
    constant = from_arrays(np.ones((4, 5, 1)))
    fitted, _ = baselines.standardised(protocols.Split(protocols.MERGED, constant, constant))
    assert (fitted.values == 0).all()


@pytest.mark.parametrize("name", ["GunPoint", "ArrowHead", "JapaneseVowels"])
def test_the_command_is_told_the_number_of_groups(name):
    groups = str(SETS[name].n_groups)
    told = ["--objective", "bingo", "--clusters", groups]
    assert commands.options_of("BINGO", SETS[name]) == told


def test_the_command_gets_no_labels_and_assigns_what_is_scored(monkeypatch):
    said, data = [], protocols.split(*parts(), protocols.HELD_OUT)

    def lstmtool(arguments, folder):
        said.append(arguments)
        file = next(a for a in arguments if a.endswith("ed.h5"))
        assert read_sequences(f"{folder}/{file}").labels is None
        return {"clusters": [0, 1, 1, -1], "score": 0.5, "restarts": 20, "run": "run.h5"}

    monkeypatch.setattr(commands, "_lstmtool", lstmtool)
    found = commands.cluster("NEO", SOME, data, 7)
    assert found.clusters.tolist() == [0, 1, 1, -1]
    assert found.known == {"score": 0.5, "restarts": 20}
    training, assigning = said
    assert training[:2] == ["train", "fitted.h5"] and "7" in training and "neo" in training
    assert assigning[:3] == ["assign", "run.h5", "scored.h5"]


@pytest.mark.slow
def test_the_command_itself_clusters_a_set(monkeypatch):
    monkeypatch.setitem(commands.OPTIONS, "short", "--restarts 1 --trials 1 --epochs 2")
    data = protocols.split(*parts(), protocols.HELD_OUT)
    assert commands.cluster("short", SOME, data, 0).clusters.shape == (4,)


def bumps(n):
    """Slow bumps, sooner or later: shapes."""
    rng, t = np.random.default_rng(n), np.arange(20)
    return from_arrays([np.exp(-0.1 * (t - rng.uniform(5, 15)) ** 2) for _ in range(n)])


@pytest.mark.slow
def test_same_features_take_the_settings_of_the_command():
    fitted, scored = bumps(8), bumps(5)
    options = [*same_cells.options_of(SOME), "--blocks", "3x1", "--seed", "2"]
    found = same_cells.found_in(fitted, scored, options)
    assert len(found["clusters"]) == 5 and set(found["clusters"]) <= {0, 1}
    assert found["networks"] == 16 and found["recipe"] == "shapes"
    noise = parts()[0].without_labels()
    assert same_cells.found_in(noise, scored, options)["recipe"] == "stationary"


def test_same_features_are_found_by_a_process_that_gets_no_labels(monkeypatch):
    said = []

    def run(command, **options):
        said.append(command)
        assert all(read_sequences(file).labels is None for file in command[3:5])
        told = json.dumps({"clusters": [0, 1, 1, 0], "networks": 16, "recipe": "shapes"})
        return SimpleNamespace(returncode=0, stdout=told)

    monkeypatch.setattr(same_cells.subprocess, "run", run)
    data = protocols.split(*parts(), protocols.HELD_OUT)
    found = same_cells.cluster(SOME, data, 7)
    assert found.clusters.tolist() == [0, 1, 1, 0]
    assert found.known == {"networks": 16, "recipe": "shapes"}
    assert said[0][-2:] == ["--seed", "7"] and "--clusters" in said[0]
    failed = SimpleNamespace(returncode=1, stderr="no room")
    monkeypatch.setattr(same_cells.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(RuntimeError, match="no room"):
        same_cells.cluster(SOME, data, 7)


@pytest.mark.slow
def test_same_features_are_found_by_a_process():
    data = protocols.Split(protocols.HELD_OUT, bumps(8), bumps(5))
    found = same_cells.cluster(SOME, data, 0)
    assert found.clusters.shape == (5,) and found.known["recipe"] == "shapes"


def test_what_the_command_says_of_an_error_is_told(monkeypatch):
    monkeypatch.setitem(commands.OPTIONS, "wrong", "--no-such-option")
    data = protocols.split(*parts(), protocols.HELD_OUT)
    with pytest.raises(RuntimeError, match="no-such-option"):
        commands.cluster("wrong", SOME, data, 0)


def test_a_method_is_stopped_at_the_ceiling(monkeypatch):
    def forever(real, data, seed):
        while True:
            pass

    monkeypatch.setitem(methods.METHODS, "slow", forever)
    with pytest.raises(methods.OverCeilingError):
        methods.timed("slow", SOME, None, 0, ceiling=1)


def test_seconds_are_those_of_the_method(monkeypatch):
    monkeypatch.setitem(methods.METHODS, "quick", lambda real, data, seed: "clusters")
    found, seconds = methods.timed("quick", SOME, None, 0, ceiling=5)
    assert found == "clusters" and 0 <= seconds < 1
