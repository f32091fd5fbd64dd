import numpy as np
import pytest

from lstmtool.config import Stage
from lstmtool.errors import DivergedError, UsageError
from lstmtool.experiments import sweep as sweeps
from lstmtool.experiments.sweep import (
    Span,
    Unit,
    median_score,
    ranked,
    read_design,
    run_unit,
    summarise,
)
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.train import train
from tests.builders import small_sequences, small_settings

GRID = {"grid": {"rate": [0.1, 0.2], "blocks": ["1x1", "2x1"]}}
RANDOM = {"random": {"count": 5, "seed": 1, "rate": {"low": 1e-4, "high": 1e-2, "log": True}}}


def record(score, seed=0, **others):
    nothing = {"ari": None, "nmi": None, "diverged": score is None, "collapsed": False}
    return {"options": {}, "seed": seed, "score": score} | nothing | others


def test_a_grid_is_every_combination():
    assert read_design(GRID).settings() == [
        {"rate": rate, "blocks": blocks} for rate in (0.1, 0.2) for blocks in ("1x1", "2x1")
    ]


def test_draws_are_within_their_ranges_and_the_same_every_time():
    design = read_design(RANDOM)
    rates = [options["rate"] for options in design.settings()]
    assert design.settings() == read_design(RANDOM).settings()
    assert len(set(rates)) == 5
    assert all(1e-4 <= rate <= 1e-2 and float(f"{rate:.4g}") == rate for rate in rates)


def test_more_draws_begin_with_the_same():
    more = {"random": RANDOM["random"] | {"count": 8}}
    assert read_design(more).settings()[:5] == read_design(RANDOM).settings()


def test_whole_numbers_are_drawn_evenly_ends_included():
    rng, span = np.random.default_rng(0), Span(low=1, high=4)
    drawn = [span.draw(rng) for _ in range(4000)]
    assert set(map(type, drawn)) == {int}
    counts = np.bincount(drawn, minlength=5)[1:]
    assert counts.sum() == 4000
    assert (abs(counts - 1000) < 150).all()


def test_a_logarithmic_range_is_even_in_the_logarithm():
    rng, span = np.random.default_rng(0), Span(low=1e-4, high=1.0, log=True)
    drawn = np.log10([span.draw(rng) for _ in range(2000)])
    assert abs(drawn.mean() + 2) < 0.1
    even = [Span(low=0.0, high=1.0).draw(rng) for _ in range(2000)]
    assert abs(np.mean(even) - 0.5) < 0.03


def test_choices_are_drawn_and_what_comes_twice_is_tried_once():
    design = read_design({"random": {"count": 50, "blocks": ["1x1", "2x1"], "square": [True]}})
    assert sorted(options["blocks"] for options in design.settings()) == ["1x1", "2x1"]


def test_seeds_are_a_list_or_their_number():
    assert read_design(GRID).seeds == (0, 1, 2)
    assert read_design(GRID | {"seeds": 2}).seeds == (0, 1)
    assert read_design(GRID | {"seeds": [7, 3]}).seeds == (7, 3)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "either a table"),
        (GRID | RANDOM, "either a table"),
        (GRID | {"seed": 1}, "seed: there is no such part"),
        (GRID | {"seeds": 0}, "seeds: this must have at least one item"),
        (GRID | {"seeds": [1, 1]}, "seeds must be different"),
        (GRID | {"seeds": [-1]}, "seeds must be different"),
        (GRID | {"fixed": {"rate": 0.1}}, "rate is both fixed and tried"),
        ({"grid": {"rate": []}}, "rate has no value"),
        ({"grid": {"rate": 0.1}}, "grid.rate: this must be a list"),
        ({"random": {"count": 3}}, "random"),
        ({"random": 3}, "random: this must be a table"),
        ({"random": {"rate": {"low": 2, "high": 1}}}, "from low to high"),
        ({"random": {"rate": {"low": 0, "high": 1, "log": True}}}, "greater than 0"),
        ({"random": {"rate": {"low": 0}}}, "random.rate"),
    ],
)
def test_what_makes_no_sense_is_said(document, said):
    with pytest.raises(UsageError, match=said):
        read_design(document)


def test_a_unit_is_what_train_does():
    data, settings = small_sequences(20), small_settings()
    run = train(data, settings)
    found = run_unit({"a": data}, Unit({"rate": 1}, "a", settings), threads=2)
    assert found["options"] == {"rate": 1}
    assert found["seed"] == settings.seed
    assert found["score"] == run.restarts["score"][run.chosen]
    assert found["ari"] is not None
    assert not found["diverged"]
    unlabelled = run_unit({"a": data.without_labels()}, Unit({}, "a", settings))
    assert unlabelled | {"ari": 0, "nmi": 0, "options": 0} == found | {
        "ari": 0,
        "nmi": 0,
        "options": 0,
    }


def test_a_unit_may_find_the_number_of_outputs():
    data, settings = small_sequences(20), small_settings(outputs=1)
    found = run_unit({"a": data}, Unit({}, "a", settings, grow_outputs=True))
    assert found["outputs"] >= 1


def test_a_unit_that_is_stopped_gives_nothing():
    stop, endless = Stop(), small_settings().model_copy(update={"stages": (Stage(epochs=10**8),)})
    stop.set()
    with pytest.raises(Stopped):
        sweeps.unit_there({"a": small_sequences(20)}, Unit({}, "a", endless), stop, print)


@pytest.mark.parametrize("stopped", [False, True])
def test_a_unit_that_diverges_is_counted(monkeypatch, stopped):
    stop = Stop()

    def diverge(*arguments, **options):
        if stopped:
            stop.set()
        raise DivergedError("All diverged.")

    monkeypatch.setattr(sweeps, "train", diverge)
    unit = Unit({}, "a", small_settings())
    if stopped:
        with pytest.raises(Stopped):
            run_unit({"a": small_sequences()}, unit, stop=stop)
        return
    found = run_unit({"a": small_sequences()}, unit)
    assert (found["diverged"], found["score"]) == (True, None)


def test_quartiles_are_over_the_runs_that_have_a_number():
    records = [record(float(k), seed=k, ari=0.5) for k in range(5)] + [record(None, seed=5)]
    summary = summarise(records)
    assert summary["score"] == {"q1": 1.0, "median": 2.0, "q3": 3.0}
    assert summary["ari"] == {"q1": 0.5, "median": 0.5, "q3": 0.5}
    assert summary["nmi"] is None
    assert (summary["runs"], summary["diverged"]) == (6, 1)
    assert median_score(records) is None
    assert median_score(records[:5]) == 2.0


def test_the_label_free_score_ranks_and_labels_do_not():
    parts = [[record(1.0, ari=1.0)], [record(2.0, ari=0.0)], [record(None)]]
    parts.append([record(9.0), record(None)])
    assert ranked([summarise(part) for part in parts]) == [1, 0, 3, 2]
