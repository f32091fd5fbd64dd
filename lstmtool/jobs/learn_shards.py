"""Batches of `lstmtool learn` that the workers of a cluster share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lstmtool.distributed.dask_client import Client
    from lstmtool.supervised.batch_shards import BatchShards
    from lstmtool.supervised.system import System
    from lstmtool.training.stage import Stop


def check_shared(system: System, cluster: str | None, shards: int | str | None) -> bool:
    """Return whether a system learns from batches, and say or refuse what others do not share."""
    from lstmtool.errors import UsageError
    from lstmtool.jobs.files import say

    if system.rule == "lstm-batch":
        return True
    if shards:
        raise UsageError(
            f"The rule {system.rule} has no batches that shards could share.",
            f"system {system.name}, --shards {shards}",
            "Choose a system of the rule lstm-batch, or leave --shards out.",
        )
    if cluster:
        say(f"The rule {system.rule} has no batches to share: the cluster is not used.")
    return False


def shards_of(client: Client, number: Any, system: System, stop: Stop) -> BatchShards:
    """Return the shards of batches on the workers of a cluster, and say how many there are."""
    from functools import partial

    from lstmtool.distributed.actors import Replicas
    from lstmtool.jobs.files import say
    from lstmtool.supervised.batch_shards import PAYS, BatchShards, BatchWorker

    make = partial(BatchWorker, system.topology, system.settings)
    workers = Replicas(client, number, make, stop)
    least = PAYS if number == "auto" else 0
    shards = BatchShards(workers.call_all, workers.count, least, say)
    most = shards.most(system.settings)
    say(
        f"Batches of {system.settings.batch} sequences are shared out to workers, in {most} "
        f"shard{'s' * (most > 1)}{' where it pays' if least else ''}."
    )
    return shards
