"""What a setting means is said once; models, options, printed settings and estimators follow."""

import tomllib
from typing import Literal, get_args, get_origin

import click
import pytest

from lstmtool import BingoLSTM, NeoLSTM
from lstmtool.cli.options import text_of
from lstmtool.cli.train import _toml
from lstmtool.cli.train import command as train
from lstmtool.config import (
    InitialSettings,
    InputSettings,
    NetworkSettings,
    Stage,
    TrainSettings,
)
from lstmtool.jobs.settings import PLACES
from lstmtool.option_texts import TEXTS

MODELS = (NetworkSettings, InputSettings, InitialSettings, Stage, TrainSettings)
OPTIONS = {option.name: option for option in train.params if isinstance(option, click.Option)}


def fields():
    return {
        f"{model.group}.{name}".lstrip("."): field
        for model in MODELS
        for name, field in model.model_fields.items()
    }


def test_every_field_has_its_text_and_no_text_is_left_over():
    assert {place: field.description for place, field in fields().items()} == TEXTS


@pytest.mark.parametrize("name", PLACES)
def test_the_help_of_an_option_begins_with_the_text_of_its_setting(name):
    help_text = OPTIONS[name].help
    assert help_text.startswith(text_of(name))
    place = PLACES[name].rpartition(".")
    told = TEXTS.get(PLACES[name]) or TEXTS[f"stages.{place[2]}"]
    assert text_of(name).startswith(told.removesuffix("."))


@pytest.mark.parametrize(
    "name", [name for name, option in OPTIONS.items() if isinstance(option.type, click.Choice)]
)
def test_the_choices_of_an_option_are_those_of_its_setting(name):
    if name not in PLACES:
        return
    field = fields().get(PLACES[name]) or fields()[f"stages.{PLACES[name].rpartition('.')[2]}"]
    assert get_origin(field.annotation) is Literal
    auto = {"auto"} if name == "augment" else set()
    assert set(OPTIONS[name].type.choices) == {*get_args(field.annotation)} | auto


def test_printed_settings_say_what_they_mean_and_are_the_settings():
    settings = TrainSettings(stages=[Stage(objective="consistency"), Stage()])
    printed = _toml(settings)
    assert tomllib.loads(printed) == settings.model_dump(mode="json", exclude_none=True)
    assert printed.count("# Learning rate of the memory blocks.\nrate = ") == 1
    assert "# The memory blocks and the output units.\n[network]" in printed
    assert max(map(len, printed.splitlines())) <= 98


@pytest.mark.parametrize("estimator", [BingoLSTM, NeoLSTM])
def test_estimators_say_the_same(estimator):
    told = " ".join(estimator.__doc__.split())
    for place in ("network.blocks", "inputs.window", "stages.rate", "restarts"):
        assert TEXTS[place] in told
    assert "{network" not in told
    assert max(map(len, estimator.__doc__.splitlines())) <= 100
