"""The plots of the page: outputs, learning curves, restarts and activations."""

import re
from dataclasses import replace

import numpy as np
import pytest

from lstmtool.clustering.assess import assess
from lstmtool.clustering.at_work import at_work
from lstmtool.clustering.certainty import Members, certainty
from lstmtool.config import Stage
from lstmtool.records.run import Outputs
from lstmtool.report import marks, svg
from lstmtool.report.run import activity, learning, outputs
from tests.builders import small_ensemble, small_run, small_sequences
from tests.clustering.test_activations import FAMILY, random_run
from tests.report.conftest import KINDS


def section(run):
    told = assess(run)
    return outputs.section(run, told, certainty(run, told))


def titles(text):
    return re.findall(r'class="mark[^>]*><title>([^<]*)</title>', text)


def counted(text):
    """How many sequences the marks of a section stand for."""
    sizes = [re.match(r"(\d+) sequences:", title) for title in titles(text)]
    return sum(int(size[1]) if size else 1 for size in sizes)


def test_every_sequence_is_behind_a_mark_of_every_plot(case):
    run, told = case
    text = outputs.section(run, told, certainty(run, told))
    plots = len(re.findall(r'class="plot"', text))
    strips = run.after.activations.shape[1] == 1 and run.settings.stages[-1].objective == "neo"
    panels = plots // 2 if strips else plots
    assert counted(text) == 20 * panels


def test_points_that_lie_on_one_another_are_one_mark_with_their_number():
    run = small_run(n=12, labelled=False)
    net = np.where(np.arange(12)[:, None] < 7, 9.0, -9.0) * np.ones(2)
    run = replace(run, after=Outputs.of(net, "logistic"))
    (after,) = re.findall(r"After training.*?</svg>", section(run))
    assert ">×7<" in after
    assert ">×5<" in after
    assert len(titles(after)) == 2
    assert (
        "7 sequences: cluster 11: sequence-0, sequence-1, sequence-2, sequence-3 and 3 more"
        in after
    )
    assert "11: 7<" in after  # in the quarter of the code
    assert "cluster 11: 7 sequences in one place" in after


def test_near_marks_are_gathered_group_by_group_until_there_are_few():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(size=(2, 3000))
    y[7] = np.nan
    axes = svg.Axes((0.0, 1.0), (0.0, 1.0))
    drawn = [marks.Group(k, str(k), np.arange(3000) % 3 == k) for k in range(3)]
    found = outputs.gathered(axes, x, y, drawn, 100)
    assert 20 < len(found) <= 100
    members = np.concatenate([one.members for one in found])
    assert sorted(members.tolist()) == [n for n in range(3000) if n != 7]
    for one in found:
        assert set(one.members % 3) == {one.place}
    assert len(outputs.gathered(axes, x[:2], y[:2], [marks.Group(0, "", np.ones(2) > 0)], 1)) == 1


def test_names_say_group_cluster_and_confidence():
    run = small_run(n=12)
    assert "sequence-3: low, cluster 00, confidence 0.96" in " ".join(titles(section(run)))
    several = outputs.Names(run, assess(run), np.ones(12), [])
    assert several.of(np.arange(3), "low").startswith("3 sequences: low, clusters 00, 01, 10: ")


def test_numbers_do_not_cover_one_another():
    axes = svg.Axes((0.0, 1.0), (0.0, 1.0))
    found = [outputs.Mark(300.0 + k, 200.0, k, np.arange(2)) for k in range(20)]
    made = outputs._counts(axes, found)
    places = [tuple(map(float, re.search(r'x="(\d+)" y="(\d+)"', t).groups())) for t in made]
    assert 1 < len(made) < 12
    for k, (x, y) in enumerate(places):
        assert all(abs(x - a) > 60 or abs(y - b) > 20 for a, b in places[:k])


def test_many_outputs_are_drawn_in_pairs_with_those_before_folded():
    run = small_run("consistency", outputs=6, n=20)
    text = section(run)
    before, after = text.index("<details><summary>Before training"), text.index("After training")
    assert after < before
    assert text.count('class="plot"') == 2 * 10
    run = small_run(outputs=3, n=20)
    narrow = Outputs(run.before.net_inputs[:, :1], run.before.activations[:, :1])
    assert section(replace(run, before=narrow)).count('class="plot"') == 4


def test_many_groups_share_the_last_line():
    run = small_run("neo", n=60)
    labels = np.arange(60) % 20
    run = replace(run, labels=labels, label_names=tuple(f"g{k}" for k in range(20)))
    text = section(run)
    assert text.count(">others</text>") == 2
    assert "… 8 more" in text


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *[(kind, np.nan) for kind in KINDS],
        *[(kind, 0.5) for kind in ("bingo-2", "bingo-3", "neo-1")],  # a square, many, a line
    ],
    indirect=["kind"],
    scope="session",
)
def test_outputs_without_spread(case, value):
    y = np.full_like(case[0].after.activations, value)
    text = section(replace(case[0], after=Outputs(y, y), before=Outputs(y, y)))
    assert ("no output is finite" in text) == (np.isnan(value) and y.shape[1] > 1)
    assert not re.search(r"\d*nan\b|inf\b", text.replace("not finite", ""))
    assert counted(text) == (0 if np.isnan(value) else counted(section(case[0])))


def test_outputs_of_another_width_before_training():
    run = small_run("neo")
    two = np.random.default_rng(0).normal(size=(12, 2))
    assert counted(section(replace(run, before=Outputs(two, two)))) == 24
    run, one = small_run(), np.random.default_rng(0).uniform(size=(12, 1))
    assert counted(section(replace(run, before=Outputs(one, one)))) == 24


def stages(*objectives):
    made = tuple(Stage(objective=name, epochs=5) for name in objectives)
    run = small_run("neo")
    history = {
        "epoch": np.tile(np.arange(4), len(made)),
        "stage": np.repeat(np.arange(len(made)), 4),
        "objective": np.arange(4.0 * len(made)) ** 2,
        "gradient_norm": np.exp(-np.arange(4.0 * len(made))),
    }
    settings = run.settings.model_copy(update={"stages": made})
    return replace(run, settings=settings, history=history)


def test_stages_of_different_objectives_have_axes_of_their_own():
    text = learning.learning_curves(stages("consistency", "neo", "neo"))
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", text)
    assert captions == [
        "Objective: Consistency",
        "Objective: NEO, affine-invariant form",
        "Gradient norm",
    ]
    assert text.count('class="border"') == 2  # where stages begin, in the gradient's norm
    text = learning.learning_curves(stages("neo", "neo"))
    assert "<figcaption>Objective</figcaption>" in text
    assert "1e−2" in text


def test_no_history_no_curves():
    run = stages("neo")
    assert learning.learning_curves(replace(run, history={"epoch": np.arange(4)})) == ""
    half = run.history | {"objective": np.array([np.nan] * 4 + [1.0, 2.0, 3.0, 4.0])}
    mixed = replace(
        stages("consistency", "neo"),
        history=stages("consistency", "neo").history | {"objective": half["objective"]},
    )
    assert "Objective: Consistency" not in learning.learning_curves(mixed)


def test_every_finite_restart_is_drawn_the_chosen_one_marked():
    text = learning.restarts(small_run())
    assert titles(text) == [
        *("untrained control of restart 2 (chosen): 0.20 bits", "restart 2 (chosen): 0.90 bits"),
        *("untrained control of restart 1: 0.10 bits", "restart 1: 0.10 bits"),
        "untrained control of restart 3: 0.30 bits",
    ]
    assert text.count('class="chosen"') == 2  # and in the key
    run = small_run()
    one = {name: column[1:2] for name, column in run.restarts.items()}
    assert learning.restarts(replace(run, restarts=one, chosen=0)) == ""


def test_without_trained_blocks_there_is_no_control():
    run = small_run()
    stage = run.settings.stages[-1].model_copy(update={"trains": "output"})
    settings = run.settings.model_copy(update={"stages": (stage,)})
    assert not settings.trains_blocks
    assert "control" not in learning.restarts(replace(run, settings=settings))


CLUSTERS = (
    Members(0, "00", np.array([4, 0, 2, 6]), 2),
    Members(1, "01", np.array([1, 3, 5]), 1),
)


@pytest.mark.parametrize("network", ["several cells", "two layers", "pooled"])
def test_units_of_the_exemplars_are_drawn(network):
    run, data = random_run(FAMILY[network])
    work = at_work(run, data, CLUSTERS)
    text = activity.section(run, work, CLUSTERS, (0, 1))
    assert text.count("<details open>") == 1
    assert text.count("<details") == 2
    for panel in work.exemplars[0].panels:
        if panel.kind != "plain_unit":
            assert text.count(f"<figcaption>{panel.title}") == 2
    for cell in work.cells:
        name = f"{cell.layer}, {cell.name}" if cell.layer else cell.name
        assert f"<figcaption>{name}</figcaption>" in text
    assert "Shown are" not in text


def test_of_many_cells_those_that_differ_most_are_drawn(monkeypatch):
    run, data = random_run({"blocks": (1,) * 9})
    monkeypatch.setattr(activity, "MAX_CLUSTERS", 1)
    monkeypatch.setattr("lstmtool.clustering.at_work.MOST", 2)
    work = at_work(run, data, CLUSTERS)
    text = activity.section(run, work, CLUSTERS, (0, 1))
    assert "the 4 of 9 cells" in text
    assert "Input gates, 4 of 9" in text
    assert "Means are over 2 sequences" in text
    assert "the 1 largest of 2 clusters" in text
    assert text.count("<details") == 1
    drawn = re.findall(r"<figcaption>(block \d)</figcaption>", text)
    assert drawn == [cell.name for cell in work.cells[:4]]


def test_means_over_unequal_numbers_and_lengths():
    run, data = random_run(FAMILY["as usual"])
    work = at_work(run, data, CLUSTERS)._replace(averaged=(2, 3))
    assert "over 2 to 3 sequences" in activity.section(run, work, CLUSTERS, (0, 1))
    work = work._replace(exemplars=work.exemplars[:1] * 2)
    assert "A mean ends" not in activity.section(run, work, CLUSTERS, (0, 1))


def test_states_that_overflow_are_left_out():
    run, data = random_run(FAMILY["as usual"])
    work = at_work(run, data, CLUSTERS)
    broken = [c._replace(means=tuple(np.full(3, np.nan) for _ in c.means)) for c in work.cells]
    text = activity.section(run, work._replace(cells=tuple(broken)), CLUSTERS, (0, 1))
    assert "nan" not in re.sub("not finite", "", text)
    assert "ends at –" in text


def test_epochs_are_counted_on_through_stages():
    run = stages("consistency", "neo")
    history = run.history | {"epoch": np.array([1, 2, 3, 4, 1, 2, 3, 4])}
    through, borders = learning.epochs_through(replace(run, history=history))
    assert through.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert borders.tolist() == [5]


def test_what_repeats_another_quantity_or_was_not_recorded_has_no_curve():
    run = small_run()
    same = run.history | {"joint_bits": run.history["objective"]}
    assert "Joint information" not in learning.learning_curves(replace(run, history=same))
    empty = {name: np.full(6, np.nan) for name in run.history}
    assert learning.learning_curves(replace(run, history=empty)) == ""


def test_more_outputs_than_have_room_are_named_on_hover_alone():
    run, data = random_run({"blocks": (1, 1), "outputs": 4})
    work = at_work(run, data, CLUSTERS)
    text = activity.section(run, work, CLUSTERS, (0, 1))
    assert "<title>output 4</title>" in text
    assert ">output 4</text>" not in text


def test_whose_network_it_is_and_what_it_reads():
    run, _ = random_run(FAMILY["as usual"], {"average": 2})
    data = small_sequences(7, seed=4)
    work = at_work(run, data, CLUSTERS)
    text = activity.section(run, work, CLUSTERS, (0, 1))
    assert "It reads means over 2 steps." in text
    assert "of restart" not in text
    text = activity.section(small_ensemble(run), work, CLUSTERS, (0, 1))
    assert "The network is that of restart 2." in text
