"""Figures of activations and of error flow, and the page of the latter."""

import io

import numpy as np
import pytest
from rich.console import Console

from lstmtool.records.activations import Activity, GradientDecay, Panel
from lstmtool.report.markup import svg
from lstmtool.report.tasks import activations as activity
from lstmtool.report.tasks import error_flow
from lstmtool.report.tasks import table as classic_table


def made(n_steps=12, n_outputs=3, letters=""):
    rng = np.random.default_rng(0)
    names = ("block 1, cell 1", "block 1, cell 2", "block 2, cell 1")
    scored = np.arange(n_steps) % 2 == 0
    return Activity(
        "A task",
        (
            Panel("Inputs", ("a", "b"), rng.random((n_steps, 2))),
            Panel("Input gates", ("block 1", "block 2"), rng.random((n_steps, 2))),
            Panel("Cell states", names, rng.normal(0, 5, (n_steps, 3))),
            Panel("Outputs", tuple("xyz"[:n_outputs]), rng.random((n_steps, n_outputs))),
        ),
        np.eye(n_outputs)[rng.integers(0, n_outputs, n_steps)],
        scored,
        scored & (np.arange(n_steps) < 6),
        letters,
    )


def lines(ax):
    return [line for line in ax.lines if len(line.get_xdata()) > 2]


def test_every_kind_of_unit_has_a_panel_with_its_values():
    case = made()
    figure = activity.activations(case)
    assert [ax.get_title(loc="left") for ax in figure.axes] == [p.title for p in case.panels]
    states = figure.axes[2]
    for k in range(3):
        np.testing.assert_array_equal(lines(states)[k].get_ydata(), case.panels[2].values[:, k])
    assert figure.axes[1].get_ylim()[0] < 0 < 1 < figure.axes[1].get_ylim()[1]


def test_colours_are_blocks_and_styles_are_cells():
    gates, states = activity.activations(made()).axes[1:3]
    first, second, third = lines(states)
    assert first.get_color() == second.get_color() == lines(gates)[0].get_color()
    assert first.get_linestyle() != second.get_linestyle()
    assert third.get_color() == lines(gates)[1].get_color() != first.get_color()


def test_targets_are_marked_right_or_wrong_where_they_are_scored():
    case = made()
    outputs = activity.activations(case).axes[-1]
    right, wrong = [line for line in outputs.lines if line.get_linestyle() == "None"]
    assert right.get_xdata().tolist() == [0, 2, 4]
    assert wrong.get_xdata().tolist() == [6, 8, 10]
    assert right.get_ydata().tolist() == case.targets.argmax(axis=1)[[0, 2, 4]].tolist()


def test_one_output_is_a_line_and_its_targets_are_values():
    case = made(n_outputs=1)
    outputs = activity.activations(case).axes[-1]
    np.testing.assert_array_equal(outputs.lines[0].get_ydata(), case.panels[-1].values[:, 0])
    assert outputs.get_title(loc="left") == "Outputs: x"


def test_letters_stand_under_short_sequences():
    bottom = activity.activations(made(letters="abbabbabbabb")).axes[-1]
    assert "".join(text.get_text() for text in bottom.get_xticklabels()) == "abbabbabbabb"
    assert activity.activations(made(n_steps=80, letters="ab" * 40)).axes[-1].get_xlabel() == "Step"


@pytest.mark.parametrize("letters", ["", "abbabbabbabb"])
def test_activations_can_be_drawn(letters):
    assert svg(activity.activations(made(letters=letters))) == svg(
        activity.activations(made(letters=letters))
    )


@pytest.fixture
def reaches():
    lags = np.arange(201.0)
    exact = np.array([-0.5 * lags, -lags, -2 * lags])
    return [
        GradientDecay("vanishing", "a first network", exact),
        GradientDecay("constant", "a second one", np.zeros((3, 201)), np.zeros((3, 201))),
    ]


def test_the_table_says_what_is_left_and_when_it_is_gone(reaches):
    told = error_flow.table(reaches)
    assert told.headings == ("Network", "Lag 10", "Lag 100", "Below 0.001 after")
    assert told.rows == [
        ("vanishing", "1.0e-10", "1.0e-100", "4 steps"),
        ("constant", "1", "1", "more than 200 steps"),
    ]


def test_tiny_norms_are_written_out():
    logs = np.array([[0.0, np.log10(5.1) - 965]])
    assert error_flow._left(GradientDecay("", "", logs), 1) == "5.1e-965"


def test_curves_are_medians_within_their_bands(reaches):
    (ax,) = error_flow.figure(reaches).axes
    vanishing = ax.lines[0]
    np.testing.assert_allclose(vanishing.get_ydata()[:16], 10.0 ** -np.arange(1.0, 17.0))
    assert np.isfinite(vanishing.get_ydata()).all()
    assert (ax.lines[1].get_ydata() == 1).all()


def test_the_page_is_whole_and_the_same_every_time(reaches):
    page = error_flow.page(reaches)
    assert page == error_flow.page(reaches)
    assert page.count("<h1>") == 1
    assert 'name="lstmtool-run" content="error-flow"' in page
    assert "a second one" in page


def test_the_document_is_plain_json(reaches):
    import json

    told = json.loads(json.dumps(error_flow.document(reaches), allow_nan=False))
    assert told["trials"] == 3
    assert told["networks"][0]["log10_exact"][7] == -7
    assert told["networks"][0]["log10_within_cells"] is None


def test_zero_is_a_line_where_values_lie_on_both_sides():
    case = made()
    above = Panel("Cell states", case.panels[2].names, 3.0 + np.abs(case.panels[2].values))
    figures = [
        activity.activations(case._replace(panels=(*case.panels[:2], panel, case.panels[3])))
        for panel in (case.panels[2], above)
    ]
    zero = [[line for line in f.axes[2].lines if not np.any(line.get_ydata())] for f in figures]
    assert [len(lines) for lines in zero] == [1, 0]


def test_the_table_names_what_is_needed_and_keeps_to_a_terminals_width():
    """A log is as wide as it takes; a terminal has the width that it has."""
    row = {
        "task": "anbn", "network": "1 x 1", "weights": 38, "published_weights": 38, "trials": 4,
        "solved": 3, "needed": [300, 100, 200], "counted": "streams", "figures": {},
        "published": "all", "verdict": "reached", "name": "anbn", "note": "",
        "ours": "other biases",
    }  # fmt: skip
    told = {}
    for terminal in (True, False):
        screen = Console(file=io.StringIO(), force_terminal=terminal, width=70)
        classic_table.show([row], screen)
        told[terminal] = screen.file.getvalue()
        assert screen.width == (70 if terminal else classic_table.LOG_WIDTH)
    assert "200 streams (100-300)" in told[False]
    assert "3/4" in told[False]
