"""Networks of equal size across lags: their sizes, what stops them, and the study's table."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool.supervised.fitting import Fitted
from lstmtool.supervised.lag_study import cheaper, is_long, plan, summarise
from lstmtool.supervised.lag_systems import KINDS, LAG_SYSTEMS, ONE_UNIT, PROBLEMS
from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.rules.base import Rule
from lstmtool.supervised.stopping import Guesses, Record, Window
from lstmtool.supervised.systems import SYSTEMS
from lstmtool.supervised.tasks import make
from lstmtool.supervised.tasks.latch import Latch
from lstmtool.supervised.trials import record_of_trial

EQUAL = [s for s in LAG_SYSTEMS if not s.name.endswith("guessing-small")]


def test_all_networks_have_as_many_weights_within_a_tenth():
    assert len(LAG_SYSTEMS) == len(PROBLEMS) * len(KINDS)
    weights = [system.n_weights for system in EQUAL]
    assert 0.9 * 168 <= min(weights) <= max(weights) <= 1.1 * 168


def test_those_that_learn_by_gradients_do_so_by_one_rule():
    rules = {
        (s.settings.rate, s.settings.batch, s.settings.clip, s.stop)
        for s in LAG_SYSTEMS
        if not s.rule.startswith(("echo", "guess"))
    }
    assert len(rules) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_learns_something_of_a_short_latch(kind):
    system = SYSTEMS[f"latch-10-{kind}"]
    limit = {Fitted: 120, Guesses: 500}.get(type(system.stop), 1440)
    stop = replace(system.stop, limit=limit, tests=40)
    if isinstance(stop, Window):
        stop = replace(stop, size=240, wrong=12, chunk=120)
    elif isinstance(stop, Guesses):
        stop = replace(stop, size=10)
    record = record_of_trial(replace(system, options={"length": 5}, stop=stop), 7, 0)
    assert record["figures"]["wrong of 40"] <= 10
    assert record["sequences"] <= limit


class Guess(Rule):
    """Says the same always."""

    n_inputs = n_outputs = n_weights = 1

    def __init__(self, y):
        self.y, self.parameters, self.learned = y, np.zeros(1), []

    @property
    def state(self):
        return [self.parameters]

    def run(self, strings, outputs, *, keep_state=False):
        outputs[:] = self.y if self.y is not None else strings.targets

    def learn(self, strings, outputs, *, update="batch"):
        self.learned.append(strings.count)


def test_what_is_fitted_learns_once_and_is_tested_on_new_sequences():
    stop, task = Fitted(limit=50, tests=100), Latch(length=5)
    for y, solved, wrong in ((None, True, 0.0), (1.0, False, 50.0)):
        record, rule = Record(), Guess(y)
        stop.train(rule, task, "batch", np.random.default_rng(0), record)
        assert (record.solved, record.sequences, rule.learned) == (solved, 50, [50])
        assert abs(record.figures["wrong of 100"] - wrong) <= 0.3 * wrong
    assert len(record.rows) == 1


def test_the_plan_goes_network_by_network():
    work = plan(False)
    assert len(work) == 10 * len(LAG_SYSTEMS) + 18 * len(ONE_UNIT)
    assert [n for _, n in work] == sorted(n for _, n in work)
    quick = plan(True)
    assert {n for _, n in quick} == {0, 1, 2}
    assert not any(is_long(system) for system, _ in quick)
    assert all(system.stop == cheaper(system).stop for system, _ in quick)
    (one,) = plan(True, 1, ("latch-200-lstm",))
    assert one[0].name == "latch-200-lstm"


def test_the_study_counts_what_was_solved():
    system = SYSTEMS["latch-20-narx-3"]
    figures = {"wrong of 1000": 3.0, "test error": 0.1}
    records = [
        {"experiment": system.name, "seed": n, "solved": n < 2, "sequences": 100 * (n + 1)}
        | {"figures": figures | {"wrong of 1000": float(n)}}
        for n in range(3)
    ]
    (row,) = summarise([(system, n) for n in range(3)], records)
    assert (row["solved"], row["networks"], row["needed"]) == (2, 3, [100, 150.0, 200])
    assert (row["kind"], row["lag"], row["wrong"]) == ("NARX, 3 delays", 20, 1.0)
    assert {
        summarise([(s, 0)], [records[0] | {"experiment": s.name}])[0]["kind"] for s in ONE_UNIT
    } == {f"One unit, {n} delay{'s' * (n > 1)}" for n in (1, 2, 3, 6)}


def test_the_latch_of_one_unit_is_learned_where_nothing_disturbs_it():
    system = SYSTEMS["one-unit-20-delays-2"]
    rule = make_rule(system.rule, system.topology, system.settings, np.random.default_rng(0))
    task, rng = make("latch-one-unit", length=12, noise=0.0), np.random.default_rng(1)
    for _ in range(40):
        strings = task.sample(rng, 24)
        rule.learn(strings, np.zeros_like(strings.targets))
    outputs = np.zeros_like(strings.targets)
    rule.run(strings, outputs)
    wrong = np.abs(outputs - strings.targets)[strings.scored]
    assert wrong.max() < 0.5
