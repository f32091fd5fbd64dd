"""Rivals of networks that learn functions, against closed forms and least squares."""

import numpy as np
import pytest

from lstmtool.network.topology import Topology
from lstmtool.supervised import learning_curves as of
from lstmtool.supervised.rules.lstm import Lstm, LstmSettings
from lstmtool.supervised.tasks import make


def sample(name, count=300, seed=0, **options):
    task = make(name, **options)
    return task, task.sample(np.random.default_rng(seed), count)


def test_the_best_estimate_is_regularised_least_squares():
    task, strings = sample("quadratic-functions", 4, length=9)
    curve = of.estimated(task, strings, of.best_estimate(task))
    features, values = of._examples(task, strings)
    for t in range(6):
        squared = []
        for f, v in zip(features, values, strict=True):
            rows = np.vstack([f[:t] / np.sqrt(of.EXACT), np.eye(6) * np.sqrt(3)])
            found = np.linalg.lstsq(rows, np.r_[v[:t] / np.sqrt(of.EXACT), np.zeros(6)])[0]
            squared.append((f[t] @ found - v[t]) ** 2)
        assert curve[t] == pytest.approx(np.mean(squared) / task.prior_variance, rel=1e-4)


def test_six_examples_determine_a_quadratic_three_a_line():
    for name, n in (("quadratic-functions", 6), ("linear-functions", 3)):
        task, strings = sample(name, length=12)
        curve = of.estimated(task, strings, of.best_estimate(task))
        assert curve[n - 1] > 0.01
        assert curve[n + 1] < 1e-3
        assert of.estimated(task, strings, of.recursive_least_squares(0.0, of.VAGUE))[-1] < 1e-3


def test_the_bound_of_boolean_functions_is_the_chance_of_a_new_combination():
    task, strings = sample("boolean-functions", 4000, length=12)
    curve = of.estimated(task, strings, of.best_estimate(task))
    np.testing.assert_allclose(curve, 0.75 ** np.arange(12), atol=0.06)


def test_lms_descends_along_the_gradient_of_every_example():
    features, values = np.array([[[1.0, 2.0], [3.0, 0.0]]]), np.array([[1.0, 5.0]])
    np.testing.assert_allclose(of.lms(0.1)(features, values), [[0.0, 0.3]])


def test_the_order_of_examples_does_not_matter_in_the_end():
    task, strings = sample("quadratic-functions", 20, length=8)
    features, values = of._examples(task, strings)
    order = np.r_[np.random.default_rng(1).permutation(7), 7]
    estimate = of.best_estimate(task)
    one, other = (estimate(features[:, at], values[:, at])[:, -1] for at in (np.arange(8), order))
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_a_network_online_learns_from_the_earlier_examples_alone():
    task, strings = sample("linear-functions", 3, length=6)
    changed = strings._replace(targets=strings.targets.copy())
    changed.targets[[5, 11, 17]] += 1.0  # the last target of every function
    one, other = (of.online(task, some, 0.1, hidden=2) for some in (strings, changed))
    np.testing.assert_array_equal(one[:5], other[:5])
    assert one[5] != other[5]


def test_the_best_rate_is_that_after_thirty_examples():
    low, high = np.full(40, 0.5), np.full(40, 0.1)
    high[30] = 0.9
    assert of.best([high, low, np.full(40, np.nan)]) is low


def test_the_curves_of_a_network_and_what_its_cells_keep():
    task = make("linear-functions", length=10, scale=1.0, offset=0.0)
    rule = Lstm(
        Topology(3, 1, (1, 1), output="identity"), LstmSettings(0.1), np.random.default_rng(0)
    )
    initial = rule.parameters.copy()
    rule.parameters[:] = 0.0
    found = of.learning_curves(rule, initial, task, np.random.default_rng(0), 40)
    assert found.errors.shape == (7, 10)
    assert found.names[:2] == ("the network", "the network before training")
    np.testing.assert_allclose(found.errors[0], 1.0, atol=0.6)  # its output is 0, the mean
    assert (found.errors[0] != found.errors[1]).all()
    assert found.kept[0].tolist() == [1, 2, 3, 4, 5, 6, 8]
    assert (found.kept[1] < 0.2).all()
    assert not rule.parameters.any()


def test_states_that_hold_the_coefficients_explain_them():
    rng = np.random.default_rng(0)
    wanted = rng.normal(size=(100, 2))
    states = wanted @ rng.normal(size=(2, 5)) + 3.0
    assert of._explained(states, wanted) > 0.99
    assert of._explained(rng.normal(size=(100, 5)), wanted) < 0.1
