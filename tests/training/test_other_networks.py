"""Networks other than the paper's train the paper's task: layers, directions, pooled outputs."""

import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.clustering.assess import assess
from lstmtool.data.generators.artificial import generate
from lstmtool.training.train import train
from tests.builders import small_sequences

OTHERS = {
    "both directions": {"directions": "both"},
    "pooled": {"readout": ("mean", "max")},
    "two layers": {"above": ((1, 1),), "readout": ("mean",)},
}
ALL_AT_ONCE = {
    "directions": "both",
    "above": ((2,),),
    "plain": 1,
    "readout": ("last", "mean", "max"),
    "gates_are_read": True,
}


def settings_for(objective, network, **changes):
    stages = recipes.default_stages(objective, "stationary")
    nested = recipes.recipe(stages, "stationary")
    return recipes.checked(recipes.merge(nested, {"network": network} | changes))


@pytest.mark.parametrize("objective", ["bingo", "neo"])
@pytest.mark.parametrize("gradient", ["exact", "truncated"])
def test_a_network_of_all_kinds_trains_with_every_objective(objective, gradient):
    few = settings_for(objective, ALL_AT_ONCE, restarts=1, gradient=gradient)
    stages = [stage.model_copy(update={"epochs": 3}) for stage in few.stages]
    initial = few.initial.model_copy(update={"trials": 1})
    few = few.model_copy(update={"stages": tuple(stages), "initial": initial})
    run = train(small_sequences(), few)
    again = train(small_sequences(), few)
    np.testing.assert_array_equal(run.parameters, again.parameters)
    assert np.isfinite(run.after.net_inputs).all()
    assert (run.parameters != run.initial_parameters).mean() > 0.9
    assert run.parameter_table[0][0] == "layer_1_forward_input_gate"


@pytest.mark.slow
@pytest.mark.parametrize("network", OTHERS.values(), ids=OTHERS)
def test_it_finds_the_four_groups_of_artificial_sequences(network):
    found = []
    for seed in (1, 2):
        run = train(
            generate(rng=np.random.default_rng(seed)),
            settings_for("bingo", network, restarts=16),
            threads=2,
        )
        found.append(assess(run).after.ari)
    assert found == [1.0, 1.0]
