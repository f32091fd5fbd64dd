"""`lstmtool convert`: sequences from any format to HDF5, CSV or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.cli.options import force_option, json_option
from lstmtool.cli.reading import reading_options
from lstmtool.cli.topology import Choice
from lstmtool.jobs.files import new_file, say_path
from lstmtool.jobs.reading import load

if TYPE_CHECKING:
    from lstmtool.data.sequences import Sequences


@click.command("convert")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--layout",
    type=Choice(("long", "wide")),
    help="Of CSV: a row per step, or per sequence.  [default: wide if equally long with one input]",
)
@reading_options(rate="--rate")
@force_option
@json_option
def command(
    source: Path,
    target: Path,
    layout: Any,
    reading: dict[str, Any],
    force: bool,
    as_json: bool,
) -> None:
    """Read sequences from IN and write them to OUT, with suffix .h5, .csv or .json.

    IN is CSV, .tsv (UCR), .ts (UEA), ARFF, NPY, NPZ, HDF5 or MATLAB (file.h5:/path or
    file.mat:name for one array), Parquet, Feather, JSON, a sound or a folder of sounds; also
    compressed (.gz, .bz2, .xz), or - for standard input. What the file does not specify is
    inferred and printed. Groups and names are kept.

    \b
    Examples:
      lstmtool convert sensors.csv sensors.h5 --id machine --time t --label state
      lstmtool convert BasicMotions_TRAIN.ts motions.h5
      lstmtool convert recordings pieces.h5 --rate 8000 --cut 0.05s
      lstmtool convert measured.h5:/raw/x sequences.csv --missing drop
    """  # noqa: D301 - click wants the character \b, which keeps the lines apart
    from lstmtool.io.formats import write

    kind = write.format_of(target)
    if layout and kind != "csv":
        raise click.UsageError(f"--layout is for CSV, OUT is {target.name}.")
    write.refuse_same(source, target)
    path = new_file(target, "", force)
    sequences = _with_origin(load(source, reading))
    layout = layout or write.natural_layout(sequences)
    write.write(path, sequences, layout)
    if as_json:
        import json

        click.echo(json.dumps(_document(path, sequences), indent=2))
        return
    click.echo(_sentence(sequences))
    if kind == "csv" and layout == "wide" and len(set(sequences.lengths)) > 1:
        click.echo("Rows of shorter sequences are padded with empty cells: read it with --unequal.")
    say_path(path)


def _with_origin(sequences: Sequences) -> Sequences:
    """Rename the attributes `file` and `reading`, since the new file will have its own."""
    from dataclasses import replace

    attributes = dict(sequences.attributes)
    origin = {"converted_from": attributes.pop("file")}
    if "reading" in attributes:
        origin["converted_by"] = attributes.pop("reading")
    return replace(sequences, attributes=attributes | origin)


def _document(path: Path, sequences: Sequences) -> dict[str, Any]:
    lengths = sequences.lengths
    return {
        "file": str(path),
        "n_sequences": len(sequences),
        "lengths": [int(lengths.min()), int(lengths.max())],
        "n_inputs": sequences.n_inputs,
        "label_names": list(sequences.label_names),
        "sampling_rate": sequences.sampling_rate,
    }


def _sentence(sequences: Sequences) -> str:
    from lstmtool.io.formats.raw import counted

    shortest, longest = int(sequences.lengths.min()), int(sequences.lengths.max())
    steps = counted(longest, "step")
    steps = steps if shortest == longest else f"{shortest:,} to {steps}"
    parts = [f"{counted(len(sequences), 'sequence')} of {steps}"]
    parts.append(counted(sequences.n_inputs, "input"))
    if sequences.labels is not None:
        parts.append(counted(len(sequences.label_names), "group"))
    return ", ".join(parts)
