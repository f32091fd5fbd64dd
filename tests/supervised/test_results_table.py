from dataclasses import asdict, replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from lstmtool.report.tasks.table import show
from lstmtool.supervised.results_table import (
    QUICK,
    QUICK_LIMIT,
    REBER_TRIALS,
    plan,
    summarise,
    verdict,
)
from lstmtool.supervised.systems import SYSTEMS
from lstmtool.supervised.trials import Trial


def trials(solved, total, **figures):
    empty = np.zeros(0)
    return [
        Trial(n, n < solved, 100 * (n + 1), dict(figures), empty, empty, empty)
        for n in range(total)
    ]


def test_the_plan_has_every_system_and_thirty_trials_of_reber():
    full = {system.name: count for system, count in plan(quick=False)}
    assert set(full) == {name for name, s in SYSTEMS.items() if s.study == "classic"}
    assert full["reber-3x2-0.5"] == REBER_TRIALS
    quick = {system.name: (system, count) for system, count in plan(quick=True)}
    assert set(quick) == set(QUICK)
    for system, count in quick.values():
        assert count < full[system.name]
        assert system.stop.limit <= SYSTEMS[system.name].stop.limit
    ((other, _),) = plan(quick=True, names=("adding-1000", "adding-1000"))
    assert other.stop.limit == QUICK_LIMIT
    (only,) = plan(quick=False, names=("anbn",), trials=3)
    assert (only[0].name, only[1]) == ("anbn", 3)


def test_a_row_says_what_solved_trials_needed():
    row = summarise(SYSTEMS["adding-100"], trials(2, 3, **{"wrong of 2560": 2.0}))
    assert (row.solved, row.trials, row.needed) == (2, 3, (100, 200))
    assert row.weights == row.published_weights == 93
    assert row.figures["wrong of 2560"] == (2.0, 2.0, 2.0, 2.0)
    assert row.network == "2 x 2"
    assert summarise(SYSTEMS["reber-elman-15"], trials(0, 2)).verdict == "beside LSTM"


def differing(*wrong):
    """Solved trials with so many wrong each."""
    return [
        replace(trial, figures={"wrong of 2560": w})
        for trial, w in zip(trials(len(wrong), len(wrong)), wrong, strict=True)
    ]


def test_figures_are_told_by_median_range_and_mean():
    row = summarise(SYSTEMS["adding-100"], differing(2.0, 1.0, 6.0))
    assert row.figures["wrong of 2560"] == (2.0, 1.0, 6.0, 3.0)
    screen = Console(file=StringIO(), width=300)
    show([asdict(row)], screen)
    assert "wrong of 2560 2 (1-6, mean 3)" in screen.file.getvalue()


@pytest.mark.parametrize(
    ("name", "found", "said"),
    [
        ("adding-100", trials(10, 10, **{"wrong of 2560": 3.0}), "reached"),
        ("adding-100", trials(10, 10, **{"wrong of 2560": 4.0}), "not reached"),
        ("adding-100", trials(9, 10, **{"wrong of 2560": 1.0}), "not reached"),
        ("adding-100", differing(*[0.0] * 9, 30.0), "reached"),  # published are means
        ("adding-100", differing(*[0.0] * 9, 31.0), "not reached"),
        ("adding-100", trials(1, 2, **{"wrong of 2560": 1.0}), "too few trials"),
        ("adding-100", trials(0, 2), "not reached"),
        ("reber-3x2-0.2", trials(30, 30), "reached"),
        ("reber-3x2-0.5-ours", trials(30, 30), "reached otherwise"),
        ("reber-3x2-0.5-ours", trials(28, 30), "not reached"),
        ("reber-3x2-0.2", trials(29, 30), "reached"),  # 96.7 %, published as 97 %
        ("reber-3x2-0.2", trials(28, 30), "not reached"),
        ("continual-order", trials(1, 10), "no published figure"),
        ("anbncn-kalman", trials(0, 10), "not reached"),
        ("anbn", trials(10, 10, **{"right to n, best": 999.0}), "not reached"),
        ("anbn", trials(10, 10, **{"right to n, best": 1000.0}), "reached"),
    ],
)
def test_verdicts(name, found, said):
    assert verdict(SYSTEMS[name], found) == said


def test_the_best_trial_counts_for_the_languages():
    found = trials(3, 3, **{"right to n, best": 20.0})
    found[1] = replace(found[1], figures={"right to n, best": 1000.0})
    assert verdict(SYSTEMS["anbn"], found) == "reached"
