"""Activations kept while a network runs, against the equations step by step."""

import numpy as np
import pytest

from lstmtool.network.topology import Topology
from lstmtool.supervised.activations import observe
from lstmtool.supervised.rules.elman import Elman
from lstmtool.supervised.rules.lstm import Lstm, LstmSettings
from lstmtool.supervised.rules.simple import SimpleSettings
from lstmtool.supervised.scoring import right_steps
from lstmtool.supervised.tasks import make


def logistic(x):
    return 1 / (1 + np.exp(-x))


@pytest.fixture(scope="module")
def seen():
    task = make("reber")
    strings = task.sample(np.random.default_rng(0), 4)
    rule = Lstm(Topology(7, 7, (2, 1)), LstmSettings(0.1, weights=0.8), np.random.default_rng(1))
    outputs = np.empty_like(strings.targets)
    rule.run(strings, outputs)
    return task, strings, rule, outputs, observe(rule, task, strings, 2)


def test_panels_follow_the_equations(seen):
    _, strings, rule, _, activity = seen
    panels = {panel.title: panel.values for panel in activity.panels}
    rows = slice(strings.starts[2], strings.starts[3])
    hidden, _, output = rule.topology.views(rule.parameters)
    block, s, y = np.array([0, 0, 1]), np.zeros(3), np.zeros(3)
    for t, x in enumerate(strings.inputs[rows]):
        net = hidden @ np.concatenate([x, y, [1.0]])
        gates, g = logistic(net[:6]).reshape(3, 2), 4 * logistic(net[6:]) - 2
        s = gates[1, block] * s + gates[0, block] * g
        y = gates[2, block] * (2 * logistic(s) - 1)
        for title, wanted in {
            "Inputs": x,
            "Input gates": gates[0],
            "Forget gates": gates[1],
            "Output gates": gates[2],
            "Cell inputs": g,
            "Cell states": s,
            "Cell outputs": y,
            "Outputs": logistic(output @ np.append(y, 1.0)),
        }.items():
            np.testing.assert_allclose(panels[title][t], wanted, atol=1e-12)


def test_units_have_names_and_steps_their_letters(seen):
    task, strings, _, outputs, activity = seen
    rows = slice(strings.starts[2], strings.starts[3])
    names = {panel.title: panel.names for panel in activity.panels}
    assert names["Input gates"] == ("block 1", "block 2")
    assert names["Cell states"] == ("block 1, cell 1", "block 1, cell 2", "block 2, cell 1")
    assert names["Inputs"] == names["Outputs"] == tuple("BTPSXVE")
    assert activity.letters == "".join("BTPSXVE"[k] for k in strings.inputs[rows].argmax(axis=1))
    right = right_steps(strings, outputs, task.criterion)[rows]
    np.testing.assert_array_equal(activity.right, right)


def test_values_have_no_letters_and_steps_may_be_cut():
    task = make("adding", length=40)
    strings = task.sample(np.random.default_rng(0), 1)
    network = Topology(2, 1, (1,), forget_gate=False)
    rule = Lstm(network, LstmSettings(0.1), np.random.default_rng(1))
    activity = observe(rule, task, strings, steps=10)
    assert activity.letters == ""
    assert [panel.title for panel in activity.panels][1:4] == [
        *("Input gates", "Output gates", "Cell inputs"),
    ]
    assert {len(panel.values) for panel in activity.panels} == {10}
    assert not activity.right.any()


def test_of_other_networks_inputs_and_outputs_are_kept():
    task = make("anbn")
    rule = Elman((3, 4, 3), SimpleSettings(), np.random.default_rng(0))
    strings = task.of([2])
    activity = observe(rule, task, strings)
    outputs = np.empty_like(strings.targets)
    rule.run(strings, outputs)
    assert [panel.title for panel in activity.panels] == ["Inputs", "Outputs"]
    np.testing.assert_array_equal(activity.panels[-1].values, outputs)
    assert activity.letters == "Saabb"
