from dataclasses import replace

import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.clustering.assign import Assigner
from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError, DivergedError, UsageError
from lstmtool.network.layout import Network
from lstmtool.training.batch import (
    SequenceBatch,
    batch_data,
    new_optimiser_state,
    stage_options,
    train_epochs,
)
from lstmtool.training.checkpoint import CheckpointStore
from lstmtool.training.restart import (
    Restart,
    _most_promising,
    _Place,
    _Runner,
    drawn,
    generators,
    run_restart,
)
from lstmtool.training.selection import Prepared
from lstmtool.training.setup import prepare, stage_network
from lstmtool.training.stage import FIRST_CHUNK, RestartLog, Stop, Stopped
from lstmtool.training.train import _notes, choose, finished, train, train_restarts
from lstmtool.training.unaltered import Unaltered
from tests import naive
from tests.builders import assert_same, small_sequences, small_settings


def small(*stages, epochs=6, restarts=2, recipe="stationary", stage=None, **changes):
    """Settings of a short run: every stage of some epochs, after two trials of two."""
    nested = recipes.recipe(stages or ("bingo",), recipe)
    every = {"epochs": epochs} | (stage or {})
    nested["stages"] = [s | every for s in nested["stages"]]
    nested["initial"] = nested.get("initial", {}) | {"trials": 2, "trial_epochs": 2}
    nested |= {"restarts": restarts, "selection_pairs": 2}
    return recipes.checked(recipes.merge(nested, changes))


def restarts(data, settings, **options):
    return train_restarts(prepare(data, settings), **options)


OBJECTIVES = [
    ("bingo",),
    ("neo",),
    ("consistency",),
    ("consistency", "bingo"),
    ("consistency", "neo"),
]


@pytest.mark.parametrize("stages", OBJECTIVES, ids="-".join)
def test_results_do_not_depend_on_threads_or_restarts_beside(stages):
    data = small_sequences()
    three = restarts(data, small(*stages, restarts=3), threads=2)
    one = restarts(data, small(*stages, restarts=1), threads=1)
    assert_same(three[0], one[0])
    again = restarts(data, small(*stages, restarts=3), threads=1)
    assert_same(three, again)
    assert (three[0].parameters != three[1].parameters).any()


def test_another_seed_is_another_run():
    data = small_sequences()
    one, two = (train(data, small(seed=seed)) for seed in (0, 1))
    assert (one.parameters != two.parameters).any()


@pytest.mark.parametrize(
    "stage",
    [
        {},
        {"augmentation": "crop"},
        {"augmentation": "bootstrap"},
        {"stop_below": 1e-9, "patience": 3},
    ],
)
def test_chunks_do_not_change_results(monkeypatch, stage):
    data, settings = small_sequences(), small(epochs=12, restarts=1, stage=stage)
    normal = train(data, settings)
    monkeypatch.setattr("lstmtool.training.stage.FIRST_CHUNK", 1)
    monkeypatch.setattr("lstmtool.training.stage.CHUNK_STEPS", 1)
    assert_same(train(data, settings), normal)


def test_labels_are_never_read():
    data = small_sequences()
    settings = small("consistency", "bingo")
    labelled, bare = train(data, settings), train(data.without_labels(), settings)
    assert labelled.parameters.tobytes() == bare.parameters.tobytes()
    assert labelled.chosen == bare.chosen
    assert labelled.labels.tolist() == data.labels.tolist()
    assert bare.labels is None


def test_stop_below_ends_a_stage_that_does_not_improve():
    data = small_sequences()
    stage = {"stop_below": 10.0, "patience": 4}  # no epochs gain ten bits
    run = train(data, small(epochs=50, restarts=1, stage=stage))
    assert run.restarts["epochs"].tolist() == [8]
    stage = {"stop_below": 1e-12, "patience": 4, "rate": 0.1}
    assert train(data, small(epochs=20, restarts=1, stage=stage)).restarts["epochs"].tolist() == [
        20
    ]


def test_stop_below_looks_at_entropy_the_other_way_round():
    data = small_sequences()
    stage = {"stop_below": 1e-12, "patience": 4, "rate": 1e-4, "output_rate": 1e-4}
    run = train(data, small("neo", epochs=12, restarts=1, stage=stage))
    assert (np.diff(run.history["objective"]) < 0).all()
    assert run.restarts["epochs"].tolist() == [12]


def test_bits_rise_and_entropy_falls():
    data = small_sequences(24)
    bingo = train(data, small(epochs=60, restarts=1))
    assert bingo.history["objective"][-1] > bingo.history["objective"][0] + 0.01
    neo = train(data, small("neo", epochs=30, restarts=1))
    assert neo.history["objective"][-1] < neo.history["objective"][0] - 0.01


def test_outputs_belong_to_the_parameters():
    data = small_sequences()
    run = train(data, small())
    setup = prepare(data, run.settings)
    lanes = SequenceBatch(setup.network, setup.data)
    for outputs, parameters in (
        (run.before, run.initial_parameters),
        (run.after, run.parameters),
    ):
        np.testing.assert_array_equal(outputs.net_inputs, lanes.evaluate(parameters)[0])
        wanted = naive.logistic(outputs.net_inputs)
        np.testing.assert_allclose(outputs.activations, wanted, rtol=1e-14)
    settings, w = run.settings.network, naive.named(run.settings.network, 2, run.parameters)
    steps = naive.run(settings, w, run.preprocessing.apply(data)[3], np.zeros(2), np.zeros(2))
    net = w["output_unit"] @ [*steps[-1]["y"], 1.0]
    np.testing.assert_allclose(run.after.net_inputs[3], net, rtol=1e-11, atol=1e-12)


def test_bingo_starts_with_centred_net_inputs():
    run = train(small_sequences(), small())
    np.testing.assert_allclose(run.before.net_inputs.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(run.before.net_inputs.std(axis=0), 0.5, rtol=1e-4)


def test_untrained_control_keeps_the_initial_memory_blocks():
    data, settings = small_sequences(), small(epochs=10)
    setup = prepare(data, settings)
    n_hidden = setup.network.n_hidden
    for restart in restarts(data, settings):
        np.testing.assert_array_equal(restart.untrained[:n_hidden], restart.initial[:n_hidden])
        assert (restart.untrained[n_hidden:] != restart.initial[n_hidden:]).all()
        assert (restart.parameters[:n_hidden] != restart.initial[:n_hidden]).any()


@pytest.mark.parametrize("objective", ["bingo", "neo", "consistency"])
def test_of_several_trials_the_one_whose_objective_is_best_is_trained(objective):
    """Every trial alone: a restart of as many epochs as a trial has tells its objective."""
    data = small_sequences()
    several = small(objective, epochs=12, initial={"trials": 4, "trial_epochs": 12})
    for number, restart in enumerate(restarts(data, several)):
        alone = []
        for trial in range(4):
            setup = prepare(data, small(objective, epochs=12))
            draw, learn, *_ = generators(setup.settings.seed, number)
            for _ in range(trial + 1):
                initial = drawn(setup, draw)
            copies = 2 if objective == "consistency" else 1
            learner = new_optimiser_state(initial)
            stage = setup.settings.stages[0]
            lanes = SequenceBatch(stage_network(setup, stage), setup.data, copies)
            stop = np.zeros(1, np.int64)
            rows = train_epochs(learner, lanes, stage_options(stage), 12, learn, stop)
            alone.append((rows[-2:, 0].mean(), initial, learner.parameters))
        best = (min if objective == "neo" else max)(alone, key=lambda trial: trial[0])
        np.testing.assert_array_equal(restart.initial, best[1])
        np.testing.assert_array_equal(restart.parameters, best[2])
        assert len({tuple(trial[1]) for trial in alone}) == 4


def test_trials_that_diverge_are_not_kept():
    data = small_sequences()
    settings = small("bingo", initial={"trials": 3, "trial_epochs": 5})
    setup = prepare(data, settings)
    draw, learn, *_ = generators(0, 0)
    good = drawn(setup, draw)
    place = _Place(setup, 0, lambda progress: None)
    trials = [np.full_like(good, np.nan), good]
    kept = _most_promising(setup, trials, learn, Stop(), RestartLog(), place)
    np.testing.assert_array_equal(kept, good)


def test_run_holds_every_restart_and_the_best():
    run = train(small_sequences(), small(epochs=5, restarts=4))
    assert {len(column) for column in run.restarts.values()} == {4}
    assert run.chosen == int(np.argmax(run.restarts["score"]))
    assert run.restarts["epochs"].tolist() == [5] * 4
    assert run.history["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert run.restarts["objective"][run.chosen] == run.history["objective"][-1]
    assert run.lengths.tolist() == small_sequences().lengths.tolist()


def test_exact_and_truncated_gradients_learn_differently():
    data = small_sequences()
    stage = {"rate": 1.0}
    exact, truncated = (
        train(data, small(stage=stage, gradient=g, initial={"weights": 0.8, "cell_gain": 1.0}))
        for g in ("exact", "truncated")
    )
    assert np.abs(exact.parameters - truncated.parameters).max() > 1e-6


def scored(score, parameters=(0.0,)):
    nothing = np.zeros(1)
    history = {"objective": np.zeros(1)}
    return Restart(nothing, np.array(parameters), nothing, history, score, 0.0)


def test_choose_takes_the_best_finite_restart():
    results = [
        scored(0.5),
        scored(np.nan),
        scored(9.0, (np.inf,)),
        scored(1.0),
        scored(1.0),
        scored(8.0, (np.nan,)),
    ]
    assert choose(results) == 3


def test_choose_refuses_what_is_not_finite():
    with pytest.raises(DivergedError, match="All 2 restarts"):
        choose([scored(np.nan), scored(1.0, (np.nan,))])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numpy's, where nothing is compiled
def test_diverged_runs_are_an_error():
    stage = {"rate": 1e308, "output_rate": 1e308}
    inputs = {"scaling": "none", "square": False}
    settings = small("neo", recipe="literal", epochs=20, stage=stage, inputs=inputs)
    data = small_sequences()
    data.values[data.offsets[7] + 2, 0] = -77.0
    with pytest.raises(DivergedError) as caught:
        train(data, settings)
    assert "--rate-factor" in caught.value.fix  # --rate is of the last stage alone
    assert f"sequence {data.name(7)}, step 2, input 0, value -77" in caught.value.where


def test_a_stop_that_is_set_ends_at_once():
    stop = Stop()
    assert not stop
    stop.set()
    assert stop
    run = train(small_sequences(), small(epochs=1000), stop=stop)
    assert run.restarts["epochs"].tolist() == [0, 0]
    np.testing.assert_array_equal(run.parameters, run.initial_parameters)


@pytest.mark.parametrize("stages", [("bingo",), ("consistency", "neo")], ids="-".join)
def test_a_stop_while_scores_are_computed_ends_there(monkeypatch, stages):
    """Half of a score would choose the wrong restart; what was trained is kept."""
    stop, kept = Stop(), []
    evaluated = Unaltered.evaluated

    def interrupted(*arguments):
        stop.set()
        return evaluated(*arguments)

    monkeypatch.setattr(Unaltered, "evaluated", interrupted)
    setup = prepare(small_sequences(), small(*stages))
    with pytest.raises(Stopped):
        run_restart(setup, 0, lambda progress: None, stop, RestartLog(keep=kept.append))
    assert kept[-1][-1].ended


def test_a_stop_on_the_way_keeps_what_was_reached():
    stop = Stop()

    def report(progress):
        if not progress.doing:
            stop.set()

    run = train(small_sequences(), small(epochs=200, restarts=1), report=report, stop=stop)
    assert run.restarts["epochs"].tolist() == [FIRST_CHUNK]
    assert (run.parameters != run.initial_parameters).any()
    assert len(run.history["epoch"]) == FIRST_CHUNK


def test_progress_tells_where_every_restart_is():
    records = []
    settings = small("consistency", "bingo", epochs=25, restarts=2)
    train(small_sequences(), settings, report=records.append)
    for restart in range(2):
        epochs = [r.epoch for r in records if r.restart == restart]
        assert epochs == sorted(epochs)
        assert epochs[-1] == 50
        stages = [r.stage for r in records if r.restart == restart]
        assert set(stages) == {0, 1}
    assert {r.n_epochs for r in records} == {50}
    assert all(np.isfinite(r.values[0]) != bool(r.doing) for r in records)


def test_stages_before_neo_have_logistic_units_and_codes_become_levels():
    data = small_sequences(16)
    blocks = {"network": {"blocks": (1, 1)}}
    settings = small("consistency", "neo", epochs=8, restarts=1, **blocks)
    setup = prepare(data, settings)
    first = stage_network(setup, settings.stages[0])
    assert (first.settings.output_unit, first.settings.outputs) == ("logistic", 2)
    assert stage_network(setup, settings.stages[1]) == setup.network
    run = train(data, settings)
    assert run.after.net_inputs.shape == run.before.net_inputs.shape == (16, 1)
    np.testing.assert_array_equal(run.after.activations, run.after.net_inputs)
    assert run.parameters.size == setup.network.size
    assert run.history["stage"].tolist() == [0.0] * 8 + [1.0] * 8
    assert run.history["epoch"].tolist() == list(range(1, 17))
    neo = run.history["stage"] == 1
    assert np.isnan(run.history["joint_bits"][neo]).all()
    assert np.isfinite(run.history["sigma"][neo]).all()
    assert np.isfinite(run.history["joint_bits"][~neo]).all()


def test_neo_starts_from_the_codes_net_inputs():
    """With no epochs of NEO, its output is a sum of the preparing stage's net inputs."""
    data, blocks = small_sequences(16), {"network": {"blocks": (1, 1)}}
    settings = small("consistency", "neo", epochs=8, restarts=1, **blocks)
    stages = [settings.stages[0], settings.stages[1].model_copy(update={"epochs": 0})]
    run = train(data, settings.model_copy(update={"stages": tuple(stages)}))
    codes = train(data, small("consistency", epochs=8, restarts=1, **blocks)).after.net_inputs
    weights = np.linalg.lstsq(codes, run.after.net_inputs[:, 0])[0]
    np.testing.assert_allclose(codes @ weights, run.after.net_inputs[:, 0], atol=1e-9)
    assert (run.after.net_inputs.std(axis=0) > 0.1).all()


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_sequences_are_refused(n):
    with pytest.raises(DataError, match="sequence"):
        train(from_arrays([[1.0, 2.0]] * n), small())


def test_constant_data_is_refused():
    with pytest.raises(DataError, match="same constant"):
        train(from_arrays([[1.0, 1.0], [1.0], [1.0]]), small())


def test_more_codes_than_sequences_are_refused():
    data = small_sequences(6)
    with pytest.raises(DataError, match="32 codes for 6 sequences") as caught:
        train(data, small(network={"outputs": 5}))
    assert "--outputs 3" in caught.value.fix
    train(data, small(epochs=1, restarts=1, network={"outputs": 3}))


def longer_sequences(n=12, n_steps=20):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(k % 3, 1.0, n_steps + k % 2) for k in range(n)]
    names = tuple(f"sequence-{k}" for k in range(n))
    groups = np.arange(n) % 3
    return from_arrays(arrays, names=names, labels=groups, label_names=("a", "b", "c"))


WINDOW = {"inputs": {"window": 8}}
SHIFT = {"augmentation": "shift"}


@pytest.mark.parametrize("stages", OBJECTIVES, ids="-".join)
def test_a_window_without_shifts_is_a_run_on_cut_sequences(stages):
    data = longer_sequences()
    windowed = train(data, small(*stages, **WINDOW))
    cut = train(data.first(8), small(*stages))
    np.testing.assert_allclose(windowed.parameters, cut.parameters, rtol=1e-9)
    np.testing.assert_allclose(windowed.restarts["score"], cut.restarts["score"], rtol=1e-9)
    assert windowed.lengths.tolist() == data.lengths.tolist()  # what the file holds


@pytest.mark.parametrize("objective", ["bingo", "neo", "consistency"])
def test_shifts_learn_from_later_steps_and_are_judged_by_the_first(objective):
    data, settings = longer_sequences(), small(objective, stage=SHIFT, restarts=1, **WINDOW)
    shifted = train(data, settings)
    assert (
        shifted.parameters != train(data, small(objective, restarts=1, **WINDOW)).parameters
    ).any()
    lanes = SequenceBatch(
        prepare(data, settings).network, batch_data(shifted.preprocessing.apply(data.first(8)))
    )
    np.testing.assert_allclose(shifted.after.net_inputs, lanes.evaluate(shifted.parameters)[0])
    selected = small(objective, restarts=1, selection=("shift",), **WINDOW)
    cropped = small(objective, restarts=1, selection=("crop",), **WINDOW)
    assert train(data, selected).restarts["score"] != train(data, cropped).restarts["score"]


def test_a_sequence_shorter_than_the_window_is_refused():
    with pytest.raises(DataError, match="window of 21") as caught:
        train(longer_sequences(), small(inputs={"window": 21}))
    assert "sequence 0 (sequence-0) has 20 steps" in str(caught.value)


def test_shifts_need_a_window_with_room_around_it():
    with pytest.raises(UsageError, match="need a window"):
        train(longer_sequences(), small(stage=SHIFT))
    with pytest.raises(UsageError, match="need a window"):
        train(longer_sequences(), small(selection=("none", "shift")))
    equal = from_arrays([s[:20] for s in longer_sequences()])
    with pytest.raises(DataError, match="would all be equal"):
        train(equal, small(stage=SHIFT, inputs={"window": 20}))


@pytest.mark.parametrize("stages", OBJECTIVES, ids="-".join)
def test_sequences_of_one_step_and_identical_sequences_are_survived(stages):
    data = from_arrays([[0.0], [1.0], [2.0], [2.0], [2.0], [0.0]])
    run = train(data, small(*stages, epochs=3, restarts=1))
    assert np.isfinite(run.parameters).all()


def test_networks_of_equal_settings_are_equal():
    settings = small().network
    assert Network(settings, 2) == Network(settings, 2)


def test_as_many_outputs_as_sequences_are_refused():
    with pytest.raises(DataError, match="12 outputs are too many for 12 sequences"):
        prepare(small_sequences(12), small_settings("neo", outputs=12))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_weights_that_are_not_finite_have_no_score():
    """Where codes judge the clusters; elsewhere `selection_score` tells."""
    setup = prepare(small_sequences(), small("consistency", "neo", selection=("codes",)))
    place = _Place(setup, 0, lambda progress: None)
    runner = _Runner(setup, 0, place, Stop(), {}, RestartLog(), Unaltered(setup))
    bad = np.full(setup.network.size, np.nan)
    assert np.isnan(runner._score(bad, Prepared(np.arange(12) % 4, 2.0)))


def test_what_is_said_of_a_restart_that_was_lost_or_thinned():
    best = scored(1.0)
    assert _notes(best) == ()
    (lost,) = _notes(replace(best, lost="collapsed", n_epochs=70))
    assert "collapsed after 70 epochs: the outputs became the same" in lost
    (lost,) = _notes(replace(best, lost="diverged", n_epochs=70))
    assert "diverged after 70 epochs. The weights" in lost
    (thinned,) = _notes(replace(best, every=4, n_epochs=70))
    assert "of 70 epochs one in 4 is kept" in thinned


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numpy's, where nothing is compiled
def test_what_is_lost_in_one_stage_does_not_go_on_to_the_next():
    stage = {"rate": 1e308, "output_rate": 1e308, "clip": 0.0}
    (lost,) = restarts(small_sequences(), small("consistency", "bingo", restarts=1, stage=stage))
    assert lost.lost == "diverged"
    assert set(lost.history["stage"]) <= {0.0}
    assert lost.n_epochs < 6


def test_outputs_that_overflow_between_two_stages_are_lost(monkeypatch):
    monkeypatch.setattr(Unaltered, "net", lambda *_: np.full((14, 1), np.inf))
    (lost,) = restarts(small_sequences(), small("consistency", "neo", restarts=1))
    assert lost.lost == "diverged"
    assert not lost.finite


def test_a_stop_before_a_restart_begins_leaves_it_to_be_gone_on_with():
    stop, memory = Stop(), CheckpointStore()
    stop.set()
    with pytest.raises(Stopped):
        train(small_sequences(), small("bingo"), stop=stop, keeper=memory)
    assert memory.counts() == (0, 0)


@pytest.mark.parametrize("stages", [("consistency", "bingo"), ("consistency", "neo")], ids="-".join)
def test_a_run_knows_what_altered_copies_share(stages):
    """Whatever its restarts were chosen by; and more of them change nothing."""
    data = small_sequences()
    run = train(data, small(*stages, epochs=30))
    assert run.shared_bits == pytest.approx(Assigner(run).score(data), abs=1e-12)
    assert run.shared_bits != run.restarts["score"][run.chosen]
    assert_same(train(data, small(*stages, epochs=30), threads=2), run)


def test_inputs_of_which_nothing_is_left_are_noted():
    data = small_sequences(n_inputs=2)
    data = replace(data, values=data.values * [1.0, 0.0])
    notes = train(data, small(restarts=1, epochs=1)).notes
    assert "Input 2 is constant and has no effect." in notes


def test_a_consensus_is_of_the_restarts_that_ended_well():
    data, settings = small_sequences(), small(restarts=5, consensus=True)
    setup = prepare(data, settings)
    results = train_restarts(setup)
    run = finished(data, setup, results, choose(results))
    assert run.ensemble.restarts.tolist() == [0, 1, 2, 3, 4]
    assert run.ensemble.net_inputs.dtype == np.float32
    place = run.chosen
    assert_same(run.ensemble.net_inputs[place], run.after.net_inputs.astype(np.float32))
    assert_same(run.ensemble.scores, run.restarts["score"])
    results[1] = replace(results[1], lost="collapsed")
    results[2] = replace(results[2], score=float("nan"))
    results[3] = replace(results[3], parameters=np.full_like(results[3].parameters, 1e200))
    some = finished(data, setup, results, 0).ensemble
    assert set(some.restarts.tolist()) - {3} == {0, 4}
    assert_same(some.parameters[-1], results[4].parameters)
    for number in (0, 3):
        results[number] = replace(results[number], lost="diverged")
    alone = finished(data, setup, results, 4)
    assert alone.ensemble is None and alone.notes[-1].endswith("one stands alone.")
    assert finished(data, prepare(data, small(restarts=5)), results, 4).ensemble is None
