"""`lstmtool train`: learn to cluster sequences without labels, and write a run file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.cli.options import force_option, json_option, output_option
from lstmtool.cli.topology import Choice, given, network_options

if TYPE_CHECKING:
    from lstmtool.sequences import Sequences

OBJECTIVES = ("bingo", "neo", "consistency")
# Where every option lives in the settings; flags change the last stage, that of NEO's
# entropy all stages of NEO.
OF_OBJECTIVE = {"neo": "neo", "copies": "consistency"}
PLACES = {
    "blocks": "network.blocks",
    "outputs": "network.outputs",
    "g": "network.g",
    "h": "network.h",
    "forget_gate": "network.forget_gate",
    "peepholes": "network.peepholes",
    "square": "inputs.square",
    "scaling": "inputs.scaling",
    "normalise": "inputs.normalise",
    "window": "inputs.window",
    "initial_weights": "initial.weights",
    "cell_gain": "initial.cell_gain",
    "forget_bias": "initial.forget_bias",
    "input_bias": "initial.input_bias",
    "epochs": "stage.epochs",
    "rate": "stage.rate",
    "output_rate": "stage.output_rate",
    "optimiser": "stage.optimiser",
    "momentum": "stage.momentum",
    "clip": "stage.clip",
    "precondition": "stage.precondition",
    "augment": "copies.augmentation",
    "noise": "copies.noise",
    "block": "copies.block",
    "form": "neo.form",
    "width_floor": "stage.width_floor",
    "marginal_weight": "copies.marginal_weight",
    "stop_below": "stage.stop_below",
    "patience": "stage.patience",
    "gradient": "gradient",
    "restarts": "restarts",
    "seed": "seed",
}


def _number(name: str, help_text: str, **extra: Any) -> Any:
    return click.option(name, type=float, default=None, help=help_text, **extra)


@click.command("train")
@click.argument("data", required=False, type=click.Path(path_type=Path))
@click.option("--objective", type=Choice(OBJECTIVES), help="What to optimise. [default: bingo]")
@click.option(
    "--stages", help="Objectives in turn, e.g. consistency,bingo; the last names the run."
)
@click.option(
    "--recipe",
    type=Choice(("auto", "steady", "locked", "literal")),
    default="auto",
    show_default=True,
    help="Settings to start from: for steady sequences, for those whose steps correspond (auto "
    "tells which), or literal: raw inputs, small random weights, one run, one objective.",
)
@click.option("--config", type=click.Path(path_type=Path), help="TOML file of settings.")
@click.option("--print-config", is_flag=True, help="Print the settings as TOML and stop.")
@network_options()
@click.option("--outputs", type=int, help="Output units: bits of the code.")
@click.option("--square/--no-square", default=None, help="Add the squares as further inputs.")
@click.option("--scaling", type=Choice(("none", "standardise", "whiten")), help="Of the inputs.")
@click.option(
    "--normalise/--no-normalise", default=None, help="Divide every sequence by its own deviation."
)
@click.option("--window", type=int, help="Steps that the network sees: the first of a sequence.")
@_number("--initial-weights", "Hidden weights start within this of zero.")
@_number("--cell-gain", "Cell inputs' weights start this much larger.")
@click.option("--forget-bias", help="Forget gates' bias, or range LOW:HIGH.")
@_number("--input-bias", "Input gates' bias.")
@click.option("--epochs", type=int, help="Epochs of the last stage.")
@_number("--rate", "Learning rate of the memory blocks.")
@_number("--output-rate", "Learning rate of the output units.")
@click.option("--optimiser", type=Choice(("momentum", "adam")), help="Learning rule.")
@_number("--momentum", "Momentum.")
@_number("--clip", "Largest norm of the blocks' gradient; 0 does not clip.")
@click.option("--precondition/--no-precondition", default=None, help="Whitened output layer.")
@click.option(
    "--augment",
    type=Choice(("auto", "none", "crop", "noise", "bootstrap", "shift")),
    default="auto",
    show_default=True,
    help="Copies while preparing. Auto: noise for locked sequences, bootstrap for steady ones, or "
    "shift, which begins elsewhere, where these are much longer than the window.",
)
@_number("--noise", "Deviation of the noise of such copies.")
@_number("--block", "Length of a bootstrap's blocks, as a fraction of the sequence.")
@click.option("--form", type=Choice(("invariant", "literal")), help="Of NEO's entropy.")
@_number("--width-floor", "NEO's smallest kernel width, relative to the outputs' spread.")
@_number("--marginal-weight", "Weight of the code marginals (consistency).")
@_number("--stop-below", "End when the objective improves less than this over PATIENCE epochs.")
@click.option("--patience", type=int, help="Epochs that --stop-below looks at.")
@click.option("--gradient", type=Choice(("exact", "truncated")), help="How errors flow back.")
@click.option("--restarts", type=int, help="Runs from other initial weights.")
@click.option("--seed", type=int, help="Random seed. [default: 0]")
@click.option("--threads", type=click.IntRange(1), help="Restarts at a time. [default: all cores]")
@click.option("--provenance", is_flag=True, help="Store host, time and duration in the run.")
@output_option
@force_option
@json_option
def command(
    data: Path | None,
    objective: str | None,
    stages: str | None,
    recipe: str,
    config: Path | None,
    print_config: bool,
    augment: str,
    threads: int | None,
    provenance: bool,
    output: Path | None,
    force: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Train a network on DATA without labels and write a run file.

    DATA is a file of sequences; without it, the newest in this folder. Of all restarts the one
    whose clusters agree best between altered copies of the same sequence is kept; labels are
    never used.

    \b
    Examples:
      lstmtool train --objective bingo
      lstmtool train clarinet.h5 --objective neo --restarts 40 --seed 1
      lstmtool train --recipe literal --epochs 860
      lstmtool train --blocks 4x2 --outputs 3 -o mine.h5
    """  # noqa: D301
    from lstmtool.cli.training import read_data, starting_point, train_to_file

    from_file = _read_toml(config) if config else {}
    flags["augment"] = None if augment == "auto" else augment

    def settings_of(name: str, shift: bool) -> Any:
        return resolve(objective, stages, name, shift, from_file, flags)

    # Complain before anything is read.
    first = settings_of("steady" if recipe == "auto" else recipe, augment == "shift")

    def start(sequences: Sequences | None) -> tuple[Any, str]:
        if from_file.get("stages"):  # all is said there, nothing is to be told from the data
            return first, ""
        name, shift, told = starting_point(recipe, augment, sequences, first.inputs.window)
        return settings_of(name, shift), told

    if print_config:
        settings, told = start(read_data(data) if data else None)
        if told:
            click.echo(told, err=True)
        click.echo(_toml(settings), nl=False)
        return
    train_to_file(data, start, threads, output, force, as_json, provenance)


def resolve(
    objective: str | None,
    stages: str | None,
    recipe: str,
    shift: bool,
    from_file: dict,
    flags: dict,
) -> Any:
    """Settings from the recipe, then the configuration file, then the flags."""
    from lstmtool import recipes
    from lstmtool.errors import UsageError

    in_file = _stages_in(from_file)
    names = _stage_names(objective, stages, recipe, in_file)
    # Where a file lists its stages no recipe fills its gaps, so that it means the same everywhere.
    alone: dict[str, Any] = {"network": recipes.NETWORKS[names[-1]]}
    nested = alone if in_file else recipes.recipe(names, recipe, shift=shift)
    nested = recipes.merge(nested, from_file)
    if from_file:
        recipes.checked(nested)  # what the file says must make sense before flags change it
    for name, value in given(flags).items():
        place = PLACES[name].split(".")
        _place(nested, place, _range(value) if name == "forget_bias" else value)
    if names[-1] == "neo" and not in_file:
        nested["stages"] = recipes.preparing_outputs(nested)
    try:
        return recipes.checked(nested)
    except UsageError as error:
        error.what = _as_flag(error.what, flags)
        raise


def _as_flag(message: str, flags: dict[str, Any]) -> str:
    """Name the option where a complaint about a setting comes from an option."""
    place, _, complaint = message.partition(":")
    for name in given(flags):
        if PLACES[name].split(".")[-1] == place.split(".")[-1]:
            return f"--{name.replace('_', '-')}:{complaint}"
    return message


def _place(nested: dict[str, Any], place: list[str], value: Any) -> None:
    if place[0] == "stage":
        nested["stages"] = [*nested["stages"][:-1], nested["stages"][-1] | {place[1]: value}]
    elif place[0] in OF_OBJECTIVE:
        objective = OF_OBJECTIVE[place[0]]
        wanted = [s["objective"] == objective for s in nested["stages"]]
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
    """Objectives of the stages that a configuration file lists; empty where it lists none."""
    from lstmtool.errors import UsageError

    stages = from_file.get("stages", [])
    tables = isinstance(stages, list) and all(isinstance(stage, dict) for stage in stages)
    if not tables or ("stages" in from_file and not stages):
        raise UsageError("stages: this must be a list of tables, each headed [[stages]].")
    names = tuple(stage.get("objective", "bingo") for stage in stages)
    for name in names:
        if name not in OBJECTIVES:
            raise UsageError(f"stages: {name!r} is not one of {', '.join(OBJECTIVES)}.")
    return names


def _stage_names(
    objective: str | None, stages: str | None, recipe: str, in_file: tuple[str, ...]
) -> tuple[str, ...]:
    from lstmtool.errors import UsageError
    from lstmtool.recipes import default_stages

    if in_file and (stages or (objective or in_file[-1]) != in_file[-1]):
        raise UsageError(
            f"The configuration file's stages are {','.join(in_file)}.",
            fix="Change them there, or leave --stages and --objective out.",
        )
    if in_file:
        return in_file
    if stages is None:
        return default_stages(objective or "bingo", recipe)
    names = tuple(part.strip() for part in stages.split(","))
    for name in names:
        if name not in OBJECTIVES:
            raise UsageError(
                f"--stages: {name!r} is not one of {', '.join(OBJECTIVES)}.",
                fix="Separate objectives by commas, e.g. --stages consistency,bingo.",
            )
    if objective and names[-1] != objective:
        raise UsageError(f"--stages ends in {names[-1]}, --objective is {objective}.")
    return names


def _range(text: str) -> tuple[float, float]:
    from lstmtool.errors import UsageError

    try:
        parts = [float(part) for part in text.split(":")]
        low, high = parts if len(parts) == 2 else parts * 2
    except ValueError:
        raise UsageError(f"{text!r} is not a number or LOW:HIGH, e.g. 4.6 or 1.5:4.5.") from None
    return low, high


def _read_toml(path: Path) -> dict[str, Any]:
    import tomllib

    from lstmtool.errors import FileError, UsageError

    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}.") from None


def _toml(settings: Any) -> str:
    import tomli_w

    return tomli_w.dumps(settings.model_dump(mode="json", exclude_none=True))
