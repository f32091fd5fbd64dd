import pytest

from lstmtool import recipes
from lstmtool.cli.train import RecipeChoice
from lstmtool.config import TrainSettings
from lstmtool.errors import UsageError
from lstmtool.names import EARLIER_RECIPES, RECIPES


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize(
    "stages",
    [("bingo",), ("neo",), ("consistency",), ("consistency", "bingo"), ("consistency", "neo")],
)
def test_every_recipe_is_valid_and_named_by_its_last_stage(stages, name):
    settings = recipes.checked(recipes.recipe(stages, name))
    assert tuple(stage.objective for stage in settings.stages) == stages
    assert settings.objective == stages[-1]


def test_networks_are_the_papers():
    bingo = recipes.checked(recipes.recipe(("bingo",))).network
    assert (bingo.blocks, bingo.outputs, bingo.output_unit) == ((1, 1), 2, "logistic")
    neo = recipes.checked(recipes.recipe(("neo",), "literal")).network
    assert (neo.blocks, neo.outputs, neo.output_unit) == ((1,), 1, "linear")
    assert bingo.peepholes
    assert bingo.forget_gate


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("objective", ["bingo", "neo", "consistency"])
def test_default_stages_end_in_the_objective(objective, name):
    stages = recipes.default_stages(objective, name)
    assert stages[-1] == objective
    assert (len(stages) == 1) == (name == "literal" or objective == "consistency")


def test_literal_adds_nothing_to_the_paper():
    settings = recipes.checked(recipes.recipe(("neo",), "literal"))
    stage = settings.stages[0]
    assert settings.inputs.scaling == "none"
    assert settings.inputs.square  # the paper's second input
    assert settings.restarts == 1
    assert settings.initial.output_layer == "random"
    assert (stage.momentum, stage.clip, stage.precondition) == (0.0, 0.0, False)
    assert (stage.form, stage.augmentation, stage.optimiser) == ("literal", "none", "momentum")


@pytest.mark.parametrize("stages", [("consistency",), ("consistency", "bingo"), ("bingo",)])
@pytest.mark.parametrize("name", RECIPES)
def test_shifts_take_the_place_of_other_copies_and_change_nothing_else(name, stages):
    plain, shifted = recipes.recipe(stages, name), recipes.recipe(stages, name, shift=True)
    for old, new in zip(plain["stages"], shifted["stages"], strict=True):
        had = old.pop("augmentation", "none") != "none"
        assert new.pop("augmentation", "none") == ("shift" if had else "none")
    own = plain.pop("selection", None)
    altered = own is None or set(own) - {"none", "codes"}
    assert shifted.pop("selection") == (("none", "shift") if altered else own)
    assert plain == shifted


def test_recipes_do_not_share_what_they_are_made_of():
    first = recipes.recipe(("bingo",), "literal")
    first["initial"]["cell_gain"] = 99.0
    first["stages"][0]["rate"] = 99.0
    first["network"]["outputs"] = 9
    second = recipes.recipe(("bingo",), "literal")
    assert second["initial"]["cell_gain"] == 1.0
    assert second["stages"][0]["rate"] == 0.1
    assert second["network"]["outputs"] == 2


def test_merge_goes_key_by_key_and_leaves_its_arguments():
    base = {"a": {"b": 1, "c": 2}, "l": [1, 2], "x": 0}
    got = recipes.merge(base, {"a": {"c": 3}, "l": [9], "new": {"d": 4}})
    assert got == {"a": {"b": 1, "c": 3}, "l": [9], "x": 0, "new": {"d": 4}}
    assert base == {"a": {"b": 1, "c": 2}, "l": [1, 2], "x": 0}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"netwrok": {}}, "netwrok"),
        ({"network": {"blocks": (0,)}}, "network.blocks.0"),
        ({"network": {"outputs": 0}}, "network.outputs"),
        ({"restarts": 0}, "restarts"),
        ({"stages": [{"objective": "bingo", "rate": -1.0}]}, "stages.0.rate"),
        ({"stages": [{"objective": "bingo", "rate": float("nan")}]}, "stages.0.rate"),
        ({"stages": [{"objective": "bingo", "momentum": 1.0}]}, "stages.0.momentum"),
        ({"initial": {"weights": float("inf")}}, "initial.weights"),
        ({"network": {"output_unit": "linear"}}, "settings"),
        ({"stages": [{"objective": "neo"}, {"objective": "bingo"}]}, "settings"),
        ({"stages": [{"objective": "bingo", "outputs": 3}, {"objective": "bingo"}]}, "settings"),
        ({"stages": [{"objective": "bingo", "outputs": 3}]}, "settings"),
    ],
)
def test_bad_settings_are_named(changes, place):
    with pytest.raises(UsageError) as caught:
        recipes.checked(recipes.merge(recipes.recipe(("bingo",)), changes))
    assert caught.value.what.startswith(f"{place}: ")
    assert len(str(caught.value).splitlines()) <= 3


def test_settings_survive_json():
    settings = recipes.checked(recipes.recipe(("consistency", "neo")))
    assert TrainSettings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize(("earlier", "name"), EARLIER_RECIPES.items())
def test_recipes_answer_to_their_earlier_names(earlier, name):
    for objective in ("bingo", "neo"):
        stages = recipes.default_stages(objective, name)
        assert recipes.default_stages(objective, earlier) == stages
        assert recipes.recipe(stages, earlier) == recipes.recipe(stages, name)
    assert RecipeChoice(RECIPES).convert(earlier, None, None) == name


@pytest.mark.parametrize("stages", [("consistency", "bingo"), ("consistency", "neo")])
def test_shapes_train_the_output_units_of_many_blocks(stages):
    settings = recipes.checked(recipes.recipe(stages, "shapes"))
    assert recipes.default_stages(stages[-1], "shapes") == stages
    assert len(settings.network.blocks) == 60
    assert settings.network.outputs == (3 if stages[-1] == "bingo" else 2)
    assert settings.network.readout == ("last", "mean", "max")
    assert (settings.inputs.square, settings.inputs.differences) == (False, True)
    assert (settings.initial.draw, settings.initial.forget_bias) == ("scaled", "spread")
    assert [(s.augmentation, s.trains) for s in settings.stages] == [("shape", "output")] * 2


def test_waveforms_read_when_things_happen_and_make_noisy_copies():
    stages = ("consistency", "bingo")
    settings = recipes.checked(recipes.recipe(stages, "waveforms"))
    shapes = recipes.checked(recipes.recipe(stages, "shapes"))
    assert settings.network.readout == ("last", "mean", "max", "eighths")
    assert not settings.inputs.differences
    assert [(s.augmentation, s.noise, s.trains) for s in settings.stages] == [
        ("noise", 1.0, "output")
    ] * 2
    same = {"network": shapes.network, "inputs": shapes.inputs, "stages": shapes.stages}
    assert settings.model_copy(update=same) == shapes
