"""Recipes: named defaults of a run's settings, and how files and options change them.

The paper gives no learning rate, initial weights or number of runs. `literal` follows what it does
specify. The others add what measurements showed to make training work (docs/EXPERIMENTS.md):
whitened inputs, gate biases for the sequences' time scale, a preconditioned output layer, and a
preparing stage that makes the codes of altered copies agree. `stationary` is for sequences cut at
random from a stationary process, `phase-locked` for those whose steps correspond. The others keep
many memory blocks as they were drawn: `shapes` is for sequences told apart by what happens in them,
sooner or later, larger or smaller, `waveforms` for those whose steps correspond. `data.alignment`
decides between them without labels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
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
from lstmtool.text import did_you_mean
from lstmtool.validation_messages import validation_message

FIELDS = {
    field
    for model in (TrainSettings, NetworkSettings, InputSettings, InitialSettings, Stage)
    for field in model.model_fields
}

# With one output NEO merges neighbouring clusters; with as many linear outputs as the codes have
# bits it can tighten them first. A large minimum kernel width keeps clusters from falling apart.
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
# The gate biases with which NEO's rates were determined.
PHASE_LOCKED_BEFORE_NEO: dict[str, Any] = {"forget_bias": (0.0, 4.5), "input_bias": 0.0}
# NEO would contract the few sequences of a cluster to a point, leaving others in between. With two
# outputs the memory blocks therefore learn slowly, just enough for codes that split a group to
# merge, and with one output not at all.
STATIONARY_PLANE: dict[str, Any] = {"rate": 1e-4}
STATIONARY_LINE: dict[str, Any] = {"rate": 0.0, "epochs": 30}
PHASE_LOCKED_PREPARING: dict[str, Any] = {
    "epochs": 1500,
    "precondition": True,
    "augmentation": "noise",
    "noise": 1.2,
    "marginal_weight": 2.2,
}
# Strong noise finds the groups; weak noise then assigns the remaining fragments.
PHASE_LOCKED_REFINING: dict[str, Any] = {"epochs": 750, "noise": 0.3}
# Many blocks with time scales of their own, which stay as they were drawn: the output units learn
# what altered copies of a sequence have in common.
SHAPES: dict[str, Any] = {
    "network": {"blocks": (1,) * 60, "readout": ("last", "mean", "max")},
    "inputs": {"square": False, "differences": True, "scaling": "standardise", "average": "auto"},
    "initial": {
        "draw": "scaled",
        "cell_gain": 1.0,
        "forget_bias": "spread",
        "output_layer": "random",
    },
    "precision": "single",
    "restarts": 16,
    "consensus": True,
    "until_stable": True,
    "selection_pairs": 2,
}
WAVEFORMS: dict[str, Any] = SHAPES | {
    "network": SHAPES["network"] | {"readout": ("last", "mean", "max", "eighths")},
    "inputs": SHAPES["inputs"] | {"differences": False},
}
OUTPUT_PREPARING: dict[str, Any] = {"epochs": 150, "trains": "output"}
OUTPUT_FINISHING: dict[str, Any] = {"epochs": 50, "optimiser": "adam", "trains": "output"}
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
WHOLE = {
    "stationary": STATIONARY,
    "phase-locked": PHASE_LOCKED,
    "shapes": SHAPES,
    "waveforms": WAVEFORMS,
}
OUTPUT_ALONE: dict[str, dict[str, Any]] = {
    "shapes": {"augmentation": "shape"},
    "waveforms": {"augmentation": "noise", "noise": 1.0},
}
"""Recipes that train the output units alone, and their copies."""
LITERAL_BLOCKS = {"neo": (1,)}  # the paper's; two blocks of one cell for the others


def default_stages(objective: str, name: str) -> tuple[str, ...]:
    """Return a recipe's stages for an objective: consistency first, unless literal."""
    name = EARLIER_RECIPES.get(name, name)
    if name == "literal" or not registry.find(objective).prepared:
        return (objective,)
    if name in OUTPUT_ALONE:
        return ("consistency", objective)
    preparing = ("consistency", "consistency") if name == "phase-locked" else ("consistency",)
    return (*preparing, "neo", "neo") if objective == "neo" else (*preparing, objective)


def recipe(
    stages: tuple[str, ...], name: str = "stationary", *, shift: bool = False
) -> dict[str, Any]:
    """Return the nested settings of a recipe, to be merged with changes.

    Parameters
    ----------
    stages : tuple of str
        Objectives in order; the last is the run's.
    shift : bool
        Make copies by shifting, for training and for scoring where the recipe uses copies there.
        This needs a window, ``inputs.window``.
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
        settings = merge(settings, deepcopy(WHOLE[name]))
        if name in OUTPUT_ALONE:
            settings["network"]["outputs"] = 3 if registry.find(stages[-1]).makes_codes else 2
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
    """Return the default network settings for an objective."""
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
    if stages[-1] == "neo" and place < len(stages) - 1 and name not in OUTPUT_ALONE:
        stage |= BEFORE_NEO.get(objective, BEFORE_ONE_LINE)
    if name != "phase-locked" and place > 0 and objective == "neo":
        stage |= STATIONARY_PLANE if place < len(stages) - 1 else STATIONARY_LINE
    if name == "phase-locked" and objective == "consistency":
        stage |= PHASE_LOCKED_PREPARING | (PHASE_LOCKED_REFINING if place > 0 else {})
    if name in OUTPUT_ALONE:
        stage |= OUTPUT_ALONE[name]
        stage |= OUTPUT_PREPARING if objective == "consistency" else {}
        stage |= OUTPUT_FINISHING if place > 0 else {}
    return stage


def with_few_codes(settings: TrainSettings, n_sequences: int) -> TrainSettings:
    """Return settings with fewer outputs if each code would be for less than two sequences."""
    outputs = settings.network.outputs
    while settings.makes_codes and outputs > 2 and 2**outputs > n_sequences / 2:
        outputs -= 1
    network = settings.network.model_copy(update={"outputs": outputs})
    return settings.model_copy(update={"network": network})


def without_lone_consensus(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in which one restart alone has no consensus, which a recipe may want."""
    alone = settings.get("restarts") == 1 and settings.get("clusters") is None
    return {**settings, "consensus": False} if alone else dict(settings)


def with_every_restart(settings: Mapping[str, Any], said: Collection[str]) -> dict[str, Any]:
    """Return settings in which no restart is left out, if their number was said to be wanted.

    Without a consensus none is left out, either.
    """
    if "until_stable" in said or ("restarts" not in said and settings.get("consensus")):
        return dict(settings)
    return {**settings, "until_stable": False}


def for_clusters(settings: Mapping[str, Any], outputs: int | None) -> dict[str, Any]:
    """Return settings of a number of clusters with a consensus, and outputs that can tell them.

    Parameters
    ----------
    settings : mapping
        Nested; unchanged if they say nothing of ``clusters``.
    outputs : int or None
        Number of outputs that the user gave.

    Raises
    ------
    UsageError
        If so many outputs make fewer codes than clusters are wanted.
    """
    result, clusters = dict(settings), settings.get("clusters")
    if not isinstance(clusters, int):
        return result
    result.setdefault("consensus", True)
    if not registry.find(result["stages"][-1]["objective"]).makes_codes or clusters < 2:
        return result
    fewest = (clusters - 1).bit_length()
    network = result["network"]
    if outputs is None and isinstance(network, Mapping):
        # A consensus of more codes also finds groups that are not halves.
        alone = any(stage.get("trains") == "output" for stage in result["stages"])
        wanted = max(fewest, network.get("outputs", 1)) if alone else fewest
        result["network"] = {**network, "outputs": wanted}
    elif isinstance(outputs, int) and outputs < fewest:
        raise UsageError(
            f"{clusters} clusters need {fewest} outputs.",
            f"{outputs} output{'s make' if outputs > 1 else ' makes'} {2**outputs} codes",
            "Leave the number of outputs out, or give more.",
        )
    return result


def preparing_outputs(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return NEO's stages, the preparing ones with the final number of outputs, at least two."""
    n_outputs = settings["network"]["outputs"]
    if n_outputs == 1:
        return list(settings["stages"])
    return [stage | {"outputs": None} for stage in settings["stages"]]


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Merge nested settings key by key; a list of stages is replaced as a whole."""
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
        If a name is unknown or a value is out of range; the message says which and why.
    """
    try:
        return TrainSettings.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "extra_forbidden":
            _refuse_unknown([str(part) for part in first["loc"]])
        place = _place(first["loc"])
        # One error for each type that the value was validated against.
        tried = dict.fromkeys(
            validation_message(e) for e in error.errors() if _place(e["loc"]) == place
        )
        raise UsageError(
            f"{place}: {', or '.join(tried).replace('or this must', 'or it must')}.",
            f"got {first['input']!r:.100}" if first["loc"] else "",
            "`lstmtool train --print-config` shows every setting and its default.",
        ) from None


def _place(loc: tuple[int | str, ...]) -> str:
    """Return the path of a setting, without the types that the value was validated against."""
    named = [str(part) for part in loc if isinstance(part, int) or part in FIELDS]
    return ".".join(named) or str(next(iter(loc), "settings"))


def scale_rates(settings: TrainSettings, factor: float) -> TrainSettings:
    """Multiply the learning rates of all stages by a factor.

    Raises
    ------
    UsageError
        If it is not positive, or a rate would overflow.
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
    hint = did_you_mean(place[-1], sorted(FIELDS))
    raise UsageError(
        f"{'.'.join(place)}: there is no such setting.{hint}",
        fix="`lstmtool train --print-config` shows every setting and its default.",
    )
