"""No word of the validator's own reaches the user."""

import pytest

from lstmtool import recipes
from lstmtool.errors import UsageError

MUST = [
    ({"network": 3}, "network: this must be a table of settings"),
    ({"network": {"blocks": 3}}, "network.blocks: this must be a list"),
    ({"network": {"blocks": [1.5]}}, "network.blocks.0: this must be a whole number"),
    ({"network": {"blocks": []}}, "network.blocks: this must have at least one item"),
    ({"network": {"g": "tan"}}, "network.g: this must be 'tanh', '4s-2' or 'identity'"),
    ({"network": {"peepholes": "maybe"}}, "network.peepholes: this must be true or false"),
    (
        {"initial": {"forget_bias": [1, 2, 3]}},
        "initial.forget_bias: this must have at most 2 items, or it must be 'auto' or 'spread'",
    ),
    (
        {"initial": {"forget_bias": [5, 1]}},
        "initial.forget_bias: a range goes from low to high, not from 5 to 1, "
        "or it must be 'auto' or 'spread'",
    ),
    (
        {"initial": {"input_bias": float("nan")}},
        "initial.input_bias: this must be a finite number, or it must be 'auto'",
    ),
    ({"stages": 3}, "stages: this must be a list"),
    ({"stages": [{"rate": -1}]}, "stages.0.rate: this must be at least 0"),
    ({"stages": [{"rate": None}]}, "stages.0.rate: this must be a number"),
    ({"stages": [{"momentum": 1}]}, "stages.0.momentum: this must be less than 1"),
    ({"stages": [{"block": 2}]}, "stages.0.block: this must be at most 1"),
    ({"stages": [{"crop": [0, 1]}]}, "stages.0.crop.0: this must be greater than 0"),
    ({"seed": "x"}, "seed: this must be a whole number"),
    ({"selection": []}, "selection: this must have at least one item"),
    (
        {"network": {"output_unit": "linear"}},
        "settings: objective bingo needs logistic output units, not linear",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), MUST, ids=lambda value: str(value)[:40])
def test_settings_that_make_no_sense_are_told_in_plain_words(changes, sentence):
    with pytest.raises(UsageError) as caught:
        recipes.checked(recipes.merge(recipes.recipe(("bingo",)), changes))
    assert caught.value.what == f"{sentence}."
