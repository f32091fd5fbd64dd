"""`lstmtool compose`: let a network that learned the blues play, and write what it plays."""

from __future__ import annotations

from pathlib import Path

import click

from lstmtool.cli.options import force_option, json_option, seed_option


@click.command("compose")
@click.argument("network", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File to write, .mid or .wav.  [default: blues.mid]",
)
@click.option(
    "--wav",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Besides, write it as a sound.",
)
@click.option(
    "--length",
    type=click.IntRange(1, 10_000),
    default=36,
    show_default=True,
    help="Bars, including the three that the network hears first.",
)
@click.option(
    "--temperature",
    type=click.FloatRange(0.01, 100.0),
    help="Of the melody: below 1 the most probable notes become more frequent.  [default: 1]",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0.0, 1.0),
    help="Draw no notes: the most active note of the melody sounds if it is above this.",
)
@click.option(
    "--tempo",
    type=click.FloatRange(20.0, 400.0),
    default=140.0,
    show_default=True,
    help="Quarter notes per minute.",
)
@seed_option
@force_option
@json_option
def command(
    network: Path,
    output: Path | None,
    wav: Path | None,
    length: int,
    temperature: float | None,
    threshold: float | None,
    tempo: float,
    seed: int,
    force: bool,
    as_json: bool,
) -> None:
    """Let NETWORK, trained on blues or blues-chords, compose, and write what it plays.

    The network hears the first three bars of a song and plays on by itself: its outputs are its
    next inputs. Notes of the chord sound where an output is above 0.5; of the melody, one note at
    most sounds at a time.

    \b
    Examples:
      lstmtool learn blues-chords
      lstmtool compose trained-blues-chords.h5 -o blues.mid
      lstmtool compose trained-blues.h5 -o blues.wav --seed 3 --temperature 0.7
    """  # noqa: D301
    if temperature is not None and threshold is not None:
        raise click.UsageError("--temperature and --threshold exclude each other.")
    from lstmtool.jobs.compose import ComposeRequest, compose_to_files

    compose_to_files(
        ComposeRequest(
            network=network,
            output=output,
            wav=wav,
            bars=length,
            temperature=temperature,
            threshold=threshold,
            tempo=tempo,
            seed=seed,
            force=force,
            as_json=as_json,
        )
    )
