"""The studies of blues and of learning to learn: what runs, and what is told of it."""

from collections import Counter

import pytest

from lstmtool.supervised import studies
from lstmtool.supervised.systems import SYSTEMS


@pytest.mark.parametrize("name", studies.STUDIES)
def test_the_full_plan_has_every_system_of_the_study_and_the_quick_one_less(name):
    full = Counter(system.name for system, _ in studies.plan(name, quick=False))
    assert set(full) == {s.name for s in SYSTEMS.values() if s.study == name}
    quick = studies.plan(name, quick=True)
    assert quick
    for system, _ in quick:
        assert system.stop.limit <= SYSTEMS[system.name].stop.limit
    for system_name, count in Counter(system.name for system, _ in quick).items():
        assert count <= full[system_name]
    numbers = [number for _, number in studies.plan(name, quick=True, networks=7)]
    assert numbers == list(range(7)) * (len(numbers) // 7)
    (only,) = studies.plan(name, quick=False, networks=1, names=(quick[0][0].name,))
    assert only == (SYSTEMS[quick[0][0].name], 0)


def test_a_row_has_medians_and_extremes():
    system = SYSTEMS["blues-chords-batch"]
    records = [
        {"experiment": system.name, "solved": n > 0, "sequences": 10 * n, "figures": {"a": n**2}}
        for n in range(3)
    ]
    (row,) = studies.summarise([(system, n) for n in range(3)], records)
    assert (row["solved"], row["networks"], row["needed"]) == (2, 3, [10, 15, 20])
    assert row["figures"] == {"a": [0, 1.0, 4]}
    assert row["weights"] == system.n_weights


def test_tables_of_less_than_48_steps_lose_the_form():
    rows = {
        (row["task"], row["name"]): row["figures"]["chord steps right of 960"][1]
        for row in studies.rivals_of_blues(0, True)
        if row["task"] == "blues-chords"
    }
    right = {name for (_, name), steps in rows.items() if steps == 960}
    assert right == {"table of the last 48 steps", "hand-written counter"}
    assert len(rows) == 5


def test_simple_rivals_of_learners(monkeypatch):
    monkeypatch.setattr(studies, "QUICK_FUNCTIONS", 3)
    monkeypatch.setattr("lstmtool.supervised.learning_curves.MLP_RATES", (0.1,))
    rows = studies.rivals_of_learners(0, True)
    assert len(rows) == 15
    quadratic = {row["name"]: row["figures"] for row in rows if row["task"][0] == "q"}
    late = "relative error, later examples"
    assert quadratic["least squares, prior known"][late][0] < 1e-6
    assert quadratic["the mean"][late] == [1.0, 1.0, 1.0]
    assert quadratic["least squares, prior known"][late] < quadratic["LMS, best rate"][late]
