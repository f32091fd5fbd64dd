"""Functions that are new in every sequence, and how learning them is scored."""

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.supervised.frozen import FrozenTest, final_error, relative_errors
from lstmtool.supervised.scoring import judged
from lstmtool.supervised.stopping import Record
from lstmtool.supervised.tasks import make

FAMILIES = ("boolean-functions", "linear-functions", "quadratic-functions")
FAMILY = pytest.mark.parametrize("name", FAMILIES)


def parts(task, count=3, seed=0):
    strings = task.sample(np.random.default_rng(seed), count)
    columns = (strings.inputs[:, 0], strings.inputs[:, 1], strings.targets[:, 0])
    return strings, [column.reshape(count, -1) for column in columns]


@FAMILY
def test_the_third_input_is_the_previous_target(name):
    strings, (_, _, f) = parts(make(name, length=9))
    before = strings.inputs[:, 2].reshape(3, 9)
    np.testing.assert_array_equal(before[:, 1:], f[:, :-1])
    assert (before[:, 0] == 0.0).all()
    assert strings.scored.all()


@FAMILY
def test_every_sequence_has_one_function_of_the_family(name):
    task = make(name, length=40)
    _, (x, y, f) = parts(task, 20)
    basis = {
        "boolean-functions": [x * y, x * (1 - y), (1 - x) * y, (1 - x) * (1 - y)],
        "linear-functions": [x, y, x**0],
        "quadratic-functions": [x * x, y * y, x * y, x, y, x**0],
    }[name]
    for n in range(20):
        columns = np.stack([column[n] for column in basis], axis=1)
        values = (f[n] - task.offset) / task.scale
        found, *_ = np.linalg.lstsq(columns, values)
        np.testing.assert_allclose(columns @ found, values, atol=1e-9)
        if name == "boolean-functions":
            assert set(values) <= {0.0, 1.0}
        else:
            assert np.abs(found).max() <= 1.0
            assert np.abs(x).max() <= 1.0


@FAMILY
def test_the_prior_variance_is_that_of_the_values(name):
    task = make(name)
    _, (_, _, f) = parts(task, 4000)
    assert f.var() == pytest.approx(task.variance, rel=0.05)
    assert f.mean() == pytest.approx(task.offset + task.scale * 0.5 * (name[0] == "b"), abs=0.02)


def test_quadratics_are_scaled_so_that_their_variance_is_small():
    task = make("quadratic-functions")
    assert task.prior_variance == pytest.approx(0.7259, abs=5e-5)
    assert task.variance == pytest.approx(0.0018, abs=2e-5)
    _, (_, _, f) = parts(task, 200)
    assert 0.2 <= f.min() < f.max() <= 0.8


def test_all_sixteen_boolean_functions_occur():
    _, (x, y, f) = parts(make("boolean-functions"), 300)
    at = (2 * x + y).astype(int)
    seen = {
        tuple(f[n, (at[n] == k).argmax()] for k in range(4))
        for n in range(300)
        if set(at[n]) == {0, 1, 2, 3}
    }
    assert len(seen) == 16


def test_relative_errors_are_by_examples_and_one_for_the_mean():
    task = make("linear-functions", length=50)
    strings, _ = parts(task, 2000)
    errors = relative_errors(task, strings, np.full_like(strings.targets, task.offset))
    assert errors.shape == (50,)
    np.testing.assert_allclose(errors, 1.0, atol=0.15)
    assert final_error(np.r_[np.ones(30), np.full(20, 0.5)]) == 0.5
    assert final_error(np.array([1.0, 0.25])) == 0.25


def test_the_first_examples_are_not_judged():
    strings, _ = parts(make("linear-functions", length=5), 2)
    assert judged(strings, 3).scored.tolist() == [False, False, False, True, True] * 2
    assert judged(strings, 0) is strings


@pytest.mark.parametrize(
    "options", [{"length": 0}, {"scale": 0.0}, {"scale": "x"}, {"offset": np.inf}]
)
def test_options_without_sense_are_refused(options):
    with pytest.raises(UsageError):
        make("quadratic-functions", **options)


class Knowing:
    """Knows every function from the start, from some number of learned sequences on."""

    state: tuple = ()

    def __init__(self, known_from):
        self.known_from, self.learned = known_from, 0

    def learn(self, strings, outputs, *, update):
        self.learned += strings.count
        self.run(strings, outputs)

    def run(self, strings, outputs):
        outputs[:] = strings.targets if self.learned >= self.known_from else 0.0


@pytest.mark.parametrize(
    ("known_from", "beyond", "solved", "sequences", "learned"),
    [
        (25, 0, True, 40, 40),
        (25, 30, True, 40, 70),
        (25, 1000, True, 40, 100),
        (95, 0, True, 100, 100),
        (500, 0, False, 100, 100),
    ],
)
def test_training_ends_once_new_functions_are_learned(
    known_from, beyond, solved, sequences, learned
):
    rule, record = Knowing(known_from), Record()
    stop = FrozenTest(limit=100, beyond=beyond, every=20, tests=3, chunk=10)
    task = make("quadratic-functions", length=33)
    stop.train(rule, task, "batch", np.random.default_rng(0), record)
    assert (record.solved, record.sequences, rule.learned) == (solved, sequences, learned)
    assert record.figures["training sequences in all"] == learned
    assert set(record.figures) >= {f"relative error after {n} examples" for n in (5, 10, 30)}
    assert (record.figures["relative error, later examples"] == 0.0) == solved
