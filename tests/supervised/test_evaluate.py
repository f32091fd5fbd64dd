"""A trained network looked at again, on a network whose answers are known."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from lstmtool.errors import DataError
from lstmtool.network.topology import Topology
from lstmtool.records.task_run import TaskRun
from lstmtool.supervised.evaluate import STREAMS, TESTED, review, words
from lstmtool.supervised.systems import find_system
from lstmtool.supervised.target_sequences import LEGAL_SET, MOST_ACTIVE, WITHIN, Criterion


def trained(task="tutorial-delay", options=None, topology=None, **parts):
    topology = topology or Topology(1, 1, (1,))
    made = TaskRun(
        task=task,
        options=options or {},
        rule="lstm",
        topology=asdict(topology) | {"blocks": list(topology.blocks)},
        settings={"rate": 0.1},
        update="sequence",
        seed=3,
        solved=False,
        sequences=5,
        counted="sequences",
        figures={},
        history=np.zeros((0, 3)),
        initial_parameters=np.zeros(topology.size),
        parameters=np.zeros(topology.size),
        n_weights=topology.n_weights,
        parameter_table=[],
    )
    return replace(made, **parts)


def biased(topology, output):
    """Parameters of a network whose only weight is the output units' bias."""
    flat = np.zeros(topology.size)
    topology.views(flat).output[:, -1] = output
    return flat


def test_right_answers_are_counted_before_and_after():
    """Always 0 is right where the delay is not the one: half of the sequences."""
    topology = Topology(1, 1, (1,))
    seen = review(trained(topology=topology, parameters=biased(topology, -20.0)))
    before, after = seen.right
    assert seen.tested == TESTED
    assert before == 0  # always one half
    assert 0.35 * TESTED < after < 0.65 * TESTED
    assert seen.error[0] == pytest.approx(0.25)
    assert seen.error[1] == pytest.approx(1 - after / TESTED, abs=1e-6)


def test_the_same_sequence_is_shown_before_and_after():
    topology = Topology(1, 1, (1,))
    seen = review(trained(topology=topology, parameters=biased(topology, -20.0)))
    np.testing.assert_array_equal(seen.before.panels[0].values, seen.after.panels[0].values)
    assert seen.before.panels[-1].values[0] == 0.5
    assert seen.after.panels[-1].values[0] < 1e-6


def test_equal_files_have_equal_reviews():
    first, second = review(trained()), review(trained())
    assert (first.right, first.error) == (second.right, second.error)
    np.testing.assert_array_equal(first.after.panels[0].values, second.after.panels[0].values)


def test_streams_are_cut_and_tested_whole():
    options = {"period": 4, "periods": 40}
    seen = review(trained("pfg", options | {"bound": 0.51}))
    assert seen.tested == STREAMS
    assert seen.right == (STREAMS, STREAMS)  # one half is within 0.51 of everything
    assert len(seen.after.targets) == 100
    assert review(trained("pfg", options)).right == (0, 0)


def test_counting_languages_show_ten_letters():
    seen = review(trained("anbn", {"highest": 3}, Topology(3, 3, (1,))))
    assert seen.after.letters == "S" + 10 * "a" + 10 * "b"


def test_what_was_published_of_such_a_network(monkeypatch):
    monkeypatch.setattr("lstmtool.supervised.evaluate.TESTED", 16)  # what is right does not matter
    known = find_system("pfg")
    made = trained("pfg", dict(known.options), known.topology, update=known.update)
    settings = json.loads(json.dumps(asdict(known.settings)))
    assert review(replace(made, settings=settings)).published
    assert review(replace(made, settings=settings | {"rate": 0.77})).published == ""
    assert review(replace(made, settings=settings, rule="kalman")).published == ""
    older = {name: value for name, value in settings.items() if name != "weight_decay"}
    assert review(replace(made, settings=older)).published
    assert review(trained()).published == ""
    ours = find_system("adding-100-ours")
    made = trained("adding", dict(ours.options), ours.topology, update=ours.update)
    settings = json.loads(json.dumps(asdict(ours.settings)))
    assert review(replace(made, settings=settings)).published == ""


@pytest.mark.parametrize(
    "broken",
    [
        {"task": "nothing"},
        {"task": "adding"},
        {"options": {"delay": 0}},
        {"options": {"no": 1}},
        {"options": {"delay": "x"}},
        {"topology": {}},
        {"topology": {"n_inputs": 1, "n_outputs": 1, "blocks": [0]}},
        {"topology": {"n_inputs": 1, "n_outputs": 1, "blocks": [1], "h": "what"}},
        {"topology": {"n_inputs": 1, "n_outputs": 1, "blocks": "ab"}},
        {"topology": {"n_inputs": 1, "n_outputs": 1, "blocks": [1], "more": 2}},
        {"parameters": np.zeros(3)},
    ],
)
def test_files_that_describe_no_network_are_refused(broken):
    with pytest.raises(DataError) as caught:
        review(replace(trained(), **broken))
    assert caught.value.exit_code == 3
    assert len(str(caught.value).splitlines()) <= 3


def test_criteria_in_words():
    assert words(Criterion(WITHIN, 0.04)) == "every output is within 0.04 of its target"
    assert "most active" in words(Criterion(MOST_ACTIVE, 0.0))
    assert "above 0 are the legal" in words(Criterion(LEGAL_SET, 0.0))
