"""What every unit of a run's network does, held to the naive twin and to the kernels' own end."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool.clustering import activations
from lstmtool.clustering.activations import activities
from lstmtool.clustering.assign import Assigner
from lstmtool.config import InputSettings, NetworkSettings
from lstmtool.data.preprocessing import fit
from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError
from lstmtool.network.layout import Network
from tests import naive_stack
from tests.builders import small_run, small_sequences

FAMILY = {
    "as usual": {"blocks": (1, 1)},
    "several cells": {"blocks": (2, 1), "g": "4s-2", "h": "2s-1", "plain": 1},
    "as in 1997": {"blocks": (2,), "gates_are_read": True, "forget_gate": False},
    "pooled": {"blocks": (2, 1), "readout": ("last", "mean", "max", "eighths"), "peepholes": False},
    "linear": {"blocks": (1, 2), "readout": ("mean",), "output_unit": "linear", "outputs": 1},
    "two layers": {"blocks": (2, 1), "above": ((1, 1),), "readout": ("max",)},
    "both directions": {
        "blocks": (1, 1),
        "above": ((2,),),
        "directions": "both",
        "plain": 1,
        "readout": ("last", "mean", "max", "eighths"),
    },
}
KINDS = [
    *("input_gate", "forget_gate", "output_gate", "cell_input"),
    *("cell_state", "cell_output", "plain_unit"),
]


def random_run(network, inputs=None, precision="double"):
    """A run with random weights, and sequences that it was not trained on."""
    settings = NetworkSettings(**network)
    run, data = small_run("neo" if settings.output_unit == "linear" else "bingo"), small_sequences()
    fitted = fit(data, InputSettings(**(inputs or {})))
    shape = Network(settings, len(fitted.mean))
    rng = np.random.default_rng(3)
    flat = rng.uniform(-1.5, 1.5, shape.size) * shape.exists
    made = run.settings.model_copy(update={"network": settings, "precision": precision})
    run = replace(
        run, settings=made, preprocessing=fitted, parameters=flat, parameter_table=shape.table
    )
    return run, small_sequences(7, seed=4, labelled=False)


def of_kind(activity, kind, layer=""):
    (found,) = (p for p in activity.panels if p.kind == kind and p.layer == layer)
    return found


@pytest.mark.parametrize("network", FAMILY.values(), ids=FAMILY)
def test_every_unit_does_what_the_naive_twin_does(network):
    run, data = random_run(network)
    assigner = Assigner(run)
    shape, at_rest = assigner.network, []
    for layer in shape.layers:
        at_rest.append((np.zeros(layer.n_cells), np.zeros(layer.n_recurrent)))
    seen = run.preprocessing.apply(data)
    for xs, activity in zip(seen, activities(assigner, data), strict=True):
        twin = []
        naive_stack.read(shape, run.parameters, xs, at_rest, twin)
        np.testing.assert_array_equal(of_kind(activity, "input").values, xs)
        inner = [p for p in activity.panels if p.kind in KINDS]
        number = {name: n for n, name in enumerate(dict.fromkeys(p.layer for p in inner))}
        assert len(number) == len(shape.layers)
        for p in inner:
            wanted = np.array([step[p.kind] for step in twin[number[p.layer]]], dtype=float)
            np.testing.assert_allclose(p.values, wanted, rtol=1e-12, atol=1e-12)
            assert len(p.names) == wanted.shape[1]
        for layer, name in zip(shape.layers, number, strict=True):
            present = [p.kind for p in inner if p.layer == name]
            absent = {"forget_gate"} if not layer.forget_gate else set()
            absent |= {"plain_unit"} if not layer.plain else set()
            assert present == [kind for kind in KINDS if kind not in absent]
        nets = np.array([
            naive_stack.net_inputs(shape, run.parameters, xs[: t + 1], at_rest)
            for t in range(len(xs))
        ])  # fmt: skip
        linear = shape.settings.output_unit == "linear"
        outputs = nets if linear else 1 / (1 + np.exp(-nets))
        np.testing.assert_allclose(of_kind(activity, "output").values, outputs, rtol=1e-11)


@pytest.mark.parametrize("network", FAMILY.values(), ids=FAMILY)
@pytest.mark.parametrize(("precision", "tolerance"), [("double", 1e-11), ("single", 1e-4)])
def test_outputs_end_where_the_kernels_do(network, precision, tolerance):
    run, data = random_run(network, precision=precision)
    assigner = Assigner(run)
    last = [of_kind(activity, "output").values[-1] for activity in activities(assigner, data)]
    np.testing.assert_allclose(last, assigner.outputs(data).activations, rtol=tolerance)


def test_batches_do_not_show(monkeypatch):
    run, data = random_run(FAMILY["both directions"])
    whole = list(activities(Assigner(run), data))
    monkeypatch.setattr(activations, "NUMBERS", 500)
    for one, other in zip(whole, activities(Assigner(run), data), strict=True):
        assert one.title == other.title
        for mine, theirs in zip(one.panels, other.panels, strict=True):
            np.testing.assert_allclose(mine.values, theirs.values, rtol=1e-12)


def test_units_layers_and_inputs_have_names():
    run, data = random_run(FAMILY["several cells"], {"differences": True})
    (first, *_) = activities(Assigner(run), data)
    assert first.title == "0 (sequence-0)"
    names = {p.title: p.names for p in first.panels}
    assert names["Inputs"] == ("input 1", "square of input 1", "change of input 1")
    assert names["Forget gates"] == ("block 1", "block 2")
    assert names["Cell states"] == ("block 1, cell 1", "block 1, cell 2", "block 2, cell 1")
    assert names["Plain units"] == ("unit 1",)
    assert names["Outputs"] == ("output 1", "output 2")
    assert not first.scored.any()
    for network, layer in (("two layers", "layer 2"), ("both directions", "layer 2 backward")):
        run, data = random_run(FAMILY[network])
        (first, *_) = activities(Assigner(run), data)
        panel = of_kind(first, "input_gate", layer)
        assert panel.title == f"{layer.capitalize()}: input gates"


def test_steps_are_those_that_the_network_sees():
    run, data = random_run(FAMILY["as usual"], {"window": 3})
    assert {len(a.panels[0].values) for a in activities(Assigner(run), data)} == {3}
    run, data = random_run(FAMILY["as usual"], {"average": 2})
    got = [len(a.panels[-1].values) for a in activities(Assigner(run), data)]
    assert got == [-(-n // 2) for n in data.lengths]


def test_inputs_are_matched_as_for_an_assignment():
    run, _ = random_run(FAMILY["as usual"])
    with pytest.raises(DataError, match="inputs per step"):
        list(activities(Assigner(run), from_arrays([np.zeros((4, 2))] * 2)))
