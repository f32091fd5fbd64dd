"""`lstmtool gen-data`: the two data sets of the paper, speech, or samples of a task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.cli.options import (
    count_option,
    force_option,
    json_option,
    output_option,
    seed_option,
    set_option,
)
from lstmtool.cli.topology import Choice
from lstmtool.jobs.files import new_file, say, say_path
from lstmtool.names import TASKS

if TYPE_CHECKING:
    from lstmtool.data.sequences import Sequences
    from lstmtool.data.sounds import SoundSource

GROUPED = ("per_group", "length")
ONLY_FOR = {
    "artificial": ("groups", *GROUPED),
    "clarinet": ("phase", "folder", "synthetic", "scale", *GROUPED),
    "phonemes": ("folder", "unfolded"),
    "task": ("count", "task_options"),
}
MOST_STEPS = 10**9
"""Of all sequences together."""
ROWS = 24
"""Lines at most of the table of what was made, and of the list of what was not used."""
SHIPPED = (
    "These are real clarinet sounds, but one recording per note, transposed to the pitch:\n"
    "not five different sounds as in the paper. See --from and --synthetic for others."
)


class LengthType(click.ParamType):
    """A number of steps, or a range of them."""

    name = "length"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return an int, or the lowest and highest as a tuple."""
        try:
            numbers = tuple(int(part) for part in value.split(":"))
        except ValueError:
            numbers = ()
        if len(numbers) not in (1, 2) or not 1 <= numbers[0] <= numbers[-1]:
            self.fail(f"{value!r} is not STEPS or LOW:HIGH, e.g. 100 or 80:120.", param, ctx)
        return numbers if len(numbers) == 2 else numbers[0]


class GroupsType(click.ParamType):
    """A list of groups, each with a mean and a variance."""

    name = "groups"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return a list of pairs of floats."""
        try:
            groups = [tuple(float(x) for x in pair.split(":")) for pair in value.split(",")]
        except ValueError:
            groups = [()]
        if any(len(group) != 2 for group in groups):
            self.fail(
                f"{value!r} is not MEAN:VARIANCE,MEAN:VARIANCE,..., e.g. 0.4:0.3,0.4:0.1.",
                param,
                ctx,
            )
        return groups


@click.command("gen-data")
@click.argument(
    "dataset",
    metavar="[artificial|clarinet|phonemes|TASK]",
    type=Choice(["artificial", "clarinet", *TASKS]),
    default="artificial",
)
@click.option(
    "--per-group",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Sequences per group.",
)
@click.option(
    "--length",
    type=LengthType(),
    metavar="STEPS|LOW:HIGH",
    default="100",
    show_default=True,
    help="Steps per sequence, or a range to draw each length from.",
)
@seed_option
@click.option(
    "--groups",
    type=GroupsType(),
    metavar="MEAN:VAR,...",
    help="Artificial: mean and variance of every group.  [default: Table 1 of the paper]",
)
@click.option(
    "--phase",
    type=Choice(["trigger", "aligned", "random"]),
    default="trigger",
    show_default=True,
    help="Clarinet: begin at the steepest rise within one period of the lowest note after a random "
    "point (as an oscilloscope does), with the fundamental's phase at zero, or anywhere.",
)
@click.option(
    "--scale",
    type=Choice(["sd", "peak", "none"]),
    default="sd",
    show_default=True,
    help="Clarinet: divide every fragment by its own standard deviation, its peak, or nothing.",
)
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Clarinet: cut from your own recordings of single notes, WAV or FLAC files in DIR. "
    "Phonemes: recorded sentences with label files (.lab of Festival or HTK, .phn of TIMIT).",
)
@click.option("--synthetic", is_flag=True, help="Clarinet: clarinet-like tones of varied timbre.")
@click.option("--unfolded", is_flag=True, help="Phonemes: every label is a class of its own.")
@count_option
@set_option
@output_option
@force_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    dataset: str,
    seed: int,
    output: Path | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Generate the artificial (default) or clarinet data of the paper, or data of a task.

    Artificial: independent Gaussian values, groups that differ in mean and variance. Clarinet:
    fragments of sound at 440, 880, 1320 and 1480 Hz, 44.1 kHz. TASK: sequences of a classic task
    of LSTM networks, with targets. Phonemes: frames of read speech, 13 cepstral coefficients and
    their slopes every 10 ms, each with its class, split by sentence for training, validation and
    test. Existing files are kept: the default names are artificial.h5, artificial-2.h5 and so on.

    \b
    Tasks: reber, continual-reber, anbn, anbncn, adding, multiplication, order-2, order-3,
      continual-order, parity, msd, gts, pfg, tutorial-delay, mackey-glass, chunking, latch,
      latch-one-unit, five-bits, twenty-bits, scaled-adding, scaled-multiplication,
      scaled-order-2, scaled-order-3, random-permutation

    \b
    Examples:
      lstmtool gen-data
      lstmtool gen-data --groups 0:1,0:2,1:1 --per-group 20 --length 80:120
      lstmtool gen-data clarinet
      lstmtool gen-data clarinet --synthetic --per-group 10 --seed 3
      lstmtool gen-data clarinet --from my-recordings --phase aligned -o mine.h5
      lstmtool gen-data reber
      lstmtool gen-data adding --count 100 --set length=1000 --seed 3
      lstmtool gen-data phonemes --from festvox-ru
    """  # noqa: D301 - click wants the character \b, which keeps the lines apart
    _refuse_others(ctx, dataset)
    path = new_file(output, dataset, force)
    if dataset == "phonemes":
        from lstmtool.jobs.phoneme_data import make_phonemes

        make_phonemes(path, options["folder"], options["unfolded"], as_json)
        return
    if dataset in TASKS:
        _make_task(path, dataset, seed, as_json, options)
        return
    _refuse_too_much(options)
    make = _artificial if dataset == "artificial" else _clarinet
    sequences = make(seed, options)

    from dataclasses import replace

    from lstmtool.io.sequences import write_sequences

    sequences = replace(sequences, attributes={**sequences.attributes, "seed": seed})
    write_sequences(path, sequences)
    if as_json:
        click.echo(json.dumps(_document(path, sequences), indent=2))
        return
    click.echo(_summary(sequences))
    say_path(path)


def _make_task(path: Path, name: str, seed: int, as_json: bool, options: dict[str, Any]) -> None:
    from lstmtool.jobs.task_data import options_of, summary, write_task
    from lstmtool.supervised.tasks import make

    task = make(name, **options_of(name, options["task_options"]))
    made = write_task(path, task, seed, options["count"])
    if as_json:
        click.echo(json.dumps(made, indent=2))
        return
    click.echo(summary(task, made))
    say_path(path)


def _refuse_too_much(options: dict[str, Any]) -> None:
    """Refuse more data than could fit in memory, before drawing them."""
    longest = max(options["length"]) if isinstance(options["length"], tuple) else options["length"]
    steps = len(options["groups"] or range(4)) * options["per_group"] * longest
    if steps > MOST_STEPS:
        from lstmtool.errors import UsageError

        raise UsageError(
            "These sequences would be too long, or too many.",
            f"{steps:.3g} steps in total, at most {MOST_STEPS:.0e}",
            "Choose a smaller --length or --per-group.",
        )


def _refuse_others(ctx: click.Context, dataset: str) -> None:
    """Refuse an option that does not apply to this data set."""
    given = click.core.ParameterSource.COMMANDLINE
    own = ONLY_FOR[dataset if dataset in ONLY_FOR else "task"]
    for param in ctx.command.params:
        owners = [owner for owner, names in ONLY_FOR.items() if param.name in names]
        if not owners or param.name in own or ctx.get_parameter_source(param.name) is not given:
            continue
        whose = "tasks" if owners == ["task"] else f"{' and '.join(owners)} data"
        hint = " See --set." if "task_options" in own and param.name == "length" else ""
        raise click.UsageError(f"{param.opts[0]} is for {whose}, not {dataset}.{hint}", ctx)
    if ctx.params["folder"] is not None and ctx.params["synthetic"]:
        raise click.UsageError("--from and --synthetic exclude each other.", ctx)


def _artificial(seed: int, options: dict[str, Any]) -> Sequences:
    import numpy as np

    from lstmtool.data.generators.artificial import PAPER_GROUPS, generate

    return generate(
        np.random.default_rng(seed),
        groups=options["groups"] or PAPER_GROUPS,
        per_group=options["per_group"],
        length=options["length"],
    )


def _clarinet(seed: int, options: dict[str, Any]) -> Sequences:
    import numpy as np

    from lstmtool.data.generators import clarinet

    rng = np.random.default_rng(seed)
    piece = clarinet.piece_length(options["phase"], options["length"])
    return clarinet.generate(
        rng,
        source=_source(rng, piece, options),
        phase=options["phase"],
        per_group=options["per_group"],
        length=options["length"],
        scale=options["scale"],
    )


def _source(rng: Any, piece: int, options: dict[str, Any]) -> SoundSource:
    """Return the source of sounds; unused recordings are listed on stderr."""
    if options["synthetic"]:
        from lstmtool.data.generators import tones

        return tones.source(rng, per_pitch=options["per_group"], piece=piece)
    if options["folder"] is None:
        from lstmtool.io import shipped

        return shipped.clarinet()
    from lstmtool.data.generators import recorded
    from lstmtool.io.audio import read_recordings

    skipped: list[str] = []
    recordings = read_recordings(options["folder"], skipped.append)
    try:
        return recorded.source(recordings, skip=skipped.append, piece=piece)
    finally:
        for line in _at_most(ROWS, [f"Not used: {reason}" for reason in skipped]):
            say(line)


def _document(path: Path, sequences: Sequences) -> dict[str, Any]:
    lengths = sequences.lengths
    return {
        "file": str(path),
        "n_sequences": len(sequences),
        "lengths": [int(lengths.min()), int(lengths.max())],
        "label_names": list(sequences.label_names),
        "names": list(sequences.names),
        **sequences.attributes,
    }


def _summary(sequences: Sequences) -> str:
    """Describe the data: a sentence, a line per group or recording, and remarks."""
    shortest, longest = int(sequences.lengths.min()), int(sequences.lengths.max())
    steps = str(shortest) if shortest == longest else f"{shortest} to {longest}"
    about = sequences.attributes
    lines = [
        f"{len(sequences)} sequences of {steps} steps in {len(sequences.label_names)} groups "
        f"({about['generator']}, seed {about['seed']})"
    ]
    if about.get("source") in (None, "synthetic"):
        rows = [f"  {name}: {about['per_group']} sequences" for name in sequences.label_names]
    else:
        rows = [_taken(entry) for entry in about["taken"]]
    lines += _at_most(ROWS, rows)
    if about.get("source") == "shipped":
        lines.append(SHIPPED)
    return "\n".join(lines)


def _taken(entry: dict[str, Any]) -> str:
    return (
        f"  {entry['pitch']:g} Hz: {entry['fragments']} from {entry['recording']} "
        f"({entry['recorded_pitch']:.1f} Hz, moved {entry['semitones']:+.2f} semitones)"
    )


def _at_most(count: int, rows: list[str]) -> list[str]:
    if len(rows) <= count:
        return rows
    return [*rows[:count], f"  ... and {len(rows) - count} more"]
