"""`lstmtool train`: learn to cluster sequences without labels, and write a run file."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from lstmtool.cli.groups import GroupedCommand
from lstmtool.cli.options import (
    NumberOrAuto,
    cluster_option,
    force_option,
    json_option,
    output_option,
    resume_option,
    setting,
    shards_option,
)
from lstmtool.cli.reading import reading_options
from lstmtool.cli.topology import Choice, network_options, stack_options
from lstmtool.jobs.files import say
from lstmtool.jobs.reading import READING
from lstmtool.jobs.settings import naming_lines
from lstmtool.jobs.starting import Start
from lstmtool.jobs.unfinished import taking
from lstmtool.names import (
    AUGMENTATIONS,
    DEFORMATIONS,
    EARLIER_RECIPES,
    RECIPES,
    augmentation,
)
from lstmtool.objectives import registry
from lstmtool.option_texts import TEXTS

GROUPS = {
    "Most used": (
        *("objective", "outputs", "blocks", "recipe", "restarts", "effort", "epochs"),
        *("seed", "output", "resume", "force", "threads", "help"),
    ),
    "Data": (*READING, "stream"),
    "Network": (
        *("above", "directions", "readout", "plain", "peepholes", "forget_gate"),
        *(
            "gates_are_read",
            "g",
            "h",
            "square",
            "differences",
            "average",
            "scaling",
            "normalise",
            "window",
        ),
        *("initial_weights", "cell_gain", "forget_bias", "input_bias", "bias_steps"),
        *("output_bias", "output_layer"),
    ),
    "Objective": ("stages", "form", "width_floor", "sample", "marginal_weight"),
    "Training": (
        *("rate", "output_rate", "rate_factor", "optimiser", "momentum", "clip", "precondition"),
        *("augment", "noise", "block", "crop", "warp", "stretch", "scale", "drift"),
        *("gradient", "stop_below", "patience"),
    ),
    "Choosing": ("trials", "trial_epochs", "selection", "consensus", "clusters", "until_stable"),
    "Null test": ("surrogates",),
    "Computing": ("precision", "checkpoint_states", "cluster", "shards"),
    "Output": ("config", "print_config", "provenance", "as_json", "quiet", "verbose"),
}
"""Headings of the help, and the options under them."""


class Copies(click.ParamType):
    """A kind of copies, or several joined by ``+``; or `auto`."""

    name = "kinds"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        try:
            return value if value == "auto" else augmentation(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


class RecipeChoice(Choice):
    """The recipes, which also answer to their earlier names."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        return super().convert(EARLIER_RECIPES.get(value, value), param, ctx)


class ObjectiveChoice(Choice):
    """The objectives of this package, and those that others have registered."""

    def __init__(self) -> None:
        super().__init__([one.name for one in (registry.BINGO, registry.NEO, registry.CONSISTENCY)])

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if value not in self.choices:
            self.choices = registry.known()
        return super().convert(value, param, ctx)


class TrainCommand(GroupedCommand):
    """`lstmtool train`, which once trained classic tasks as well."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Name the command that trains on a task to those who ask for one here."""
        for n, word in enumerate(args):
            if word.partition("=")[0] == "--task":
                _refuse_task(args, n)
        return super().parse_args(ctx, args)


def _refuse_task(args: list[str], n: int) -> NoReturn:
    import shlex

    from lstmtool.errors import UsageError

    _, equals, task = args[n].partition("=")
    rest = args[n + 1 :] if equals else args[n + 2 :]
    task = task if equals else "".join(args[n + 1 : n + 2])
    raise UsageError(
        "Classic tasks have a separate command.",
        "train --task",
        f"Use `{shlex.join(['lstmtool', 'learn', *filter(None, [task]), *args[:n], *rest])}`.",
    )


@click.command("train", cls=TrainCommand, groups=GROUPS)
@click.argument("data", required=False, type=click.Path(path_type=Path))
@click.option("--objective", type=ObjectiveChoice(), help="What to optimise.  [default: bingo]")
@click.option(
    "--stages", help="Objectives in turn, e.g. consistency,bingo; the last names the run."
)
@click.option(
    "--recipe",
    type=RecipeChoice(("auto", *RECIPES)),
    default="auto",
    show_default=True,
    help="Settings to start from. Shapes and waveforms have 60 memory blocks that are not trained, "
    "under trained output units: shapes for events sooner or later in a sequence, waveforms where "
    "the steps of different sequences correspond. In stationary and phase-locked, for the same, "
    "few memory blocks are trained. Auto finds out which. Literal: raw inputs, small random "
    "weights, one run, one objective.",
)
@click.option("--config", type=click.Path(path_type=Path), help="TOML file of settings.")
@click.option(
    "--print-config",
    is_flag=True,
    help="Print the settings as TOML, with what they mean, and stop.",
)
@network_options()
@stack_options
@setting(
    "--outputs",
    "Auto adds one while altered copies share 0.8 bits more. [default: 2, or 1 for NEO]",
    type=NumberOrAuto(),
    metavar="N|auto",
)
@setting("--square/--no-square")
@setting("--differences/--no-differences")
@setting("--average", type=NumberOrAuto(), metavar="INTEGER|auto")
@setting("--scaling", type=Choice(("none", "standardise", "whiten")))
@setting("--normalise/--no-normalise")
@setting("--window", type=int)
@setting("--initial-weights", type=float)
@setting("--cell-gain", type=float)
@setting("--forget-bias", metavar="NUMBER|LOW:HIGH|auto|spread")
@setting("--input-bias", metavar="NUMBER|auto")
@setting("--bias-steps", type=float)
@setting("--output-bias", type=float)
@setting("--output-layer", type=Choice(("data", "random")))
@setting("--trials", type=int)
@setting("--trial-epochs", type=int)
@setting("--epochs", "[default: the recipe's, 300 or 100]", type=int)
@setting("--rate", type=float)
@setting("--output-rate", type=float)
@click.option(
    "--rate-factor",
    type=float,
    default=1.0,
    help="Multiply all learning rates of all stages, e.g. by 0.1.",
)
@setting("--optimiser", type=Choice(("momentum", "adam")))
@setting("--momentum", type=float)
@setting("--clip", type=float)
@setting("--precondition/--no-precondition")
@setting(
    "--augment",
    "Auto: shape, or noise where the steps of different sequences correspond; of 20 stationary "
    "sequences or fewer bootstrap, or shift, which begins elsewhere, where these are much longer "
    "than the window. One of "
    f"{', '.join(AUGMENTATIONS)}; or several of {', '.join(DEFORMATIONS)}, e.g. warp+drift, which "
    "are all together shape.",
    type=Copies(),
    metavar="KINDS",
    default="auto",
    show_default=True,
)
@setting("--noise", type=float)
@setting("--block", type=float)
@setting("--crop", metavar="LOW:HIGH")
@setting("--warp", type=float)
@setting("--stretch", metavar="LOW:HIGH")
@setting("--scale", type=float)
@setting("--drift", type=float)
@setting("--form", type=Choice(("invariant", "literal")))
@setting("--width-floor", type=float)
@setting("--sample", "E.g. 500 (of both) or 200:2000.", metavar="SIZE|S:T")
@setting("--marginal-weight", type=float)
@setting("--stop-below", type=float)
@setting("--patience", type=int)
@setting("--gradient", type=Choice(("exact", "truncated")))
@setting("--restarts", "[default: the recipe's, fewer if each takes long]", type=int)
@click.option(
    "--effort",
    type=Choice(("low", "normal", "high")),
    default="normal",
    show_default=True,
    help="A quarter, all or four times the recipe's restarts, as far as these take about 12, 45 or "
    "180 seconds of one core.",
)
@setting("--selection", "E.g. none,crop.", metavar="KINDS")
@setting("--consensus/--no-consensus")
@setting("--until-stable/--every-restart")
@setting(
    "--clusters",
    "Implies --consensus and, without --outputs, sets as many outputs as it needs.",
    type=int,
    metavar="C",
)
@click.option(
    "--surrogates",
    type=click.IntRange(0, 9999),
    metavar="N",
    help="Compare the clusters with those of N data sets made from DATA without groups; 0 for no "
    "comparison at all. With 19 it takes about half as long as 20 restarts, and a second or two "
    "where the output units alone are trained.  [default: 19 there if they have a consensus; "
    "trained memory blocks are compared with networks that keep theirs as drawn]",
)
@setting("--seed", "[default: 0]", type=int)
@setting("--precision", type=Choice(("double", "single")))
@click.option(
    "--threads",
    type=click.IntRange(1),
    help="Restarts at a time, or parts of many sequences; the run is the same. "
    "[default: all cores]",
)
@click.option(
    "--checkpoint-states",
    type=NumberOrAuto(click.IntRange(0)),
    metavar="STEPS|auto",
    default="auto",
    show_default=True,
    help="Keep states every so many steps and compute the steps between again on the way back: "
    "less memory, the same run. 0 keeps all; auto does so where it fits a share of the memory.",
)
@cluster_option
@shards_option(
    "Let N workers hold a part of the sequences each while one network learns, for sets too "
    "large or slow for one machine; the run is the same. For --cluster; without it, processes "
    "here. Auto: one for every worker, where epochs take longer than messages."
)
@click.option(
    "--stream",
    is_flag=True,
    help="Leave the sequences of an HDF5 file on the disk and read them in every epoch, block by "
    "block: for sets larger than memory. The run is the same, and takes about twice as long.",
)
@reading_options()
@click.option("--provenance", is_flag=True, help="Store host, time and duration in the run.")
@output_option
@resume_option
@force_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    data: Path | None,
    objective: str | None,
    stages: str | None,
    recipe: str,
    config: Path | None,
    print_config: bool,
    augment: str,
    rate_factor: float,
    threads: int | None,
    checkpoint_states: Any,
    cluster: str | None,
    shards: Any,
    stream: bool,
    surrogates: int | None,
    provenance: bool,
    reading: dict[str, Any],
    output: Path | None,
    resume: bool,
    force: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Train a network on DATA without labels and write a run file.

    DATA is a file of sequences: HDF5, MATLAB, CSV, .ts, .tsv, ARFF, NPY, NPZ, Parquet, JSON, a
    sound or a folder of sounds, or - for standard input (see `lstmtool convert`); without it, the
    newest HDF5 in this folder. Of all restarts the one
    with the best label-free score is kept; labels are never used.

    Progress is stored next to the run, as RUN.partial.h5, until the run is written. After an
    interruption, `lstmtool train --resume` continues, to the same bytes.

    \b
    Examples:
      lstmtool train --objective bingo
      lstmtool train clarinet.h5 --objective neo --restarts 40 --seed 1
      lstmtool train sensors.csv --id machine --time t --label state
      lstmtool train --recipe literal --epochs 860
      lstmtool train --blocks 4x2 --outputs 3 -o mine.h5
      lstmtool train sensors.csv --clusters 5
    """  # noqa: D301
    if print_config and resume:
        raise click.UsageError("--print-config and --resume exclude each other.")
    told = any(
        ctx.get_parameter_source(name) == ParameterSource.COMMANDLINE
        for name in (*flags, "objective", "stages", "recipe", "config", "augment", "rate_factor")
    )
    target_of = (
        nullcontext(Path())
        if print_config
        else taking(output, "run", "train", resume=resume, force=force)
    )
    with target_of as target:  # taken before anything is imported that takes long
        from lstmtool.io.toml import read_toml

        from_file = read_toml(config) if config else {}
        start = Start(ctx.params, from_file)
        with naming_lines(config):
            first = start.first()  # complain before anything is read
        if start.grow_outputs:
            _check_growable(first, print_config)
        if stream:
            _check_streamable(start.grow_outputs, cluster, shards)

        from lstmtool.jobs import train as training

        if print_config:
            with training.opened(data, reading, stream) if data else nullcontext() as sequences:
                settings, said = start(sequences)
            if said:
                say(said)
            click.echo(_toml(settings), nl=False)
            return
        request = training.Request(
            data,
            reading,
            start,
            told,
            threads,
            checkpoint_states,
            provenance,
            start.grow_outputs,
            force,
            as_json,
            cluster,
            shards,
            stream,
            surrogates,
        )
        (training.resume_to_file if resume else training.train_to_file)(request, target)


def _check_growable(settings: Any, print_config: bool) -> None:
    from lstmtool.errors import UsageError
    from lstmtool.training.output_search import check_growable

    if print_config:
        raise UsageError("--outputs auto is settled by training: there is no number to print yet.")
    check_growable(settings)


def _check_streamable(grow_outputs: bool, cluster: str | None, shards: Any) -> None:
    from lstmtool.errors import UsageError

    if grow_outputs:
        raise UsageError("--outputs auto holds all sequences in memory.", fix="Leave --stream out.")
    if cluster and not shards:
        raise UsageError(
            "--stream reads the sequences here, --cluster would send them all elsewhere.",
            fix="Give --shards as well, so that every worker gets a part of them.",
        )


def _toml(settings: Any) -> str:
    """Return the settings as TOML, with what each means before it where it comes first."""
    import textwrap

    import tomli_w

    lines: list[str] = []
    left, group = dict(TEXTS), ""
    for line in tomli_w.dumps(settings.model_dump(mode="json", exclude_none=True)).splitlines():
        heading, name = line.strip("[]"), line.partition(" = ")[0]
        group = heading if line.startswith("[") else group
        place = heading if line.startswith("[") else f"{group}.{name}".lstrip(".")
        lines += textwrap.wrap(left.pop(place, ""), 98, initial_indent="# ", subsequent_indent="# ")
        lines.append(line)
    return "\n".join([*lines, ""])
