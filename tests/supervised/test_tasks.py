"""What all tasks have in common: names, shapes, seeds, options."""

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.supervised.target_sequences import LEGAL_SET, MOST_ACTIVE, WITHIN
from lstmtool.supervised.tasks import TASKS, UnknownTask, make, task_class

EVERY = [name for name in TASKS if name != "phonemes"]  # which has to be given sentences
SMALL = {
    "continual-reber": {"length": 30},
    "continual-order": {"pieces": 2},
    "adding": {"length": 40},
    "multiplication": {"length": 40},
    "parity": {"shortest": 5, "longest": 9},
    "msd": {"intervals": 3},
    "gts": {"intervals": 3},
    "pfg": {"periods": 2},
    "anbncn": {"highest": 4},
    "mackey-glass": {"length": 20},
    "boolean-functions": {"length": 8},
    "linear-functions": {"length": 8},
    "quadratic-functions": {"length": 8},
    "blues-chords": {"cycles": 1},
    "blues": {"cycles": 1},
    "chunking": {"sequences": 3},
    "latch": {"length": 6},
    "latch-one-unit": {"length": 6},
    "five-bits": {"delay": 4},
    "twenty-bits": {"delay": 4},
    "scaled-adding": {"length": 20},
    "scaled-multiplication": {"length": 30},
    "scaled-order-2": {"length": 20},
    "scaled-order-3": {"length": 30},
    "random-permutation": {"length": 9},
}


def draw(name, seed=0, count=5):
    return make(name, **SMALL.get(name, {})).sample(np.random.default_rng(seed), count)


def test_all_tasks_are_there():
    assert set(EVERY) == {
        *("reber", "continual-reber", "anbn", "anbncn", "adding", "multiplication"),
        *("order-2", "order-3", "continual-order", "parity", "msd", "gts", "pfg"),
        *("tutorial-delay", "mackey-glass", "chunking"),
        *("blues-chords", "blues"),
        *("boolean-functions", "linear-functions", "quadratic-functions"),
        *("latch", "latch-one-unit"),
        *("five-bits", "twenty-bits", "scaled-adding", "scaled-multiplication"),
        *("scaled-order-2", "scaled-order-3", "random-permutation"),
    }


@pytest.mark.parametrize("name", EVERY)
def test_a_task_tells_about_itself(name):
    task = make(name)
    assert task.name == name
    assert task.title
    assert task.source
    assert task_class(name).__doc__


@pytest.mark.parametrize("name", EVERY)
def test_arrays_fit_together(name):
    task, strings = make(name), draw(name)
    n_steps = strings.starts[-1]
    assert strings.inputs.shape == (n_steps, task.n_inputs)
    assert strings.targets.shape == strings.allowed.shape == (n_steps, task.n_outputs)
    assert strings.scored.shape == (n_steps,)
    assert strings.count == 5
    assert strings.starts[0] == 0
    assert (np.diff(strings.starts) > 0).all()
    assert [a.dtype for a in strings] == [float, float, bool, bool, np.int64]


@pytest.mark.parametrize("name", EVERY)
def test_every_sequence_is_scored_somewhere_and_targets_stand_only_there(name):
    strings = draw(name)
    assert np.logical_or.reduceat(strings.scored, strings.starts[:-1]).all()
    if name not in ("anbn", "anbncn"):  # whose zeros are -1
        assert not strings.targets[~strings.scored].any()


@pytest.mark.parametrize("name", EVERY)
def test_same_seed_same_bytes(name):
    for first, second in zip(draw(name, 3), draw(name, 3), strict=True):
        assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("name", sorted(set(EVERY) - {"pfg", "blues-chords"}))
def test_other_seeds_and_later_calls_give_other_sequences(name):
    task, rng = make(name, **SMALL.get(name, {})), np.random.default_rng(0)
    first, second = task.sample(rng, 5), task.sample(rng, 5)
    assert first.inputs.tobytes() != second.inputs.tobytes()
    assert first.inputs.tobytes() != draw(name, 1).inputs.tobytes()


@pytest.mark.parametrize("name", EVERY)
def test_no_sequences_are_refused(name):
    with pytest.raises(UsageError, match="at least 1, got 0"):
        make(name).sample(np.random.default_rng(0), 0)


def test_an_unknown_task_gets_a_suggestion():
    with pytest.raises(UnknownTask, match="Did you mean 'adding'") as caught:
        make("Addin")
    assert caught.value.exit_code == 2
    assert len(str(caught.value).splitlines()) <= 3


def test_an_unknown_option_gets_a_suggestion():
    with pytest.raises(UsageError, match="Did you mean 'length'"):
        make("adding", lenght=100)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("adding", {"length": 21}),
        ("adding", {"length": 100.5}),
        ("adding", {"length": "long"}),
        ("adding", {"length": True}),
        ("pfg", {"bound": "x"}),
        ("msd", {"intervals": 10**12}),
        ("multiplication", {"length": 21}),
        ("anbn", {"lowest": 0}),
        ("anbn", {"lowest": 5, "highest": 4}),
        ("parity", {"shortest": 3, "longest": 2}),
        ("continual-reber", {"length": 0}),
        ("continual-order", {"pieces": 0}),
        ("msd", {"shortest": 0}),
        ("gts", {"extra": -1}),
        ("pfg", {"period": 1}),
        ("pfg", {"form": "saw"}),
        ("pfg", {"bound": float("nan")}),
        ("tutorial-delay", {"delay": 0}),
        ("tutorial-delay", {"longest": 19}),
        ("mackey-glass", {"ahead": 0}),
        ("mackey-glass", {"tau": 0}),
        ("chunking", {"lag": 0}),
        ("chunking", {"noise": 1.5}),
        ("chunking", {"noise": "x"}),
        ("latch", {"length": 3}),
        ("latch", {"noise": 1.5}),
        ("latch-one-unit", {"noise": "x"}),
        ("five-bits", {"items": 0}),
        ("five-bits", {"alphabet": 1}),
        ("twenty-bits", {"delay": 0}),
        ("scaled-adding", {"length": 19}),
        ("scaled-order-2", {"length": 19}),
        ("random-permutation", {"length": 1}),
        ("random-permutation", {"alphabet": 2}),
    ],
)
def test_options_that_make_no_sense_are_refused(name, options):
    with pytest.raises(UsageError):
        make(name, **options)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("adding", {"length": 10**7}),
        ("parity", {"longest": 10**7, "shortest": 10**7}),
        ("anbncn", {"lowest": 10**7, "highest": 10**7}),
        ("continual-reber", {"length": 10**7}),
        ("gts", {"intervals": 10**6, "shortest": 10**7}),
        ("pfg", {"period": 10**7, "periods": 10**7}),
    ],
)
def test_more_than_fits_into_memory_is_refused_before_it_is_made(name, options):
    with pytest.raises(UsageError):
        make(name, **options).sample(np.random.default_rng(0), 200)


CRITERIA = {
    "reber": (MOST_ACTIVE, 0.0),
    "continual-reber": (WITHIN, 0.49),
    "anbn": (LEGAL_SET, 0.0),
    "anbncn": (LEGAL_SET, 0.0),
    "adding": (WITHIN, 0.04),
    "multiplication": (WITHIN, 0.04),
    "order-2": (WITHIN, 0.3),
    "order-3": (WITHIN, 0.3),
    "continual-order": (WITHIN, 0.3),
    "parity": (WITHIN, 0.1),
    "msd": (WITHIN, 0.49),
    "gts": (WITHIN, 0.49),
    "pfg": (WITHIN, 0.3),
    "tutorial-delay": (WITHIN, 0.49),
    "mackey-glass": (WITHIN, 0.1),
    "blues-chords": (WITHIN, 0.5),
    "blues": (WITHIN, 0.5),
    "boolean-functions": (WITHIN, 0.15),
    "linear-functions": (WITHIN, 0.03 * np.sqrt(5 / 9)),
    "quadratic-functions": (WITHIN, 0.015 * np.sqrt(0.33333333333333333 * 2.177777777777777777)),
    "chunking": (LEGAL_SET, 0.3),
    "latch": (WITHIN, 0.49),
    "latch-one-unit": (WITHIN, 0.8),
    "five-bits": (MOST_ACTIVE, 0.0),
    "twenty-bits": (MOST_ACTIVE, 0.0),
    "scaled-adding": (WITHIN, 0.04),
    "scaled-multiplication": (WITHIN, 0.04),
    "scaled-order-2": (MOST_ACTIVE, 0.0),
    "scaled-order-3": (MOST_ACTIVE, 0.0),
    "random-permutation": (MOST_ACTIVE, 0.0),
}


@pytest.mark.parametrize("name", EVERY)
def test_steps_are_right_by_the_published_criteria(name):
    assert make(name).criterion == pytest.approx(CRITERIA[name])
