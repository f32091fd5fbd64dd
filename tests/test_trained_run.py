"""A run as an object: what it says of its training set, and what it does with new sequences."""

import doctest
import pickle
import sys
from dataclasses import replace

import h5py
import numpy as np
import pytest

import lstmtool
from lstmtool import TrainedRun, load_run, trained_run
from lstmtool.clustering.assess import assess
from lstmtool.clustering.assign import Assigner
from lstmtool.clustering.training_set import training_assignment
from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError, UsageError
from lstmtool.records import activation_arrays
from lstmtool.records.run import Outputs
from tests.builders import assert_same, small_run, small_sequences
from tests.clustering.test_activations import FAMILY, of_kind, random_run
from tests.clustering.test_assign import STAGES, trained


@pytest.fixture(scope="module")
def run():
    return TrainedRun.of(trained("bingo"))


def test_a_file_is_read_and_written(tmp_path, run):
    run.save(tmp_path / "run.h5")
    again = load_run(tmp_path / "run.h5")
    assert type(again) is TrainedRun
    assert_same(again, run)
    assert_same(pickle.loads(pickle.dumps(again)), run)
    again.assessment  # noqa: B018 - kept, but not pickled
    assert "assessment" not in vars(pickle.loads(pickle.dumps(again)))
    assert_same(replace(again, notes=("New.",)).parameters, run.parameters)
    with pytest.raises(OSError, match="There is no file"):
        load_run(tmp_path / "other.h5")


def test_weights_have_names_here_and_in_the_file(tmp_path, run):
    assert run.weights["input_gate"].shape == (2, 5)  # two inputs, two cells, the bias
    assert run.weights["output_unit"].shape == (2, 3)
    run.save(tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5") as file:
        assert set(file["weights"]) >= set(run.weights)
        for name, values in run.weights.items():
            np.testing.assert_array_equal(file["weights"][name], values)


@pytest.mark.parametrize("consensus", [False, True])
@pytest.mark.parametrize("stages", STAGES, ids="-".join)
def test_the_training_set_has_the_clusters_that_an_assignment_gives(stages, consensus):
    data = small_sequences()
    one = TrainedRun.of(trained(*stages, consensus=consensus))
    found, assigner = one.assignment, Assigner(one)
    told = assigner(data)
    np.testing.assert_array_equal(one.clusters, told.clusters)
    np.testing.assert_allclose(one.confidence, told.confidence, rtol=1e-6)
    np.testing.assert_allclose(one.outputs, told.outputs.activations, rtol=1e-9)
    assert one.cluster_names == told.cluster_names
    assert found.alternative == told.alternative == int(consensus)
    assert (found.codes is None) == (told.codes is None)
    assert (found.density is None) == (told.density is None)
    np.testing.assert_array_equal(one.predict(list(data)), told.clusters)
    assert_same(one.assign(data).confidence, told.confidence)
    assert one.assessment.after.n_clusters == len(np.unique(one.clusters))


def test_the_chosen_restart_may_be_asked_for_alone():
    one = trained("bingo", consensus=True)
    alone = training_assignment(one, assess(one, 0))
    told = Assigner(one, alternative=0)(small_sequences())
    np.testing.assert_array_equal(alone.clusters, told.clusters)
    np.testing.assert_allclose(alone.confidence, told.confidence, rtol=1e-6)
    assert alone.alternative == 0


def test_without_a_finite_output_there_is_no_confidence():
    y = np.full((12, 1), np.nan)
    one = TrainedRun.of(replace(small_run("neo"), after=Outputs(y, y)))
    assert one.clusters.tolist() == [-1] * 12
    assert np.isnan(one.confidence).all()
    assert "<td>not finite</td><td>12</td><td></td>" in one._repr_html_()


def test_sequences_that_do_not_fit_are_refused(run):
    for ask in (run.predict, run.activations):
        with pytest.raises(DataError, match="inputs per step"):
            ask(np.zeros((3, 4, 2)))


def test_it_is_shown_in_a_line_and_as_a_table(run):
    assert repr(run).startswith(f"<TrainedRun: {run.assessment.after.n_clusters} clusters of 12")
    assert repr(run).endswith("sequences: bingo, restart 1 of 2>")
    agreed = TrainedRun.of(trained("bingo", consensus=True))
    assert repr(agreed).endswith("sequences: bingo, by 2 of 2 restarts>")
    page = run._repr_html_()
    for name, count in zip(*np.unique(run.clusters, return_counts=True), strict=True):
        assert f"<td>{run.cluster_names[int(name)]}</td><td>{count}</td>" in page
    assert f"Confidence in the clusters: {run.assessment.confidence.word}." in page


def test_many_clusters_are_shown_in_part(monkeypatch):
    monkeypatch.setattr(trained_run, "MOST_ROWS", 2)
    one = TrainedRun.of(replace(small_run(), labels=None))
    sizes = np.sort(np.unique(one.clusters, return_counts=True)[1])
    assert len(sizes) == 3
    assert f"<td>… 1 more</td><td>{sizes[0]}</td>" in one._repr_html_()


@pytest.mark.parametrize(
    "network", ["several cells", "as in 1997", "two layers", "both directions"]
)
def test_arrays_hold_what_every_unit_did(network):
    record, data = random_run(FAMILY[network])
    seen = TrainedRun.of(record).activations(data)
    sizes = {axis: len(labels) for axis, labels in seen.coords.items()}
    for name, array in seen.items():
        assert array.shape == tuple(sizes[axis] for axis in seen.dims[name])
    assert seen.coords["sequence"].tolist() == list(data.names)
    layers = seen.coords["layer"].tolist()
    assert len(layers) == len(seen.blocks)
    for n, activity in enumerate(seen.each):
        steps = len(activity.scored)
        filled = {name: np.full(array[n].shape, np.nan) for name, array in seen.items()}
        np.testing.assert_array_equal(seen["outputs"][n, :steps], activity.panels[-1].values)
        for panel in activity.panels[1:-1]:
            at = layers.index(panel.layer or "layer 1")
            units = len(panel.names)
            if panel.kind.endswith("gate"):
                kind = seen.coords["gate"].tolist().index(panel.kind.removesuffix("_gate"))
                filled["gates"][:steps, at, :units, kind] = panel.values
            else:
                filled[f"{panel.kind}s"][:steps, at, :units] = panel.values
        for name in set(seen) - {"inputs", "outputs"}:
            np.testing.assert_array_equal(seen[name][n], filled[name])
    assert ("plain_units" in seen) == bool(record.settings.network.plain)


def test_axes_have_labels():
    record, data = random_run(FAMILY["two layers"], {"average": 2})
    seen = TrainedRun.of(record).activations(list(data))
    assert seen.coords["layer"].tolist() == ["layer 1", "layer 2"]
    assert seen.coords["step"].tolist() == [0, 2, 4, 6][: len(seen.coords["step"])]
    assert seen.coords["gate"].tolist() == ["input", "forget", "output"]
    assert seen.coords["cell"].tolist() == [1, 2, 3]
    assert seen.coords["sequence"].tolist() == list(range(len(data)))
    assert seen.block_of_cell.tolist() == [[1, 1, 2], [1, 2, 0]]
    assert seen.lengths.tolist() == [-(-n // 2) for n in data.lengths]
    assert np.isnan(seen["cell_states"][:, :, 1, 2]).all()
    assert "cell: 3" in repr(seen)
    assert len(seen) == len(list(seen)) == 6
    assert seen != TrainedRun.of(record).activations(list(data))
    with pytest.raises(KeyError):
        seen["cells"]


def test_a_sequence_is_found_by_number_or_name():
    record, data = random_run(FAMILY["as usual"])
    seen = TrainedRun.of(record).activations(data)
    assert seen.of("sequence-3") is seen.of(3) is seen.each[3]
    with pytest.raises(KeyError, match="sequence-9"):
        seen.of("sequence-9")


def test_a_dataset_has_the_same_arrays_and_labels():
    pytest.importorskip("xarray")
    record, data = random_run(FAMILY["both directions"])
    seen = TrainedRun.of(record).activations(data)
    made = seen.to_xarray()
    for name, array in seen.items():
        assert made[name].dims == seen.dims[name]
        np.testing.assert_array_equal(made[name], array)
    one = made["gates"].sel(sequence="sequence-2", layer="layer 1 backward", block=2, gate="forget")
    wanted = of_kind(seen.of(2), "forget_gate", "layer 1 backward").values[:, 1]
    np.testing.assert_array_equal(one[: len(wanted)], wanted)
    assert made["length"].values.tolist() == seen.lengths.tolist()


def test_without_xarray_the_error_says_what_to_install(monkeypatch):
    record, data = random_run(FAMILY["as usual"])
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(UsageError, match=r"lstmtool\[xarray\]"):
        TrainedRun.of(record).activations(data).to_xarray()


def test_names_of_clusters_are_escaped():
    data = from_arrays([np.ones(3)] * 12)
    one = TrainedRun.of(replace(small_run(), names=data.names))
    vars(one)["assessment"] = replace(
        one.assessment, cluster_names={0: "<b>"} | {k: "x" for k in range(1, 4)}
    )
    assert "<td>&lt;b&gt;</td>" in one._repr_html_()


@pytest.mark.parametrize("module", [trained_run, activation_arrays])
def test_the_examples_of_the_docstrings_run(module):
    result = doctest.testmod(module)
    assert result.attempted >= 5
    assert not result.failed


def test_it_is_at_the_top_of_the_package():
    assert lstmtool.load_run is load_run
    assert lstmtool.TrainedRun is TrainedRun
