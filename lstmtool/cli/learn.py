"""`lstmtool learn`: train a network with targets on a classic task, and write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lstmtool.cli.options import (
    cluster_option,
    force_option,
    json_option,
    output_option,
    resume_option,
    set_option,
    shards_option,
)
from lstmtool.cli.topology import network_options
from lstmtool.names import TRAINABLE

TOPOLOGY = ("blocks", "peepholes", "forget_gate", "g", "h")


@click.command("learn")
@click.argument("task", required=False)
@click.option(
    "--list",
    "as_list",
    is_flag=True,
    help="List systems and figures, published and here; with TASK, all systems of it.",
)
@click.option(
    "--system",
    metavar="NAME",
    help="One of the systems that --list shows for the task.  [default: the first of the list]",
)
@click.option(
    "--rule",
    metavar="NAME",
    help="Learning rule: lstm, lstm-bptt, lstm-batch, momentum, hessian-free, kalman.  [default: "
    "the system's]",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    help="Sequences, streams or epochs at most, to the end of a set.  [default: the system's]",
)
@set_option
@click.option(
    "--network",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Start from the weights of a network that was trained on the task.",
)
@network_options()
@click.option("--rate", type=float, help="Learning rate.  [default: the system's]")
@click.option("--momentum", type=float, help="Momentum.  [default: the system's]")
@click.option(
    "--batch",
    type=click.IntRange(1, 1_000_000),
    help="Sequences of an update, for the rule lstm-batch.  [default: the system's]",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Random seed.",
)
@click.option(
    "--stream",
    is_flag=True,
    help="Phonemes: leave the frames of a file on the disk and read them piece by piece, for sets "
    "larger than memory; the network is the same. Files of more than 512 MiB of features always "
    "are.",
)
@cluster_option
@shards_option(
    "Let N workers each compute a part of every batch, for the rule lstm-batch; the network is the "
    "same. For --cluster; without it, processes here. Auto, with --cluster the default: one for "
    "every worker, where updates take longer than messages."
)
@click.option("--provenance", is_flag=True, help="Store host, time and duration in the network.")
@output_option
@resume_option
@force_option
@json_option
def command(
    task: str | None,
    as_list: bool,
    system: str | None,
    rule: str | None,
    limit: int | None,
    task_options: tuple[str, ...],
    network: Path | None,
    rate: float | None,
    momentum: float | None,
    batch: int | None,
    seed: int,
    stream: bool,
    cluster: str | None,
    shards: Any,
    provenance: bool,
    output: Path | None,
    resume: bool,
    force: bool,
    as_json: bool,
    **topology: Any,
) -> None:
    """Train a network on TASK, with targets, and write the trained network.

    A system is a network on a task: its blocks, learning rule, rates and the moment when the task
    counts as solved. Without --system it is the published one. `lstmtool report` shows the error
    over the training sequences and the activations of all gates and states.

    Progress is stored next to the network, as FILE.partial.h5, until the network is written.
    After an interruption, the same command with --resume continues, to the same bytes.

    \b
    Examples:
      lstmtool learn --list
      lstmtool learn reber
      lstmtool learn adding --system adding-1000-kalman
      lstmtool learn adding --set length=30 --limit 20000 -o short.h5
      lstmtool learn phonemes --set data=all.h5 --stream
      lstmtool learn five-bits --system five-bits-hf
    """  # noqa: D301
    from lstmtool.jobs.learn import TaskRequest, list_systems, train_task

    if as_list:
        list_systems(task, as_json)
        return
    if task is None:
        raise click.UsageError(
            f"Which task? One of {', '.join(TRAINABLE)}; TASK --list shows its systems."
        )
    settings = {"rate": rate, "momentum": momentum, "batch": batch}
    train_task(
        TaskRequest(
            task=task,
            system=system,
            rule=rule,
            limit=limit,
            task_options=task_options,
            network=network,
            topology={name: topology[name] for name in TOPOLOGY if topology[name] is not None},
            settings={name: value for name, value in settings.items() if value is not None},
            seed=seed,
            output=output,
            resume=resume,
            force=force,
            as_json=as_json,
            provenance=provenance,
            stream=stream,
            cluster=cluster,
            shards=shards,
        )
    )
