from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lstmtool.clustering.assess import assess
from lstmtool.records.run import Outputs
from lstmtool.report import curves, marks
from lstmtool.report.markup import section, svg
from lstmtool.report.run import figures
from tests.builders import small_run
from tests.report.conftest import KINDS


def drawn(run):
    assessment = assess(run)
    made = [*figures.outputs(run, assessment), curves.learning_curves(run), curves.restarts(run)]
    return [figure for figure in made if figure is not None]


def titles(figure):
    told = [ax.get_title() for ax in figure.axes] + [figure.get_suptitle()]
    return [t for t in [*told, *(sub.get_suptitle() for sub in figure.subfigs)] if t]


def test_every_figure_can_be_drawn_and_none_is_left_in_pyplot(case):
    assert all(b"<svg" in svg(figure) for figure in drawn(case[0]))
    assert plt.get_fignums() == []


def test_panels_are_captioned(case):
    told = [t for figure in figures.outputs(*case) for t in titles(figure)]
    assert any(t.startswith("Before training") for t in told)
    assert any(t.startswith("After training (5 epochs)") for t in told)


def test_symbols_are_the_papers():
    assert marks.SYMBOLS[:4] == ("o", "+", "*", "^")
    looks = {(marks.mark(k, 20)["marker"], marks.mark(k, 20)["markeredgecolor"]) for k in range(56)}
    assert len(looks) == 56


def test_the_unit_square_shows_every_point_of_every_group():
    run = small_run(n=12)
    (figure,) = figures.outputs(run, assess(run))
    _, after = figure.axes
    assert after.get_xlim() == after.get_ylim() == (0, 1)
    lines = [line for line in after.lines if len(line.get_xdata()) == 4]
    for group, line in enumerate(lines):
        own = run.after.activations[run.labels == group]
        np.testing.assert_array_equal(np.stack(line.get_data(), 1), own)
    assert len(lines) == 3


def test_the_legend_covers_no_panel():
    run = small_run(n=12)
    (figure,) = figures.outputs(run, assess(run))
    figure.canvas.draw()
    (legend,) = figure.legends
    box = legend.get_window_extent()
    assert not any(box.overlaps(ax.get_window_extent()) for ax in figure.axes)


def test_unknown_glyphs_become_boxes():
    assert marks.drawable("A\U0001f3b7\x1b") == "A□"


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
    run = case[0]
    y = np.full_like(run.after.activations, value)
    for figure in drawn(replace(run, after=Outputs(y, y), before=Outputs(y, y))):
        svg(figure)


def test_outputs_of_another_width_before_training():
    run = small_run("neo")
    two = np.random.default_rng(0).normal(size=(12, 2))
    for figure in drawn(replace(run, before=Outputs(two, two))):
        svg(figure)


def test_more_groups_than_symbols_and_lines():
    run = small_run("neo", n=200)
    labels = np.arange(200) % 70
    many = replace(run, labels=labels, label_names=tuple(f"group {g}" for g in range(70)))
    for figure in drawn(many):
        svg(figure)


def test_nothing_recorded_makes_no_curves_and_one_restart_no_plot():
    run = small_run()
    empty = {name: np.full(6, np.nan) for name in run.history}
    one = {name: column[1:2] for name, column in run.restarts.items()}
    quiet = replace(run, history=empty, restarts=one, chosen=0)
    assert curves.learning_curves(quiet) is None
    assert curves.restarts(quiet) is None


def test_stages_are_counted_on_and_their_borders_drawn():
    run = small_run()
    history = run.history | {
        "epoch": np.array([1, 2, 3, 1, 2, 3]),
        "stage": np.array([0, 0, 0, 1, 1, 1]),
    }
    ax = curves.learning_curves(replace(run, history=history)).axes[0]
    assert ax.lines[0].get_xdata().tolist() == [1, 2, 3, 4, 5, 6]
    assert ax.lines[1].get_xdata()[0] == 4


def test_restarts_of_a_run_without_controls():
    run = small_run()
    both = curves.restarts(run).axes[0]
    others = {k: v for k, v in run.restarts.items() if k != "untrained_score"}
    alone = curves.restarts(replace(run, restarts=others)).axes[0]
    assert len(both.lines) == len(alone.lines) + 1


def test_a_section_of_nothing_is_nothing():
    assert section("Nothing", "", "") == ""
