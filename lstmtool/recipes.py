"""Named starting points for a run's settings, and how a file and flags change them.

The paper gives no learning rate, initial weights or number of runs. `literal` keeps to what it
does say; `conditioned`, the default, adds what was measured to make training work: whitened
inputs, gate biases for the sequence's time scale, and a preconditioned output layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from lstmtool.config import TrainSettings
from lstmtool.errors import UsageError

STAGES: dict[str, dict[str, Any]] = {
    "bingo": {"objective": "bingo"},
    "neo": {"objective": "neo", "epochs": 200, "rate": 0.003, "output_rate": 0.02},
    "consistency": {
        "objective": "consistency",
        "epochs": 1000,
        "optimiser": "adam",
        "rate": 0.01,
        "output_rate": 0.05,
        "augmentation": "crop",
        "crop": (0.6, 0.8),
    },
}
NETWORKS: dict[str, dict[str, Any]] = {
    "bingo": {"blocks": (1, 1), "outputs": 2, "output_unit": "logistic"},
    "neo": {"blocks": (1,), "outputs": 1, "output_unit": "linear"},
    "consistency": {"blocks": (1, 1), "outputs": 2, "output_unit": "logistic"},
}
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
    "inputs": {"scaling": "none"},
    "initial": {
        "cell_gain": 1.0,
        "forget_bias": (0.0, 0.0),
        "input_bias": 0.0,
        "output_layer": "random",
    },
    "restarts": 1,
}


def recipe(stages: tuple[str, ...], name: str = "conditioned") -> dict[str, Any]:
    """Nested settings of a recipe, ready for `TrainSettings` after changes.

    Parameters
    ----------
    stages : tuple of str
        Objectives in order; the last names the run.
    name : {"conditioned", "literal"}
    """
    settings: dict[str, Any] = {
        "network": dict(NETWORKS[stages[-1]]),
        "stages": [dict(STAGES[stage]) for stage in stages],
    }
    if name == "literal":
        settings["stages"] = [stage | LITERAL_STAGE for stage in settings["stages"]]
        settings |= deepcopy(LITERAL)
    return settings


def merge(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change nested settings; a list of stages replaces the list, others go key by key."""
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        nested = isinstance(value, Mapping) and isinstance(old, Mapping)
        result[key] = merge(dict(old), value) if nested else value  # type: ignore[arg-type]
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
        place = ".".join(str(part) for part in first["loc"]) or "settings"
        raise UsageError(
            f"{place}: {first['msg'].removeprefix('Value error, ')}.",
            f"got {first['input']!r}" if first["loc"] else "",
            "`lstmtool train --print-config` shows every setting and its default.",
        ) from None
