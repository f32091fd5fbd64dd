from dataclasses import replace

import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.data.generators.artificial import PAPER_GROUPS, generate
from lstmtool.errors import DivergedError, UsageError
from lstmtool.estimators import BingoLSTM
from lstmtool.training.output_search import LARGEST, MARGIN, fewest_outputs, grow
from tests.builders import assert_same, small_run, small_settings


def scripted(*scores):
    """Give runs whose selection scores are known: one per number of outputs; None diverges."""

    def train_one(settings):
        k = settings.network.outputs
        calls.append(k)
        if scores[k - 1] is None:
            raise DivergedError("none is finite")
        run = small_run(outputs=k)
        restarts = {**run.restarts, "score": np.array([0.0, scores[k - 1], 0.0])}
        return replace(run, settings=settings, restarts=restarts)

    calls = []
    return train_one, calls


def score(run):
    return float(run.restarts["score"][1])


@pytest.mark.parametrize(
    ("scores", "kept", "why"),
    [
        ((1.0, 1.6), 1, "output 2 adds less than 0.8 bits"),
        ((1.0, 1.0 + MARGIN, 2.0), 2, "output 3 adds less"),
        ((0.9, 1.9, 2.9, 3.0), 3, "output 4 adds less"),
        ((1.0, float("nan")), 1, "output 2 adds less"),
        ((1.0, None), 1, "with 2 no restart ended with finite numbers"),
        ((1.0, 2.0, 3.0, 4.0), 4, "more than 4 are not tried on 12 sequences"),
    ],
)
def test_it_stops_when_an_output_adds_too_little_and_says_why(scores, kept, why):
    train_one, calls = scripted(*scores)
    run = grow(small_settings(), 12, train_one, score)
    assert run.settings.network.outputs == kept
    assert calls == list(range(1, len(scores) + 1))
    note = run.notes[-1]
    assert why in note
    assert f"{kept} {'was' if kept == 1 else 'were'} kept" in note
    assert f"{scores[0]:.2f} bits with 1" in note
    assert len(note) <= 400  # of which the report shows so many


@pytest.mark.parametrize(
    ("scores", "tried", "kept", "why"),
    [
        ((0, 0, 2.0), [3], 3, "codes of 2 bits would do"),
        ((0, 0, 2.4, 2.6), [3, 4], 3, "output 4 adds less"),
        ((0, 0, 3.0, 3.9, 4.0), [3, 4, 5], 4, "output 5 adds less"),
    ],
)
def test_a_consensus_of_output_units_begins_with_its_recipe(scores, tried, kept, why):
    train_one, calls = scripted(*scores)
    settings = recipes.checked(recipes.recipe(("consistency", "bingo"), "shapes"))
    run = grow(settings, 40, train_one, score)
    assert (calls, run.settings.network.outputs) == (tried, kept)
    assert why in run.notes[-1]
    assert f"{scores[2]:.2f} bits with 3" in run.notes[-1]


def test_few_sequences_have_fewer_codes():
    settings = recipes.checked(recipes.recipe(("consistency", "bingo"), "waveforms"))
    assert [fewest_outputs(settings, n) for n in (40, 16, 12, 5)] == [3, 3, 2, 2]


def test_bits_that_are_not_known_are_no_number():
    train_one, _ = scripted(1.0, float("nan"))
    note = grow(small_settings(), 12, train_one, score).notes[-1]
    assert "1.00 bits with 1, an unknown number of bits with 2" in note


def test_there_is_a_largest_number():
    train_one, calls = scripted(*range(1, 20))
    assert grow(small_settings(), 10**6, train_one, score).settings.network.outputs == LARGEST
    assert calls[-1] == LARGEST


def test_a_stop_keeps_what_there_is():
    train_one, calls = scripted(1.0, 2.0)
    assert "stopped" in grow(small_settings(), 12, train_one, score, lambda: True).notes[-1]
    assert calls == [1]


def test_divergence_with_one_output_is_an_error():
    with pytest.raises(DivergedError):
        grow(small_settings(), 12, scripted(None)[0], score)


def test_linear_outputs_are_refused():
    with pytest.raises(UsageError, match="NEO"):
        grow(recipes.checked(recipes.recipe(("neo",))), 12, scripted(1.0)[0], score)


def two_or_four(n_groups):
    groups = PAPER_GROUPS if n_groups == 4 else PAPER_GROUPS[::3]
    rng = np.random.default_rng([3, n_groups])
    return generate(rng, groups=groups, per_group=20 // n_groups)


@pytest.mark.slow
@pytest.mark.parametrize(("n_groups", "n_outputs"), [(2, 1), (4, 2)])
def test_two_groups_take_one_output_and_four_take_two(n_groups, n_outputs):
    data = two_or_four(n_groups)
    options = {"restarts": 3, "random_state": 1}
    model = BingoLSTM(outputs="auto", **options).fit(data)
    assert model.outputs_.shape[1] == n_outputs
    assert model.n_clusters_ == n_groups
    same = BingoLSTM(outputs=n_outputs, **options).fit(data)
    assert_same(replace(model.run_, notes=same.run_.notes), same.run_)
    assert model.run_.notes[:-1] == same.run_.notes
