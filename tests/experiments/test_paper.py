import tomllib
from dataclasses import replace

import numpy as np
import pytest

from lstmtool import names
from lstmtool.cli import main
from lstmtool.clustering.assess import assess
from lstmtool.data.generators import clarinet, tones
from lstmtool.data.sounds import PITCHES
from lstmtool.errors import DivergedError
from lstmtool.experiments import paper as experiments
from lstmtool.experiments.paper import Experiment, draw, fingerprint, run_seed
from lstmtool.io.sequences import write_sequences
from lstmtool.recipes import checked, default_stages, merge
from lstmtool.records.run import Outputs
from lstmtool.training.stage import Stop
from tests.builders import small_run, small_sequences
from tests.shortened import short_runs

ARTIFICIAL = Experiment("bingo-artificial")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    short_runs(monkeypatch)


def sounds(seed=0):
    rng, piece = np.random.default_rng(seed), clarinet.piece_length("trigger")
    return tones.source(rng, pitches=PITCHES, per_pitch=2, piece=piece)


def test_a_clarinet_experiment_runs_once_for_each_kind_of_sounds():
    found = experiments.experiments(names.EXPERIMENTS, ("synthetic", "own"))
    assert [e.key for e in found] == [
        "bingo-artificial",
        "neo-artificial",
        "bingo-clarinet-synthetic",
        "bingo-clarinet-own",
        "neo-clarinet-synthetic",
        "neo-clarinet-own",
    ]


@pytest.mark.parametrize("name", names.EXPERIMENTS)
def test_a_record_holds_what_the_runs_say(name):
    experiment = Experiment(name, "own" if name.endswith("clarinet") else None)
    record, run, literal = run_seed(experiment, 3, 2, source=sounds())
    assert record["aris"][record["chosen"]] == assess(run).after.ari
    assert record["control_aris"][record["chosen"]] == assess(run).untrained.ari
    assert record["literal_ari"] == assess(literal).after.ari
    assert record["scores"] == run.restarts["score"].tolist()
    assert record["chosen"] == int(np.argmax(record["scores"]))
    assert (record["experiment"], record["seed"]) == (experiment.key, 3)
    assert literal.settings.restarts == 1
    assert (record["true_features_ari"] is None) == name.endswith("clarinet")


def test_threads_do_not_change_a_record():
    one, two = run_seed(ARTIFICIAL, 3, 3, threads=1)[0], run_seed(ARTIFICIAL, 3, 3, threads=2)[0]
    assert one == two


def test_labels_only_score(monkeypatch):
    """Exchanged labels change no weight, no score and no choice, but the agreement."""
    record, run, literal = run_seed(ARTIFICIAL, 3, 2)
    honest = experiments.draw

    def exchanged(*arguments):
        data = honest(*arguments)
        return replace(data, labels=np.random.default_rng(0).permutation(data.labels))

    monkeypatch.setattr(experiments, "draw", exchanged)
    other, other_run, other_literal = run_seed(ARTIFICIAL, 3, 2)
    np.testing.assert_array_equal(run.parameters, other_run.parameters)
    np.testing.assert_array_equal(literal.parameters, other_literal.parameters)
    for name in ("scores", "control_scores", "objectives", "chosen", "control_chosen", "epochs"):
        assert record[name] == other[name]
    assert record["aris"] != other["aris"]


def test_fresh_sequences_are_clustered_by_the_chosen_network():
    record, run, _ = run_seed(ARTIFICIAL, 3, 2)
    setup = experiments.prepare(draw(ARTIFICIAL, 3, 5, None), run.settings)
    fresh = draw(ARTIFICIAL, 3, experiments.FRESH_PER_GROUP, None)
    assert record["fresh_ari"] == experiments._ari(setup, run.parameters, fresh)  # codes
    assert record["fresh_ari"] != record["aris"][record["chosen"]]


def test_data_sets_differ_by_seed_and_fresh_ones_from_those_trained_on():
    one, other = draw(ARTIFICIAL, 0, 5, None), draw(ARTIFICIAL, 1, 5, None)
    fresh = draw(ARTIFICIAL, 0, 25, None)
    assert len({data[0].tobytes() for data in (one, other, fresh)}) == 3
    assert (len(one), len(fresh)) == (20, 100)


def test_where_nothing_is_finite_the_first_restart_stands(monkeypatch):
    def none(results):
        raise DivergedError("All restarts ended with numbers that are not finite.")

    monkeypatch.setattr(experiments, "choose", none)
    assert run_seed(ARTIFICIAL, 3, 2)[0]["chosen"] == 0


def test_outputs_that_are_not_finite_agree_with_nothing():
    data = draw(ARTIFICIAL, 0, 5, None)
    setup = experiments.prepare(data, experiments.default_settings(ARTIFICIAL, "stationary", 0, 1))
    parameters = np.full(setup.network.size, np.nan)
    assert experiments._ari(setup, parameters, data) == 0.0


def test_restarts_are_those_of_train_unless_told():
    default = checked(merge(experiments.recipe(("bingo",)), {})).restarts
    assert experiments.default_settings(ARTIFICIAL, "stationary", 0).restarts == default
    assert experiments.default_settings(ARTIFICIAL, "stationary", 0, 3).restarts == 3


def test_a_run_that_was_stopped_has_no_result():
    stop = Stop()
    stop.set()
    with pytest.raises(experiments.Stopped):
        run_seed(ARTIFICIAL, 3, 2, stop=stop)


@pytest.mark.parametrize(
    ("name", "recipe", "stages"),
    [
        ("bingo-artificial", "stationary", default_stages("bingo", "stationary")),
        ("neo-clarinet", "phase-locked", default_stages("neo", "phase-locked")),
    ],
)
def test_the_recipe_is_the_one_that_train_chooses(
    tmp_path, monkeypatch, capsys, name, recipe, stages
):
    experiment = Experiment(name, "own" if name.endswith("clarinet") else None)
    record, run, _ = run_seed(experiment, 3, 1, source=sounds())
    assert record["recipe"] == recipe
    assert tuple(stage.objective for stage in run.settings.stages) == stages
    write_sequences(tmp_path / "data.h5", draw(experiment, 3, 5, sounds()))
    monkeypatch.undo()
    flags = ["--objective", experiment.objective, "--seed", "3", "--print-config"]
    with pytest.raises(SystemExit):
        main.main(["train", str(tmp_path / "data.h5"), *flags])
    printed = checked(tomllib.loads(capsys.readouterr().out))
    assert printed == experiments.default_settings(experiment, recipe, 3)


def test_fingerprints_of_sounds():
    assert fingerprint(sounds()) == fingerprint(sounds())
    assert fingerprint(sounds()) != fingerprint(sounds(1))


def test_clusters_that_are_none_agree_with_no_groups():
    run = small_run("neo")
    broken = Outputs(*(np.full((12, 1), np.nan) for _ in range(2)))
    assert experiments._fresh_ari(replace(run, after=broken), small_sequences()) == 0.0
