"""From a recipe, a configuration file and the options of `train` to checked settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstmtool.names import augmentation
from lstmtool.objectives import registry

if TYPE_CHECKING:
    from lstmtool.config import NetworkSettings

# Place of each option in the settings: `stages` are all stages, `stage` is the last, `own` are
# those with an objective that has this setting, and `copies` those that are trained on copies.
PLACES = {
    "blocks": "network.blocks",
    "outputs": "network.outputs",
    "g": "network.g",
    "h": "network.h",
    "forget_gate": "network.forget_gate",
    "peepholes": "network.peepholes",
    "above": "network.above",
    "directions": "network.directions",
    "readout": "network.readout",
    "plain": "network.plain",
    "gates_are_read": "network.gates_are_read",
    "square": "inputs.square",
    "differences": "inputs.differences",
    "average": "inputs.average",
    "scaling": "inputs.scaling",
    "normalise": "inputs.normalise",
    "window": "inputs.window",
    "initial_weights": "initial.weights",
    "cell_gain": "initial.cell_gain",
    "forget_bias": "initial.forget_bias",
    "input_bias": "initial.input_bias",
    "bias_steps": "initial.bias_steps",
    "output_bias": "initial.output_bias",
    "output_layer": "initial.output_layer",
    "trials": "initial.trials",
    "trial_epochs": "initial.trial_epochs",
    "epochs": "stage.epochs",
    "rate": "stage.rate",
    "output_rate": "stage.output_rate",
    "optimiser": "stages.optimiser",
    "momentum": "stages.momentum",
    "clip": "stages.clip",
    "precondition": "stages.precondition",
    "augment": "copies.augmentation",
    "crop": "copies.crop",
    "noise": "copies.noise",
    "block": "copies.block",
    "warp": "copies.warp",
    "stretch": "copies.stretch",
    "scale": "copies.scale",
    "drift": "copies.drift",
    "form": "own.form",
    "width_floor": "stage.width_floor",
    "sample": "own.sample",
    "marginal_weight": "own.marginal_weight",
    "stop_below": "stage.stop_below",
    "patience": "stage.patience",
    "gradient": "gradient",
    "precision": "precision",
    "restarts": "restarts",
    "selection": "selection",
    "consensus": "consensus",
    "clusters": "clusters",
    "until_stable": "until_stable",
    "seed": "seed",
}


def resolve(
    objective: str | None,
    stages: str | None,
    recipe: str,
    shift: bool,
    from_file: dict,
    flags: dict,
    rate_factor: float = 1.0,
) -> Any:
    """Return settings from the recipe, then the configuration file, then the options.

    Finally, all learning rates are multiplied by `rate_factor`.
    """
    from lstmtool import recipes
    from lstmtool.errors import UsageError

    in_file = _stages_in(from_file)
    names = _stage_names(objective, stages, recipe, in_file)
    # No recipe fills in what a file with stages leaves out, so that it always means the same.
    alone: dict[str, Any] = {"network": recipes.network(names[-1])}
    nested = alone if in_file else recipes.recipe(names, recipe, shift=shift)
    in_network = from_file.get("network")
    told_outputs = in_network.get("outputs") if isinstance(in_network, dict) else None
    nested = recipes.for_clusters(recipes.merge(nested, from_file), told_outputs)
    if from_file:
        recipes.checked(nested)  # the file must be valid before options change it
    _refuse_meaningless(flags, {stage["objective"] for stage in nested["stages"]})
    for name, value in given(flags).items():
        place = PLACES[name].split(".")
        _place(nested, place, PARSERS[name](value) if name in PARSERS else value)
    nested = recipes.for_clusters(nested, flags.get("outputs") or told_outputs)
    if flags.get("consensus") is None and "consensus" not in from_file:
        nested = recipes.without_lone_consensus(nested)
    nested = recipes.with_every_restart(nested, {*from_file, *given(flags)})
    said = {*from_file.get("initial", {}), *from_file.get("inputs", {}), *given(flags)}
    if nested.get("initial", {}).get("forget_bias") == "spread" and "input_bias" not in said:
        nested["initial"]["input_bias"] = "auto"  # follows the forget gates
    if "window" in said and "average" not in said:
        nested.setdefault("inputs", {})["average"] = 1
    if said & {"forget_bias", "input_bias"} and "bias_steps" not in said:
        nested["initial"]["bias_steps"] = None  # biases given by the user are not shifted
    if not registry.find(names[-1]).makes_codes and not in_file:
        nested["stages"] = recipes.preparing_outputs(nested)
    try:
        return recipes.scale_rates(recipes.checked(nested), rate_factor)
    except UsageError as error:
        error.what = _as_flag(error.what, flags)
        raise


def _refuse_meaningless(flags: dict[str, Any], objectives: set[str]) -> None:
    from lstmtool.errors import UsageError

    for name in given(flags):
        owners = [one for one in registry.known() if name in registry.find(one).settings]
        if owners and not objectives & set(owners):
            raise UsageError(
                f"--{name.replace('_', '-')} is for {' and '.join(owners)}.",
                f"the stages are {', '.join(sorted(objectives))}",
                f"Leave it out, or train with --objective {owners[0]}.",
            )


def _as_flag(message: str, flags: dict[str, Any]) -> str:
    """Name the option in an error message if an option caused it."""
    place, _, complaint = message.partition(":")
    setting = [part for part in place.split(".") if not part.isdigit()][-1:]
    for name in given(flags):
        if PLACES[name].split(".")[-1:] == setting:
            return f"--{name.replace('_', '-')}:{complaint}"
    return message


def _place(nested: dict[str, Any], place: list[str], value: Any) -> None:
    if place[0] == "stages":
        nested["stages"] = [stage | {place[1]: value} for stage in nested["stages"]]
    elif place[0] == "stage":
        nested["stages"] = [*nested["stages"][:-1], nested["stages"][-1] | {place[1]: value}]
    elif place[0] in ("own", "copies"):
        records = [registry.find(stage["objective"]) for stage in nested["stages"]]
        if place[0] == "own":
            wanted = [place[1] in record.settings for record in records]
        else:
            alone = [stage.get("trains") == "output" for stage in nested["stages"]]
            wanted = [r.copies > 1 or also for r, also in zip(records, alone, strict=True)]
        if not any(wanted):
            wanted[-1] = True
        change = {place[1]: value}
        pairs = zip(nested["stages"], wanted, strict=True)
        nested["stages"] = [stage | change if chosen else stage for stage, chosen in pairs]
    elif len(place) == 1:
        nested[place[0]] = value
    else:
        nested[place[0]] = nested.get(place[0], {}) | {place[1]: value}


def _stages_in(from_file: dict[str, Any]) -> tuple[str, ...]:
    """Return the objectives of the stages that a configuration file lists, if any."""
    from lstmtool.errors import UsageError

    stages = from_file.get("stages", [])
    tables = isinstance(stages, list) and all(isinstance(stage, dict) for stage in stages)
    if not tables or ("stages" in from_file and not stages):
        raise UsageError("stages must be a list of tables, each headed [[stages]].")
    names = tuple(stage.get("objective", "bingo") for stage in stages)
    for name in names:
        if name not in registry.known():
            raise UsageError(f"stages: {name!r} is not one of {', '.join(registry.known())}.")
    return names


def _stage_names(
    objective: str | None, stages: str | None, recipe: str, in_file: tuple[str, ...]
) -> tuple[str, ...]:
    from lstmtool.errors import UsageError
    from lstmtool.recipes import default_stages

    if in_file and (stages or (objective or in_file[-1]) != in_file[-1]):
        raise UsageError(
            f"The configuration file's stages are {','.join(in_file)}.",
            fix="Change them there, or leave out --stages and --objective.",
        )
    if in_file:
        return in_file
    if stages is None:
        return default_stages(objective or "bingo", recipe)
    names = tuple(part.strip() for part in stages.split(","))
    for name in names:
        if name not in registry.known():
            raise UsageError(
                f"--stages: {name!r} is not one of {', '.join(registry.known())}.",
                fix="Separate objectives by commas, e.g. --stages consistency,bingo.",
            )
    if objective and names[-1] != objective:
        raise UsageError(f"--stages ends in {names[-1]}, but --objective is {objective}.")
    return names


def _range(text: str) -> tuple[float, float]:
    from lstmtool.errors import UsageError

    try:
        parts = [float(part) for part in text.split(":")]
        low, high = parts if len(parts) == 2 else parts * 2
    except ValueError:
        raise UsageError(f"{text!r} is not a number or LOW:HIGH, e.g. 4.6 or 1.5:4.5.") from None
    return low, high


def _sizes(text: str) -> tuple[int, int]:
    from lstmtool.errors import UsageError

    first, colon, second = text.partition(":")
    try:
        return int(first), int(second if colon else first)
    except ValueError:
        raise UsageError(f"--sample: {text!r} is not SIZE or S:T, e.g. 500 or 200:2000.") from None


def _word_or_range(text: str) -> str | tuple[float, float]:
    return text if text in ("auto", "spread") else _range(text)


def _auto_or_number(text: str) -> str | float:
    from lstmtool.errors import UsageError

    try:
        return text if text == "auto" else float(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a number or auto.") from None


def _ways(text: str) -> tuple[str, ...]:
    from lstmtool.errors import UsageError

    names = tuple(part.strip() for part in text.split(","))
    try:
        return tuple(name if name == "codes" else augmentation(name) for name in names)
    except ValueError as error:
        raise UsageError(
            f"--selection: {error}{', codes' * ('one of' in str(error))}.",
            fix="Separate kinds of copies by commas, e.g. --selection none,crop.",
        ) from None


PARSERS = {
    "forget_bias": _word_or_range,
    "input_bias": _auto_or_number,
    "crop": _range,
    "stretch": _range,
    "sample": _sizes,
    "selection": _ways,
}


@contextmanager
def naming_lines(path: Path | None) -> Iterator[None]:
    """Add file and line to errors about a setting in a file."""
    from lstmtool.errors import UsageError

    try:
        yield
    except UsageError as error:
        from lstmtool.io.toml import place_in

        if path is not None and (place := place_in(path, error.what.partition(":")[0])):
            error.where = f"{place}: {error.where}" if error.where else place
        raise


def given(values: dict[str, object]) -> dict[str, Any]:
    """Return the options that were given or have a default."""
    return {name: value for name, value in values.items() if value not in (None, ())}


def network_settings(topology: dict[str, object]) -> NetworkSettings:
    """Return the options as settings of a network."""
    from lstmtool.config import NetworkSettings

    return NetworkSettings(**given(topology))
