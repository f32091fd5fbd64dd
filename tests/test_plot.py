"""The figures: what is drawn is what the run has, whoever made the axes."""

import pickle
import sys
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

import lstmtool
from lstmtool import TrainedRun, plot
from lstmtool.errors import UsageError
from lstmtool.records.activations import Activity
from tests.builders import small_ensemble, small_run
from tests.clustering.test_activations import FAMILY, random_run


def texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def drawn(ax):
    return {line.get_label(): line.get_xydata() for line in ax.get_lines()}


@pytest.mark.parametrize("labelled", [False, True])
def test_outputs_lie_in_a_plane_by_group_or_cluster(labelled):
    run = small_run(labelled=labelled)
    (ax,) = plot.outputs(run).axes
    own = TrainedRun.of(run)
    key = run.labels if labelled else own.clusters
    name = (
        run.label_names if labelled else {k: f"cluster {v}" for k, v in own.cluster_names.items()}
    )
    points = drawn(ax)
    assert len(points) == len(np.unique(key))
    for k in np.unique(key):
        np.testing.assert_array_equal(
            points[f"{name[k]} ({(key == k).sum()})"], run.after.activations[key == k]
        )
    (turned,) = plot.outputs(run, pair=(2, 1)).axes
    assert (turned.get_xlabel(), turned.get_ylabel()) == ("Output 2", "Output 1")
    with pytest.raises(UsageError, match="1 to 2"):
        plot.outputs(run, pair=(1, 3))


def test_linear_outputs_have_axes_of_their_own():
    run = small_run("neo", outputs=2)
    (ax,) = plot.outputs(run).axes
    assert ax.get_xlim()[1] > run.after.activations[:, 0].max() > 1.5


def test_a_single_output_has_a_line_for_every_group():
    run = small_run("neo")
    (ax,) = plot.outputs(run).axes
    assert [t.get_text() for t in ax.get_yticklabels()] == list(run.label_names)
    for place, points in enumerate(drawn(ax).values()):
        np.testing.assert_array_equal(points[:, 0], run.after.activations[run.labels == place, 0])
        assert set(points[:, 1]) == {-place}


@pytest.mark.parametrize("labelled", [False, True])
def test_bars_have_the_sizes_of_the_clusters(labelled):
    run = TrainedRun.of(small_ensemble(small_run(labelled=labelled)))
    (ax,) = plot.clusters(run).axes
    numbers, counts = np.unique(run.clusters, return_counts=True)
    assert [t.get_text() for t in ax.get_yticklabels()] == [run.cluster_names[k] for k in numbers]
    ends = {}
    for bar in ax.patches:
        place = -round(bar.get_y() + bar.get_height() / 2)
        ends[place] = max(ends.get(place, 0), bar.get_x() + bar.get_width())
    assert [ends[place] for place in range(len(numbers))] == counts.tolist()
    means = [f" {run.confidence[run.clusters == k].mean():.2f}" for k in numbers]
    assert [text.get_text() for text in ax.texts] == means
    assert (ax.get_legend() is not None) == labelled


@pytest.mark.parametrize("network", ["as usual", "several cells", "two layers"])
def test_activations_are_drawn_kind_by_kind(network):
    record, data = random_run(FAMILY[network])
    seen = TrainedRun.of(record).activations(data)
    figure = plot.activations(seen, "sequence-2")
    activity = seen.of(2)
    assert [ax.get_title("left") for ax in figure.axes] == [p.title for p in activity.panels]
    for ax, panel in zip(figure.axes, activity.panels, strict=True):
        lines = drawn(ax)
        assert tuple(lines) == panel.names
        for name, values in zip(panel.names, panel.values.T, strict=True):
            np.testing.assert_array_equal(lines[name][:, 1], values)
    assert isinstance(activity, Activity)
    assert len(plot.activations(activity).axes) == len(activity.panels)


def test_one_kind_of_unit_of_all_layers_may_be_drawn():
    record, data = random_run(FAMILY["two layers"], {"average": 2})
    seen = TrainedRun.of(record).activations(data)
    figure = Figure()
    ax = figure.add_subplot()
    assert plot.activations(seen, 1, ax) is figure
    assert list(drawn(ax))[-1] == "layer 2, block 2"
    assert ax.get_ylabel() == "Cell states"
    assert drawn(ax)["layer 2, block 2"][:, 0].tolist() == [
        2 * t for t in range(-(-int(data.lengths[1]) // 2))
    ]
    assert len(plot.activations(seen, kind="input_gate").axes) == 2
    with pytest.raises(UsageError, match="cell_state"):
        plot.activations(seen, kind="gate")


def test_every_stage_has_learning_curves_of_its_own():
    run = small_run()
    stages = (run.settings.stages[0],) * 2
    history = run.history | {"stage": np.array([0, 0, 0, 1, 1, 1])}
    run = replace(run, settings=run.settings.model_copy(update={"stages": stages}), history=history)
    figure = plot.learning_curves(run)
    assert [ax.get_title("left") for ax in figure.axes] == ["Stage 1: bingo", "Stage 2: bingo"]
    for stage, ax in enumerate(figure.axes):
        own = history["stage"] == stage
        (line,) = ax.get_lines()
        wanted = np.transpose([history["epoch"][own], history["objective"][own]])
        np.testing.assert_array_equal(line.get_xydata(), wanted)
    norms = plot.learning_curves(run, quantity="gradient_norm").axes[0]
    assert norms.get_yscale() == "log"
    with pytest.raises(UsageError, match="objective, joint_bits"):
        plot.learning_curves(run, quantity="entropy")
    with pytest.raises(UsageError, match="no history"):
        plot.learning_curves(replace(run, history={}))


@pytest.mark.parametrize("function", [plot.outputs, plot.clusters, plot.learning_curves])
def test_axes_may_be_given_in_a_figure_or_part_of_one(function):
    run, figure = small_run(), Figure()
    for ax in (
        figure.add_subplot(2, 1, 1),
        figure.add_subfigure(figure.add_gridspec(2, 1)[1]).add_subplot(),
    ):
        assert function(run, ax) is figure
        assert ax.get_lines() or ax.patches
        assert ax.get_xlabel()


def test_a_notebook_shows_a_figure_and_it_can_be_pickled():
    figure = plot.clusters(small_run())
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert pickle.loads(pickle.dumps(figure))._repr_png_().startswith(b"\x89PNG")


def test_names_are_no_formulas_and_long_legends_are_cut():
    run = small_run(n=45)
    names = tuple(f"$group_{k}" for k in range(15))
    run = replace(run, labels=np.arange(45) % 15, label_names=names)
    figure = plot.outputs(run)
    assert texts(figure.axes[0])[0] == "$group_0 (3)"
    assert texts(figure.axes[0])[-1] == "… 4 more"
    assert figure._repr_png_()


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "lstmtool.plot.figure", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UsageError, match=r"lstmtool\[plot\]"):
        plot.outputs(small_run())


def test_the_figures_are_at_the_top_of_the_package():
    assert lstmtool.plot is plot
