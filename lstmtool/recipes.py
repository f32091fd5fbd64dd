"""Named starting points for a run's settings, and how a file and flags change them.

The paper gives no learning rate, initial weights or number of runs. `literal` keeps to what it
does say. The others add what was measured to make training work (docs/EXPERIMENTS.md): whitened
inputs, gate biases for the sequence's time scale, a preconditioned output layer, and a preparing
stage that makes the codes of altered copies agree. `stationary` is for sequences cut anywhere from
a stationary process, `phase-locked` for those whose steps correspond; `data.alignment` finds out
which without labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from lstmtool.config import (
    InitialSettings,
    InputSettings,
    NetworkSettings,
    Stage,
    TrainSettings,
)
from lstmtool.errors import UsageError
from lstmtool.names import EARLIER_RECIPES
from lstmtool.objectives import registry
from lstmtool.validation_messages import validation_message

FIELDS = {
    field
    for model in (TrainSettings, NetworkSettings, InputSettings, InitialSettings, Stage)
    for field in model.model_fields
}

# NEO on one line merges neighbouring clusters; as many linear outputs as the codes have bits let
# it tighten them first. A wide floor of the kernel keeps a cluster from falling apart.
BEFORE_NEO: dict[str, dict[str, Any]] = {
    "neo": {"outputs": 2, "epochs": 300, "output_rate": 0.003, "width_floor": 0.2},
}
BEFORE_ONE_LINE: dict[str, Any] = {"outputs": 2}
STATIONARY: dict[str, Any] = {"initial": {"trials": 3, "trial_epochs": 400}}
PHASE_LOCKED: dict[str, Any] = {
    "initial": {
        "cell_gain": 2.0,
        "forget_bias": (2.0, 4.5),
        "input_bias": -2.0,
        "bias_steps": 100.0,
        "trials": 3,
        "trial_epochs": 600,
    },
    "selection": ("none", "noise"),
}
# The gates that the rates of NEO were measured with.
PHASE_LOCKED_BEFORE_NEO: dict[str, Any] = {"forget_bias": (0.0, 4.5), "input_bias": 0.0}
# NEO would draw the few sequences of a cluster to a point, and others would fall between: in the
# plane the memory blocks move little, only so that codes that split a group can heal, and on the
# line not at all.
STATIONARY_PLANE: dict[str, Any] = {"rate": 1e-4}
STATIONARY_LINE: dict[str, Any] = {"rate": 0.0, "epochs": 30}
PHASE_LOCKED_PREPARING: dict[str, Any] = {
    "epochs": 1500,
    "precondition": True,
    "augmentation": "noise",
    "noise": 1.2,
    "marginal_weight": 2.2,
}
# Strong noise finds the groups, weak noise then fits the odd fragment among them.
PHASE_LOCKED_REFINING: dict[str, Any] = {"epochs": 750, "noise": 0.3}
LITERAL_STAGE: dict[str, Any] = {
    "optimiser": "momentum",
    "momentum": 0.0,
    "rate": 0.1,
    "output_rate": 0.1,
    "clip": 0.0,
    "precondition": False,
    "augmentation": "none",
    "form": "literal",
}
LITERAL: dict[str, Any] = {
    "gradient": "truncated",
    "inputs": {"scaling": "none"},
    "initial": {
        "cell_gain": 1.0,
        "forget_bias": (0.0, 0.0),
        "input_bias": 0.0,
        "output_layer": "random",
    },
    "restarts": 1,
}
LITERAL_BLOCKS = {"neo": (1,)}  # the paper's; two blocks of one cell for the others


def default_stages(objective: str, name: str) -> tuple[str, ...]:
    """Objectives that a recipe runs for an objective: prepared by consistency, unless literal."""
    name = EARLIER_RECIPES.get(name, name)
    if name == "literal" or not registry.find(objective).prepared:
        return (objective,)
    preparing = ("consistency", "consistency") if name == "phase-locked" else ("consistency",)
    return (*preparing, "neo", "neo") if objective == "neo" else (*preparing, objective)


def recipe(
    stages: tuple[str, ...], name: str = "stationary", *, shift: bool = False
) -> dict[str, Any]:
    """Nested settings of a recipe, ready for `TrainSettings` after changes.

    Parameters
    ----------
    stages : tuple of str
        Objectives in order; the last names the run.
    name : {"stationary", "phase-locked", "literal"}
    shift : bool
        Make copies by shift, for training (where the recipe has any) and, where the recipe scores
        by altered copies, for the score. They need a window, ``inputs.window``.
    """
    name = EARLIER_RECIPES.get(name, name)
    settings: dict[str, Any] = {
        "network": network(stages[-1]),
        "stages": [_stage(stages, place, name) for place in range(len(stages))],
    }
    if name == "literal":
        settings["network"]["blocks"] = LITERAL_BLOCKS.get(stages[-1], (1, 1))
        settings = merge(settings, deepcopy(LITERAL))
    else:
        settings = merge(settings, deepcopy(PHASE_LOCKED if name == "phase-locked" else STATIONARY))
        if name == "phase-locked" and stages[-1] == "neo":
            settings["initial"] |= PHASE_LOCKED_BEFORE_NEO
        selection = registry.find(stages[-1]).selection
        if stages[0] == "consistency" and selection is not None:
            settings["selection"] = selection
    return _shifted(settings) if shift else settings


def _shifted(settings: dict[str, Any]) -> dict[str, Any]:
    stages = [
        stage | ({"augmentation": "shift"} if stage.get("augmentation", "none") != "none" else {})
        for stage in settings["stages"]
    ]
    scored_unaltered = settings.get("selection") in (("none",), ("codes",))
    scored = {} if scored_unaltered else {"selection": ("none", "shift")}
    return settings | {"stages": stages} | scored


def network(objective: str) -> dict[str, Any]:
    """Settings of the network that an objective starts from."""
    record = registry.find(objective)
    return {**record.network, "output_unit": record.output_unit}


def _stage(stages: tuple[str, ...], place: int, name: str) -> dict[str, Any]:
    objective = stages[place]
    record = registry.find(objective)
    stage = {"objective": objective, **record.stage}
    if name == "literal":
        return stage | LITERAL_STAGE
    if place > 0:
        stage |= record.finishing
    if stages[-1] == "neo" and place < len(stages) - 1:
        stage |= BEFORE_NEO.get(objective, BEFORE_ONE_LINE)
    if name == "stationary" and place > 0 and objective == "neo":
        stage |= STATIONARY_PLANE if place < len(stages) - 1 else STATIONARY_LINE
    if name == "phase-locked" and objective == "consistency":
        stage |= PHASE_LOCKED_PREPARING | (PHASE_LOCKED_REFINING if place > 0 else {})
    return stage


def preparing_outputs(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Stages of a NEO run whose preparing ones have as many outputs as it ends with, or two."""
    n_outputs = settings["network"]["outputs"]
    if n_outputs == 1:
        return list(settings["stages"])
    return [stage | {"outputs": None} for stage in settings["stages"]]


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change nested settings; a list of stages replaces the list, others go key by key."""
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        nested = isinstance(value, Mapping) and isinstance(old, Mapping)
        result[key] = merge(old, value) if nested else value  # type: ignore[arg-type]
    return result


def checked(settings: Mapping[str, Any]) -> TrainSettings:
    """Turn nested settings into `TrainSettings`.

    Raises
    ------
    UsageError
        If a name is unknown or a value is out of range; says which and why.
    """
    try:
        return TrainSettings.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "extra_forbidden":
            _refuse_unknown([str(part) for part in first["loc"]])
        place = _place(first["loc"])
        # One error for each way in which the value was tried to be read.
        tried = dict.fromkeys(
            validation_message(e) for e in error.errors() if _place(e["loc"]) == place
        )
        raise UsageError(
            f"{place}: {', or '.join(tried).replace('or this must', 'or it must')}.",
            f"got {first['input']!r:.100}" if first["loc"] else "",
            "`lstmtool train --print-config` shows every setting and its default.",
        ) from None


def _place(loc: tuple[int | str, ...]) -> str:
    """Name a place: the settings' own names, without how a value was tried to be read."""
    named = [str(part) for part in loc if isinstance(part, int) or part in FIELDS]
    return ".".join(named) or str(next(iter(loc), "settings"))


def scale_rates(settings: TrainSettings, factor: float) -> TrainSettings:
    """Multiply the learning rates of all stages by a factor.

    Raises
    ------
    UsageError
        If it is not positive, or so large that a rate overflows.
    """
    if not 0 < factor < float("inf"):
        raise UsageError(f"The factor of all learning rates must be positive, not {factor:g}.")
    if factor == 1.0:
        return settings
    stages = [
        stage.model_dump()
        | {"rate": stage.rate * factor, "output_rate": stage.output_rate * factor}
        for stage in settings.stages
    ]
    return checked(settings.model_dump() | {"stages": stages})


def _refuse_unknown(place: list[str]) -> None:
    close = get_close_matches(place[-1], sorted(FIELDS), n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise UsageError(
        f"{'.'.join(place)}: there is no such setting.{hint}",
        fix="`lstmtool train --print-config` shows every setting and its default.",
    )
